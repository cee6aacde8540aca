"""The desk in a real browser: its lists, and its board by mouse, by keyboard alone and without scripts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from browser import LANGUAGES, SIZES, Site, look, served, tab_to
from conftest import PARTNERS
from playwright.sync_api import Page

from matcher.introductions import Standing
from matcher.records import Outcome
from matcher.store import introductions

pytestmark = pytest.mark.slow
STAGES = ("sent", "met", "agreed", "project")


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """An installation of this test alone, where the faculty is the weavers' too."""
    with served(tmp_path) as found:
        found.network.write(replace(PARTNERS[0], owner="tejedoras"))
        yield found


def column(page: Page, stage: str):
    return page.locator(f"[data-stage={stage}]")


def drag(page: Page, stage: str, words: str) -> None:
    """Drag the card with these words to the column of a stage, as a mouse does."""
    card, to = page.locator(".card", has_text=words), column(page, stage)
    card.scroll_into_view_if_needed()
    start, end = card.bounding_box(), to.bounding_box()
    page.mouse.move(start["x"] + start["width"] - 12, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] - 4, start["y"] + 14, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + min(end["height"] / 2, 60), steps=12)
    page.wait_for_timeout(150)
    page.mouse.up()


@LANGUAGES
@SIZES
def test_the_lists_of_a_desk_at_work(browser, site, size, language):
    with site.visit(browser, size, who="officer", language=language) as page:
        for path in ("inbox", "searches", "search", "shortlist", "introductions"):
            page.goto(f"/desk/{path}")
            look(page, f"desk-{path}-{language}")
        page.goto("/desk?side=demand")
        page.locator(".who").first.scroll_into_view_if_needed()
        page.locator(".text .match").first.wait_for()
        look(page, f"desk-needs-{language}")


def test_a_card_is_dragged_from_column_to_column_and_goes_back_where_it_may_not_go(browser, site):
    found = site.network
    with site.visit(browser, who="officer") as page:
        page.goto("/desk/text?evidence=taller-1")
        page.locator(".match", has_text="Laboratorio de materiales").get_by_role("button").click()
        page.wait_for_selector(".kept >> text=preselección")
        page.goto("/desk/board")
        page.locator(".entry", has_text="Laboratorio").get_by_role("button", name="Proponer").click()
        column(page, "proposed").locator(".card", has_text="Laboratorio").wait_for()
        drag(page, "met", "Laboratorio")  # a step too far
        page.locator("#notice [role=alert]").wait_for()
        assert column(page, "proposed").locator(".card", has_text="Laboratorio").count() == 1
        assert column(page, "met").locator(".card", has_text="Laboratorio").count() == 0
        for stage in STAGES:
            drag(page, stage, "Laboratorio")
            word = {"sent": "enviado", "met": "reunidos", "agreed": "acordado", "project": "proyecto"}[stage]
            page.locator(".done", has_text=f"ahora en: {word}").wait_for()  # the card itself is there before the answer
            column(page, stage).locator(".card.just", has_text="Laboratorio").wait_for()
        with found.store.reading() as session:
            (made,) = introductions.introductions(session, "ott-cusco", partner="pucp", limit=5).items
        assert made.stage == "project"
        outcome = found.store.get(Outcome, f"intro-{made.id}").record
        assert (outcome.partner, outcome.counterpart, outcome.stage) == ("pucp", "taller", "project")


def test_a_card_that_is_declined_asks_for_the_reason(browser, site):
    with site.visit(browser, who="officer") as page:
        page.goto("/desk/board")
        drag(page, "declined", "Taller")
        page.wait_for_selector("details[open] input[name=reason]")
        page.locator("details[open] input[name=reason]").fill("No hay presupuesto este año")
        page.get_by_role("button", name="Registrar que se rechazó").click()
        card = column(page, "declined").locator(".card", has_text="No hay presupuesto")
        card.wait_for()


def test_a_card_that_somebody_else_moved_meanwhile_is_told_and_goes_back(browser, site):
    found = site.network
    with site.visit(browser, who="officer") as page:
        page.goto("/desk/board")
        with found.store.writing() as writer:
            id_ = found.desks["ott-cusco"].introductions[0]
            introductions.step(writer, found.office("ott-cusco"), id_, Standing.AGREED)
        drag(page, "agreed", "Taller")
        page.locator("#notice [role=alert]", has_text="mientras tanto").wait_for()
        assert column(page, "met").locator(".card", has_text="Taller").count() == 1


def test_by_keyboard_alone(browser, site):
    """From the desk to a project without a mouse: Tab, arrows, Space and Enter."""
    found = site.network
    with site.visit(browser, who="officer") as page:
        page.goto("/desk/text?evidence=taller-1")
        tab_to(page, ".match form button[aria-label*='Laboratorio']")
        page.keyboard.press("Enter")
        page.wait_for_selector(".kept >> text=preselección")
        page.goto("/desk/board")
        tab_to(page, ".entry button[aria-label*='Laboratorio'].small")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-stage=proposed] .card >> text=Laboratorio")
        tab_to(page, "[data-stage=proposed] .card form[data-step] button")
        for stage in STAGES:
            page.keyboard.press("Enter")
            page.wait_for_selector(f"[data-stage={stage}] .card >> text=Laboratorio")
            if stage != "project":  # the focus stays with the card
                page.wait_for_function(
                    "stage => document.activeElement.closest(`[data-stage=${stage}]`) !== null", arg=stage
                )
        with found.store.reading() as session:
            (made,) = introductions.introductions(session, "ott-cusco", partner="pucp", limit=5).items
            assert made.stage == "project"


def test_without_scripts_the_desk_works_by_links_and_forms(browser, site):
    with site.visit(browser, who="officer", scripts=False) as page:
        page.goto("/desk?side=demand")
        page.locator(".text", has=page.get_by_role("heading", name="Se corren")).get_by_role(
            "link", name="Ver quién puede ayudar"
        ).click()
        page.locator(".match", has_text="Laboratorio").get_by_role("button").click()
        page.wait_for_url("**/desk/text?**")
        page.goto("/desk/board")
        page.locator(".entry", has_text="Laboratorio").get_by_role("button", name="Proponer").click()
        page.locator(".card", has_text="Laboratorio").locator("summary").click()
        page.locator(".card", has_text="Laboratorio").get_by_role("textbox").fill("Llamar el lunes")
        page.get_by_role("button", name="Guardar la nota").locator("visible=true").click()
        page.locator(".card summary", has_text="Llamar el lunes").wait_for()
        for stage in STAGES:
            page.locator(".card", has_text="Laboratorio").locator("form[data-step] button").click()
            assert column(page, stage).locator(".card", has_text="Laboratorio").count() == 1
