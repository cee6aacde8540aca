"""Records made whole: partners that are one joined, empty fields filled, and all of it taken back by leaving a row out.

Records stay as they were given. What was found out about them stands beside them, in rows of two kinds, and is laid
over them where they are shown.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as record_fields
from typing import Any, Literal, TypeVar

from matcher.records import Evidence, Outcome, Partner, Record

R = TypeVar("R", Partner, Evidence)
How = Literal["identifier", "name", "person"]
Kind = Literal["partner", "evidence"]
KINDS: dict[type[Record], Kind] = {Partner: "partner", Evidence: "evidence"}
# What is filled where it is empty.
FILLED: dict[Kind, frozenset[str]] = {
    "partner": frozenset({"country", "region", "city", "sectors", "size", "url"}),
    "evidence": frozenset({"language", "region", "sectors", "fields", "title"}),
}
# What is shown in other letters: the same words, mended.
MENDED: dict[Kind, frozenset[str]] = {"partner": frozenset(), "evidence": frozenset({"title", "text"})}
# What a partner takes from those that are the same as it.
TAKEN = ("country", "region", "city", "size", "url")
LISTED = ("sectors", "identifiers")
LISTS = frozenset({"sectors", "fields"})  # what is derived as codes


@dataclass(frozen=True, slots=True)
class Same:
    """`partner` is the same organisation as `as_`, under whose id both are shown; how that is known, and how surely."""

    partner: str
    as_: str
    how: How
    confidence: float


@dataclass(frozen=True, slots=True)
class Derived:
    """A value found out for a field of a record. `value`: a text, or codes. `method`: by what.

    `given`: what it was derived from, as `fingerprint` has it; when that is another one, the value is out of date
    and counts no more. None: from nothing that changes.
    """

    kind: Kind
    record: str
    field: str
    value: str | tuple[str, ...]
    confidence: float
    method: str
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Partners, texts and outcomes, as they are given or as they are shown."""

    partners: tuple[Partner, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


def fingerprint(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shown(records: Records, same: Iterable[Same], derived: Iterable[Derived], least: float = 0.7) -> Records:
    """Return records as they are shown: filled, then joined. Without rows they are as they were.

    A row that joins partners of different sides counts for nothing: what an organisation offers and what it needs are
    asked apart.

    :param least: confidence from which on a derived value counts.
    """
    sure: dict[tuple[Kind, str], list[Derived]] = {}
    for each in derived:
        if each.confidence >= least:
            sure.setdefault((each.kind, each.record), []).append(each)
    filled = Records(
        tuple(filled_in(p, sure.get(("partner", p.id), ())) for p in records.partners),
        tuple(filled_in(e, sure.get(("evidence", e.id), ())) for e in records.evidence),
        records.outcomes,
    )
    return joined(filled, canonical(of_one_side(same, records.partners), (p.id for p in records.partners)))


def of_one_side(same: Iterable[Same], partners: Iterable[Partner]) -> list[Same]:
    """Return the rows that join partners of the same side."""
    side = {p.id: p.side for p in partners}
    return [row for row in same if side.get(row.partner) == side.get(row.as_)]


def filled_in(record: R, derived: Sequence[Derived]) -> R:
    """Return a record with its empty fields filled, the surest value first, and its texts mended.

    A confidential text stays as it is: what was found out about it would tell of it.
    """
    if not derived or (isinstance(record, Evidence) and record.confidential):
        return record
    kind = KINDS[type(record)]
    values: dict[str, Any] = {}
    for each in sorted(derived, key=lambda d: (-d.confidence, d.method, str(d.value))):
        if each.field in values or each.field not in FILLED[kind] | MENDED[kind]:
            continue
        old = getattr(record, each.field)
        if old in (None, (), "") and each.field in FILLED[kind]:
            basis = record.full_text if isinstance(record, Evidence) else record.name
            current = each.given in (None, fingerprint(basis))
        else:
            current = bool(old) and each.field in MENDED[kind] and each.given == fingerprint(old)
        if current:
            values[each.field] = each.value
    return replace(record, **values) if values else record


def canonical(same: Iterable[Same], partners: Iterable[str]) -> dict[str, str]:
    """Return id -> the id under which it is shown, for those that have another one.

    Chains are followed to their end; a ring, or a row that names somebody who is not there, counts for nothing.
    """
    there = set(partners)
    step = {row.partner: row.as_ for row in same if {row.partner, row.as_} <= there and row.partner != row.as_}
    found: dict[str, str] = {}
    for start in step:
        seen, at = {start}, step[start]
        while at in step and at not in seen:
            seen.add(at)
            at = step[at]
        if at not in seen:
            found[start] = at
    return found


def joined(records: Records, canonical_of: dict[str, str]) -> Records:
    """Return records with partners that are one shown as one; whose texts and outcomes are which no longer shows."""
    if not canonical_of:
        return records
    others: dict[str, list[Partner]] = {}
    for partner in records.partners:
        if partner.id in canonical_of:
            others.setdefault(canonical_of[partner.id], []).append(partner)

    def now(id_: str) -> str:
        return canonical_of.get(id_, id_)

    return Records(
        tuple(_completed(p, others.get(p.id, ())) for p in records.partners if p.id not in canonical_of),
        tuple(replace(e, partners=tuple(dict.fromkeys(map(now, e.partners)))) for e in records.evidence),
        tuple(
            replace(o, partner=now(o.partner), counterpart=now(o.counterpart) if o.counterpart else None)
            for o in records.outcomes
        ),
    )


def _completed(partner: Partner, others: Sequence[Partner]) -> Partner:
    """Return a partner with what it lacks from those that are the same; lists are put together."""
    if not others:
        return partner
    values: dict[str, Any] = {}
    by_id = sorted(others, key=lambda p: p.id)
    for name in TAKEN:
        if getattr(partner, name) is None:
            values[name] = next((found for p in by_id if (found := getattr(p, name)) is not None), None)
    if partner.region is None and values.get("region") and partner.country not in (None, values["region"][:2]):
        values["region"] = values["city"] = None  # of another country
    for name in LISTED:
        values[name] = tuple(dict.fromkeys(code for p in (partner, *by_id) for code in getattr(p, name)))
    known = {field.name for field in record_fields(Partner)}
    return replace(partner, **{name: value for name, value in values.items() if name in known})
