"""Which records something that stays names: to delete them would take it along, or leave it without a name."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.records import Evidence, Partner, Record
from matcher.store.tables import EvidencePartnerRow, IntakeRow, IntroductionRow, OutcomeRow, ShortlistRow

_COLUMNS = {
    Partner: (
        EvidencePartnerRow.partner_id,
        OutcomeRow.partner,
        OutcomeRow.counterpart,
        ShortlistRow.partner,
        IntroductionRow.supply,
        IntroductionRow.demand,
        IntakeRow.partner,
        IntakeRow.made,
    ),
    Evidence: (ShortlistRow.evidence, IntroductionRow.evidence),
}


def used(session: Session, kind: type[Record], ids: Iterable[str]) -> set[str]:
    """Return those of the ids that a text, an outcome, a shortlist, an introduction or a request names."""
    wanted = sorted(ids)
    found: set[str] = set()
    for column in _COLUMNS.get(kind, ()):
        named = select(column).where(column.in_(wanted)).distinct()
        found.update(id_ for id_ in session.scalars(named) if id_)
    return found
