"""What people without a key ask of the offices, from the public pages: kept until an office has seen to it.

Who they are and how to reach them is for officers alone, and stays here no longer than it is needed: when a request
is taken over it moves into the partner that is made of it, and when it is discarded it is deleted.
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from matcher.access import Caller, Role
from matcher.errors import BadInput, Conflict, NotFound
from matcher.language import N_
from matcher.records import Side
from matcher.store import audit
from matcher.store.desk_views import now, public_partners, the_partner
from matcher.store.paging import Page, moment, page, read_cursor
from matcher.store.tables import IntakeRow, OrganisationRow, PartnerRow
from matcher.text import clean

LIMITS = {"question": 5_000, "who": 200, "company": 300, "contact": 500, "words": 2_000, "reason": 60}  # characters
WAITING = 5_000  # that nobody has seen to; more are not taken


class Kind(StrEnum):
    """What is asked."""

    INTRODUCTION = "introduction"
    UNFIT = "unfit"


class State(StrEnum):
    """What became of it."""

    NEW = "new"
    TAKEN = "taken"
    DISCARDED = "discarded"


REASONS = {  # why a match does not fit
    "other_topic": N_("It is about something else"),
    "too_far": N_("Too far away"),
    "wrong_kind": N_("Not the kind of organisation I look for"),
    "no_answer": N_("I asked them and got no answer"),
    "out_of_date": N_("What is told of them is no longer true"),
    "other": N_("Another reason"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is handed in. `partner`: whom they wish to meet, or who does not fit; None: whoever the office knows."""

    kind: Kind
    question: str
    seeks: Side = Side.SUPPLY
    region: str | None = None
    sector: str | None = None
    partner: str | None = None
    who: str = ""
    company: str = ""
    contact: str = ""
    consent: bool = False
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """One of them as an officer sees it. `partner_name`: None where it withdrew or none was named."""

    id: str
    kind: Kind
    at: dt.datetime
    question: str
    seeks: Side
    region: str | None
    sector: str | None
    partner: str | None
    partner_name: str | None
    who: str | None
    company: str | None
    contact: str | None
    reason: str | None
    words: str | None
    office: str | None
    state: State
    handled: dt.datetime | None
    made: str | None


def add(session: Session, asked: Asked, caller: Caller, request: str | None = None) -> str:
    """Keep what is asked, for the office that serves the partner's owner, and return its id.

    :raises BadInput: something is missing, too long, or consent is not given.
    :raises NotFound: no such partner, or none that may be seen.
    :raises Conflict: too many wait already.
    """
    given = {name: clean(getattr(asked, name)) for name in LIMITS}
    for name, most in LIMITS.items():
        if len(given[name]) > most:
            raise BadInput(N_("{field}: at most {most} characters"), field=name, most=most)
    if asked.kind is Kind.INTRODUCTION:
        _check_introduction(given, consent=asked.consent)
    elif given["reason"] not in REASONS or asked.partner is None:
        raise BadInput(N_("Choose a reason."))
    # Whoever wishes to meet a firm seeks demand, whatever the form said.
    seeks = the_partner(session, asked.partner).side if asked.partner is not None else asked.seeks
    waiting = session.scalar(select(func.count()).select_from(IntakeRow).where(IntakeRow.state == State.NEW)) or 0
    if waiting >= WAITING:
        raise Conflict(N_("Too many requests wait for the offices: write to one of them instead."))
    new = IntakeRow(
        id=secrets.token_hex(8), kind=asked.kind.value, at=now(), seeks=seeks.value, region=asked.region,
        sector=asked.sector, partner=asked.partner, consent=asked.consent, state=State.NEW.value,
        office=_office_of(session, asked.partner), **{n: v or None for n, v in given.items() if n != "question"},
        question=given["question"],
    )  # fmt: skip
    session.add(new)
    audit.record(session, caller, "create", "intake", new.id, request)
    session.flush()
    return new.id


def _check_introduction(given: dict[str, str], *, consent: bool) -> None:
    for name, message in (
        ("question", N_("Describe the problem in a few words.")),
        ("who", N_("Write your name.")),
        ("contact", N_("Write how to reach you: a telephone number or an e-mail address.")),
    ):
        if not given[name]:
            raise BadInput(message)
    if not consent:
        raise BadInput(N_("Without your consent the office may not keep this: mark the box."))


def _office_of(session: Session, partner: str | None) -> str | None:
    """Return the office that serves a partner's owner, the owner itself where it is an office; else None."""
    row = session.get(PartnerRow, partner) if partner else None
    owner = session.get(OrganisationRow, row.owner) if row and row.owner else None
    if owner is None:
        return None
    if owner.office:
        return owner.office
    serves = session.scalar(select(OrganisationRow.id).where(OrganisationRow.office == owner.id).limit(1))
    return owner.id if serves else None


def waiting_for(session: Session, office: str) -> int:
    """Return how many wait for an office, those for any office among them."""
    mine = _of(office)
    return session.scalar(select(func.count()).select_from(IntakeRow).where(mine, IntakeRow.state == State.NEW)) or 0


def intakes(
    session: Session, office: str, *, handled: bool = False, cursor: str | None = None, limit: int
) -> Page[Intake]:
    """Return what waits for an office or, `handled`, what it has seen to; the newest first.

    :raises BadQuery: the cursor is none of ours.
    """
    row = IntakeRow
    state = row.state != State.NEW if handled else row.state == State.NEW
    query = select(row).where(_of(office), state)
    if cursor:
        at, id_ = read_cursor(cursor, (str, str))
        query = query.where(tuple_(row.at, row.id) < (moment(at), id_))
    rows = list(session.scalars(query.order_by(row.at.desc(), row.id.desc()).limit(limit + 1)))
    names = {id_: p.name for id_, p in public_partners(session, (r.partner for r in rows if r.partner)).items()}
    return page([_shown(each, names) for each in rows], limit, lambda i: (i.at.isoformat(), i.id))


def intake(session: Session, office: str, id_: str) -> Intake:
    """Return one of an office's, or of any's.

    :raises NotFound: there is none of that id for it.
    """
    row = _row(session, office, id_)
    return _shown(row, {i: p.name for i, p in public_partners(session, [row.partner] if row.partner else []).items()})


def settle(session: Session, caller: Caller, id_: str, state: State, *, request: str | None = None) -> None:
    """Say what became of a request: who asked is forgotten here.

    :raises NotFound: there is none of that id for the caller's office.
    :raises Conflict: somebody has seen to it already.
    """
    row = _row(session, _office(caller), id_)
    if row.state != State.NEW:
        raise Conflict(N_("Somebody has seen to this request already."))
    row.state, row.handled, row.key, row.office = state.value, now(), caller.key, _office(caller)
    row.who = row.company = row.contact = None
    audit.record(session, caller, "take" if state is State.TAKEN else "discard", "intake", id_, request)
    session.flush()


def name_made(session: Session, id_: str, partner: str) -> None:
    """Say which partner was made of a request that was taken over: with it goes the request."""
    row = session.get(IntakeRow, id_)
    if row is not None:
        row.made = partner
        session.flush()


def delete(session: Session, caller: Caller, id_: str, request: str | None = None) -> None:
    """Delete a request that has been seen to.

    :raises NotFound: there is none of that id for the caller's office.
    :raises Conflict: it waits still.
    """
    row = _row(session, _office(caller), id_)
    if row.state == State.NEW:
        raise Conflict(N_("This request waits still: take it over or discard it first."))
    session.delete(row)
    audit.record(session, caller, "delete", "intake", id_, request)
    session.flush()


def note_reading(session: Session, caller: Caller, request: str | None = None) -> None:
    """Write down that the caller reads who asked: it is open to their role alone."""
    assert caller.is_at_least(Role.OFFICER)  # noqa: S101 - see the page
    audit.record(session, caller, "read_private", "intake", None, request)


def _of(office: str) -> ColumnElement[bool]:
    return or_(IntakeRow.office == office, IntakeRow.office.is_(None))


def _office(caller: Caller) -> str:
    assert caller.organisation is not None  # noqa: S101 - see offices.at_desk
    return caller.organisation


def _row(session: Session, office: str, id_: str) -> IntakeRow:
    row = session.get(IntakeRow, id_)
    if row is None or row.office not in (None, office):
        raise NotFound(N_("no request has the id {id!r}"), id=id_)
    return row


def _shown(row: IntakeRow, names: dict[str, str]) -> Intake:
    return Intake(
        row.id, Kind(row.kind), row.at, row.question, Side(row.seeks), row.region, row.sector, row.partner,
        names.get(row.partner or ""), row.who, row.company, row.contact, row.reason, row.words, row.office,
        State(row.state), row.handled, row.made,
    )  # fmt: skip
