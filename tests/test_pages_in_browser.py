"""Every page in a real browser, wide and narrow, in both languages: it fits, it speaks one language, axe finds nothing."""

import re

import pytest
from browser import DESK, PHONE, look

pytestmark = pytest.mark.slow
AT = "organisation=ott-cusco"
PAGES = (
    "/", "/login", "/nowhere", "/?q=colores+de+alpaca&region=Cusco", "/?q=colores&region=Cuzcu&sector=nada", "/?q=zzz",
    "/?like=taller-1", "/partners/unsaac", "/evidence/taller-1", "/saved", "/introduction?partner=unsaac&q=tinte",
    "/unfit?partner=unsaac", "/thanks", "/regions", "/regions/PE-CUS", "/regions/noroeste", "/regions/needs?standing=all",
    "/regions/figures", "/quality", f"/desk/requests?{AT}",
    f"/desk/upload?{AT}", "/admin", "/admin/keys", "/admin/organisations", "/admin/sources", "/admin/imports", "/admin/same",
    "/admin/settings", "/admin/audit", "/admin/weights",
    "/desk", f"/desk?side=demand&{AT}", f"/desk/text?evidence=taller-2&{AT}", f"/desk/board?{AT}",
    f"/desk/shortlist?{AT}", f"/desk/introductions?{AT}", f"/desk/inbox?{AT}", f"/desk/searches?{AT}",
    f"/desk/search?evidence=unsaac-1&{AT}", f"/desk/compare?evidence=taller-1&partner=unsaac&partner=unjbg&{AT}",
    f"/desk/draft?evidence=taller-1&supply=unsaac&demand=taller&{AT}",
)  # fmt: skip


@pytest.mark.parametrize(("size", "language"), [(PHONE, "es"), (DESK, "en")], ids=["phone-es", "desk-en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_can_be_read_by_everybody(browser, site, path, size, language):
    with site.visit(browser, size, who="admin", language=language) as page:
        page.goto(path)
        look(page, f"{re.sub('[^a-z0-9]+', '-', path.partition('organ')[0].lower()).strip('-') or 'ask'}-{language}")


def test_the_first_view_is_light(browser, site):
    """What a phone must fetch before a question can be asked: bytes as they lie here, and requests."""
    fetched: list[tuple[str, int]] = []
    with site.visit(browser, PHONE) as page:
        page.on("response", lambda answer: fetched.append((answer.url, len(answer.body()))))
        page.goto("/", wait_until="networkidle")
    assert sum(size for _, size in fetched) < 200_000, fetched
    assert len(fetched) <= 10, fetched
    assert {url.split("/")[2] for url, _ in fetched} == {site.address.split("/")[2]}  # from nowhere else
