"""The way of a small firm through the pages, in a real browser: asks, reads why, saves, and asks to be introduced."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import LANGUAGES, PHONE, SIZES, look, tab_to
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow
OREGANO = "Mi oregano pierde color en el secado"
WORDS = {
    "es": {"ask": "Preguntar", "save": "Guardar", "saved": "Guardado ✓", "list": "Mi lista", "thanks": "Gracias",
           "introduce": "Pedir que nos presenten", "send": "Enviar", "unfit": "No encaja", "why": "Por qué en este puesto",
           "offer": "¿Qué puede ofrecer?", "need": "¿Qué problema quiere resolver?"},
    "en": {"ask": "Ask", "save": "Save", "saved": "Saved ✓", "list": "My list", "thanks": "Thank you",
           "introduce": "Ask for an introduction", "send": "Send", "unfit": "It does not fit", "why": "Why in this place",
           "offer": "What can you offer?", "need": "What problem do you want to solve?"},
}  # fmt: skip


def order(page: Page) -> list[str]:
    """Return the partners on the page, in their order."""
    found: list[str] = page.eval_on_selector_all("[data-partner]", "all => all.map(e => e.dataset.partner)")
    return found


def asked(page: Page) -> dict[str, list[str]]:
    """Return what the address says."""
    return parse_qs(urlsplit(page.url).query)


@LANGUAGES
@SIZES
def test_a_firm_finds_a_partner_saves_it_and_asks_to_be_introduced(browser, site, size, language):
    words = WORDS[language]
    with site.visit(browser, size, language=language) as page:
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text(words["need"], use_inner_text=True)
        page.locator("#q").fill(OREGANO)
        page.locator("#region").fill("tacna")
        page.get_by_role("button", name=words["ask"], exact=True).click()
        page.wait_for_selector("#c1")
        assert asked(page) == {"q": [OREGANO], "region": ["Tacna"]}
        assert order(page)[0] == "unjbg"
        look(page, f"ask-answer-{language}")
        page.locator("#c1 summary", has_text=words["why"]).click()
        look(page, f"ask-sum-{language}")
        page.locator("#without-place").check()
        page.wait_for_url("**without=place**")
        expect(page.locator("#without-place")).to_be_checked()
        page.reload()
        expect(page.locator("#without-place")).to_be_checked()
        page.locator("#c1").get_by_role("button", name=words["save"], exact=True).click()
        expect(page.locator("#c1 .save button")).to_contain_text(words["saved"])
        page.locator("#c1").get_by_role("link", name=words["list"]).click()
        expect(page.get_by_role("link", name="Facultad agraria, Tacna")).to_be_visible()
        look(page, f"ask-saved-{language}")
        page.get_by_role("button", name=words["introduce"]).click()
        page.locator("[name=question]").fill(OREGANO)
        page.locator("[name=who]").fill("Q")
        page.locator("[name=contact]").fill("q@x.example")
        page.locator("[name=consent]").check()
        look(page, f"ask-introduction-{language}")
        page.get_by_role("button", name=words["send"]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(words["thanks"])
        look(page, f"ask-thanks-{language}")
    with site.visit(browser, size, who="officer", language=language) as page:
        page.goto("/desk/requests")
        expect(page.get_by_text("q@x.example").first).to_be_visible()
        look(page, f"ask-requests-{language}")


def test_by_keyboard_alone(browser, site):
    with site.visit(browser) as page:
        page.goto("/")

        tab_to(page, "#q")
        page.keyboard.type(OREGANO)
        tab_to(page, "#region")
        page.keyboard.type("Tacna")
        tab_to(page, "#ask button")
        page.keyboard.press("Enter")
        page.wait_for_selector("#c1")
        tab_to(page, "#without-place")
        page.keyboard.press("Space")
        page.wait_for_url("**without=place**")
        # What was swapped keeps the focus where it was.
        page.wait_for_function("document.activeElement.id === 'without-place'")
        tab_to(page, "#c1 details.sum summary")
        page.keyboard.press("Enter")
        expect(page.locator("#c1 table.terms")).to_be_visible()
        tab_to(page, "#c1 .save button")
        page.keyboard.press("Enter")
        expect(page.locator("#c1 .save button")).to_contain_text("Guardado")


@LANGUAGES
@SIZES
def test_without_scripts(browser, site, size, language):
    words = WORDS[language]
    with site.visit(browser, size, language=language, scripts=False) as page:
        page.goto("/")
        page.locator("#q").fill(OREGANO)
        page.get_by_role("button", name=words["ask"], exact=True).click()
        assert order_by_text(page)
        page.locator("#without-sector").check()
        page.locator("noscript button, .rules button").first.click()
        assert asked(page)["without"] == ["sector"]
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        assert download.value.suggested_filename == "tinkuy-matches.csv"
        page.locator("#c1").get_by_role("button", name=words["save"], exact=True).click()
        expect(page.locator("#c1 .save button")).to_contain_text(words["saved"])
        page.locator("#c1").get_by_role("link", name=words["unfit"]).click()
        page.locator("[name=reason]").first.check()
        page.get_by_role("button", name=words["send"]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(words["thanks"])


def order_by_text(page: Page) -> int:
    return page.locator("article.card").count()


def test_while_an_answer_is_coming_one_sees_that_it_is(browser, site):
    with site.visit(browser, PHONE) as page:
        page.goto("/")
        held = []
        page.route(re.compile(r"/\?.*q="), lambda route: held.append(route))
        page.locator("#q").fill(OREGANO)
        page.get_by_role("button", name="Preguntar", exact=True).click()
        expect(page.locator("#waiting")).to_be_visible()
        expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
        held[0].continue_()
        page.wait_for_selector("#c1")
        expect(page.locator("#waiting")).to_be_hidden()
        assert page.locator("#answer").get_attribute("aria-busy") is None


def test_title_and_examples_follow_what_is_sought_and_the_back_button_works(browser, site):
    with site.visit(browser) as page:
        page.goto("/")
        page.locator("label", has_text="Ofrezco algo").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["es"]["offer"], use_inner_text=True)
        expect(page.get_by_role("link", name="Controlamos plagas")).to_be_visible()
        expect(page.get_by_role("link", name="Unos gusanitos")).to_be_hidden()
        page.locator("#q").fill("Teñimos fibra de alpaca")
        page.get_by_role("button", name="Preguntar", exact=True).click()
        page.wait_for_selector("#c1")
        assert order(page)[0] == "taller"
        # The switch of language in the header knows what was asked meanwhile.
        assert "seeks=demand" in (page.locator("#tools a[lang=en]").get_attribute("href") or "")
        page.go_back()
        expect(page.get_by_role("link", name="Unos gusanitos")).to_be_visible()


def test_an_answer_prints_without_what_only_a_screen_needs(browser, site):
    with site.visit(browser) as page:
        page.goto(f"/?q={OREGANO}&region=Tacna")
        page.emulate_media(media="print")
        expect(page.locator("#c1 h3")).to_be_visible()
        expect(page.locator("#answer .asked-for")).to_have_text(f"“{OREGANO}”")
        for hidden in (".question", "#c1 .actions", ".rules", ".top"):
            expect(page.locator(hidden)).to_be_hidden()
