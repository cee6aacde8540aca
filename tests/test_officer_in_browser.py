"""An officer's whole way: ten capabilities uploaded, a firm found, walked to a project, and the next ranking knows it."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import LANGUAGES, SIZES, Site, look, served
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from matcher.language import translator
from matcher.sources.columns import EVIDENCE, PARTNERS, Sheet

pytestmark = pytest.mark.slow
LAB, FIRM = "Laboratorio de muestra", "Cooperativa de orégano, Candarave"
DRYING = "Secado de orégano"
# Illustrative, as all texts of tests: one of them is what the cooperative needs.
CAPABILITIES = (
    (DRYING, "El orégano conserva su color y su aceite en el secado a baja temperatura."),
    ("Saponina", "Lavado de quinua sin saponina."), ("Cuyes", "Dietas para cuyes."),
    ("Suelos", "Análisis de suelos salinos."), ("Agua", "Filtros de arena para agua de riego."),
    ("Abejas", "Sanidad de colmenas."), ("Queso", "Maduración de quesos de altura."),
    ("Papa", "Semilla sana de papa nativa."), ("Madera", "Secadores solares de madera."),
    ("Energía", "Paneles solares para bombas."),
)  # fmt: skip
STAGES = ("proposed", "sent", "met", "agreed", "project")


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """An installation of this test alone: what comes of it stays."""
    with served(tmp_path / "site") as found:
        yield found


def fill(template: Path, sheet: Sheet, rows: list[dict[str, str]]) -> None:
    """Write rows into a sheet of the template, under the headings that stand there."""
    book = load_workbook(template)
    page = next(book[name] for name in (sheet.name, sheet.spanish) if name in book.sheetnames)
    for row in rows:
        page.append([row.get(column.name, "") for column in sheet.columns])
    book.save(template)


def filled_template(page: Page, path: Path) -> Path:
    """Fetch the template from the page and fill it: a laboratory, ten texts, and two rows that cannot be read."""
    with page.expect_download() as told:
        page.locator("a[href='/desk/upload/template']").click()
    told.value.save_as(path)
    fill(path, PARTNERS, [
        {"id": "muestra", "side": "oferta", "name": LAB, "kind": "laboratorio", "region": "Tacna", "sectors": "A01"},
        {"id": "mal", "side": "ofrece", "name": "Sin lado"},
    ])  # fmt: skip
    texts = [
        {"id": f"muestra-{n}", "partners": "muestra", "title": title, "text": text, "date": "2025-03-31"}
        for n, (title, text) in enumerate(CAPABILITIES)
    ]
    fill(path, EVIDENCE, [*texts, {"id": "muestra-x", "partners": "muestra", "text": "Otra.", "date": "ayer"}])
    return path


def placed(page: Page) -> tuple[int, dict[str, Any]]:
    """Return the laboratory's place in the answer to the cooperative's need, counted from 1, and its match."""
    matches = page.request.get("/v1/evidence/oregano-1/matches?k=50").json()["matches"]
    return next((n, m) for n, m in enumerate(matches, 1) if m["partner"]["id"] == "muestra")


def term(match: dict[str, Any], signal: str) -> dict[str, Any]:
    return next(c for c in match["contributions"] if c["signal"] == signal)


def card(page: Page, stage: str) -> Locator:
    return page.locator(f"[data-stage={stage}] .card", has_text=LAB)


@LANGUAGES
@SIZES
def test_ten_capabilities_a_firm_and_a_project_which_the_next_ranking_knows(browser, site, tmp_path, size, language):
    say, live = translator(language), site.network.live
    with site.visit(browser, size, who="officer", language=language) as page:
        page.goto("/desk")
        page.get_by_role("link", name=say("Upload a table"), exact=True).click()
        page.set_input_files("input[type=file]", filled_template(page, tmp_path / "capacidades.xlsx"))
        look(page, f"officer-upload-{language}")
        page.click("form[enctype] button")
        page.wait_for_url("**/preview/*")
        assert page.locator(".counts strong").all_inner_texts() == ["11", "0", "0", "2"]
        look(page, f"officer-preview-{language}")
        page.click("form[data-busy] button")
        page.wait_for_url(re.compile(r"/desk/upload/[0-9a-f]{32}"))
        look(page, f"officer-uploaded-{language}")
        live.catch_up()
        place, before = placed(page)
        assert term(before, "track_record")["contribution"] == 0

        page.get_by_role("link", name=say("Texts and matches")).click()
        text = page.locator(".text", has=page.get_by_role("heading", name=DRYING))
        text.scroll_into_view_if_needed()
        firm = text.locator(".match", has_text=FIRM)
        firm.wait_for()
        look(page, f"officer-desk-{language}")
        firm.get_by_role("button").click()
        firm.get_by_text(say("on the shortlist")).wait_for()
        text.get_by_role("link", name=DRYING).click()
        page.wait_for_selector("h1.title")
        look(page, f"officer-text-{language}")
        for name in ("Taller de chompas, Chinchero", FIRM):
            page.get_by_label(say("Compare {name}").format(name=name)).check()
        page.get_by_role("button", name=say("Compare the two marked")).click()
        page.wait_for_selector("table.compare")
        look(page, f"officer-compare-{language}")

        page.get_by_role("link", name=say("Board"), exact=True).click()
        page.locator(".entry", has_text=FIRM).get_by_role("button", name=say("Propose")).click()
        card(page, "proposed").get_by_text(say("Add a note")).click()
        card(page, "proposed").get_by_role("textbox").fill("Llamar el lunes")
        look(page, f"officer-note-{language}")
        card(page, "proposed").get_by_role("button", name=say("Save the note")).click()
        expect(card(page, "proposed").locator("summary")).to_have_text("Llamar el lunes")
        expect(card(page, "proposed").locator("summary")).to_be_focused()
        card(page, "proposed").get_by_role("link", name=say("Message")).click()
        page.wait_for_selector("#draft")
        look(page, f"officer-draft-{language}")
        page.get_by_role("link", name=say("Board"), exact=True).click()
        for stage, onward in itertools.pairwise(STAGES):
            card(page, stage).locator("form[data-step] button").click()
            card(page, onward).wait_for()
        look(page, f"officer-board-{language}")
        card(page, "project").locator(".who-with").click()
        page.wait_for_selector("ol.path")
        look(page, f"officer-introduction-{language}")

        live.catch_up()
        now, after = placed(page)
        assert (place, now) == (2, 1)  # before, the faculty of Tacna was the first
        assert after["score"] - before["score"] > term(after, "track_record")["contribution"] > 0
        page.goto("/?like=oregano-1")
        first = page.locator("#c1")
        expect(first).to_contain_text(LAB)
        expect(first).to_contain_text(say("{counts} with firms").format(counts=say("1 project")))
        look(page, f"officer-known-{language}")


@SIZES
@LANGUAGES
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_an_upload_is_taken_back_as_a_whole(browser, site, tmp_path, size, language, scripts):
    live, question = site.network.live, "/?q=lavado+de+quinua+saponina"
    with site.visit(browser, size, who="officer", language=language, scripts=scripts) as page:
        page.goto("/desk/upload")
        page.set_input_files("input[type=file]", filled_template(page, tmp_path / "capacidades.xlsx"))
        page.click("form[enctype] button")
        page.wait_for_url("**/preview/*")
        page.click("form[data-busy] button")
        page.wait_for_url(re.compile(r"/desk/upload/[0-9a-f]{32}"))
        live.catch_up()
        run = page.url
        page.goto(question)
        expect(page.locator("#answer")).to_contain_text(LAB)
        page.goto(run)
        page.click("main form button")
        page.wait_for_load_state()
        expect(page.locator("main .done")).to_be_visible()
        live.catch_up()
        if scripts:
            look(page, f"upload-undone-{language}")
        page.goto(question)
        expect(page.locator("#answer")).not_to_contain_text(LAB)
        page.goto("/desk/upload")
        if scripts:
            look(page, f"upload-list-{language}")
