"""A request of every endpoint with what each role is answered: the rows of the table of access are made of these."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from conftest import EVIDENCE, PARTNERS
from fastapi.testclient import TestClient
from network import Network

from matcher.records import Outcome, Query, Side, Stage
from matcher.saved_searches import to_question
from matcher.store import introductions, searches, shortlists
from matcher.store.desk_views import now
from matcher.store.tables import InboxRow

# The columns. "other": of the organisation, or the office, whose record or desk it is not; see network.py.
COLUMNS = (
    "anonymous", "reader", "contributor", "other contributor", "officer", "other officer", "admin",
)  # fmt: skip
ALL_200 = (200,) * 7
CONTRIBUTORS = (403, 403, 200, 200, 200, 200, 200)
OFFICERS = (403, 403, 403, 403, 200, 200, 422)  # each at their own desk; an admin must say at whose
FREE = {"/healthz", "/readyz", "/metrics", "/login"}  # for whoever watches over the service, on this machine
TEXT = "Tinte de prueba para lana."
ANY = {"If-Match": "*"}
NUMBER = count(1)


def owners(done: int) -> tuple[int, ...]:
    """Return the row of a record of the weavers': they, their office and admins may write it, and nobody else."""
    return (403, 403, done, 403, done, 403, done)


def desk(done: int = 200) -> tuple[int, ...]:
    """Return the row of the desk of the weavers' office, which is named: its own officers', and admins'."""
    return (403, 403, 403, 403, done, 403, done)


def own_desk() -> tuple[int, ...]:
    """Return the row of a thing on the weavers' office's desk where none is named: it is on no other desk."""
    return (403, 403, 403, 403, 200, 404, 422)


def nothing(_: Network, new: str) -> str:
    """Nothing needs to be there but the network itself."""
    return new


def a_firm(found: Network, new: str) -> str:
    """A partner of the weavers' is there, with a text and an outcome of theirs."""
    found.write(
        replace(PARTNERS[4], id=new, name="Taller nuevo", owner="tejedoras"),
        replace(EVIDENCE[5], id=f"{new}-1", partners=(new,), owner="tejedoras"),
        Outcome(f"{new}-o", "unsaac", Stage.MET, new, owner="tejedoras"),
    )
    return new


def an_entry(found: Network, new: str) -> str:
    """The firm's text has a shortlist at the weavers' office."""
    a_firm(found, new)
    with found.store.writing() as writer:
        shortlists.put(writer, found.office("ott-cusco"), f"{new}-1", "unsaac", None)
    return new


def an_introduction(found: Network, new: str) -> str:
    """The firm is being introduced by the weavers' office."""
    a_firm(found, new)
    with found.store.writing() as writer:
        return introductions.propose(writer, found.office("ott-cusco"), "unsaac", new).id


def _search(found: Network, new: str) -> tuple[str, str]:
    """Save a search at the weavers' office, in the place of the one before."""
    caller = found.office("ott-cusco")
    with found.store.writing() as writer:
        for old in searches.searches(writer.session, "ott-cusco"):
            if old.name.startswith("nuevo"):
                searches.remove(writer, caller, old.id)
        made = searches.create(writer, caller, new, to_question(Query(TEXT, Side.SUPPLY)), 0.5)
    return made.id, made.feed


def a_search(found: Network, new: str) -> str:
    """The weavers' office has a saved search."""
    return _search(found, new)[0]


def a_feed(found: Network, new: str) -> str:
    """And that has a feed."""
    return _search(found, new)[1]


def some_news(found: Network, new: str) -> str:
    """And something came of it."""
    search, _ = _search(found, new)
    with found.store.writing() as writer:
        row = InboxRow(search=search, evidence="unsaac-1", partner="unsaac", probability=0.5, at=now(), read=None)
        writer.session.add(row)
        writer.session.flush()
        return str(row.id)


@dataclass(frozen=True)
class Row:
    """A request and what it is answered with, one status a column.

    In `url`, `json` and `form` (of a page) stands NEW for an id that no request had before, or for what `before` gives.
    `fresh`: the status on a machine where nobody made a key yet, where it is not the admin's.
    """

    method: str
    path: str
    status: tuple[int, ...]
    url: str | None = None
    json: Any = None
    before: Callable[[Network, str], str] = nothing
    headers: dict[str, str] = field(default_factory=dict)
    fresh: int | None = None
    form: dict[str, str] | None = None

    def ask(self, found: Network, client: TestClient, headers: dict[str, str]) -> int:
        """Ask, and return the answer's status."""
        new = self.before(found, f"nuevo-{next(NUMBER)}")
        body = self.json if isinstance(self.json, str) else json.dumps(self.json)
        type_ = "application/x-ndjson" if self.path == "/v1/bulk" else "application/json"
        url = (self.url or self.path).replace("NEW", new)
        if self.form is not None:
            form = {name: value.replace("NEW", new) for name, value in self.form.items()}
            sent = {**self.headers, **headers}
            return client.request(self.method, url, data=form, headers=sent, follow_redirects=False).status_code
        return client.request(
            self.method,
            url,
            content=None if self.json is None else body.replace("NEW", new),
            headers={**({} if self.json is None else {"Content-Type": type_}), **self.headers, **headers},
            follow_redirects=False,
        ).status_code
