"""Lists of records a page at a time, in the order of their ids, each caller seeing only what they may."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from matcher.access import Caller, Role
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.store.rows import ROWS, TO_RECORD
from matcher.store.sameness import above
from matcher.store.store import Stored
from matcher.store.tables import EvidencePartnerRow, EvidenceRow, OutcomeRow, PartnerRow
from matcher.store.view import hidden_partners, owners_of, seen_by
from matcher.store.whole import as_shown, told_by_another
from matcher.text import fold

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must hold of the records of a list; None asks for nothing. What a kind of record lacks is not looked at.

    `text`: part of a partner's name, whatever its accents and capitals. `partner`, `counterpart`: ids.
    `side`: of the partner, or of a partner of the evidence. `sector`: the code or one inside it.
    `changed_since`: a version; what was written after it.
    """

    text: str | None = None
    side: Side | None = None
    kind: str | None = None
    country: str | None = None
    region: str | None = None
    sector: str | None = None
    owner: str | None = None
    partner: str | None = None
    counterpart: str | None = None
    language: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    confidential: bool | None = None
    stage: Stage | None = None
    changed_since: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list. `last`: the id after which the next part begins; None where there is none."""

    items: tuple[Stored, ...]
    last: str | None


def page(
    session: Session,
    kind: type[Record],
    caller: Caller,
    wanted: Wanted,
    *,
    after: str | None = None,
    limit: int = 50,
    whole: bool = False,
) -> Page:
    """Return the first `limit` records, of those whose id comes after `after`, as the caller may see them.

    Whoever follows `last` meets every record that stays there meanwhile exactly once.

    :param whole: texts are those of the partner and of all that are the same as it, as they are shown (see
        `wholeness`), not as they were given; one that says the same as another is left out, so that there may be
        fewer than `limit`.
    """
    row: Any = ROWS[kind]
    hidden = hidden_partners(session, caller)
    if {wanted.partner, wanted.counterpart} & hidden:  # else one would learn of whom it is
        return Page((), None)
    conditions = [_visible(kind, caller), *_conditions(kind, wanted, caller, whole=whole)]
    if after is not None:
        conditions.append(row.id > after)
    if kind is Partner and wanted.text is not None:
        conditions.append(row.id.in_(_named(session, wanted.text, conditions, limit + 1)))
    found = session.scalars(select(row).where(*conditions).order_by(row.id).limit(limit + 1)).all()
    items = []
    records: list[Record] = [TO_RECORD[kind](each) for each in found[:limit]]
    told: dict[str, str] = {}
    if whole:
        texts = as_shown(session, evidence=[r for r in records if isinstance(r, Evidence)]).evidence
        told = told_by_another(session, texts)
        records = list(texts)
    for each, record in zip(found, records, strict=False):
        if record.id in told:
            continue
        seen = seen_by(record, caller, hidden)
        if seen is not None:  # the conditions have seen to that
            items.append(Stored(seen, each.version))
    return Page(tuple(items), found[limit - 1].id if len(found) > limit else None)


def _named(session: Session, text: str, conditions: Sequence[Condition], limit: int) -> list[str]:
    """Return the first ids of partners whose name has `text` in it; no engine of ours ignores accents by itself."""
    names = session.execute(select(PartnerRow.id, PartnerRow.name).where(*conditions).order_by(PartnerRow.id))
    wanted = fold(text)
    found = list(islice((id_ for id_, name in names.yield_per(500) if wanted in fold(name)), limit))
    names.close()
    return found


def _editable(owner: Any, caller: Caller) -> Condition:
    owners = owners_of(caller)
    return true() if owners is None else owner.in_(sorted(owners)) if owners else false()


def _shown(partner: Any, caller: Caller) -> Condition:
    return or_(partner.consent.is_(None), partner.consent.is_(True), _editable(partner.owner, caller))


def _visible(kind: type[Record], caller: Caller) -> Condition:
    if kind is Partner:
        return _shown(PartnerRow, caller)
    if kind is Evidence:
        return or_(_editable(EvidenceRow.owner, caller), _has_partner(_shown(PartnerRow, caller)))
    partner = aliased(PartnerRow)
    named = exists().where(partner.id == OutcomeRow.partner, _shown(partner, caller))
    return or_(_editable(OutcomeRow.owner, caller), named)


def _has_partner(*conditions: Condition) -> Condition:
    """Say that an evidence speaks of a partner for which these hold."""
    link = EvidencePartnerRow
    return exists().where(link.evidence_id == EvidenceRow.id, link.partner_id == PartnerRow.id, *conditions)


def _conditions(kind: type[Record], wanted: Wanted, caller: Caller, *, whole: bool = False) -> Sequence[Condition]:
    row: Any = ROWS[kind]
    found: list[Condition] = [
        getattr(row, name) == value
        for name in ("kind", "country", "region", "owner", "language", "stage", "counterpart")
        if (value := getattr(wanted, name)) is not None and hasattr(row, name)
    ]
    if wanted.sector is not None:  # codes are ASCII without wildcards, quoted in the JSON
        found.append(cast(row.sectors, String).contains(f'"{wanted.sector}', autoescape=True))
    if wanted.owner is not None and not (kind is Partner and caller.is_at_least(Role.OFFICER)):
        found.append(_editable(row.owner, caller))  # nobody learns so whose a record is, see `private_fields`
    if wanted.changed_since is not None:
        found.append(row.version > wanted.changed_since)
    if kind is Partner:
        if wanted.side is not None:
            found.append(PartnerRow.side == wanted.side)
        return found
    if wanted.since is not None:
        found.append(row.date >= wanted.since)
    if wanted.until is not None:
        found.append(row.date <= wanted.until)
    if kind is Outcome:
        if wanted.partner is not None:
            found.append(OutcomeRow.partner == wanted.partner)
        return found
    if wanted.side is not None:
        found.append(_has_partner(PartnerRow.side == wanted.side, _shown(PartnerRow, caller)))
    if wanted.partner is not None:
        of_it = PartnerRow.id == wanted.partner
        if whole:
            same = above()
            of_it = or_(of_it, PartnerRow.id.in_(select(same.c.partner).where(same.c.canonical == wanted.partner)))
        found.append(_has_partner(of_it))
    if wanted.confidential is not None:
        said = EvidenceRow.confidential.is_(True)
        found.append(said if wanted.confidential else ~said)
    return found
