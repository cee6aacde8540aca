"""How far the records of a database were made whole, and what was written since, part by part."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session

from matcher.records import Evidence
from matcher.store.rows import to_evidence
from matcher.store.store import Store
from matcher.store.tables import CompletedRow, EvidencePartnerRow, EvidenceRow, PartnerRow, SameAsRow

PART = 500  # texts that are held at once


def up_to(session: Session, step: str, rules: int) -> int:
    """Return the transaction up to which a step has seen all; 0 where it was done by other rules, or never."""
    row = session.get(CompletedRow, step)
    return row.up_to if row and row.rules == rules else 0


def note(session: Session, step: str, version: int, rules: int) -> None:
    """Note that a step has seen all that was written up to `version`."""
    session.merge(CompletedRow(step=step, up_to=version, rules=rules))


def new_partners(session: Session, since: int) -> set[str]:
    """Return the ids of the partners written after `since`."""
    return set(session.scalars(select(PartnerRow.id).where(PartnerRow.version > since)))


def new_texts(store: Store, since: int) -> Iterator[list[Evidence]]:
    """Yield the texts written after `since`, by id, some at a time; each part is read by itself."""
    last = ""
    while True:
        with store.reading() as session:
            wanted = select(EvidenceRow).where(_open(since), EvidenceRow.id > last).order_by(EvidenceRow.id)
            found = [to_evidence(row) for row in session.scalars(wanted.limit(PART))]
        if not found:
            return
        last = found[-1].id
        yield found


def count_texts(session: Session, since: int, *, coded: bool = False) -> int:
    """Return how many texts were written after `since`; `coded`: of those that have sectors or fields."""
    return session.scalar(select(func.count()).select_from(EvidenceRow).where(_open(since, coded=coded))) or 0


def sample(store: Store, most: int, *, coded: bool = False) -> list[Evidence]:
    """Return at most so many texts, spread evenly over all by id; `coded`: of those that have sectors or fields."""
    with store.reading() as session:
        every = -(-count_texts(session, 0, coded=coded) // most) or 1
        row = EvidenceRow
        ids = select(row.id).where(_open(0, coded=coded)).order_by(row.id)
        chosen = [id_ for i, id_ in enumerate(session.execute(ids).scalars().yield_per(5000)) if i % every == 0]
        found: list[Evidence] = []
        for start in range(0, len(chosen), PART):
            part = session.scalars(select(row).where(row.id.in_(chosen[start : start + PART])))
            found += [to_evidence(each) for each in part]
            session.expunge_all()
    return found


def partners_to_compare(session: Session, since: int) -> set[str]:
    """Return the ids of the partners with texts written after `since`, or that came to be one since."""
    link = EvidencePartnerRow
    named = select(link.partner_id).join(EvidenceRow, EvidenceRow.id == link.evidence_id)
    found = set(session.scalars(named.where(EvidenceRow.version > since).distinct()))
    return found | set(session.scalars(select(SameAsRow.canonical).where(SameAsRow.version > since)))


def texts_of(session: Session, partners: Sequence[str]) -> list[Evidence]:
    """Return the texts of some partners that are not confidential, by id."""
    link, row = EvidencePartnerRow, EvidenceRow
    named = select(link.evidence_id).where(link.partner_id.in_(partners))
    wanted = select(row).where(row.id.in_(named), row.confidential.is_not(True)).order_by(row.id)
    found = [to_evidence(each) for each in session.scalars(wanted)]
    session.expunge_all()
    return found


def counts(session: Session, partners: Sequence[str]) -> dict[str, int]:
    """Return partner -> how many texts it has."""
    link = EvidencePartnerRow
    found: dict[str, int] = {}
    for start in range(0, len(partners), PART):
        part = link.partner_id.in_(partners[start : start + PART])
        found |= dict(
            session.execute(select(link.partner_id, func.count()).where(part).group_by(link.partner_id)).all()
        )
    return found


def _open(since: int, *, coded: bool = False) -> Any:
    row = EvidenceRow
    said = (row.version > since) & row.confidential.is_not(True)
    return said & or_(cast(row.sectors, String) != "[]", cast(row.fields, String) != "[]") if coded else said
