"""Stored records as they are shown: with what was found out about them laid over, see `wholeness`."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher import wholeness
from matcher.records import Evidence, Outcome, Partner
from matcher.store import derived, same_texts, sameness
from matcher.store.rows import public_evidence, to_evidence, to_partner
from matcher.store.tables import EvidenceRow, PartnerRow
from matcher.wholeness import Records, Same

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
    given = {p.id for p in partners}
    named = given | {id_ for e in evidence for id_ in e.partners}
    named |= {id_ for o in outcomes for id_ in (o.partner, o.counterpart) if id_}
    same = sameness.rows_of(session, named)
    ours = [p for p in partners if p.consent is not False]
    everyone = (*ours, *_open(session, _together(same) - given))
    found = (
        *derived.rows_of(session, "partner", sorted(p.id for p in everyone)),
        *derived.rows_of(session, "evidence", [e.id for e in evidence]),
    )
    shown = wholeness.shown(Records(everyone, tuple(evidence), tuple(outcomes)), same, found)
    of = _canonical(same, everyone)
    wanted = {of.get(p.id, p.id) for p in ours}
    return Records(tuple(p for p in shown.partners if p.id in wanted), shown.evidence, shown.outcomes)


def shown_under(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Return id -> the id under which a partner is shown, for those of these that have another one."""
    asked = set(ids)
    same = sameness.rows_of(session, asked)
    of = _canonical(same, _open(session, _together(same))) if same else {}
    return {id_: of[id_] for id_ in asked & of.keys()}


def all_shown(
    session: Session, partners: Sequence[Partner], evidence: Sequence[Evidence], outcomes: Sequence[Outcome]
) -> Records:
    """Return all records as they are shown, those of partners that have withdrawn left out."""
    ours = tuple(p for p in partners if p.consent is not False)
    rows = sameness.rows_of(session), derived.rows_of(session)
    return wholeness.shown(Records(ours, tuple(evidence), tuple(outcomes)), *rows)


def to_reach(session: Session, id_: str, may: Callable[[str | None], bool] = lambda _: True) -> Partner | None:
    """Return a partner as it was given or, where it has no contact for who asks, one shown as the same that has.

    :param may: whether who asks may know the contact of a record, by its owner.
    """
    row = session.get(PartnerRow, id_)
    found = to_partner(row) if row else None
    if found is None or (found.contact and may(found.owner)) or found.consent is False:
        return found
    same = sameness.rows_of(session, [id_])
    others = _open(session, _together(same))
    of = _canonical(same, others)
    ours = [p for p in others if of.get(p.id, p.id) == of.get(id_, id_)]
    return next((p for p in ours if p.contact and may(p.owner)), found)


def shown_by(session: Session, evidence: str) -> str:
    """Return the id of the text by which a text is shown: its own, where it is shown by itself or is not there."""
    row = session.get(EvidenceRow, evidence)
    if row is None:
        return evidence
    shown = as_shown(session, evidence=[to_evidence(row)]).evidence
    return told_by_another(session, shown).get(evidence, evidence)


def told_by_another(session: Session, evidence: Sequence[Evidence]) -> dict[str, str]:
    """Return id -> the id of the text by which it is shown, for those of some texts that say the same as another.

    :param evidence: as they are shown, see `as_shown`.
    """
    same = same_texts.rows_of(session, [e.id for e in evidence])
    if not same:
        return {}
    known = {e.id for e in evidence}
    more = sorted({row.as_ for row in same} - known)
    found: list[Evidence] = []
    for start in range(0, len(more), PART):
        asked = select(EvidenceRow).where(EvidenceRow.id.in_(more[start : start + PART]))
        found += [to_evidence(row) for row in session.scalars(asked)]
    there = (*evidence, *as_shown(session, evidence=found).evidence)
    named = sorted({id_ for e in there for id_ in e.partners})
    left: set[str] = set()
    for start in range(0, len(named), PART):
        gone = select(PartnerRow.id).where(
            PartnerRow.id.in_(named[start : start + PART]), PartnerRow.consent.is_(False)
        )
        left |= set(session.scalars(gone))
    seen = [text for e in there if (text := public_evidence(e, frozenset(left)))]
    return wholeness.told_by_another(seen, same)


def _together(same: Iterable[Same]) -> set[str]:
    return {id_ for row in same for id_ in (row.partner, row.as_)}


def _canonical(same: Sequence[Same], partners: Sequence[Partner]) -> dict[str, str]:
    return wholeness.canonical(wholeness.of_one_side(same, partners), [p.id for p in partners])


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
