"""Make the README's pictures of the pages, from the demonstration data and the real model.

PYTHONPATH=tests python -m screenshots docs/images
"""

import sys
import tempfile
from pathlib import Path

from browser import chromium, visiting
from demo_site import OFFICE, Site, demo_site
from playwright.sync_api import Page

from matcher.access import Caller, Role
from matcher.introductions import PATH
from matcher.store import introductions

QUESTION = "Unos gusanitos se comen mi orégano y no quiero fumigar con más veneno"
MEETINGS = (  # supply, demand, steps taken: what stands on the board
    ("unjbg-agropecuarias", "tac-oregano-candarave", 0),
    ("upt-ingenieria", "tac-oregano-tarata", 2),
    ("unjbg-ingenieria", "tac-olivos-la-yarada", 3),
    ("unjbg-agropecuarias", "tac-aceite-oliva", 4),
)
LONG_MS = 900_000  # until every need has been asked


def main() -> None:
    """Write ask.png, board.png and regions.png."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, demo_site(Path(home) / "home") as site, chromium() as browser:
        with visiting(browser, (1200, 1000), site=site.address) as page:
            page.goto(f"{site.address}/?q={QUESTION}&region=Tacna")
            picture(page, folder / "ask.png")
        meet(site)
        with visiting(browser, (1200, 700), key=site.officer, site=site.address) as page:
            page.goto(f"{site.address}/desk/board")
            picture(page, folder / "board.png")
        with visiting(browser, (1200, 1000), site=site.address) as page:
            page.set_default_timeout(LONG_MS)
            page.goto(f"{site.address}/regions")
            page.wait_for_selector("svg.region-map")
            page.locator("svg.region-map").scroll_into_view_if_needed()
            picture(page, folder / "regions.png")


def meet(site: Site) -> None:
    """Take introductions so far as the board shall show."""
    caller = Caller(Role.OFFICER, OFFICE, frozenset({OFFICE}), None)
    for supply, demand, steps in MEETINGS:
        with site.store.writing() as writer:
            id_ = introductions.propose(writer, caller, supply, demand, evidence=f"{demand}-n1").id
            for stage in PATH[1 : steps + 1]:
                introductions.step(writer, caller, id_, stage)


def picture(page: Page, path: Path) -> None:
    """Take a picture of what is seen first."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
