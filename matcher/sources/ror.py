"""ROR, the register of research organisations: its data dump (also in its zip), records, or its API.

Version 2 of its schema, and version 1 as in dumps until 2025. Every organisation becomes a partner; one that is
withdrawn or no longer active is gone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from matcher.errors import BadInput, TinkuyError
from matcher.identifiers import read as read_identifier
from matcher.language import N_
from matcher.records import Partner
from matcher.sources import json_files, ror_live
from matcher.sources.organisations import country, identifiers, region, side_and_kind
from matcher.sources.pages import Asked, Page, paged
from matcher.sources.reading import Gone, Refusal, Row, Skipped, Told
from matcher.sources.shapes import Thing, cleaned, link, string, strings, text, thing, things, whole

SCHEMES = {"GRID": "grid", "ISNI": "isni", "WIKIDATA": "wikidata", "FUNDREF": "fundref"}
ACTIVE, GONE = "active", ("inactive", "withdrawn")


def read(asked: Asked) -> Iterator[Page]:
    """Yield pages of what files or an address hold.

    :raises BadInput: they cannot be read, or an option is none.
    """
    wanted = chosen_countries(asked.options.get("country", ""))
    if asked.url:
        for reply in ror_live.pages(asked, wanted):
            rows = tuple(row(each.file, each.number, each.value, wanted) for each in reply.elements)
            yield Page(rows, reply.after, total=reply.total)
        return
    yield from paged((row(each.file, each.number, each.value, wanted) for each in json_files.read(asked.paths)), asked)


def chosen_countries(option: str) -> tuple[str, ...]:
    """Return the countries that are asked for: `PE`, `PE,BO`; () for all.

    :raises BadInput: one of them is none.
    """
    given = [each.strip() for each in option.split(",") if each.strip()]
    found = tuple(country(each) or "" for each in given)
    if "" in found:
        raise BadInput(N_("country: {found!r} is no country; write PE, or PE,BO"), found=given[found.index("")][:100])
    return found


def row(file: str, number: int, value: Any, wanted: tuple[str, ...]) -> Told:
    """Return what one element holds, or why it is refused."""
    try:
        if isinstance(value, TinkuyError):
            raise value
        element = whole(value)
        ror = read_identifier("ror", string(element, "id"))
        if ror is None:
            raise BadInput(N_("id: {found!r} is no ROR id"), found=string(element, "id")[:100], column="id")
        key, status = ror.partition(":")[2], string(element, "status") or ACTIVE
        if status in GONE:
            return Gone(file, number, key)
        if status != ACTIVE:
            known = "active, inactive, withdrawn"
            raise BadInput(
                N_("status: {found!r} is not one of {known}"), found=status[:99], known=known, column="status"
            )
        partner = (_second if "names" in element else _first)(element, f"ror-{key}", ror)
        if wanted and partner.country not in wanted:
            return Skipped(file, number, N_("organisation in another country"))
        if {each.lower() for each in strings(element, "types")} == {"funder"}:
            return Skipped(file, number, N_("funder"))
        return Row(file, number, (partner,), key=key)
    except TinkuyError as error:
        return Refusal(file, number, error, str(error.values.get("column", "")))


def _second(element: Thing, id_: str, ror: str) -> Partner:
    """Return the organisation of a record in version 2."""
    name = _display_name(things(element, "names"))
    place = thing(next(iter(things(element, "locations")), {}), "geonames_details")
    where = country(string(place, "country_code"), string(place, "country_name"))
    sites = [string(each, "value") for each in things(element, "links") if string(each, "type") == "website"]
    others = [
        (SCHEMES.get(string(each, "type").upper(), ""), string(each, "preferred"), strings(each, "all"))
        for each in things(element, "external_ids")
    ]
    return _partner(
        id_,
        name,
        strings(element, "types"),
        where,
        region(where, string(place, "country_subdivision_code"), string(place, "country_subdivision_name")),
        text(place, "name"),
        sites,
        ror,
        others,
    )


def _first(element: Thing, id_: str, ror: str) -> Partner:
    """Return the organisation of a record in version 1."""
    labels = [
        {"value": string(each, "label"), "lang": string(each, "iso639"), "types": ["label"]}
        for each in things(element, "labels")
    ]
    name = _display_name([*labels, {"value": string(element, "name"), "types": ["ror_display"]}])
    place = next(iter(things(element, "addresses")), {})
    city = thing(place, "geonames_city")
    where = country(
        string(thing(element, "country"), "country_code"), string(thing(element, "country"), "country_name")
    )
    others = []
    for scheme, values in thing(element, "external_ids").items():
        values = whole(values)
        every = [values["all"]] if isinstance(values.get("all"), str) else strings(values, "all")  # GRID's is a text
        others.append((SCHEMES.get(scheme.upper(), ""), string(values, "preferred"), every))
    return _partner(
        id_,
        name,
        strings(element, "types"),
        where,
        region(
            where, string(place, "state_code"), string(place, "state"), string(thing(city, "geonames_admin1"), "name")
        ),
        text(place, "city") or text(city, "city"),
        strings(element, "links"),
        ror,
        others,
    )


def _partner(
    id_: str,
    name: str,
    types: list[str],
    where: str | None,
    in_region: str | None,
    city: str,
    sites: list[str],
    ror: str,
    others: list[tuple[str, str, list[str]]],
) -> Partner:
    side, kind = side_and_kind(tuple(types), name)
    # Of several identifiers of one scheme the preferred one; else, as ROR has it, all are the organisation's.
    found = [(scheme, value) for scheme, first, every in others if scheme for value in ([first] if first else every)]
    url = next((made for site in sites if (made := link(site))), None)
    known = (ror, *identifiers(found))
    return Partner(id_, side, name, kind, where, in_region, city or None, url=url, identifiers=known)


def _display_name(names: list[Mapping[str, Any]]) -> str:
    """Return the Spanish label, else the name that ROR shows, else any that is no acronym.

    :raises BadInput: there is none.
    """
    ranked = []
    for each in names:
        types, value = strings(each, "types"), cleaned(string(each, "value"))
        spanish = string(each, "lang") == "es" and "label" in types
        if value:
            ranked.append((not spanish, "ror_display" not in types, "label" not in types, "acronym" in types, value))
    if not ranked:
        raise BadInput(N_("{columns}: empty"), columns="names", column="names")
    return min(ranked)[-1]
