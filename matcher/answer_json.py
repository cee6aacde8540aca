"""A MatchList as JSON: the same for `--json` and the API."""

import datetime as dt
from collections.abc import Callable, Set
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from matcher.records import Evidence, MatchList, Outcome, Partner, Record

# What is for offices and owners; the record pages of the API show it to those who may see it.
PRIVATE: dict[type, frozenset[str]] = {
    Partner: frozenset({"contact", "consent", "owner"}),
    Evidence: frozenset({"confidential", "summary", "owner"}),
    Outcome: frozenset({"text", "owner"}),
}

AS_IT_IS = frozenset({str, int, float, bool, type(None)})


def to_json(answer: MatchList) -> dict[str, Any]:
    """Return an answer as plain values; nothing private is ever among them."""
    return dict(plain(answer))


def record_json(record: Record, version: int, private: Set[str]) -> dict[str, Any]:
    """Return a record as plain values with its version, without the `private` fields."""
    shown = {f.name: plain(getattr(record, f.name)) for f in fields(record) if f.name not in private}
    return shown | {"version": version}


def plain(value: Any) -> Any:
    """Return dataclasses as objects, tuples as lists, sets as sorted lists, dates as ISO text."""
    kind: type = type(value)
    if kind in AS_IT_IS:
        return value
    if isinstance(value, list | tuple):
        return [each if type(each) in AS_IT_IS else plain(each) for each in value]
    if names := _shown_fields(kind):
        given = [each if type(each) in AS_IT_IS else plain(each) for each in _values_of(kind)(value)]
        return dict(zip(names, given, strict=True))
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


@cache
def _values_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of a dataclass's fields that everybody may see."""
    names = _shown_fields(kind)
    return attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)


@cache
def _shown_fields(kind: Any) -> tuple[str, ...]:
    """Return the names of a dataclass's fields that everybody may see; none of any other kind of value."""
    hidden = PRIVATE.get(kind, frozenset())
    return tuple(f.name for f in fields(kind) if f.name not in hidden) if is_dataclass(kind) else ()
