"""A network of two offices in one installation, with a key for everybody who matters, and what is nobody else's.

Cusco's office serves the weavers (`tejedoras`), Tacna's the dryers (`secadores`). The weavers' workshop has a contact,
a confidential need and a told outcome; a partner of theirs has withdrawn.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from matcher.access import Caller, Role
from matcher.index.snapshot import Snapshot, building
from matcher.introductions import Standing
from matcher.live import LiveEngine
from matcher.records import Evidence, Outcome, Partner, Query, Side, Stage
from matcher.saved_searches import to_question
from matcher.settings import Settings
from matcher.store import introductions, keys, organisations, searches, shortlists
from matcher.store.desk_views import now
from matcher.store.store import Store
from matcher.store.tables import InboxRow
from matcher.vector_cache import CachedEncoder
from matcher.weights import Weights

SECRET = "xilofonogris"  # in what only the owner and its office may read
CONTACT = "telefonorojo"  # in what only the owner and officers may read
GONE = "retiradoazul"  # in what nobody is shown: its partner has withdrawn
SUMMARY = "Una empresa textil busca un tinte firme para fibra de alpaca."
NEED = Evidence(
    "taller-2",
    ("taller",),
    "need",
    f"Nuestro {SECRET} pierde el tinte cuando llueve; el cliente de Arequipa amenaza con irse.",
    f"El {SECRET} destiñe",
    "es",
    source=f"llamada sobre {SECRET}",
    sectors=("C14",),
    confidential=True,
    summary=SUMMARY,
    owner="tejedoras",
)
# Written after the snapshot: it is in the delta alone.
LATE = replace(
    NEED,
    id="taller-3",
    text=f"El {SECRET} se agrieta al curtir.",
    summary="Una empresa busca curtir cuero de vicuña con taninos.",
)
TOLD = Outcome("o9", "unsaac", Stage.MET, "taller", text=f"Hablamos del {SECRET}.", owner="tejedoras")
OWNERS = {"taller": "tejedoras", "oregano": "secadores"}
WITHDRAWN = Partner("retirado", Side.DEMAND, f"Taller {GONE}", "firm", consent=False, owner="tejedoras")
HIDDEN = Evidence("retirado-1", ("retirado",), "need", f"Tinte para {GONE}.", language="es", owner="tejedoras")
# name -> (role, organisation); seen from the weavers and their records
CALLERS: dict[str, tuple[Role, str | None] | None] = {
    "anonymous": None,
    "reader": (Role.READER, "tejedoras"),
    "contributor": (Role.CONTRIBUTOR, "tejedoras"),
    "other contributor": (Role.CONTRIBUTOR, "secadores"),
    "officer": (Role.OFFICER, "ott-cusco"),
    "other officer": (Role.OFFICER, "ott-tacna"),
    "admin": (Role.ADMIN, None),
}
INSIDERS = {"contributor", "officer", "admin"}  # who may read what is confidential
REACHING = INSIDERS | {"other officer"}  # who may know how to reach a partner


@dataclass
class Network:
    """The installation. `keys`: caller -> headers that carry its key."""

    home: Path
    store: Store
    encoder: CachedEncoder
    inner: FakeEncoder
    app: FastAPI
    live: LiveEngine
    keys: dict[str, dict[str, str]]
    desks: dict[str, "Desk"] = field(default_factory=dict)  # by office

    def write(self, *records: Any) -> None:
        """Write records, whatever was there."""
        with self.store.writing() as writer:
            assert all(isinstance(effect, str) for effect in writer.upsert(records))

    def index(self) -> None:
        """Build a snapshot of what everybody may see."""
        all_ = self.store.everything()
        with building(self.home):
            Snapshot.build_alone(
                self.home, all_.partners, all_.evidence, all_.outcomes, self.encoder, None, state=all_.state
            )

    def office(self, name: str) -> Caller:
        """Return an officer at an office's desk."""
        return Caller(Role.OFFICER, name, frozenset({name}), None)

    def token(self, who: str) -> str:
        """Return somebody's key as it is typed; empty for who has none."""
        return self.keys[who].get("Authorization", "").removeprefix("Bearer ")

    def client(self) -> TestClient:
        """Return a client that asks from this machine."""
        return TestClient(self.app, client=("127.0.0.1", 50_000), raise_server_exceptions=False)


@dataclass(frozen=True)
class Desk:
    """What an office keeps about the weavers' secrets and the withdrawn. Ids, and the token of the search's feeds."""

    introductions: tuple[str, ...]
    search: str
    feed: str
    news: tuple[int, ...]


def desk_of(found: Network, office: str) -> Desk:
    """Fill an office's desk: shortlists, introductions, saved searches, and what came of them."""
    caller = found.office(office)
    with found.store.writing() as writer:
        made = []
        for evidence, partner in ((NEED.id, "taller"), (HIDDEN.id, WITHDRAWN.id)):
            shortlists.put(writer, caller, evidence, "unsaac", "nota")
            made.append(introductions.propose(writer, caller, "unsaac", partner, evidence=evidence, note="nota").id)
        for id_ in made:
            introductions.step(writer, caller, id_, Standing.SENT)
            introductions.step(writer, caller, id_, Standing.MET)
        question = to_question(Query(SUMMARY, Side.DEMAND))
        search = searches.create(writer, caller, "Tintes", question, 0.0)
        searches.create(writer, caller, "Como la suya", to_question(Query("", Side.SUPPLY, evidence_id=NEED.id)), 0.0)
        told = [InboxRow(search=search.id, evidence=e, partner=p, probability=0.5, at=now(), read=None)
                for e, p in ((NEED.id, "taller"), (HIDDEN.id, WITHDRAWN.id))]  # fmt: skip
        writer.session.add_all(told)
        writer.session.flush()
        return Desk(tuple(made), search.id, search.feed, tuple(row.id for row in told))


def records() -> list[Any]:
    """Return the small world as the weavers', the dryers' and nobody's, with what is private."""
    contact = f"{CONTACT}@correo.example"
    partners = [replace(p, owner=OWNERS.get(p.id), contact=contact if p.id == "taller" else None) for p in PARTNERS]
    texts = [replace(e, owner=OWNERS.get(e.partners[0])) for e in EVIDENCE]
    return [*partners, replace(WITHDRAWN, consent=None), *texts, NEED, HIDDEN, *OUTCOMES, TOLD]


@contextmanager
def network(folder: Path, *, fresh: bool = False, **settings: str) -> Iterator[Network]:
    """Give the installation in an empty folder; `fresh`: nobody has made a key yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINKUY_HOME", str(folder / "home"))
        for name in ("QUESTIONS", "WRITES"):
            patch.setenv(f"TINKUY_RATE_{name}", "1000000/minute")
        for name, value in settings.items():
            patch.setenv(f"TINKUY_{name.upper()}", value)
        store = Store.open(folder / "home" / "tinkuy.db")
        inner = FakeEncoder()
        encoder = CachedEncoder(inner, folder / "cache" / "vectors.sqlite")
        weights_file = Settings.read(os.environ).weights_file
        live = LiveEngine(folder / "home", encoder, Weights.load(), store, watch=False, weights_file=weights_file)
        app = create_app(live=live, store=store)
    app.state.live, app.state.store = live, store
    made = {}
    with store.noting() as session:
        organisations.add(session, "ott-cusco", "OTT Cusco")
        organisations.add(session, "ott-tacna", "OTT Tacna")
        organisations.add(session, "tejedoras", "Tejedoras", "ott-cusco")
        organisations.add(session, "secadores", "Secadores", "ott-tacna")
        for name, who in CALLERS.items():
            made[name] = {"Authorization": f"Bearer {keys.make(session, *who)}"} if who and not fresh else {}
    found = Network(folder / "home", store, encoder, inner, app, live, made)
    found.write(*records())
    found.desks = {office: desk_of(found, office) for office in ("ott-cusco", "ott-tacna")}
    found.write(WITHDRAWN)  # who was on the desks until today
    found.index()
    live.current()
    found.write(LATE)
    live.catch_up()
    yield found
    store.close()


def endpoints(routes: Sequence[Any]) -> set[tuple[str, str]]:
    """Return (method, path) of everything that an application answers, but HEAD and OPTIONS."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        if hasattr(route, "original_router"):  # FastAPI's routers inside routers
            found |= endpoints(route.original_router.routes)
        elif getattr(route, "methods", None):
            found |= {(method, route.path) for method in route.methods - {"HEAD", "OPTIONS"}}
    return found
