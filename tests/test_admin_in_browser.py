"""Journeys in a real browser: an officer uploads ten capabilities and takes them back; an admin changes the weights."""

import re
from pathlib import Path

import pytest
from browser import LANGUAGES, PHONE, SIZES, look, served
from openpyxl import Workbook
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    """A workbook of a laboratory with ten capabilities, and of two rows that cannot be read."""
    book = Workbook()
    sheet = book.active
    sheet.title = "socios"
    for row in (
        ["id", "lado", "nombre", "tipo", "region", "sectores"],
        ["quinua", "oferta", "Laboratorio de muestra", "laboratorio", "Puno", "A01"],
        ["mal", "ofrece", "Sin lado", "", "", ""],
    ):
        sheet.append(row)
    sheet = book.create_sheet("evidencias")
    sheet.append(["id", "socios", "titulo", "texto", "fecha"])
    for n in range(10):
        sheet.append(
            [f"quinua-{n}", "quinua", f"Saponina {n}", f"Ilustrativo: lavado de quinua número {n}.", "2025-03-31"]
        )
    sheet.append(["quinua-x", "quinua", "", "Texto con fecha rara.", "ayer"])
    book.save(tmp_path / "capacidades.xlsx")
    return tmp_path / "capacidades.xlsx"


@SIZES
@LANGUAGES
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_an_officer_uploads_ten_capabilities_finds_them_and_takes_them_back(
    browser, site, ten, size, language, scripts
):
    found = site.network
    with site.visit(browser, size, who="officer", language=language, scripts=scripts) as page:
        page.goto("/desk/upload")
        page.set_input_files("input[type=file]", ten)
        page.click("form[enctype] button")
        page.wait_for_url("**/preview/*")
        assert [e.inner_text() for e in page.locator(".counts strong").all()] == ["11", "0", "0", "2"]
        if scripts:
            look(page, f"upload-preview-{language}")
        page.click("form[data-busy] button")
        page.wait_for_url(re.compile(r"/desk/upload/[0-9a-f]{32}"))
        found.live.catch_up()
        if scripts:
            look(page, f"upload-done-{language}")
        run = page.url
        page.goto("/?q=lavado+de+quinua+saponina")
        expect(page.locator("#answer")).to_contain_text("Laboratorio de muestra")
        page.goto(run)
        page.click("main form button")
        page.wait_for_load_state()
        expect(page.locator("main .done")).to_be_visible()
        found.live.catch_up()
        if scripts:
            look(page, f"upload-undone-{language}")
        page.goto("/?q=lavado+de+quinua+saponina")
        expect(page.locator("#answer")).not_to_contain_text("Laboratorio de muestra")
        page.goto("/desk/upload")
        if scripts:
            look(page, f"upload-list-{language}")


def test_a_changed_record_shows_what_was_and_what_will_be(browser, site, tmp_path):
    path = tmp_path / "socios.csv"
    path.write_text("id;lado;nombre;tipo;sectores;region\ntaller;demanda;Taller nuevo;empresa;C13;Tacna\n", "utf-8")
    with site.visit(browser, PHONE, who="officer") as page:
        page.goto("/desk/upload")
        page.set_input_files("input[type=file]", path)
        page.click("form[enctype] button")
        page.wait_for_url("**/preview/*")
        assert page.locator("article.change dd").first.inner_text().split() == (
            ["Taller", "de", "chompas,", "Chinchero", "→", "Taller", "nuevo"]
        )
        look(page, "upload-change-es")


@SIZES
@LANGUAGES
def test_an_admin_makes_a_key_and_changes_weights_after_seeing_what_that_does(browser, site, size, language):
    found = site.network
    with site.visit(browser, size, who="admin", language=language) as page:
        page.goto("/admin/keys")
        page.check("input[value=officer]")
        page.select_option("select[name=organisation]", "ott-tacna")
        page.fill("input[name=label]", "Muestra")
        page.click("form[action='/admin/keys'] button")
        assert page.inner_text("#token").startswith("tk_")
        look(page, f"admin-key-made-{language}")
        page.goto("/admin/weights")
        before = page.input_value("#w_same_region")
        slider = page.locator("[data-slides=w_same_region]")
        slider.focus()
        slider.press("Home")  # by keyboard
        assert float(page.input_value("#w_same_region")) == 0
        page.click("form[data-busy] button")
        page.wait_for_url("**/preview?*")
        look(page, f"admin-weights-preview-{language}")
        page.click("form[action='/admin/weights'] button")
        page.wait_for_url("**/admin/weights?saved=true")
        assert float(page.input_value("#w_same_region")) == 0
        assert found.live.current().weights.signals["same_region"] == 0
        page.click("form[action='/admin/weights/back'] button")
        page.wait_for_url("**/admin/weights?back=true")
        assert page.input_value("#w_same_region") == before
        look(page, f"admin-weights-back-{language}")


def test_the_first_key_is_made_in_the_browser_and_opens_it_again(browser, tmp_path):
    with served(tmp_path, fresh=True) as site, site.visit(browser, PHONE) as page:
        page.goto("/admin/keys")
        look(page, "admin-first-key-es")
        page.click("form[action='/admin/keys'] button")
        look(page, "admin-first-key-made-es")
        page.goto("/admin")
        expect(page.locator("h1")).to_have_text("Administración")
