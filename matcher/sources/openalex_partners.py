"""Who stands in OpenAlex: institutions and authors as partners, as their own records or a work's name them."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from matcher.errors import BadInput
from matcher.identifiers import read as read_identifier
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources.organisations import country, identifiers, region, side_and_kind
from matcher.sources.pages import Asked
from matcher.sources.shapes import Thing, cleaned, link, string, text, thing, things

_ID = re.compile(r"(?:https://openalex\.org/)?([A-Z])([0-9]{1,15})")
Made = tuple[tuple[Partner | Evidence, ...], tuple[Partner, ...]] | str  # records, mentions; or why there are none


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


def split_id(found: str, letters: str = "") -> tuple[str, str]:
    """Return the letter, which tells what it is of, and the number of an id.

    :param letters: that it may be; any, where none are given.
    :raises BadInput: it is none.
    """
    match = _ID.fullmatch(found)
    if match is None or (letters and match[1] not in letters):
        raise BadInput(N_("id: {found!r} is no id of OpenAlex"), found=found[:100], column="id")
    return match[1], match[2]


def named(found: Thing) -> Partner | None:
    """Return an institution as a work names it; None where the work gives it no id."""
    id_ = string(found, "id")
    if not id_:
        return None
    name, type_ = string(found, "display_name"), string(found, "type")
    return _partner(id_, name, type_, string(found, "country_code"), string(found, "ror"))


@lru_cache(50_000)  # the same institutions come again and again
def _partner(found: str, name: str, type_: str, country_code: str, ror: str) -> Partner:
    letter, digits = split_id(found, "I")
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


def institution(element: Thing, id_: str, chosen: Chosen) -> Made:
    """Return the partner that an institution becomes, or why it does not."""
    ids, geo = thing(element, "ids"), thing(element, "geo")
    made = _partner(
        string(element, "id"),
        string(element, "display_name"),
        string(element, "type"),
        string(geo, "country_code") or string(element, "country_code"),
        string(element, "ror") or string(ids, "ror"),
    )
    if chosen.institution and chosen.institution not in made.identifiers:
        return N_("another institution")
    others = identifiers((("grid", string(ids, "grid")), ("wikidata", string(ids, "wikidata"))))
    placed = replace(
        made,
        id=id_,
        region=region(made.country, string(geo, "region")),
        city=text(geo, "city") or None,
        url=link(string(element, "homepage_url")),
        identifiers=(*made.identifiers, *others),
    )
    return (placed,), ()


def author(element: Thing, _: str, chosen: Chosen) -> Made:
    """Return the partner that an author becomes, where people are asked for; or why not."""
    if not chosen.people:
        return N_("person")
    places = [partner for each in things(element, "last_known_institutions") if (partner := named(each))]
    if chosen.institution and not any(chosen.institution in partner.identifiers for partner in places):
        return N_("person of another institution")
    return (person(element, places[0].country if places else None),), ()


def person(element: Thing, country_code: str | None) -> Partner:
    """Return the partner that an author is.

    :raises BadInput: without a name.
    """
    letter, digits = split_id(string(element, "id"), "A")
    name = text(element, "display_name")
    if not name:
        raise BadInput(N_("{columns}: empty"), columns="display_name", column="display_name")
    orcid = link(string(element, "orcid"))
    return Partner(f"openalex-{letter.lower()}{digits}", Side.SUPPLY, name, "person", country_code, url=orcid)
