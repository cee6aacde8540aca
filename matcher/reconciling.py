"""What a source says of a record against what is stored: what is new there is taken, what people changed stays.

Three are compared, field by field: what the source said last time, what it says now, and what is stored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as record_fields
from typing import Any, TypeVar

from matcher.records import Evidence, Outcome, Record
from matcher.store.source_records import Note, digest

Given = TypeVar("Given", bound=Record)


@dataclass(frozen=True, slots=True)
class Terms:
    """How far a source may change a record that is there.

    :param own: what it gave of it last; `others`: what other sources gave.
    :param again: this run has given the record before: the first word stands, more may only fill what is empty.
    :param people: somebody has written the record by hand.
    :param insists: somebody imports files by hand, and means what they say.
    """

    own: Note | None = None
    others: Collection[Note] = ()
    again: bool = False
    people: bool = False
    insists: bool = False


def reconciled(stored: Record, given: Record, terms: Terms) -> tuple[Record, bool]:
    """Return the record as it is to be stored, and whether something of it was left as people have it."""
    if stored.owner is not None and given.owner is not None and stored.owner != given.owner:
        return stored, True  # another organisation's
    taken: dict[str, Any] = {}
    kept = False
    for field in record_fields(given):
        value, there = getattr(given, field.name), getattr(stored, field.name)
        if field.name == "id" or value in (None, ()) or value == there:
            continue
        if field.name == "consent" and there is False:
            kept = True  # who has withdrawn comes back by their own word only
        elif _may_take(field.name, value, there, terms):
            taken[field.name] = value
        else:
            kept = kept or not terms.again
    return (replace(stored, **taken) if taken else stored), kept


def _may_take(name: str, value: Any, there: Any, terms: Terms) -> bool:
    own = terms.own.given if terms.own else {}
    if there in (None, ()) and (terms.again or terms.insists or name not in own):
        return True
    if terms.again:
        return False
    if terms.insists:
        return True
    if there in (None, ()) or own.get(name) == digest(value):
        return False  # emptied by hand, or nothing new: whoever wrote something else since is right
    notes = [note.given for note in terms.others] + ([own] if terms.own else [])
    if not notes:
        return not terms.people  # from before it was noted who gave what
    return digest(there) in {given.get(name) for given in notes}


def without(record: Record, barred: Collection[str]) -> Record | None:
    """Return a record without the partners that must not come back; None where it speaks of no other."""
    if isinstance(record, Evidence):
        partners = tuple(id_ for id_ in record.partners if id_ not in barred)
        return None if not partners and record.partners else replace(record, partners=partners)
    if isinstance(record, Outcome):
        if record.partner in barred:
            return None
        return replace(record, counterpart=None, text=None) if record.counterpart in barred else record
    return record


def owned(record: Given, owner: str | None) -> Given:
    """Return a record as one of its source's organisation, unless it says whose it is."""
    return replace(record, owner=owner) if owner and record.owner is None else record


def merged(old: Mapping[str, str], new: Mapping[str, str], *, again: bool) -> dict[str, str]:
    """Return what a source is noted to have given: the newest word, and of one run the first."""
    return {**new, **old} if again else {**old, **new}
