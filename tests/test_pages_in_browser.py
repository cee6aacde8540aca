"""Every page in a real browser, wide and narrow, in both languages: it fits, it speaks one language, axe finds nothing."""

from collections.abc import Iterator

import pytest
from browser import DESK, PHONE, chromium, look, serving, visiting
from network import network
from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
PAGES = ("/", "/login", "/nowhere", "/regions", "/regions/PE-CUS", "/regions/needs?standing=all")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of an installation, and an admin's key."""
    with network(tmp_path_factory.mktemp("site")) as found, serving(found.app) as address:
        yield address, found.keys["admin"]["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_can_be_read_by_everybody(browser, site, path, size, language):
    address, key = site
    with visiting(browser, size, language=language, key=key, site=address) as page:
        page.goto(address + path)
        look(page, f"{path.partition('?')[0].strip('/').replace('/', '-') or 'ask'}-{language}")
