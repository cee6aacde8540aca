"""Every page in a real browser, wide and narrow, in both languages: it fits, it speaks one language, axe finds nothing."""

import re
from collections.abc import Iterator

import pytest
from browser import DESK, PHONE, chromium, look, serving, visiting
from network import network
from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
AT = "organisation=ott-cusco"
PAGES = (
    "/", "/login", "/nowhere", "/desk", f"/desk?side=demand&{AT}", f"/desk/text?evidence=taller-2&{AT}",
    f"/desk/board?{AT}", f"/desk/shortlist?{AT}", f"/desk/introductions?{AT}", f"/desk/inbox?{AT}",
    f"/desk/searches?{AT}", f"/desk/search?evidence=unsaac-1&{AT}",
    f"/desk/compare?evidence=taller-1&partner=unsaac&partner=unjbg&{AT}",
    f"/desk/draft?evidence=taller-1&supply=unsaac&demand=taller&{AT}",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of an installation, and an admin's key."""
    with network(tmp_path_factory.mktemp("site")) as found, serving(found.app) as address:
        yield address, found.keys["admin"]["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_can_be_read_by_everybody(browser, site, path, size, language):
    address, key = site
    with visiting(browser, size, language=language, key=key, site=address) as page:
        page.goto(address + path)
        name = re.sub(r"[^a-z]+", "-", path.partition("organ")[0]).strip("-") or "ask"
        look(page, f"{name}-{language}")
