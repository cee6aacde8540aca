"""A planner of Mexico looks at the country by its macro-regions, opens one and prints it, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from browser import DESK, PHONE, chromium, look, serving, visiting
from mexico import full_country
from network import network
from playwright.sync_api import Browser
from test_regions_in_browser import pages_of

from matcher import coverage
from matcher.macro_regions import shipped

pytestmark = pytest.mark.slow
CHOICE = {"es": ("Contar por", "Macrorregiones", "Noroeste"), "en": ("Count by", "Macro-regions", "Northwest")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, network(tmp_path_factory.mktemp("site")) as found:
        patch.setattr(coverage, "GOOD", 0.01)  # here: some needs near by, some elsewhere, some not
        found.write(*full_country())
        found.index()
        found.live.catch_up()
        assert found.app.state.coverage.look(found.live.current(), 120).fresh
        with serving(found.app) as address:
            yield address


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_planner_opens_a_macro_region_and_prints_it(browser, site, size, language):
    label, macro, name = CHOICE[language]
    with visiting(browser, size, language=language, site=site) as page:
        page.goto(f"{site}/regions?country=MX")
        page.get_by_label(label).select_option(label=macro)
        page.wait_for_url("**by=macro**")
        assert page.locator("#regions-title").inner_text() == macro
        bubbles = page.locator("a.bubble")
        codes = {re.search(r"/regions/([a-z-]+)\?", bubbles.nth(i).get_attribute("href"))[1] for i in range(7)}
        assert codes == set(shipped().groups)
        assert page.locator("path.arc").count() > 0
        page.locator("#definitions summary").click()
        look(page, f"macro-regions-{language}")
        bubble = page.locator("a.bubble[href*='/regions/noroeste']")
        bubble.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/regions/noroeste?**")
        assert page.locator("h1").inner_text().startswith(name)
        look(page, f"macro-region-noroeste-{language}")
        assert pages_of(page) == 2
        page.locator(".members a", has_text="Sonora").click()
        page.wait_for_url("**/regions/MX-SON?**")
        look(page, f"macro-region-sonora-{language}")
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url("**/regions/noroeste?**")


def test_every_macro_region_prints_on_two_pages(browser, site):
    with visiting(browser, DESK, language="es", site=site) as page:
        for id_ in shipped().groups:
            page.goto(f"{site}/regions/{id_}")
            assert pages_of(page) == 2, id_


def test_macro_regions_need_no_script(browser, site):
    with visiting(browser, DESK, language="es", site=site, scripts=False) as page:
        page.goto(f"{site}/regions")
        page.get_by_label("Contar por").select_option("macro")
        page.get_by_role("button", name="Mostrar").click()
        page.wait_for_url("**by=macro**")
        page.locator("table.heat a[href*='region=centro']").first.click()
        page.wait_for_url("**/regions/needs?**")
        assert page.locator("article.need").count() >= 1
