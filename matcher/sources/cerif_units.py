"""CERIF-XML's OrgUnit and Person: organisations, the units inside them, and who answers for one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from matcher.errors import NotFound
from matcher.identifiers import read as read_identifier
from matcher.language import N_
from matcher.places import find_country, find_region
from matcher.placing import from_ubigeo
from matcher.records import Evidence, Partner, Side
from matcher.sources.metadata import children, choose, ford, isic, local_id, tidy, units_in
from matcher.sources.org_kinds import RESEARCH_LINE, kind_of_organisation, side_of
from matcher.sources.reading import slug
from matcher.sources.repository import Found, Repository
from matcher.sources.xml_stream import Element

MAX_PARENTS = 20  # units inside each other: faculty, institute, group, laboratory…
CONTACT = 500  # characters at most
# What comes behind the # of an identifier's type, or an element of its own -> the register.
REGISTERS = {
    "ruc": "ruc", "rorid": "ror", "ror": "ror", "gridid": "grid", "grid": "grid", "isni": "isni",
    "fundrefid": "fundref", "wikidata": "wikidata", "wikidataid": "wikidata", "pic": "pic", "openalex": "openalex",
}  # fmt: skip


def unit_of(element: Element, repository: Repository) -> Partner | None:
    """Return the partner that an OrgUnit is, wherever it stands; None where it says neither id nor name."""
    # What is named again and again is read once: as many children, and the same in the last, which tells it best.
    key = (element.get("id") or "", len(element), element[-1].text if len(element) else None)
    if known := repository.read.get(key):
        return known
    unit = _read(element, repository)[0]
    if unit:
        repository.read[key] = unit
    return unit


def read_unit(element: Element, repository: Repository) -> Found | str:
    """Return a unit with what it says of itself, and the units that it is part of; or why it holds nothing.

    A line of research is no organisation: it is what the unit above it can do.
    """
    unit, given, parents = _read(element, repository, own=True)
    if unit is None:
        return N_("organisation without a name")
    text, language = choose(given.get("Description", ()))
    keywords = "; ".join(dict.fromkeys(filter(None, (tidy(k.text) for k in given.get("Keyword", ())))))
    line = any(RESEARCH_LINE in (t.text or "").lower() for t in given.get("Type", ()))
    partner = parents[0] if line and parents else unit
    name, named_in = choose(given.get("Name", ()))
    said = "\n".join(filter(None, (text or (name if line else ""), keywords)))
    evidence = Evidence(
        id=f"{unit.id}-profile",
        partners=(partner.id,),
        kind="capability",
        text=said,
        title=name or unit.name,
        language=language or named_in,
        sectors=unit.sectors,
        fields=tuple(dict.fromkeys(f for s in given.get("Subject", ()) if (f := ford(tidy(s.text))))),
        region=unit.region,
        source=repository.name or None,
        url=unit.url,
    )
    own = (unit,) if partner is unit else ()
    return Found((*own, *((evidence,) if said else ())), parents)


def read_person(element: Element, repository: Repository) -> Found | str:
    """Return the unit of a person, whose contact this is; or, where asked for, the person as a partner."""
    given = children(element)
    name = _person_name(given.get("PersonName", ()))
    address = next((a for e in given.get("ElectronicAddress", ()) if (a := _mail(e.text))), None)
    now = [a for a in given.get("Affiliation", ()) if not a.get("endDate")] or given.get("Affiliation", [])
    units = [u for a in now for e in units_in(a) if (u := unit_of(e, repository))]
    contact = " ".join(filter(None, (name, f"<{address}>" if address else "")))[:CONTACT]
    if repository.people and name:
        id_ = local_id(repository.id, element.get("id") or f"Persons/{slug(name)}", "person")
        person = Partner(id_, Side.SUPPLY, name, "person", contact=address)
        return Found((person,), tuple(units))
    if not units or not address:
        return N_("person")

    first = units[0] if units[0].contact else replace(units[0], contact=contact)
    return Found((), (first, *units[1:]))


def _read(
    element: Element, repository: Repository, *, own: bool = False
) -> tuple[Partner | None, dict[str, list[Element]], tuple[Partner, ...]]:
    """Return a unit, its children by name, and the units that it is part of, the nearest first."""
    chain, above = [], element  # no recursion: depth is the writer's
    for _ in range(MAX_PARENTS):
        given = children(above)
        chain.append((above, given))
        inside = [unit for part in given.get("PartOf", ()) for unit in children(part).get("OrgUnit", ())]
        if not inside:
            break
        above = inside[0]
    made: list[Partner] = []  # from the whole to the part
    unit: Partner | None = None
    for part, given in reversed(chain):
        unit = _partner(part, given, made[0].name if made else None, repository)
        if unit:
            unit = repository.remember(unit, own=own and part is element)
            made.append(unit)
    return unit, chain[0][1], tuple(reversed(made[:-1] if unit else made))


def _partner(
    element: Element, given: dict[str, list[Element]], whole: str | None, repository: Repository
) -> Partner | None:
    name, acronym = choose(given.get("Name", ()))[0], _first(given, "Acronym")
    local = element.get("id")
    full = f"{name} ({acronym})" if name and acronym and acronym not in name else name or acronym
    if not full:
        return None
    types = tuple(t for e in given.get("Type", ()) if (t := tidy(e.text)))
    kind = kind_of_organisation(name or acronym, types)
    country, region, city = _place(given)
    web = (tidy(e.text) for e in given.get("ElectronicAddress", ()))
    mail = next((m for e in given.get("ElectronicAddress", ()) if (m := _mail(e.text))), None)
    sectors = (isic(tidy(e.text)) for e in given.get("Type", ()) if "ciiu" in (e.get("scheme") or ""))
    return Partner(
        id=local_id(repository.id, local, "orgunit") if local else repository.organisation(name or acronym).id,
        side=side_of(kind),
        # A faculty's name says little without its university's.
        name=f"{full}, {whole}" if whole and whole not in full else full,
        kind=kind,
        country=country,
        region=region,
        city=city,
        sectors=tuple(dict.fromkeys(s for s in sectors if s)),
        url=next((a for a in web if a.lower().startswith(("http://", "https://"))), None),
        contact=mail,
        identifiers=_identifiers(given),
    )


def _identifiers(given: dict[str, list[Element]]) -> tuple[str, ...]:
    pairs = [((e.get("type") or "").rsplit("#", 1)[-1], e.text) for e in given.get("Identifier", ())]
    pairs += [(name, e.text) for name in ("RORID", "GRID", "ISNI", "FundRefID") if name in given for e in given[name]]
    found = (_identifier(scheme, tidy(value)) for scheme, value in pairs)
    return tuple(dict.fromkeys(identifier for identifier in found if identifier))


@lru_cache(20_000)
def _identifier(scheme: str, value: str) -> str | None:
    register = REGISTERS.get(scheme.strip().lower())
    return read_identifier(register, value) if register else None


def _place(given: dict[str, list[Element]]) -> tuple[str | None, str | None, str | None]:
    """Return country, region and city of an address, else of a ubigeo code."""
    address = children(given["PostAddress"][0]) if "PostAddress" in given else {}
    country = _country(_first(address, "AddressCountry"))
    region = _region(_first(address, "AddressRegion"), country) or next(
        (p.region for e in given.get("UbiGeo", ()) if (p := from_ubigeo(_ending(tidy(e.text))))), None
    )
    city = _first(address, "AddressLocality") or _first(address, "AddressProvince") or None
    return country or (region.split("-")[0] if region else None), region, city


def _ending(address: str) -> str:
    """Return what stands at an address's end, such as the 1301 of https://purl.org/pe-repo/inei/ubigeo/1301."""
    return address.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


@lru_cache(1000)
def _country(text: str) -> str | None:
    try:
        return find_country(text) if text else None
    except NotFound:
        return None


@lru_cache(10_000)
def _region(text: str, country: str | None) -> str | None:
    try:
        return find_region(text, country) if text else None
    except NotFound:
        return None


def _person_name(names: Sequence[Element]) -> str:
    parts = children(names[0]) if names else {}
    return " ".join(filter(None, (_first(parts, "FirstNames"), _first(parts, "FamilyNames"))))


def _mail(text: str | None) -> str | None:
    plain = tidy(text)
    return plain[len("mailto:") :] if plain.lower().startswith("mailto:") and "@" in plain else None


def _first(given: dict[str, list[Element]], name: str) -> str:
    return next((t for e in given.get(name, ()) if (t := tidy(e.text))), "")
