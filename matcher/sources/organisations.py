"""What registers say of an organisation: side and kind by its type and name, country and region by code or name."""

import re
from collections.abc import Iterable
from functools import lru_cache

from matcher.errors import NotFound
from matcher.identifiers import SCHEMES, read
from matcher.places import find_country, find_region, region_codes
from matcher.records import Side
from matcher.sources.org_kinds import kind_of_organisation, side_of
from matcher.text import fold

# What ROR and OpenAlex call types (in capitals in ROR's first version): the kind, and those that a name may tell
# instead. In this order: a hospital that is a university's too is told by education. Archives do research.
_TYPES = {
    "education": ("institute", frozenset({"university", "faculty", "laboratory", "group", "technology_centre"})),
    "healthcare": ("hospital", frozenset({"university", "faculty", "laboratory", "institute"})),
    "facility": ("institute", frozenset({"laboratory", "technology_centre", "university", "hospital", "group"})),
    "archive": ("institute", frozenset[str]()),
    "government": (
        "government",
        frozenset({"municipality", "technology_centre", "laboratory", "institute", "hospital"}),
    ),
    "company": ("firm", frozenset({"cooperative"})),
    "nonprofit": (
        "association",
        frozenset({"university", "institute", "laboratory", "technology_centre", "cooperative"}),
    ),
}
_ORDER = {name: place for place, name in enumerate(SCHEMES)}
_RESEARCH = re.compile(r"\b(cent(ro|re|er|rum)|research|investigacion(es)?|pesquisas?|academ\w+)\b")


@lru_cache(50_000)
def side_and_kind(types: tuple[str, ...], name: str) -> tuple[Side, str]:
    """Tell on which side an organisation stands and what it is: by its types, its name where they leave it open."""
    named, called = kind_of_organisation(name), {type_.lower() for type_ in types}
    kind = named
    for type_, (usual, others) in _TYPES.items():
        if type_ in called:
            kind = named if named in others else usual
            if kind == "association" and _RESEARCH.search(fold(name)):  # nonprofits are one or the other
                kind = "institute"
            break
    return side_of(kind), kind


@lru_cache(1000)
def country(*found: str) -> str | None:
    """Return the ISO 3166-1 code of the first code or name that is one; None where none is."""
    for each in filter(None, found):
        try:
            return find_country(each[:100])
        except NotFound:
            continue
    return None


@lru_cache(20_000)
def region(of_country: str | None, *found: str) -> str | None:
    """Return the ISO 3166-2 code of the first of codes (`CUS`, `PE-CUS`) or names that is one of the country's."""
    if of_country is None:
        return None
    known = set(region_codes(of_country))
    for each in filter(None, found):
        code = each if each.startswith(f"{of_country}-") else f"{of_country}-{each}"
        try:
            made = find_region(code if code in known or code == "PE-LMA" else each[:100], of_country)
        except NotFound:
            continue
        if made in known:
            return made
    return None


def identifiers(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return `scheme:value` of each (scheme, value) that is one, in the order of the schemes.

    What a register cannot have given is left out. The order of a source may be another the next day.
    """
    made = {found for scheme, value in pairs if value and (found := read(scheme, value))}
    return tuple(sorted(made, key=lambda each: (_ORDER[each.partition(":")[0]], each)))
