"""OpenAlex: works, institutions and authors, from its API, saved replies of it, or its snapshot (JSON lines, gzip).

A work becomes a text of the institutions that its authors name; they are only named by it. Institutions become
partners. Authors are people: they are passed over, unless they are asked for as partners.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from matcher.errors import BadInput, TinkuyError
from matcher.identifiers import read as read_identifier
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources import json_files, openalex_live
from matcher.sources.openalex_fields import ford
from matcher.sources.organisations import country, identifiers, region, side_and_kind
from matcher.sources.pages import Asked, Page, paged
from matcher.sources.reading import MAX_TEXT, Refusal, Row, Skipped, Told
from matcher.sources.shapes import Thing, cleaned, day, flag, language, link, string, text, thing, things, whole

NAME = "OpenAlex"
# What a work is that says nothing of what its authors can do.
EMPTY = frozenset(("paratext", "erratum", "retraction", "peer-review", "supplementary-materials"))
OTHERS = {"S": N_("journal"), "T": N_("topic"), "C": N_("concept"), "F": N_("funder"), "P": N_("publisher")}
_ID = re.compile(r"(?:https://openalex\.org/)?([A-Z])([0-9]{1,15})")


class Chosen(NamedTuple):
    """What is taken. `institution`: `ror:…`; only its works are; `people`: authors become partners."""

    institution: str | None
    people: bool

    @classmethod
    def of(cls, asked: Asked) -> "Chosen":
        """Read the options.

        :raises BadInput: one of them is nothing that can be chosen.
        """
        wanted, people = asked.options.get("institution", ""), asked.options.get("people", "")
        ror = read_identifier("ror", wanted)
        if wanted and not ror:
            raise BadInput(N_("institution: {found!r} is no ROR id"), found=wanted[:100])
        if people not in ("", "partners"):
            raise BadInput(N_("people: {found!r} is not one of {known}"), found=people[:100], known="partners")
        return cls(ror, people == "partners")


def read(asked: Asked) -> Iterator[Page]:
    """Yield pages of what files or an address hold.

    :raises BadInput: they cannot be read, or an option is none.
    """
    chosen = Chosen.of(asked)
    if asked.url:
        for reply in openalex_live.pages(asked, chosen.institution):
            rows = tuple(row(each.file, each.number, each.value, chosen) for each in reply.elements)
            yield Page(rows, reply.after, total=reply.total, partial=reply.partial)
        return
    yield from paged((row(each.file, each.number, each.value, chosen) for each in json_files.read(asked.paths)), asked)


def row(file: str, number: int, value: Any, chosen: Chosen) -> Told:
    """Return what one element holds, or why it is refused."""
    try:
        if isinstance(value, TinkuyError):
            raise value
        element = whole(value)
        letter, digits = _id(string(element, "id"))
        if letter in _MAKE:
            made = _MAKE[letter](element, f"openalex-{letter.lower()}{digits}", chosen)
        else:
            made = OTHERS.get(letter, N_("other"))
        if isinstance(made, str):
            return Skipped(file, number, made)
        records, mentions = made
        return Row(file, number, records, mentions, f"{letter}{digits}")
    except TinkuyError as error:
        return Refusal(file, number, error, str(error.values.get("column", "")))


Made = tuple[tuple[Partner | Evidence, ...], tuple[Partner, ...]] | str  # records, mentions; or why there are none


def _id(found: str) -> tuple[str, str]:
    match = _ID.fullmatch(found)
    if match is None:
        raise BadInput(N_("id: {found!r} is no id of OpenAlex"), found=found[:100], column="id")
    return match[1], match[2]


def _work(work: Thing, id_: str, chosen: Chosen) -> Made:
    if flag(work, "is_retracted"):
        return N_("retracted work")
    if flag(work, "is_paratext") or string(work, "type") in EMPTY:
        return N_("front matter or correction")
    partners: dict[str, Partner] = {}
    for authorship in things(work, "authorships"):
        found = [partner for each in things(authorship, "institutions") if (partner := _named(each))]
        if chosen.institution:
            found = [partner for partner in found if chosen.institution in partner.identifiers]
        partners |= {partner.id: partner for partner in found}
        if chosen.people and (found or not chosen.institution) and (author := thing(authorship, "author")):
            person = _person(author, found[0].country if found else None)
            partners[person.id] = person
    if not partners:
        return N_("work of other institutions") if chosen.institution else N_("work without an institution")
    title = text(work, "title") or text(work, "display_name")
    abstract = _abstract(thing(work, "abstract_inverted_index"))
    if not (title or abstract):
        return N_("work without a title")
    topic = thing(work, "primary_topic")
    evidence = Evidence(
        id_,
        tuple(partners),
        "publication",
        abstract or title,
        title if abstract else None,
        language(string(work, "language")),
        day(work, "publication_date"),
        fields=ford(_last(topic, "field"), _last(topic, "subfield")),
        source=NAME,
        url=link(string(work, "doi"))
        or link(string(thing(work, "primary_location"), "landing_page_url"))
        or _page(id_),
    )
    return (evidence,), tuple(partners.values())


def _abstract(index: Thing) -> str:
    """Return the text of word -> its places. Sorted, so that a place far out costs no more than one near by.

    :raises BadInput: places that no abstract has.
    """
    try:
        words = {place: word for word, places in index.items() for place in places}
    except TypeError:
        raise _no_place() from None
    if not words:
        return ""
    if set(map(type, words)) != {int}:
        raise _no_place()
    order = sorted(words)
    if order[0] < 0 or order[-1] > MAX_TEXT:
        raise _no_place()
    return cleaned(" ".join(map(words.__getitem__, order)))


def _no_place() -> BadInput:
    message = N_("abstract_inverted_index: word -> list of its places, whole numbers from 0 to {limit}, is expected")
    return BadInput(message, limit=MAX_TEXT, column="abstract_inverted_index")


def _last(topic: Thing, key: str) -> str:
    """Return the number at the end of the id of a topic's field: `22` of `https://openalex.org/fields/22`."""
    found = thing(topic, key).get("id")
    return str(found)[-40:].rpartition("/")[2] if isinstance(found, str | int) else ""


def _page(id_: str) -> str:
    return f"https://openalex.org/{id_.partition('-')[2].upper()}"


def _named(institution: Thing) -> Partner | None:
    """Return an institution as a work names it; None where the work gives it no id."""
    found = string(institution, "id")
    if not found:
        return None
    return _partner(
        found,
        string(institution, "display_name"),
        string(institution, "type"),
        string(institution, "country_code"),
        string(institution, "ror"),
    )


@lru_cache(50_000)  # the same institutions come again and again
def _partner(found: str, name: str, type_: str, country_code: str, ror: str) -> Partner:
    letter, digits = _id(found)
    called = cleaned(name)
    if not called:
        raise BadInput(N_("{columns}: empty"), columns="display_name", column="display_name")
    side, kind = side_and_kind((type_,), called)
    return Partner(
        f"openalex-{letter.lower()}{digits}",
        side,
        called,
        kind,
        country(country_code),
        identifiers=identifiers((("ror", ror), ("openalex", f"{letter}{digits}"))),
    )


def _institution(institution: Thing, id_: str, chosen: Chosen) -> Made:
    ids, geo = thing(institution, "ids"), thing(institution, "geo")
    named = _partner(
        string(institution, "id"),
        string(institution, "display_name"),
        string(institution, "type"),
        string(geo, "country_code") or string(institution, "country_code"),
        string(institution, "ror") or string(ids, "ror"),
    )
    if chosen.institution and chosen.institution not in named.identifiers:
        return N_("another institution")
    return (
        Partner(
            id_,
            named.side,
            named.name,
            named.kind,
            named.country,
            region(named.country, string(geo, "region")),
            text(geo, "city") or None,
            url=link(string(institution, "homepage_url")),
            identifiers=(
                *named.identifiers,
                *identifiers((("grid", string(ids, "grid")), ("wikidata", string(ids, "wikidata")))),
            ),
        ),
    ), ()


def _author(author: Thing, _: str, chosen: Chosen) -> Made:
    if not chosen.people:
        return N_("person")
    places = [partner for each in things(author, "last_known_institutions") if (partner := _named(each))]
    if chosen.institution and not any(chosen.institution in partner.identifiers for partner in places):
        return N_("person of another institution")
    return (_person(author, places[0].country if places else None),), ()


def _person(author: Thing, country_code: str | None) -> Partner:
    letter, digits = _id(string(author, "id"))
    name = text(author, "display_name")
    if not name:
        raise BadInput(N_("{columns}: empty"), columns="display_name", column="display_name")
    orcid = link(string(author, "orcid"))
    return Partner(f"openalex-{letter.lower()}{digits}", Side.SUPPLY, name, "person", country_code, url=orcid)


_MAKE: dict[str, Callable[[Thing, str, Chosen], Made]] = {"W": _work, "I": _institution, "A": _author}
