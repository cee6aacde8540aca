"""CERIF-XML's results: publications, patents, products, projects, equipment as evidence of what their units can do."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources.cerif_units import unit_of
from matcher.sources.metadata import (
    Element,
    children,
    choose,
    day,
    ford,
    isic,
    language_code,
    licence,
    link,
    local_id,
    tidy,
)
from matcher.sources.reading import MAX_TEXT, too_long
from matcher.sources.repository import Found, Repository

JOURNALS = ("c_0640", "c_2659", "c_3e5a", "c_2fe3", "c_998f")  # COAR: journal, periodical, magazine, newspaper: no work
SOFTWARE, PROJECT_ROLES = "c_5ce6", ("Coordinator", "Partner", "Member", "Contractor", "InkindContributor")
Given = dict[str, list[Element]]


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
    "Project": Shape("project", "Title", "Abstract", ("StartDate", "EndDate")),
    "Equipment": Shape("equipment", "Name", "Description", ("AcquisitionDate", "ManufacturingDate")),
}


def read_work(name: str, element: Element, repository: Repository, sets: tuple[str, ...] = ()) -> Found | str:
    """Return a result as evidence, with the units that it names; or why it holds nothing.

    :raises BadInput: no title, or nobody whose it is.
    """
    shape, given = SHAPES[name], children(element)
    types = [tidy(t.text) for t in given.get("Type", ())]
    if name == "Publication" and any(t.endswith(JOURNALS) for t in types):
        return "journal"
    text, language = choose(given.get(shape.text, ()))
    title, named_in = choose(given.get(shape.title, ()), language)
    title = title or _one(given, "Acronym")
    if not title and not text:
        raise BadInput(N_("{element} without a title"), element=name)
    if subtitle := choose(given.get("Subtitle", ()), language)[0]:
        title = f"{title}: {subtitle}"
    language = language or named_in or next(filter(None, (language_code(e.text) for e in given.get("Language", ()))), None)
    partners = WHOSE[name](given, repository) or [p for p in (repository.fallback(sets),) if p]
    if not partners:
        raise BadInput(
            N_("{element} {title!r}: no organisation is named; say whose records these are with the option partner=NAME"),
            element=name,
            title=title[:80],
        )
    words = "\n".join(filter(None, (text, _keywords(given, language)))) if text else title
    if not text and (keywords := _keywords(given, language)):
        words = f"{title}\n{keywords}"
    if len(words) > MAX_TEXT:
        raise too_long(words)
    subjects = [(e.get("scheme") or "", tidy(e.text)) for e in given.get("Subject", ())]
    evidence = Evidence(
        id=local_id(repository.id, element.get("id") or f"{name}/{title}", name.lower()),
        partners=tuple(dict.fromkeys(partner.id for partner in partners)),
        kind="technology" if name == "Product" and any(t.endswith(SOFTWARE) for t in types) else shape.kind,
        text=words,
        title=title or None,
        language=language,
        date=_date(name, given, shape),
        sectors=tuple(dict.fromkeys(s for scheme, v in subjects if "ciiu" in scheme and (s := isic(v)))),
        fields=tuple(dict.fromkeys(f for scheme, v in subjects if _is_ford(scheme, v) and (f := ford(v)))),
        source=_source(given, repository),
        url=_link(given),
    )
    return Found((evidence,), tuple(dict.fromkeys(partners)))


def _keywords(given: Given, language: str | None) -> str:
    """Return the keywords in the text's language, or of none; all where that leaves nothing."""
    said = [(tidy(e.text), language_code(e.get("{http://www.w3.org/XML/1998/namespace}lang"))) for e in given.get("Keyword", ())]
    mine = [word for word, of in said if of in (language, None)] or [word for word, _ in said]
    return "; ".join(dict.fromkeys(filter(None, mine)))


def _is_ford(scheme: str, value: str) -> bool:
    return "ocde/ford" in scheme or "ocde/ford" in value


def _date(name: str, given: Given, shape: Shape):  # noqa: ANN202
    for each in shape.dates:
        if found := next((d for e in given.get(each, ()) if (d := day(e.text))), None):
            return found
    if name == "Product":
        dated = (e for box in given.get("Dates", ()) for each in children(box).values() for e in each)
        return next((d for e in dated if (d := day(e.get("startDate") or e.text))), None)
    return None


def _source(given: Given, repository: Repository) -> str | None:
    """Return the repository, where the work came out, and its licence if that is a known one."""
    inside = (e for box in given.get("PublishedIn", ()) for e in children(box).get("Publication", ()))
    journal = next((t for e in inside if (t := choose(children(e).get("Title", ()))[0])), "")
    open_ = next((c for e in given.get("License", ()) if (c := licence(e.text or ""))), "")
    return " · ".join(filter(None, (repository.name, journal, open_))) or None


def _link(given: Given) -> str | None:
    identifiers = [(e.get("type") or "", tidy(e.text)) for e in given.get("Identifier", ())]
    handles = [tidy(e.text) for e in given.get("Handle", ())] + [v for t, v in identifiers if t.endswith("#Handle")]
    return link(
        handles,
        [tidy(e.text) for e in given.get("DOI", ())],
        [*(tidy(e.text) for e in given.get("URL", ())), *(v for _, v in identifiers)],
    )


def _one(given: Given, name: str) -> str:
    return next((t for e in given.get(name, ()) if (t := tidy(e.text))), "")


# Whose it is: units in the order in which they are named.


def _units(boxes: Iterable[Element], repository: Repository) -> list[Partner]:
    """Return the units that stand in boxes themselves, or as affiliations of the people in them."""
    found = []
    for box in boxes:
        inside = children(box)
        named = list(inside.get("OrgUnit", ()))
        affiliations = list(inside.get("Affiliation", ()))
        for person in inside.get("Person", ()):
            affiliations += children(person).get("Affiliation", ())
        named += [unit for a in affiliations for unit in children(a).get("OrgUnit", ())]
        found += [unit for each in named if (unit := unit_of(each, repository))]
    return found


def _inside(given: Given, outer: str, inner: str) -> Iterable[Element]:
    return chain.from_iterable(children(box).get(inner, ()) for box in given.get(outer, ()))


def _authors(given: Given, repository: Repository) -> list[Partner]:
    """Return authors' units; else who granted the degree; else advisors'; else a publisher that does research."""
    if found := _units(_inside(given, "Authors", "Author"), repository):
        return found
    degrees = _inside(given, "InSupportOf", "Qualification")
    grantors = chain.from_iterable(children(degree).get("Grantor", ()) for degree in degrees)
    return (
        _units(grantors, repository)
        or _units(_inside(given, "Advisors", "Advisor"), repository)
        or _units(_inside(given, "Editors", "Editor"), repository)
        or _publishers(given, repository)
    )


def _publishers(given: Given, repository: Repository) -> list[Partner]:
    units = _units(_inside(given, "Publishers", "Publisher"), repository)
    return [unit for unit in units if unit.side is Side.SUPPLY and unit.kind != "other"]


def _holders(given: Given, repository: Repository) -> list[Partner]:
    return _units(_inside(given, "Holders", "Holder"), repository) or _units(
        _inside(given, "Inventors", "Inventor"), repository
    )


def _creators(given: Given, repository: Repository) -> list[Partner]:
    return _units(_inside(given, "Creators", "Creator"), repository) or _publishers(given, repository)


def _consortium(given: Given, repository: Repository) -> list[Partner]:
    """Return who takes part, the coordinator first; else the units of the team."""
    parts = [children(box) for box in given.get("Consortium", ())]
    found = _units((e for role in PROJECT_ROLES for part in parts for e in part.get(role, ())), repository)
    teams = [children(box) for box in given.get("Team", ())]
    roles = ("PrincipalInvestigator", "Contact", "Member")
    return found or _units((e for role in roles for team in teams for e in team.get(role, ())), repository)


def _owner(given: Given, repository: Repository) -> list[Partner]:
    return _units(given.get("Owner", ()), repository)


WHOSE = {
    "Publication": _authors,
    "Patent": _holders,
    "Product": _creators,
    "Project": _consortium,
    "Equipment": _owner,
}
