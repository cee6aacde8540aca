"""CERIF-XML's results: publications, patents, products, projects, equipment as evidence of what their units can do."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources.cerif_units import unit_of
from matcher.sources.metadata import (
    children,
    choose,
    day,
    each_once,
    ford,
    isic,
    language_code,
    licence,
    line,
    link,
    local_id,
    tidy,
    units_in,
)
from matcher.sources.reading import MAX_TEXT, too_long
from matcher.sources.repository import Found, Repository, nobody
from matcher.sources.xml_stream import XML_LANG, Element

JOURNALS = ("c_0640", "c_2659", "c_3e5a", "c_2fe3", "c_998f")  # COAR: journal, periodical, magazine, newspaper: no work
SOFTWARE, PROJECT_ROLES = "c_5ce6", ("Coordinator", "Partner", "Member", "Contractor", "InkindContributor")
Given = dict[str, list[Element]]
NONE: Sequence[Element] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """Which children of an entity say what."""

    kind: str
    title: str
    text: str
    dates: tuple[str, ...]


SHAPES = {
    "Publication": Shape("publication", "Title", "Abstract", ("PublicationDate",)),
    "Patent": Shape("patent", "Title", "Abstract", ("PublicationDate", "ApprovalDate", "RegistrationDate")),
    "Product": Shape("dataset", "Name", "Description", ()),
    "Project": Shape("project", "Title", "Abstract", ("StartDate",)),
    "Equipment": Shape("equipment", "Name", "Description", ("AcquisitionDate", "ManufacturingDate")),
}


def read_work(name: str, element: Element, repository: Repository, sets: tuple[str, ...] = ()) -> Found | str:
    """Return a result as evidence, with the units that it names; or why it holds nothing.

    :raises BadInput: no title, or nobody whose it is.
    """
    shape, given = SHAPES[name], children(element)
    types = [line(t) for t in given.get("Type", NONE)]
    if name == "Publication" and any(t.endswith(JOURNALS) for t in types):
        return N_("journal")
    text, language = choose(given[shape.text]) if shape.text in given else ("", None)
    title, named_in = choose(given[shape.title], language) if shape.title in given else ("", None)
    title = title or _one(given, "Acronym")
    if not title and not text:
        raise BadInput(N_("{element} without a title"), element=name)
    if subtitle := choose(given.get("Subtitle", NONE), language)[0]:
        title = f"{title}: {subtitle}"
    language = language or named_in or language_code(_one(given, "Language"))
    partners = WHOSE[name](given, repository) or [p for p in (repository.fallback(sets),) if p]
    if not partners:
        raise nobody(name, title)
    mentions = {partner.id: partner for partner in partners}
    words = "\n".join(filter(None, (text or title, _keywords(given, language))))
    if len(words) > MAX_TEXT:
        raise too_long(words)
    fields, sectors = _subjects(given)
    evidence = Evidence(
        id=local_id(repository.id, element.get("id") or f"{name}/{title}", name.lower()),
        partners=tuple(mentions),
        kind="technology" if name == "Product" and any(t.endswith(SOFTWARE) for t in types) else shape.kind,
        text=words,
        title=title or None,
        language=language,
        date=_date(name, given, shape),
        sectors=sectors,
        fields=fields,
        source=_source(given, repository),
        url=_link(given),
    )
    return Found((evidence,), tuple(mentions.values()))


def _keywords(given: Given, language: str | None) -> str:
    """Return the keywords in the text's language, or of none; all where that leaves nothing."""
    if "Keyword" not in given:
        return ""
    words = given["Keyword"]
    mine = [word for word in words if language_code(word.get(XML_LANG)) in (None, language)] or words
    return "; ".join(each_once([tidy(word.text) for word in mine]))


def _subjects(given: Given) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return FORD and ISIC codes; codes of other classifications say nothing that Tinkuy knows."""
    if "Subject" not in given:
        return (), ()
    fields: list[str | None] = []
    sectors: list[str | None] = []
    for element in given["Subject"]:
        value = element.text or ""
        scheme = element.get("scheme") or value
        if "ocde/ford" in scheme:
            fields.append(ford(value))
        elif "ciiu" in scheme:
            sectors.append(isic(value))
    return each_once(fields), each_once(sectors)


def _date(name: str, given: Given, shape: Shape) -> dt.date | None:
    for each in shape.dates:
        if each in given and (found := day(given[each][0].text)):
            return found
    if name == "Product" and "Dates" in given:
        dated = [e for each in children(given["Dates"][0]).values() for e in each]
        return next((d for e in dated if (d := day(e.get("startDate") or e.text))), None)
    return None


def _source(given: Given, repository: Repository) -> str | None:
    """Return the repository, where the work came out, and its licence if that is a known one."""
    said = [repository.name]
    if "PublishedIn" in given and len(given["PublishedIn"][0]):
        said.append(next((tidy(e.text) for e in given["PublishedIn"][0][0] if e.tag.endswith("}Title")), ""))
    if "License" in given:
        said += [licence(e.text or "") or "" for e in given["License"]]
    return " · ".join(filter(None, said)) or None


def _link(given: Given) -> str | None:
    handles: list[str] = []
    dois: list[str] = []
    addresses: list[str] = []
    for element in given.get("Identifier", NONE):
        (handles if (element.get("type") or "").endswith("#Handle") else addresses).append(line(element))
    if "Handle" in given:
        handles.insert(0, line(given["Handle"][0]))
    if "DOI" in given:
        dois = [line(e) for e in given["DOI"]]
    if "URL" in given:
        addresses = [line(e) for e in given["URL"]] + addresses
    return link(handles, dois, addresses)


def _one(given: Given, name: str) -> str:
    return tidy(given[name][0].text) if name in given else ""


# Whose it is: units in the order in which they are named.


def _units(given: Given, name: str, repository: Repository) -> list[Partner]:
    """Return the units that stand in an element themselves, or as affiliations of the people in it."""
    if name not in given:
        return []
    named = [each for box in given[name] for each in units_in(box)]
    return [unit for each in named if (unit := unit_of(each, repository))]


def _authors(given: Given, repository: Repository) -> list[Partner]:
    """Return authors' units; else who granted the degree; else advisors'; else a publisher that does research."""
    if found := _units(given, "Authors", repository):
        return found
    degrees = [degree for box in given.get("InSupportOf", NONE) for degree in children(box).get("Qualification", NONE)]
    for degree in degrees:
        if found := _units(children(degree), "Grantor", repository):
            return found
    return (
        _units(given, "Advisors", repository) or _units(given, "Editors", repository) or _publishers(given, repository)
    )


def _publishers(given: Given, repository: Repository) -> list[Partner]:
    units = _units(given, "Publishers", repository)
    return [unit for unit in units if unit.side is Side.SUPPLY and unit.kind != "other"]


def _holders(given: Given, repository: Repository) -> list[Partner]:
    return _units(given, "Holders", repository) or _units(given, "Inventors", repository)


def _creators(given: Given, repository: Repository) -> list[Partner]:
    return _units(given, "Creators", repository) or _publishers(given, repository)


def _consortium(given: Given, repository: Repository) -> list[Partner]:
    """Return who takes part, the coordinator first; else the units of the team."""
    parts = [children(box) for box in given.get("Consortium", NONE)]
    found = [unit for role in PROJECT_ROLES for part in parts for unit in _units(part, role, repository)]
    return found or _units(given, "Team", repository)


def _owner(given: Given, repository: Repository) -> list[Partner]:
    return _units(given, "Owner", repository)


WHOSE = {
    "Publication": _authors,
    "Patent": _holders,
    "Product": _creators,
    "Project": _consortium,
    "Equipment": _owner,
}
