"""Two journeys in a real browser: an evaluator reads the report, and a planner reads the key figures."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import LANGUAGES, PHONE, SIZES, Site, look, overflow, served
from playwright.sync_api import Page, expect
from test_quality_page import GOOD

from matcher.quality import FIGURES, PAGE, keep

pytestmark = pytest.mark.slow
REPORT = """<!doctype html><html lang="en"><head><title>The report</title><style>h1 { color: rgb(1, 2, 3); }</style></head>
<body><h1 style="margin: 7px">The report</h1><p id="p">as written</p></body></html>"""
SCRIPT = """<script>document.getElementById("p").textContent = "a script ran"</script>"""
WORDS = {
    "es": {"report": "Abrir el informe completo", "quality": "Calidad", "measured": "Lo medido", "decimal": "0.578",
           "leave": "Cambiar o retirar", "sector": "Agricultura", "span": "mes", "needs": "Necesidades"},
    "en": {"report": "Open the whole report", "quality": "Quality", "measured": "Measured", "decimal": "0.578",
           "leave": "Change or remove", "sector": "Crop", "span": "month", "needs": "Needs"},
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """An installation with a kept report, and somebody to write to."""
    with served(tmp_path_factory.mktemp("site"), contact="oficina@universidad.example") as found:
        data = json.loads(json.dumps(GOOD).replace("<script>alert(1)</script>", "mine"))
        keep(found.network.home / "reports", {PAGE: REPORT, FIGURES: json.dumps(data)})
        yield found


@LANGUAGES
@SIZES
def test_an_evaluator_reads_the_report(browser, site, size, language):
    words = WORDS[language]
    with site.visit(browser, size, language=language) as page:
        page.goto("/")
        page.get_by_role("link", name=words["quality"], exact=True).click()
        expect(page.get_by_role("heading", name=words["measured"], exact=True)).to_be_visible()
        expect(page.get_by_role("cell", name=words["decimal"]).first).to_be_visible()
        look(page, f"evaluator-quality-{language}")
        page.get_by_role("link", name=words["leave"]).first.click()
        assert page.url.endswith("#your-record")
        expect(page.get_by_role("link", name="oficina@universidad.example")).to_be_visible()
        page.get_by_role("button", name=words["report"]).click()
        expect(page.get_by_role("heading", name="The report")).to_have_css("color", "rgb(1, 2, 3)")
        expect(page.locator("h1")).to_have_css("margin", "7px")


def test_a_report_runs_no_script_whatever_is_in_it(browser, site):
    reports = site.network.home / "reports"
    keep(reports, {PAGE: REPORT.replace("</body>", f"{SCRIPT}</body>")})
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.address}/quality/report")
    assert "a script ran" in page.content()
    assert page.inner_text("#p") == "as written"
    context.close()
    keep(reports, {PAGE: REPORT})


def figures_of(page: Page, section: str) -> list[str]:
    return page.locator(f"section[aria-labelledby={section}] figcaption").all_inner_texts()


@LANGUAGES
@SIZES
def test_a_planner_reads_the_key_figures(browser, site, size, language, tmp_path):
    words = WORDS[language]
    with site.visit(browser, size, language=language) as page:
        page.goto("/regions/figures")
        assert len(figures_of(page, "public")) == 2
        assert page.locator("#desk").count() == 0
        look(page, f"planner-figures-{language}")
        page.select_option("select[name=sector]", index=1)  # htmx shows what is chosen, and the address tells it
        page.wait_for_url(re.compile(r"sector=[A-U]\d\d"))
        expect(page.locator("#figures")).to_contain_text(words["sector"])
        page.select_option("select[name=span]", label=words["span"])
        page.wait_for_url(re.compile("span=month"))
        expect(page.locator("select[name=sector]")).to_have_value(re.compile(r"A\d\d"))
        assert page.locator("polyline").count() > 0
        look(page, f"planner-months-{language}")
        with page.expect_download() as told:
            page.locator("a[href*='table=sectors'][href*='csv']").click()
        path = tmp_path / "figures.csv"
        told.value.save_as(path)
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row[words["needs"]] for row in rows} == {"1"}
        assert rows[0][next(iter(rows[0]))] == "A01"


def test_without_scripts_the_planner_presses_the_button(browser, site):
    with site.visit(browser, PHONE, scripts=False) as page:
        page.goto("/regions/figures")
        page.select_option("select[name=region]", label="Tacna")
        page.get_by_role("button", name="Mostrar").click()
        assert "region=PE-TAC" in page.url
        names = page.locator("section[aria-labelledby=public] th[scope=row]").all_inner_texts()
        assert "Tacna" in names
        assert "Cusco" not in names


@SIZES
def test_an_officer_reads_the_own_desk_by_keyboard(browser, site, size):
    with site.visit(browser, size, who="officer") as page:
        page.goto("/regions/figures")
        assert figures_of(page, "desk") == ["Pasos dados en el escritorio"]
        look(page, "officer-figures")
        page.locator("select[name=span]").focus()
        page.keyboard.press("ArrowUp")  # from years to quarters
        page.wait_for_url(re.compile("span=quarter"))
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("details[open]").first).to_be_visible()
        assert overflow(page) == []


def test_an_admin_chooses_an_office(browser, site):
    with site.visit(browser, who="admin") as page:
        page.goto("/regions/figures")
        look(page, "admin-figures")
        page.select_option("select[name=office]", "ott-tacna")
        page.wait_for_url(re.compile("office=ott-tacna"))
        expect(page.get_by_role("heading", name="El escritorio de OTT Tacna")).to_be_visible()
