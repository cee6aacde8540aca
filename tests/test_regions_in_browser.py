"""A planner opens the regional picture, goes to Ucayali and prints its report, in a real browser."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from browser import DESK, PHONE, look, serving, visiting
from network import network
from playwright.sync_api import Page
from test_region_pages import WORLD

from matcher import coverage
from matcher.places import region_codes
from matcher.records import Evidence, Partner, Side

pytestmark = pytest.mark.slow
NAMES = {"es": ("El panorama regional", "Cómo se calcula"), "en": ("The regional picture", "How this is worked out")}
SECTORS = ("A01", "A02", "A03", "C10", "C11", "C13", "C14", "C16", "C31", "B07", "I55", "J62", "E38", "G47")
# A full world: every region has firms and an institute, Lima more of everything than a report has room for.
LONG = "Universidad Nacional de nombre largo, Facultad de Ingeniería y Ciencias Agrarias y Forestales"


def full_world() -> Iterator[Partner | Evidence]:
    """Yield records of all of Peru's regions."""
    for code, i in [*product(region_codes("PE"), range(2)), *(("PE-LIM", i) for i in range(2, 14))]:
        sectors = tuple(SECTORS[(i + j) % len(SECTORS)] for j in range(3))
        firm, able = f"firma-{code}-{i}", f"instituto-{code}-{i}"
        yield Partner(
            firm, Side.DEMAND, f"Asociación de productores y artesanos {i}", "firm", "PE", code, None, sectors
        )
        yield Partner(able, Side.SUPPLY, f"{LONG} {i}", "faculty", "PE", code, None, sectors)
        for j in range(3):
            text = f"Secado de orégano en bandejas, teñido de fibra y ensayos de hilado {i} {j}, con medida del color."
            yield Evidence(
                f"{firm}-{j}",
                (firm,),
                "need",
                text if j else "Zzyzx qwrtp.",
                f"Necesidad {j} de título algo largo",
                "es",
            )
            yield Evidence(f"{able}-{j}", (able,), "project", text, None, "es", sectors=sectors)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, network(tmp_path_factory.mktemp("site")) as found:
        patch.setattr(coverage, "GOOD", 0.002)
        found.write(*WORLD, *full_world())
        found.index()
        found.live.catch_up()
        assert found.app.state.coverage.look(found.live.current(), 120).fresh
        with serving(found.app) as address:
            yield address


def pages_of(page: Page) -> int:
    """Return how many pages the open page prints on."""
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    return len(re.findall(rb"/Type\s*/Page\b", printed))


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_planner_opens_the_picture_and_prints_ucayali(browser, site, size, language):
    with visiting(browser, size, language=language, site=site) as page:
        page.goto(f"{site}/regions")
        heading, how = NAMES[language]
        assert page.locator("h1").inner_text() == heading
        page.locator("#definitions summary").click()
        look(page, f"regions-{language}")
        bubble = page.locator("a.bubble[href='/regions/PE-UCA']")
        assert bubble.get_attribute("aria-label").startswith("Ucayali: ")
        bubble.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/regions/PE-UCA")
        assert page.locator("h1").inner_text() == "Ucayali"
        assert page.get_by_role("heading", name=how).is_visible()
        look(page, f"region-ucayali-{language}")
        assert pages_of(page) == 2


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_full_and_an_empty_region_print_on_two_pages_too(browser, site, language):
    with visiting(browser, DESK, language=language, site=site) as page:
        for code in ("PE-LIM", "PE-CUS", "CL-AN"):
            page.goto(f"{site}/regions/{code}")
            assert pages_of(page) == 2, code


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_cell_leads_to_the_needs_and_to_who_could_serve_them(browser, site, size):
    with visiting(browser, size, language="es", site=site) as page:
        page.goto(f"{site}/regions")
        page.locator("table.heat a[href*='region=PE-UCA']").first.click()
        page.wait_for_url("**/regions/needs?*")
        assert page.locator("article.need").count() >= 1
        look(page, "region-needs-es")


def test_choosing_what_is_looked_at_needs_no_script(browser, site):
    with visiting(browser, DESK, language="es", site=site, scripts=False) as page:
        page.goto(f"{site}/regions")
        page.get_by_label("Los círculos muestran").select_option("supply")
        page.get_by_role("button", name="Mostrar").click()
        page.wait_for_url("**show=supply**")
        assert page.locator("a.bubble circle.supply").count() > 20
        assert page.locator("path.arc").count() == 0


def test_a_choice_is_shown_at_once_with_a_script(browser, site):
    with visiting(browser, DESK, language="es", site=site) as page:
        page.goto(f"{site}/regions")
        page.locator("select[name='flows']").select_option("off")
        page.wait_for_url("**flows=off**")
        assert page.locator("path.arc").count() == 0
