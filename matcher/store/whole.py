"""Stored records as they are shown: with what was found out about them laid over, see `wholeness`."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher import wholeness
from matcher.records import Evidence, Outcome, Partner
from matcher.store import derived, sameness
from matcher.store.rows import to_partner
from matcher.store.tables import PartnerRow
from matcher.wholeness import Records

PART = 500  # ids looked up at once


def as_shown(
    session: Session,
    partners: Sequence[Partner] = (),
    evidence: Sequence[Evidence] = (),
    outcomes: Sequence[Outcome] = (),
) -> Records:
    """Return some records as they are shown; a partner that is joined to another is shown as that one.

    A partner that has withdrawn lends nothing, and nobody is shown as it; it is left out itself.
    """
    named = {p.id for p in partners} | {id_ for e in evidence for id_ in e.partners}
    named |= {id_ for o in outcomes for id_ in (o.partner, o.counterpart) if id_}
    same = sameness.rows_of(session, named)
    together = {id_ for row in same for id_ in (row.partner, row.as_)}
    others = _open(session, together - {p.id for p in partners})
    ours = [p for p in partners if p.consent is not False]
    found = (
        *derived.rows_of(session, "partner", sorted({p.id for p in (*ours, *others)})),
        *derived.rows_of(session, "evidence", [e.id for e in evidence]),
    )
    shown = wholeness.shown(Records((*ours, *others), tuple(evidence), tuple(outcomes)), same, found)
    of = wholeness.canonical(wholeness.of_one_side(same, (*ours, *others)), [p.id for p in (*ours, *others)])
    wanted = {of.get(p.id, p.id) for p in ours}
    return Records(tuple(p for p in shown.partners if p.id in wanted), shown.evidence, shown.outcomes)


def all_shown(
    session: Session, partners: Sequence[Partner], evidence: Sequence[Evidence], outcomes: Sequence[Outcome]
) -> Records:
    """Return all records as they are shown, those of partners that have withdrawn left out."""
    ours = tuple(p for p in partners if p.consent is not False)
    rows = sameness.rows_of(session), derived.rows_of(session)
    return wholeness.shown(Records(ours, tuple(evidence), tuple(outcomes)), *rows)


def _open(session: Session, ids: Iterable[str]) -> list[Partner]:
    """Return those of some partners that have not withdrawn."""
    wanted = sorted(ids)
    found: list[Partner] = []
    for start in range(0, len(wanted), PART):
        asked = select(PartnerRow).where(
            PartnerRow.id.in_(wanted[start : start + PART]), PartnerRow.consent.is_not(False)
        )
        found += [to_partner(row) for row in session.scalars(asked)]
    return found
