"""A real browser for tests of the pages: Debian's Chromium, driven by Playwright, against a server in this process.

A journey leaves its screenshots in the folder that TINKUY_SCREENSHOTS names, where it is set.
"""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from network import Network, network
from playwright.sync_api import Browser, Page, sync_playwright

PHONE, DESK = (360, 780), (1280, 900)  # pixels
NAMES = ("chromium", "chromium-browser", "google-chrome")
EMPTY_STYLE = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # sha256 of nothing
# What no page may show to people: codes of sectors and regions, and what was left unsaid.
CODES = re.compile(r"\b(?:[A-U]\d{2}|[A-Z]{2}-[A-Z]{3}|None(?! of)|undefined|NaN)\b")

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("language", ["es", "en"])


@dataclass(frozen=True, slots=True)
class Site:
    """An installation that answers at an address."""

    address: str
    network: Network

    def visit(
        self, browser: Browser, size: tuple[int, int] = DESK, *, who: str = "", language: str = "es",
        scripts: bool = True,
    ) -> AbstractContextManager[Page]:  # fmt: skip
        """Open a page of a visitor's own, whose addresses may begin with `/`.

        :param who: whose key is signed in with (see `network.CALLERS`); nobody's without.
        """
        key = self.network.token(who) if who else ""
        return visiting(browser, size, language=language, scripts=scripts, key=key, site=self.address)


@contextmanager
def served(folder: Path, *, fresh: bool = False, **settings: str) -> Iterator[Site]:
    """Serve the network of two offices from an empty folder; `fresh`: nobody has made a key yet."""
    with network(folder, fresh=fresh, **settings) as found, serving(found.app) as address:
        yield Site(address, found)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port of this machine and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 300
    while not server.started:
        assert thread.is_alive(), "the server ended"
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; without one the test is skipped with the reason."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: install Debian's `chromium`")
    arguments = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:  # it must end with its module: while it runs no other event loop may
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@contextmanager
def visiting(
    browser: Browser, size: tuple[int, int] = DESK, *, language: str = "es", scripts: bool = True, key: str = "",
    site: str = "",
) -> Iterator[Page]:  # fmt: skip
    """Open a page of a visitor's own; whatever the browser complains of (scripts, content policy) fails the test.

    :param key: an API key that is signed in with at `site`, where addresses that begin with `/` are then.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        locale=language,
        accept_downloads=True,
        base_url=site or None,
    )
    if site:
        cookies = [{"name": "lang", "value": language, "url": site}]
        cookies += [{"name": "tinkuy_key", "value": key, "url": site}] if key else []
        context.add_cookies(cookies)
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    # Answers that refuse are told as errors by the browser and by htmx too; a screenshot puts an empty style into the page.
    known = ("status of 4", "Response Status Error Code 4", EMPTY_STYLE)
    ours = [c for c in complaints if not any(told in c for told in known)]
    assert ours == []


def look(page: Page, name: str) -> None:
    """Make sure that a page can be shown: no overflow, no code in the place of a word, no serious fault of axe's."""
    folder = os.environ.get("TINKUY_SCREENSHOTS")
    if folder:
        width = page.viewport_size["width"]
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert overflow(page) == []
    assert CODES.findall(page.inner_text("main")) == []
    faults = Axe().run(page).response["violations"]
    serious = [
        (fault["id"], [node["html"][:200] for node in fault["nodes"]])
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []


def overflow(page: Page) -> list[str]:
    """Return what sticks out of the page to the right, where the page can be moved sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    return found


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Go on with the Tab key until what is selected has the focus, and can be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            # A tick box that its label draws shows the focus there.
            outlined = page.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e), n = e.nextElementSibling;
                return s.outlineStyle !== 'none' || s.boxShadow !== 'none' ||
                n !== null && getComputedStyle(n).outlineStyle !== 'none'; }"""
            )
            assert outlined, f"where the focus is cannot be seen: {selector}"
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
