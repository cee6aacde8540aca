"""Whatever anybody wrote is text on every page: nothing of it runs, and no page is forgotten here."""

import re
from collections.abc import Iterator

import pytest
from browser import serving, visiting
from hostile import FILES, SHOWN, SILENT, Hostile, hostile
from network import endpoints

from api.web.pages import router

RAW = re.compile(r"<script>alert|<img src=x|<b onmouseover|javascript:")


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[Hostile]:
    with hostile(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def test_no_page_is_forgotten(world):
    routes = {path for method, path in endpoints(router.routes) if method == "GET"}
    assert sorted([*world.pages, *SILENT, *FILES]) == sorted(routes)


def test_scripts_that_people_wrote_are_text_on_every_page(world):
    client = world.network.client()
    client.headers.update({"Accept": "text/html", **world.network.keys["admin"]})
    client.cookies.set("saved", world.saved)
    silent = []
    for route, urls in {**world.pages, **SILENT}.items():
        for url in urls:
            answer = client.get(url)
            assert answer.headers["content-type"].startswith("text/html"), url
            if route == "/quality/report":
                assert "sandbox; default-src 'none'" in answer.headers["content-security-policy"]
                continue
            assert RAW.findall(answer.text) == [], url
            if route in world.pages and SHOWN not in answer.text:
                silent.append((url, answer.status_code))
    assert silent == []


@pytest.mark.slow
def test_nothing_that_people_wrote_runs_in_a_browser(world, browser):
    """The browser complains of every script that the content policy stops, and `visiting` of every complaint."""
    key = world.network.token("admin")
    ran = []
    with serving(world.network.app) as address, visiting(browser, key=key, site=address) as page:
        page.context.add_cookies([{"name": "saved", "value": world.saved, "url": address}])
        page.on("dialog", lambda said: (ran.append((page.url, said.message)), said.dismiss()))
        for route, urls in {**world.pages, **SILENT}.items():
            if route == "/quality/report":
                continue  # see test_figures_in_browser
            for url in urls:
                page.goto(url)
                for match in page.locator("[hx-trigger=revealed]").all():  # what comes later is looked at too
                    match.scroll_into_view_if_needed()
                page.wait_for_load_state("networkidle")
                assert page.locator("img[src=x], script:not([src]), b[onmouseover], a[href^=javascript]").count() == 0
    assert ran == []
