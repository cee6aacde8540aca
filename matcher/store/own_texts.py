"""The texts of those whom an office serves, what is new first: what its firms need, what its researchers can do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, exists, func, literal, or_, select, true, tuple_
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.records import Evidence, Partner, Side
from matcher.store.desk_views import public_partners
from matcher.store.offices import LOCAL
from matcher.store.organisations import served_by
from matcher.store.paging import Page, page, read_cursor
from matcher.store.rows import to_evidence
from matcher.store.tables import EvidencePartnerRow, EvidenceRow, PartnerRow
from matcher.store.view import hidden_partners, seen_by
from matcher.text import fold

READ_AT_ONCE = 100  # rows


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text of an office's own. `evidence`: as the caller may see it; `partners`: whose it is, as everybody may.

    `new`: it was written since the caller's last visit.
    """

    evidence: Evidence
    partners: tuple[Partner, ...]
    version: int
    new: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """What must hold of the texts; None asks for nothing.

    `words`: all of them stand in title or text, whatever their accents and capitals. `region` and `sector` are the
    text's own or its partner's; a sector finds those inside it too. `since`: the version after which a text is new.
    `stirred`: ids of texts for which there is something new. `only_new`: nothing else is wanted.
    """

    words: str | None = None
    region: str | None = None
    sector: str | None = None
    kind: str | None = None
    since: int | None = None
    stirred: frozenset[str] = frozenset()
    only_new: bool = False


def own_texts(
    session: Session, caller: Caller, side: Side, sought: Sought, *, cursor: str | None = None, limit: int
) -> Page[OwnText]:
    """Return the texts of a side of the caller's office: what is new first, then what was written last.

    On an installation that nobody has divided into organisations these are all texts of that side.

    :param caller: at the desk, see `offices.at_desk`.
    :raises BadQuery: the cursor is none of ours.
    """
    row, newer = EvidenceRow, _newer(sought)
    query = select(row).where(_ours(session, caller, side), *_conditions(sought))
    if sought.only_new:
        query = query.where(newer)
    order = (case((newer, 0), else_=1), -row.version, row.id)
    if cursor:
        rank, version, id_ = read_cursor(cursor, (int, int, str))
        query = query.where(tuple_(*order) > tuple_(literal(rank), literal(version), literal(id_)))
    rows = session.scalars(query.order_by(*order).execution_options(yield_per=READ_AT_ONCE))
    found = list(islice(_seen(rows, caller, hidden_partners(session, caller), sought.words), limit + 1))
    rows.close()
    partners = public_partners(session, (id_ for _, seen in found for id_ in seen.partners))
    items = [
        OwnText(
            seen,
            tuple(dict.fromkeys(p for id_ in seen.partners if (p := partners.get(id_)) and p.side is side)),
            version,
            sought.since is not None and version > sought.since,
        )
        for version, seen in found
    ]

    def key(text: OwnText) -> tuple[int, int, str]:
        return (0 if text.new or text.evidence.id in sought.stirred else 1, -text.version, text.evidence.id)

    return page(items, limit, key)


def count(session: Session, caller: Caller, side: Side) -> int:
    """Return how many texts of a side the caller's office has."""
    query = select(func.count()).select_from(EvidenceRow).where(_ours(session, caller, side))
    return session.scalar(query) or 0


def of_the_office(session: Session, caller: Caller, side: Side, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the ids that are texts of a side of the caller's office."""
    wanted = sorted(set(ids))
    query = select(EvidenceRow.id).where(EvidenceRow.id.in_(wanted), _ours(session, caller, side))
    return frozenset(session.scalars(query))


def written_since(session: Session, version: int | None, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the texts that were written after a version; None: after none."""
    if version is None:
        return frozenset()
    wanted = sorted(set(ids))
    query = select(EvidenceRow.id).where(EvidenceRow.id.in_(wanted), EvidenceRow.version > version)
    return frozenset(session.scalars(query))


def newest(session: Session, side: Side, since: int, limit: int) -> list[str]:
    """Return the ids of the texts of a side, whosesoever, that were written after a version, the last one first."""
    row = EvidenceRow
    query = select(row.id).where(row.version > since, _of_partners(PartnerRow.side == side))
    return list(session.scalars(query.order_by(row.version.desc(), row.id).limit(limit)))


def _ours(session: Session, caller: Caller, side: Side) -> ColumnElement[bool]:
    of_side = _of_partners(PartnerRow.side == side)
    divided = session.scalar(select(PartnerRow.id).where(PartnerRow.owner.is_not(None)).limit(1)) is not None
    if caller.organisation == LOCAL or caller.organisation is None or not divided:
        return of_side
    served = sorted(served_by(session, caller.organisation))
    return _of_partners(PartnerRow.side == side, PartnerRow.owner.in_(served))


def _of_partners(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    link = EvidencePartnerRow
    return exists().where(
        link.evidence_id == EvidenceRow.id,
        link.partner_id == PartnerRow.id,
        PartnerRow.consent.is_not(False),
        *conditions,
    )


def _newer(sought: Sought) -> ColumnElement[bool]:
    written = EvidenceRow.version > sought.since if sought.since is not None else ~true()
    return or_(written, EvidenceRow.id.in_(sorted(sought.stirred)))


def _conditions(sought: Sought) -> Sequence[ColumnElement[bool]]:
    row, found = EvidenceRow, []
    if sought.kind is not None:
        found.append(row.kind == sought.kind)
    if sought.region is not None:
        found.append(
            or_(row.region == sought.region, row.region.is_(None) & _of_partners(PartnerRow.region == sought.region))
        )
    if sought.sector is not None:  # codes are ASCII without wildcards, quoted in the JSON
        code = f'"{sought.sector}'
        of_partner = _of_partners(cast(PartnerRow.sectors, String).contains(code, autoescape=True))
        found.append(or_(cast(row.sectors, String).contains(code, autoescape=True), of_partner))
    return found


def _seen(
    rows: Iterable[Any], caller: Caller, hidden: frozenset[str], words: str | None
) -> Iterator[tuple[int, Evidence]]:
    """Yield (version, text) as the caller may see it: words that they may not read are not found either."""
    wanted = fold(words or "").split()
    for row in rows:
        seen = seen_by(to_evidence(row), caller, hidden)
        if isinstance(seen, Evidence):
            told = fold(seen.full_text) if wanted else ""
            if all(word in told for word in wanted):
                yield row.version, seen
