"""Journeys in a real browser: what an upload would change is shown; an admin makes keys and changes the weights."""

import pytest
from browser import LANGUAGES, PHONE, SIZES, look, served
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


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
