"""Records made whole: partners that are one joined, empty fields filled, and all of it taken back by leaving a row out.

Records stay as they were given. What was found out about them stands beside them, in rows of two kinds, and is laid
over them where they are shown.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
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
LEAST = 0.7  # confidence from which on a derived value counts
LISTS = frozenset({"sectors", "fields"})  # what is derived as codes


@dataclass(frozen=True, slots=True)
class Same:
    """`partner` is the same organisation as `as_`, under whose id both are shown; how that is known, and how surely."""

    partner: str
    as_: str
    how: How
    confidence: float


@dataclass(frozen=True, slots=True)
class SameText:
    """`text` says the same as `as_`, by which it is shown; how alike they are, 0 to 1."""

    text: str
    as_: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Derived:
    """A value found out for a field of a record. `value`: a text, or codes. `method`: by what.

    `given`: the fingerprint of its `basis`; when that is another one, the value is out of date and counts no more.
    None: from nothing that changes. `refused`: a person has said that it is wrong, so that it counts for nothing.
    """

    kind: Kind
    record: str
    field: str
    value: str | tuple[str, ...]
    confidence: float
    method: str
    given: str | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """Partners, texts and outcomes, as they are given or as they are shown."""

    partners: tuple[Partner, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


def fingerprint(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def basis(record: Partner | Evidence, field: str) -> str:
    """Return the fingerprint of what a field of a record is found out from, as it is given."""
    if isinstance(record, Partner):
        return fingerprint("|".join(place or "" for place in (record.country, record.region, record.city)))
    if field in MENDED["evidence"] and getattr(record, field):
        return fingerprint(getattr(record, field))
    return fingerprint(record.full_text)


def shown(records: Records, same: Iterable[Same], derived: Iterable[Derived], least: float = LEAST) -> Records:
    """Return records as they are shown: filled, then joined. Without rows they are as they were.

    A row that joins partners of different sides counts for nothing: what an organisation offers and what it needs are
    asked apart.

    :param least: confidence from which on a derived value counts.
    """
    sure: dict[tuple[Kind, str], list[Derived]] = {}
    for each in derived:
        if each.confidence >= least and not each.refused:
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
    """Return a record with its empty fields filled, the surest value first, and its texts mended."""
    values = {each.field: each.value for each in counting(record, derived)}
    return replace(record, **values) if values else record  # type: ignore[arg-type]


def counting(record: Partner | Evidence, derived: Sequence[Derived]) -> list[Derived]:
    """Return those values that count for a record, one a field, the surest first.

    None count for a confidential text: what was found out about it would tell of it.
    """
    if not derived or (isinstance(record, Evidence) and record.confidential):
        return []
    kind = KINDS[type(record)]
    found: dict[str, Derived] = {}
    for each in sorted(derived, key=lambda d: (-d.confidence, d.method, str(d.value))):
        if each.field in found or each.field not in FILLED[kind] | MENDED[kind]:
            continue
        if getattr(record, each.field) in (None, (), ""):
            current = each.field in FILLED[kind] and each.given in (None, basis(record, each.field))
        else:
            current = each.field in MENDED[kind] and each.given == basis(record, each.field)
        if current:
            found[each.field] = each
    return list(found.values())


def told_by_another(evidence: Iterable[Evidence], same: Iterable[SameText]) -> dict[str, str]:
    """Return id -> the id of the text by which it is shown, for those of some texts that say the same as another.

    Both are there, neither is confidential, and the other speaks of all its partners: nobody loses a text by it.

    :param evidence: as everybody may see them.
    """
    by_id = {text.id: text for text in evidence if not text.confidential}
    step = {
        row.text: row.as_
        for row in same
        if row.text in by_id and row.as_ in by_id and set(by_id[row.text].partners) <= set(by_id[row.as_].partners)
    }
    return _ends(step)


def canonical(same: Iterable[Same], partners: Iterable[str]) -> dict[str, str]:
    """Return id -> the id under which it is shown, for those that have another one.

    Chains are followed to their end; a ring, or a row that names somebody who is not there, counts for nothing.
    """
    there = set(partners)
    return _ends({row.partner: row.as_ for row in same if {row.partner, row.as_} <= there and row.partner != row.as_})


def _ends(step: Mapping[str, str]) -> dict[str, str]:
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
