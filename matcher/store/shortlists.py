"""Shortlists: the partners that an office keeps in mind for a need or a capability."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import exists, or_, select, tuple_
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.errors import Conflict, NotFound
from matcher.language import N_
from matcher.store import audit
from matcher.store.desk_views import expect, label, now, public_partners, public_texts, the_partner, the_text
from matcher.store.paging import Page, page, read_cursor
from matcher.store.tables import IntroductionRow, ShortlistRow
from matcher.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Entry:
    """A partner on the shortlist of a text. `about`: the text's title; a name is None where its partner withdrew."""

    evidence: str
    about: str | None
    partner: str
    partner_name: str | None
    note: str | None
    added: dt.datetime
    key: str | None
    version: int


def entries(
    session: Session,
    office: str,
    *,
    evidence: str | None = None,
    partner: str | None = None,
    waiting: bool = False,
    cursor: str | None = None,
    limit: int,
) -> Page[Entry]:
    """Return an office's entries by text and partner.

    :param waiting: only those whose partner the office has not introduced about that text yet.

    :raises BadQuery: the cursor is none of ours.
    """
    query = select(ShortlistRow).where(ShortlistRow.organisation == office)
    if evidence is not None:
        query = query.where(ShortlistRow.evidence == evidence)
    if partner is not None:
        query = query.where(ShortlistRow.partner == partner)
    if waiting:
        begun = IntroductionRow
        query = query.where(
            ~exists().where(
                begun.organisation == office,
                begun.evidence == ShortlistRow.evidence,
                or_(begun.supply == ShortlistRow.partner, begun.demand == ShortlistRow.partner),
            )
        )
    if cursor:
        after = read_cursor(cursor, (str, str))
        query = query.where(tuple_(ShortlistRow.evidence, ShortlistRow.partner) > after)
    rows = list(session.scalars(query.order_by(ShortlistRow.evidence, ShortlistRow.partner).limit(limit + 1)))
    return page(_entries(session, rows), limit, lambda e: (e.evidence, e.partner))


def entry(session: Session, office: str, evidence: str, partner: str) -> Entry:
    """Return one entry.

    :raises NotFound: the office has no such entry.
    """
    return _entries(session, [_row(session, office, evidence, partner)])[0]


def put(
    writer: Writer,
    caller: Caller,
    evidence: str,
    partner: str,
    note: str | None,
    *,
    expected: frozenset[int] | None = None,
    request: str | None = None,
) -> tuple[Entry, bool]:
    """Put a partner on a shortlist of the caller's office, or give its entry another note; tell whether it is new.

    :raises NotFound: no such text or partner, or none that may be seen.
    :raises Conflict: the text has partners of the partner's side alone.
    :raises Stale: the entry has another version than expected.
    """
    session, office = writer.session, _office(caller)
    row = session.get(ShortlistRow, (office, evidence, partner))
    new = row is None
    if row is None:
        if expected is not None:
            raise _absent(evidence, partner)
        text, found = the_text(session, evidence), the_partner(session, partner)
        if all(p.side is found.side for p in public_partners(session, text.partners).values()):
            raise Conflict(N_("{partner!r} and {evidence!r} are of the same side"), partner=partner, evidence=evidence)
        row = ShortlistRow(
            organisation=office, evidence=evidence, partner=partner, note=note, added=now(), key=caller.key,
            version=writer.version,
        )  # fmt: skip
        session.add(row)
    else:
        expect(partner, row.version, expected)
        row.note, row.version = note, writer.version
    audit.record(session, caller, "create" if new else "change", "shortlist", f"{evidence} {partner}", request)
    session.flush()
    return _entries(session, [row])[0], new


def remove(
    writer: Writer,
    caller: Caller,
    evidence: str,
    partner: str,
    *,
    expected: frozenset[int] | None = None,
    request: str | None = None,
) -> None:
    """Take a partner off a shortlist of the caller's office.

    :raises NotFound: the office has no such entry.
    :raises Stale: the entry has another version than expected.
    """
    row = _row(writer.session, _office(caller), evidence, partner)
    expect(partner, row.version, expected)
    writer.session.delete(row)
    audit.record(writer.session, caller, "delete", "shortlist", f"{evidence} {partner}", request)
    writer.session.flush()


def _row(session: Session, office: str, evidence: str, partner: str) -> ShortlistRow:
    row = session.get(ShortlistRow, (office, evidence, partner))
    if row is None:
        raise _absent(evidence, partner)
    return row


def _absent(evidence: str, partner: str) -> NotFound:
    return NotFound(N_("{partner!r} is not on the shortlist of {evidence!r}"), partner=partner, evidence=evidence)


def _office(caller: Caller) -> str:
    assert caller.organisation is not None  # noqa: S101 - see offices.at_desk
    return caller.organisation


def _entries(session: Session, rows: list[ShortlistRow]) -> list[Entry]:
    texts = public_texts(session, (row.evidence for row in rows))
    partners = public_partners(session, (row.partner for row in rows))
    return [
        Entry(
            row.evidence,
            label(texts[row.evidence]) if row.evidence in texts else None,
            row.partner,
            partners[row.partner].name if row.partner in partners else None,
            row.note,
            row.added,
            row.key,
            row.version,
        )
        for row in rows
    ]
