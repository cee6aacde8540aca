"""Requests for introduction as they are kept: each with its history, and one outcome for the track record."""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.errors import BadInput, Conflict, NotFound
from matcher.introductions import OUTCOME, Standing, check_step, is_correction
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Side
from matcher.store import audit
from matcher.store.desk_views import (
    expect,
    label,
    now,
    public_partners,
    public_text,
    public_texts,
    the_partner,
    the_text,
)
from matcher.store.paging import Page, moment, page, read_cursor
from matcher.store.tables import IntroductionRow, IntroductionStepRow, OutcomeRow
from matcher.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an introduction: who (`key`) took it and when (`at`, UTC). `date`: the day that it happened."""

    before: Standing | None
    after: Standing
    reason: str | None
    note: str | None
    date: dt.date
    key: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Introduction:
    """A request that two partners meet. `about`: the text's title; a name is None where its partner withdrew."""

    id: str
    stage: Standing
    supply: str
    supply_name: str | None
    demand: str
    demand_name: str | None
    evidence: str | None
    about: str | None
    note: str | None
    created: dt.datetime
    version: int
    history: tuple[Step, ...] = ()


def outcome_id(introduction: str) -> str:
    """Return the id of the outcome that an introduction comes to."""
    return f"intro-{introduction}"


def introductions(
    session: Session,
    office: str,
    *,
    stage: Standing | None = None,
    partner: str | None = None,
    evidence: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> Page[Introduction]:
    """Return an office's introductions without their history, the newest first.

    :raises BadQuery: the cursor is none of ours.
    """
    row = IntroductionRow
    query = select(row).where(row.organisation == office)
    if stage is not None:
        query = query.where(row.stage == stage)
    if partner is not None:
        query = query.where(or_(row.supply == partner, row.demand == partner))
    if evidence is not None:
        query = query.where(row.evidence == evidence)
    if cursor:
        created, id_ = read_cursor(cursor, (str, str))
        query = query.where(tuple_(row.created, row.id) < (moment(created), id_))
    rows = list(session.scalars(query.order_by(row.created.desc(), row.id.desc()).limit(limit + 1)))
    return page(_shown(session, rows), limit, lambda i: (i.created.isoformat(), i.id))


def introduction(session: Session, office: str, id_: str) -> Introduction:
    """Return one introduction with its history.

    :raises NotFound: the office has none of that id.
    """
    return _shown(session, [_row(session, office, id_)], history=True)[0]


def propose(
    writer: Writer,
    caller: Caller,
    supply: str,
    demand: str,
    *,
    evidence: str | None = None,
    note: str | None = None,
    request: str | None = None,
) -> Introduction:
    """Open a request of the caller's office that two partners meet.

    :param evidence: the need or the capability that it is about, of one of the two.
    :raises NotFound: no such partner or text, or none that may be seen.
    :raises BadInput: a partner is of the other side, or the text of neither.
    :raises Conflict: the office has a request for the two about the same that is still under way.
    """
    session, office = writer.session, caller.organisation
    assert office is not None  # noqa: S101 - see offices.at_desk
    two = {}
    for id_, side in ((supply, Side.SUPPLY), (demand, Side.DEMAND)):
        two[id_] = the_partner(session, id_)
        if two[id_].side is not side:
            raise BadInput(N_("{id!r} is not a partner of the side {side}"), id=id_, side=side.value)
    if evidence is not None and not {p.id for p in two.values()}.intersection(the_text(session, evidence).partners):
        raise BadInput(N_("{evidence!r} speaks of neither {supply!r} nor {demand!r}"), evidence=evidence, supply=supply, demand=demand)  # fmt: skip  # noqa: E501
    row = IntroductionRow
    same = row.evidence.is_(None) if evidence is None else row.evidence == evidence
    open_ = session.scalar(
        select(row.id).where(
            row.organisation == office, row.supply == supply, row.demand == demand, same,
            row.stage.not_in([Standing.DECLINED, Standing.PROJECT]),
        ).limit(1)
    )  # fmt: skip
    if open_:
        raise Conflict(N_("these two are being introduced already, see introduction {id}"), id=open_)
    new = IntroductionRow(
        id=secrets.token_hex(8), organisation=office, evidence=evidence, supply=supply, demand=demand,
        stage=Standing.PROPOSED.value, note=note, created=now(), version=writer.version,
    )  # fmt: skip
    session.add(new)
    session.flush()
    _remember(session, new, caller, None, None, None, now().date())
    audit.record(session, caller, "create", "introduction", new.id, request)
    session.flush()
    return introduction(session, office, new.id)


def step(
    writer: Writer,
    caller: Caller,
    id_: str,
    to: Standing,
    *,
    reason: str | None = None,
    note: str | None = None,
    date: dt.date | None = None,
    expected: frozenset[int] | None = None,
    request: str | None = None,
) -> Introduction:
    """Take an introduction of the caller's office to another stage, and its outcome with it.

    :param date: the day that it happened; today without it.
    :param expected: the versions that the introduction may have now.
    :raises NotFound: the office has none of that id.
    :raises Conflict: the step is not allowed from where it stands; Stale: it has another version.
    :raises BadInput: a reason is wanting, or the day lies in the future.
    """
    session, office = writer.session, caller.organisation
    assert office is not None  # noqa: S101 - see offices.at_desk
    row = _row(session, office, id_)
    expect(id_, row.version, expected)
    today = now().date()
    if date is not None and date > today + dt.timedelta(days=1):  # the sun rises earlier elsewhere
        raise BadInput(N_("the date {date} lies in the future"), date=date)
    stage, history = Standing(row.stage), _history(session, id_)
    check_step(stage, to, reason, history[-1].before)
    if date is None:
        again = [s.date for s in history if s.after is to and not (s.before and is_correction(s.before, s.after))]
        date = again[-1] if is_correction(stage, to) and again else today
    before, row.stage, row.version = stage, to.value, writer.version
    _remember(session, row, caller, before, reason, note, date)
    audit.record(session, caller, "step", "introduction", id_, request)
    session.flush()
    _count(writer, row, date)
    return introduction(session, office, id_)


def annotate(
    writer: Writer,
    caller: Caller,
    id_: str,
    note: str | None,
    *,
    expected: frozenset[int] | None = None,
    request: str | None = None,
) -> None:
    """Give an introduction of the caller's office another note; those of its steps stay as they were written.

    :param expected: the versions that the introduction may have now.
    :raises NotFound: the office has none of that id.
    :raises Stale: it has another version.
    """
    session, office = writer.session, caller.organisation
    assert office is not None  # noqa: S101 - see offices.at_desk
    row = _row(session, office, id_)
    expect(id_, row.version, expected)
    row.note, row.version = note, writer.version
    audit.record(session, caller, "change", "introduction", id_, request)
    session.flush()


def _count(writer: Writer, row: IntroductionRow, date: dt.date) -> None:
    """Let the outcome tell what the introduction has come to: one, or none before anything happened."""
    session, id_, stage = writer.session, outcome_id(row.id), OUTCOME[Standing(row.stage)]
    if stage is None:
        if session.get(OutcomeRow, id_):
            writer.delete(Outcome, id_)
        return
    need = public_text(session, row.evidence)
    firm = public_partners(session, [row.demand]).get(row.demand)
    place, sectors = served(need if need and firm and firm.id in need.partners else None, firm)
    country = place.partition("-")[0] if place else (firm.country if firm else None)
    writer.put(Outcome(id_, row.supply, stage, row.demand, date, country, place, sectors, owner=row.organisation))


def served(need: Evidence | None, firm: Partner | None) -> tuple[str | None, tuple[str, ...]]:
    """Return region and sectors of whom the introduction serves: those of the need, else those of the firm."""
    region = (need.region if need else None) or (firm.region if firm else None)
    return region, (need.sectors if need else ()) or (firm.sectors if firm else ())


def _remember(
    session: Session,
    row: IntroductionRow,
    caller: Caller,
    before: Standing | None,
    reason: str | None,
    note: str | None,
    date: dt.date,
) -> None:
    session.add(
        IntroductionStepRow(
            introduction=row.id,
            before=before.value if before else None,
            after=row.stage,
            reason=reason,
            note=note,
            date=date,
            key=caller.key,
            at=now(),
        )
    )


def _row(session: Session, office: str, id_: str) -> IntroductionRow:
    row = session.get(IntroductionRow, id_)
    if row is None or row.organisation != office:
        raise NotFound(N_("no introduction has the id {id!r}"), id=id_)
    return row


def _history(session: Session, id_: str) -> tuple[Step, ...]:
    rows = session.scalars(
        select(IntroductionStepRow).where(IntroductionStepRow.introduction == id_).order_by(IntroductionStepRow.id)
    )
    return tuple(
        Step(Standing(r.before) if r.before else None, Standing(r.after), r.reason, r.note, r.date, r.key, r.at)
        for r in rows
    )


def _shown(session: Session, rows: list[IntroductionRow], *, history: bool = False) -> list[Introduction]:
    texts = public_texts(session, (row.evidence for row in rows if row.evidence))
    partners = public_partners(session, [id_ for row in rows for id_ in (row.supply, row.demand)])
    names = {id_: partner.name for id_, partner in partners.items()}
    return [
        Introduction(
            row.id,
            Standing(row.stage),
            row.supply,
            names.get(row.supply),
            row.demand,
            names.get(row.demand),
            row.evidence,
            label(texts[row.evidence]) if row.evidence in texts else None,
            row.note,
            row.created,
            row.version,
            _history(session, row.id) if history else (),
        )
        for row in rows
    ]
