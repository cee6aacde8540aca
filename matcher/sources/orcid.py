"""ORCID: records of researchers as the public API (v3.0) or the public data file has them.

A person's works become texts of the organisation that employs them now, which is only named by them; of a person
nothing is kept, unless people are asked for as partners. Only what is public is read.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources import orcid_files, orcid_live
from matcher.sources.organisations import country, identifiers, region, side_and_kind
from matcher.sources.pages import Asked, Page, paged
from matcher.sources.reading import Refusal, Row, Skipped, Told, digest, slug
from matcher.sources.shapes import Thing, cleaned, link, string, thing, whole

NAME = "ORCID"
_ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])")
_SCHEMES = {"ROR": "ror", "GRID": "grid", "FUNDREF": "fundref"}  # RINGGOLD's numbers are nobody else's


def read(asked: Asked) -> Iterator[Page]:
    """Yield pages of what files or an address hold.

    :raises BadInput: they cannot be read, or an option is none.
    """
    people = asked.options.get("people", "")
    if people not in ("", "partners"):
        raise BadInput(N_("people: {found!r} is not one of {known}"), found=people[:100], known="partners")
    if asked.url:
        for reply in orcid_live.pages(asked):
            rows = tuple(row(each.file, each.number, each.value, people=bool(people)) for each in reply.elements)
            yield Page(rows, reply.after, total=reply.total, partial=reply.partial)
        return
    records = orcid_files.read(asked.paths)
    yield from paged((row(each.file, each.number, each.value, people=bool(people)) for each in records), asked, size=50)


def row(file: str, number: int, value: Any, *, people: bool) -> Told:
    """Return what one record holds, or why it is refused."""
    try:
        if isinstance(value, TinkuyError):
            raise value
        record = whole(value)
        orcid = _orcid(record)
        activities = thing(record, "activities-summary")
        employer = _employer(thing(activities, "employments"))
        person = _person(thing(record, "person"), orcid, employer) if people else None
        partners = tuple(each for each in (person, employer) if each)
        if not partners:
            return Skipped(file, number, N_("person without an employer"))
        evidence = tuple(_works(thing(activities, "works"), orcid, tuple(each.id for each in partners)))
        if not evidence and not person:
            return Skipped(file, number, N_("person without works"))
        own = (person,) if person else ()
        return Row(file, number, (*own, *evidence), (employer,) if employer else (), orcid)
    except TinkuyError as error:
        named = _ORCID.search(file)  # a record that cannot be read is known by its address
        return Refusal(file, number, error, str(error.values.get("column", "")), named[1] if named else "")


def _orcid(record: Thing) -> str:
    found = string(thing(record, "orcid-identifier"), "path")
    match = _ORCID.fullmatch(found)
    if match is None:
        raise BadInput(N_("orcid-identifier: {found!r} is no ORCID iD"), found=found[:100], column="orcid-identifier")
    return match[1]


def _many(of: Thing, key: str) -> list[Thing]:
    """Return a list of objects; XML does not tell one object from a list of one.

    :raises BadInput: something else stands there.
    """
    value = of.get(key)
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [whole(each) for each in found]


def _value(of: Thing, key: str) -> str:
    """Return a text, which JSON writes as {"value": text} or plainly, and numbers, as text; "" where there is none.

    :raises BadInput: something else stands there.
    """
    value = of.get(key)
    value = value.get("value") if isinstance(value, dict) else value
    return str(value) if type(value) is int else string({key: value}, key)


def _is_public(each: Thing) -> bool:
    return string(each, "visibility").lower() in ("", "public")


def _date(of: Thing, key: str) -> dt.date | None:
    """Return a date of which month and day may be missing; None where there is none, or none on any calendar."""
    found = thing(of, key)
    parts = [_value(found, name) for name in ("year", "month", "day")]
    try:
        return dt.date(int(parts[0]), int(parts[1] or 1), int(parts[2] or 1)) if parts[0] else None
    except (ValueError, OverflowError):
        return None


def _employer(employments: Thing) -> Partner | None:
    """Return who employs a person now, as far as it is public; of several the one that began last."""
    current: list[tuple[dt.date, int, Thing]] = []
    today = dt.datetime.now(dt.UTC).date()
    for group in _many(employments, "affiliation-group"):
        for each in _many(group, "summaries") or [group]:  # XML has no such level
            for summary in _many(each, "employment-summary"):
                ended = _date(summary, "end-date")
                if _is_public(summary) and (ended >= today if ended else not thing(summary, "end-date")):
                    began = _date(summary, "start-date") or dt.date.min
                    current.append((began, -len(current), thing(summary, "organization")))
    return _organisation(max(current, key=lambda each: each[:2])[2]) if current else None


def _organisation(found: Thing) -> Partner:
    """Return an organisation, told from others by its identifier, else by its name and city."""
    name, address = cleaned(_value(found, "name")), thing(found, "address")
    if not name:
        raise BadInput(N_("{columns}: empty"), columns="organization/name", column="organization")
    register = thing(found, "disambiguated-organization")
    scheme = _SCHEMES.get(_value(register, "disambiguation-source").upper(), "")
    value = _value(register, "disambiguated-organization-identifier")
    known = identifiers([(scheme, value)] if scheme else [])
    city, where = cleaned(_value(address, "city")), country(_value(address, "country"))
    side, kind = side_and_kind((), name)
    local = slug(known[0]) if known else slug(name, city) or digest(name, city)
    inside = region(where, _value(address, "region"))
    return Partner(f"orcid-{local}", side, name, kind, where, inside, city or None, identifiers=known)


def _person(person: Thing, orcid: str, employer: Partner | None) -> Partner:
    name = thing(person, "name")
    full = _value(name, "credit-name") or " ".join(
        filter(None, (_value(name, "given-names"), _value(name, "family-name")))
    )
    called = cleaned(full) if _is_public(name) else ""
    if not called:
        raise BadInput(N_("{columns}: empty"), columns="person/name", column="person")
    where = employer.country if employer else None
    return Partner(f"orcid-{orcid.lower()}", Side.SUPPLY, called, "person", where, url=f"https://orcid.org/{orcid}")


def _works(works: Thing, orcid: str, partners: tuple[str, ...]) -> Iterator[Evidence]:
    """Yield the works, of each the version that the person prefers: the first that is public."""
    for group in _many(works, "group"):
        work = next((each for each in _many(group, "work-summary") if _is_public(each)), None)
        if work is None:
            continue
        heading = thing(work, "title")
        title = cleaned(": ".join(filter(None, (_value(heading, "title"), _value(heading, "subtitle")))))
        code = _value(work, "put-code")
        if title and code:
            kind = _KINDS.get(string(work, "type").lower().replace("_", "-"), "publication")
            yield Evidence(
                f"orcid-{orcid.lower()}-{slug(code)}",
                partners,
                kind,
                title,
                date=_date(work, "publication-date"),
                source=NAME,
                url=_address(work) or f"https://orcid.org/{orcid}",
            )


_KINDS: Mapping[str, str] = {
    "patent": "patent", "software": "technology", "invention": "technology", "research-technique": "technology",
    "spin-off-company": "technology", "registered-copyright": "technology",
}  # fmt: skip


def _address(work: Thing) -> str | None:
    """Return where a work stands: at its DOI, its own address, or that of another of its identifiers."""
    every = _many(thing(work, "external-ids"), "external-id")
    own = [each for each in every if _value(each, "external-id-relationship").lower() in ("", "self")]
    dois = [_value(each, "external-id-value") for each in own if _value(each, "external-id-type").lower() == "doi"]
    found = [f"https://doi.org/{doi.strip()[doi.strip().find('10.') :]}" for doi in dois if "10." in doi]
    found += [_value(work, "url"), *(_value(each, "external-id-url") for each in own)]
    return next((made for each in found if (made := link(each))), None)
