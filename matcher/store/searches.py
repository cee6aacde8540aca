"""Saved searches as they are kept: an office's questions, each with a feed that only its token opens."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.errors import Conflict, NotFound
from matcher.language import N_
from matcher.store import audit
from matcher.store.desk_views import expect, now
from matcher.store.tables import InboxRow, SavedSearchRow
from matcher.store.writer import Writer

MOST = 200  # saved searches of one office: each is asked whenever there is something new


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A question that an office asks again when there is something new.

    :param question: see `saved_searches.to_question`. :param threshold: the least probability that is told.
    :param feed: the token in the addresses of its feeds. :param seen: the version up to which it was asked.
    :param unread: how many things in the inbox came of it and are not read yet.
    """

    id: str
    name: str
    question: dict[str, Any]
    threshold: float
    feed: str
    created: dt.datetime
    seen: int
    version: int
    unread: int = 0


def searches(session: Session, office: str) -> list[SavedSearch]:
    """Return an office's saved searches, the oldest first."""
    rows = session.scalars(
        select(SavedSearchRow)
        .where(SavedSearchRow.organisation == office)
        .order_by(SavedSearchRow.created, SavedSearchRow.id)
    )
    return _shown(session, list(rows))


def search(session: Session, office: str, id_: str) -> SavedSearch:
    """Return one saved search.

    :raises NotFound: the office has none of that id.
    """
    return _shown(session, [_row(session, office, id_)])[0]


def create(
    writer: Writer, caller: Caller, name: str, question: dict[str, Any], threshold: float, *, request: str | None = None
) -> SavedSearch:
    """Save a search of the caller's office; what is written from now on is new to it.

    :raises Conflict: the office has as many as there may be.
    """
    session, office = writer.session, caller.organisation
    assert office is not None  # noqa: S101 - see offices.at_desk
    count = session.scalar(
        select(func.count()).select_from(SavedSearchRow).where(SavedSearchRow.organisation == office)
    )
    if (count or 0) >= MOST:
        raise Conflict(N_("there are {limit} saved searches already: remove one that nobody reads"), limit=MOST)
    row = SavedSearchRow(
        id=secrets.token_hex(8), organisation=office, name=name, question=question, threshold=threshold,
        feed=_token(), created=now(), seen=writer.version, version=writer.version,
    )  # fmt: skip
    session.add(row)
    audit.record(session, caller, "create", "saved_search", row.id, request)
    session.flush()
    return _shown(session, [row])[0]


def change(
    writer: Writer,
    caller: Caller,
    id_: str,
    name: str,
    question: dict[str, Any],
    threshold: float,
    *,
    expected: frozenset[int] | None = None,
    request: str | None = None,
) -> SavedSearch:
    """Give a saved search of the caller's office another name, question or threshold.

    To another question everything that is there already is old.

    :raises NotFound: the office has none of that id.
    :raises Stale: it has another version than expected.
    """
    row = _changed(writer, caller, id_, expected)
    if row.question != question:
        row.question, row.seen = question, writer.version
    row.name, row.threshold = name, threshold
    audit.record(writer.session, caller, "change", "saved_search", id_, request)
    writer.session.flush()
    return _shown(writer.session, [row])[0]


def renew_feed(
    writer: Writer, caller: Caller, id_: str, *, expected: frozenset[int] | None = None, request: str | None = None
) -> SavedSearch:
    """Give a saved search of the caller's office new feeds; the old addresses lead nowhere from now on.

    :raises NotFound: the office has none of that id.
    :raises Stale: it has another version than expected.
    """
    row = _changed(writer, caller, id_, expected)
    row.feed = _token()
    audit.record(writer.session, caller, "renew_feed", "saved_search", id_, request)
    writer.session.flush()
    return _shown(writer.session, [row])[0]


def remove(
    writer: Writer, caller: Caller, id_: str, *, expected: frozenset[int] | None = None, request: str | None = None
) -> None:
    """Remove a saved search of the caller's office with what it brought to the inbox.

    :raises NotFound: the office has none of that id.
    :raises Stale: it has another version than expected.
    """
    row = _changed(writer, caller, id_, expected)
    audit.record(writer.session, caller, "delete", "saved_search", id_, request)
    writer.session.delete(row)
    writer.session.flush()


def _changed(writer: Writer, caller: Caller, id_: str, expected: frozenset[int] | None) -> SavedSearchRow:
    row = _row(writer.session, caller.organisation, id_)
    expect(id_, row.version, expected)
    row.version = writer.version
    return row


def _row(session: Session, office: str | None, id_: str) -> SavedSearchRow:
    row = session.get(SavedSearchRow, id_)
    if row is None or row.organisation != office:
        raise NotFound(N_("no saved search has the id {id!r}"), id=id_)
    return row


def _token() -> str:
    return secrets.token_urlsafe(32)


def _shown(session: Session, rows: list[SavedSearchRow]) -> list[SavedSearch]:
    unread: dict[str, int] = dict(
        session.execute(
            select(InboxRow.search, func.count())
            .where(InboxRow.search.in_([row.id for row in rows]), InboxRow.read.is_(None))
            .group_by(InboxRow.search)
        ).all()
    )
    return [
        SavedSearch(
            row.id,
            row.name,
            row.question,
            row.threshold,
            row.feed,
            row.created,
            row.seen,
            row.version,
            unread.get(row.id, 0),
        )
        for row in rows
    ]
