"""A question before it is answered: checked, cleaned, its codes understood."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from matcher.errors import BadQuery, NotFound
from matcher.language import N_
from matcher.macro_regions import MacroRegions, shipped
from matcher.places import find_country, find_region
from matcher.records import Query
from matcher.sectors import find_sector
from matcher.sources.columns import KINDS
from matcher.text import clean, fold
from matcher.weights import RULES

T = TypeVar("T")
MAX_QUERY = 20_000  # characters: some six pages; more is a document, not a question
MAX_K = 1000


def checked(query: Query, macro_regions: MacroRegions | None = None) -> Query:
    """Return the query with clean text and canonical codes.

    :param macro_regions: whose names a filter may give for all their regions; the shipped ones without it.
    :raises BadQuery: it cannot be answered as asked; the message says why.
    """
    length = len(query.full_text)
    if length > MAX_QUERY:
        raise BadQuery(
            N_("the text has {length} characters, the most is {limit}: describe the problem in a few sentences"),
            length=length,
            limit=MAX_QUERY,
        )
    text, title = clean(query.text), clean(query.title) if query.title else None
    if not any(c.isalnum() for c in (title or "") + text):
        raise BadQuery(N_("the text is empty: describe in a few words what you need or offer"))
    if not 1 <= query.k <= MAX_K:
        raise BadQuery(N_("k is {k}; it must lie between 1 and {limit}"), k=query.k, limit=MAX_K)
    unknown = sorted(query.without.difference(RULES))
    if unknown:
        raise BadQuery(N_("unknown rule {name!r}; rules are {known}"), name=unknown[0], known=", ".join(RULES))
    filters, groups = query.filters, macro_regions or shipped()
    return replace(
        query,
        text=text,
        title=title,
        language=_language(query.language),
        countries=_codes(query.countries, find_country),
        region=_codes((query.region,), find_region)[0] if query.region else None,
        sectors=_codes(query.sectors, find_sector),
        filters=replace(
            filters,
            countries=frozenset(_codes(tuple(filters.countries), find_country)),
            regions=frozenset(code for codes in _codes(tuple(filters.regions), groups.regions_of) for code in codes),
            sectors=frozenset(_codes(tuple(filters.sectors), find_sector)),
            kinds=frozenset(KINDS.get(fold(kind), fold(kind).replace(" ", "_")) for kind in filters.kinds),
            languages=frozenset(filter(None, map(_language, filters.languages))),
        ),
    )


def _language(given: str | None) -> str | None:
    """Return the ISO 639-1 code of a language tag: `es-PE` -> `es`."""
    code = (given or "").split("-")[0].split("_")[0].lower()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise BadQuery(N_("language {found!r} is not known; give an ISO 639-1 code such as es"), found=given)
    return code or None


def _codes(given: tuple[str, ...], find: Callable[[str], T]) -> tuple[T, ...]:
    try:
        return tuple(dict.fromkeys(find(name) for name in given))
    except NotFound as error:
        raise BadQuery(error.message, **error.values) from error
