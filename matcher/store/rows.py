"""Records to rows and back, and what of a record everybody may see."""

from collections.abc import Callable
from dataclasses import fields as record_fields
from dataclasses import replace
from typing import Any

from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.store.tables import EvidencePartnerRow, EvidenceRow, OutcomeRow, PartnerRow

RecordRow = PartnerRow | EvidenceRow | OutcomeRow
ROWS: dict[type[Record], type[RecordRow]] = {Partner: PartnerRow, Evidence: EvidenceRow, Outcome: OutcomeRow}


def to_values(record: Record, version: int) -> dict[str, Any]:
    """Return the columns of a record's row as of transaction `version`."""
    values = {
        f.name: list(value) if isinstance(value := getattr(record, f.name), tuple) else value
        for f in record_fields(record)
        if f.name != "partners"
    }
    return values | {"version": version}


def to_links(record: Record) -> list[dict[str, Any]]:
    """Return the columns of the rows that tell which partners an evidence speaks of."""
    partners = record.partners if isinstance(record, Evidence) else ()
    return [{"evidence_id": record.id, "position": i, "partner_id": p} for i, p in enumerate(partners)]


def to_row(record: Record, version: int) -> RecordRow:
    """Return a record's row as of transaction `version`."""
    values = to_values(record, version)
    if isinstance(record, Evidence):
        values["partner_rows"] = [EvidencePartnerRow(**link) for link in to_links(record)]
    return ROWS[type(record)](**values)


def to_partner(row: PartnerRow) -> Partner:
    """Return the partner of a row."""
    return Partner(
        id=row.id, side=Side(row.side), name=row.name, kind=row.kind, country=row.country, region=row.region,
        city=row.city, sectors=tuple(row.sectors), size=row.size, url=row.url,
        identifiers=tuple(row.identifiers), contact=row.contact, consent=row.consent, owner=row.owner,
    )  # fmt: skip


def to_evidence(row: EvidenceRow) -> Evidence:
    """Return the evidence of a row."""
    return Evidence(
        id=row.id, partners=tuple(p.partner_id for p in row.partner_rows), kind=row.kind, text=row.text,
        title=row.title, language=row.language, date=row.date, sectors=tuple(row.sectors),
        fields=tuple(row.fields), region=row.region, source=row.source, url=row.url,
        confidential=row.confidential, summary=row.summary, owner=row.owner,
    )  # fmt: skip


def to_outcome(row: OutcomeRow) -> Outcome:
    """Return the outcome of a row."""
    return Outcome(
        id=row.id, partner=row.partner, stage=Stage(row.stage), counterpart=row.counterpart, date=row.date,
        country=row.country, region=row.region, sectors=tuple(row.sectors), text=row.text, owner=row.owner,
    )  # fmt: skip


TO_RECORD: dict[type[Record], Callable[[Any], Record]] = {
    Partner: to_partner,
    Evidence: to_evidence,
    Outcome: to_outcome,
}


def public_partner(partner: Partner) -> Partner:
    """Return what everybody may know of a partner: not how to reach it."""
    return replace(partner, contact=None)


def public_evidence(evidence: Evidence, withdrawn: frozenset[str] = frozenset()) -> Evidence | None:
    """Return what everybody may know of an evidence: of a confidential one its summary alone.

    :param withdrawn: partners that are not to be shown; an evidence of no other is None.
    """
    partners = tuple(id_ for id_ in evidence.partners if id_ not in withdrawn)
    if not partners:
        return None
    if evidence.confidential:
        summary = evidence.summary or ""
        return replace(evidence, partners=partners, text=summary, title=None, source=None, url=None, summary=None)
    return replace(evidence, partners=partners) if partners != evidence.partners else evidence


def public_outcome(outcome: Outcome, withdrawn: frozenset[str] = frozenset()) -> Outcome | None:
    """Return what everybody may know of an outcome: not how it was told; None where its partner has withdrawn."""
    if outcome.partner in withdrawn:
        return None
    counterpart = None if outcome.counterpart in withdrawn else outcome.counterpart
    return replace(outcome, counterpart=counterpart, text=None)
