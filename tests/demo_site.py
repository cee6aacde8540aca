"""The demonstration as an installation of its own, with the real model, an office and its keys: for whole journeys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import serving
from platformdirs import user_cache_path

from api.app import create_app
from matcher import parts
from matcher.access import Role
from matcher.importing import import_files
from matcher.settings import CHECKOUT, Settings
from matcher.store import keys, organisations
from matcher.store.store import Store

OFFICE = "ott-tacna"


@dataclass(frozen=True, slots=True)
class Site:
    """Where it answers, the tokens that open it, and its database."""

    address: str
    officer: str
    admin: str
    store: Store


@contextmanager
def demo_site(folder: Path) -> Iterator[Site]:
    """Serve the demonstration data from an empty folder; vectors are kept in the user's cache for the next time."""
    settings = Settings(home=folder, cache=user_cache_path("tinkuy"))
    store = parts.open_store(settings)
    import_files(store, "table", sorted((CHECKOUT / "data" / "demo").glob("*.csv")))
    with store.noting() as session:
        organisations.add(session, OFFICE, "OTT Tacna")
        officer = keys.make(session, Role.OFFICER, OFFICE)
        admin = keys.make(session, Role.ADMIN, None)
    parts.build_snapshot(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINKUY_HOME", str(folder))
        patch.setenv("TINKUY_RATE_QUESTIONS", "1000000/minute")
        patch.setenv("TINKUY_RATE_WRITES", "1000000/minute")
        app = create_app(live=parts.open_live_engine(settings, store), store=store)
    with serving(app) as address:
        yield Site(address, officer, admin, store)
