"""VIVO: what a university's research profile says in RDF, with the ontologies VIVO, BIBO, FOAF and vCard.

Organisations become partners; documents, patents, grants, projects, equipment and services become texts of the
organisations that are tied to them: directly, or by the positions of their authors and investigators.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from matcher.errors import BadInput, NotFound
from matcher.identifiers import find_identifier
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources import vivo_words as w
from matcher.sources.org_kinds import kind_of_organisation, side_of
from matcher.sources.organisations import country, region
from matcher.sources.pages import Asked, Page, paged
from matcher.sources.reading import Refusal, Row, Skipped, Told, digest, slug
from matcher.sources.shapes import cleaned, language, link
from matcher.sources.vivo_graph import BLANK, Said, Things
from matcher.sources.vivo_graph import read as read_graph

UNITS = ("faculty", "laboratory", "group")  # which are told from others of their name by what they are part of
DEPTH = 10  # of organisations in organisations
_LANGUAGES = ("es", "", "en", "pt")  # in which a name is chosen, the first that there is
_PLAIN = re.compile(r"[A-Za-z0-9./#_~-]*")


def read(asked: Asked) -> Iterator[Page]:
    """Yield pages of what files hold, organisations first.

    :raises BadInput: they cannot be read, or an option is none.
    """
    people = asked.options.get("people", "")
    if people not in ("", "partners"):
        raise BadInput(N_("people: {found!r} is not one of {known}"), found=people[:100], known="partners")
    yield from paged(rows(asked.paths, people=bool(people)), asked)


def rows(paths: Sequence[Path], *, people: bool = False) -> Iterator[Told]:
    """Yield what files say of each thing, partners first; and the lines that are refused."""
    university = _University(read_graph(paths), people=people)
    yield from university.things.refused
    numbers = {uri: number for number, uri in enumerate(university.things.facts, start=1)}
    partners = {uri for uri in numbers if university.is_partner(uri)}
    for first in (True, False):
        for uri, number in numbers.items():
            if (uri in partners) is first:
                yield university.row(uri, number)


_TEXTS = frozenset(w.EVIDENCE.values())
_TELLING = frozenset(type_ for type_, kind in w.ORGANISATIONS.items() if kind)
_SKIPPED = {
    "person": N_("person"),
    "journal": N_("journal"),
    "funder": N_("funder or publisher"),
    "": N_("link between others, or a detail"),
}


class Position(NamedTuple):
    """A person's position: its first and last day, and in which organisations it is."""

    began: dt.date
    ended: dt.date
    organisations: list[str]


class _University:
    """Things with what they are."""

    def __init__(self, things: Things, *, people: bool) -> None:
        self.things, self.people = things, people
        self.partners: dict[str, Partner] = {}
        self._by_id: dict[str, Partner] = {}
        self._known_as: dict[str, str] = {}
        self._positions_of: dict[str, list[Position]] = {}

    def row(self, uri: str, number: int) -> Told:
        """Return what is said of one thing."""
        file = self.things.file[uri]
        try:
            found = self._made(uri)
        except (BadInput, NotFound) as error:
            return Refusal(file, number, error)
        if isinstance(found, str):
            return Skipped(file, number, found)
        mentions = tuple(self._by_id[each] for each in found.partners) if isinstance(found, Evidence) else ()
        return Row(file, number, (found,), mentions, uri)

    def _made(self, uri: str) -> Partner | Evidence | str:
        if self.is_partner(uri):
            return self.partner(uri)
        what = self._what(uri)
        if what not in _TEXTS:
            return _SKIPPED.get(what, _SKIPPED[""])
        return N_("text without an address") if uri.startswith(BLANK) else self._evidence(uri, what)

    def _what(self, uri: str) -> str:
        """Return `organisation`, `person`, a kind of text, `journal`, `funder`; "" of what ties others together."""
        found = self._known_as.get(uri)
        if found is None:
            found = self._known_as[uri] = self._find_out(uri)
        return found

    def _find_out(self, uri: str) -> str:
        types = self._types(uri)
        if not types.isdisjoint(w.ORGANISATIONS) and not uri.startswith(BLANK):
            # One that is known as nothing but a funder or publisher is no partner.
            return "organisation" if types.isdisjoint(w.NO_PARTNERS) or types & _TELLING else "funder"
        if kind := next((kind for type_, kind in w.EVIDENCE.items() if type_ in types), None):
            return kind
        if types & w.PEOPLE:
            return "person"
        return "journal" if types & w.VENUES else "funder" if types & w.NO_PARTNERS else ""

    def _types(self, uri: str) -> set[str]:
        return set(self._of(uri, (w.TYPE,)))

    def is_partner(self, uri: str) -> bool:
        """Tell whether a thing becomes a partner."""
        what = self._what(uri)
        return what == "organisation" or (what == "person" and self.people and not uri.startswith(BLANK))

    def partner(self, uri: str) -> Partner:
        """Return the partner that an organisation or person becomes.

        :raises BadInput: it has no name.
        """
        if uri not in self.partners:
            made = self._organisation(uri) if self._what(uri) == "organisation" else self._person(uri)
            self.partners[uri] = self._by_id[made.id] = made
        return self.partners[uri]

    def _person(self, uri: str) -> Partner:
        return Partner(_id(uri), Side.SUPPLY, self._name(uri), "person", url=link(uri))

    def _organisation(self, uri: str) -> Partner:
        name, types = self._name(uri), self._types(uri)
        kind = next((kind for type_, kind in w.ORGANISATIONS.items() if type_ in types and kind), "")
        kind = kind or kind_of_organisation(name)
        above = self._above(uri)
        if kind in UNITS and above:
            whole = self._said(above[-1], w.NAMES)
            name = f"{name}, {whole}" if whole and whole not in name else name
        where, inside, city = self._place(uri)
        for each in above:  # an organisation in another lies in its country, where nothing else is said
            where = where or self._place(each)[0]
        site = next(
            (found for each in self._cards(uri, w.HAS_URL) if (found := link(self._said(each, (w.URL,))))), None
        )
        return Partner(
            _id(uri),
            side_of(kind),
            name,
            kind,
            where,
            inside,
            city,
            url=site or link(uri),
            identifiers=self._known(uri),
        )

    def _above(self, uri: str) -> list[str]:
        """Return the organisations that one is part of, the nearest first."""
        found: list[str] = []
        while len(found) < DEPTH:
            last = found[-1] if found else uri
            parents = [*self._of(last, w.PART_OF), *self._wholes.get(last, ())]
            up = next((p for p in parents if p not in (uri, *found) and self._what(p) == "organisation"), None)
            if up is None:
                break
            found.append(up)
        return found

    @cached_property
    def _wholes(self) -> dict[str, list[str]]:
        """Part -> what says of itself that it has that part."""
        found: dict[str, list[str]] = {}
        for uri in self.things.facts:
            for part in self._of(uri, w.HAS_PART):
                found.setdefault(part, []).append(uri)
        return found

    def _place(self, uri: str) -> tuple[str | None, str | None, str | None]:
        for address in self._cards(uri, w.HAS_ADDRESS):
            where = country(self._said(address, w.COUNTRY))
            return where, region(where, self._said(address, (w.REGION,))), self._said(address, (w.CITY,)) or None
        names = [self._said(each, w.NAMES) for each in self._of(uri, w.LOCATED_IN)]
        return country(*names), None, None

    def _cards(self, uri: str, predicate: str) -> Iterator[str]:
        for card in self._of(uri, (w.CONTACT,)):
            yield from self._of(card, (predicate,))

    def _known(self, uri: str) -> tuple[str, ...]:
        found = []
        for each in (uri, *self._of(uri, w.SAME)):
            try:
                found.append(find_identifier(each))
            except NotFound:
                continue
        return tuple(dict.fromkeys(found))

    def _evidence(self, uri: str, kind: str) -> Evidence | str:
        owners = self._owners(uri)
        if not owners:
            return N_("text without an organisation")
        title, about = self._name(uri), self._said(uri, w.TEXTS)
        doi = self._said(uri, (w.DOI,))
        at_doi = link(f"https://doi.org/{doi[doi.find('10.') :]}") if "10." in doi else None
        return Evidence(
            _id(uri),
            tuple(self.partner(each).id for each in owners),
            kind,
            about or title,
            title if about else None,
            language(self._literal(uri, w.TEXTS if about else w.NAMES).language),
            self._date(uri),
            source=f"VIVO · {urlsplit(uri).hostname}" if link(uri) else "VIVO",
            url=at_doi or link(uri),
        )

    def _owners(self, uri: str) -> list[str]:
        """Return the organisations (and, if asked for, people) that a text is tied to, each once, in order."""
        found: dict[str, None] = {}
        day = self._date(uri) or dt.datetime.now(dt.UTC).date()
        tied = [*self.things.near.get(uri, ()), *self._of(uri, (*w.PART_OF, *w.LOCATED_IN))]
        for first in tied:
            # What is neither somebody nor something done by somebody ties this to others.
            for each in (first, *([] if self._what(first) else self.things.near.get(first, ()))):
                if each == uri:
                    continue
                if self.is_partner(each):
                    found[each] = None
                if self._what(each) == "person":
                    found |= dict.fromkeys(self._employers(each, day))
        return [each for each in found if self._said(each, w.NAMES)]

    def _employers(self, person: str, day: dt.date) -> list[str]:
        """Return the organisations in which a person has positions: those held on a day, else all."""
        if person not in self._positions_of:
            self._positions_of[person] = self._positions(person)
        positions = self._positions_of[person]
        held = [each for each in positions if each.began <= day <= each.ended]
        return [organisation for each in held or positions for organisation in each.organisations]

    def _positions(self, person: str) -> list["Position"]:
        found = []
        for each in self.things.near.get(person, ()):
            if self._what(each) or not any(name.endswith("Position") for name in self._types(each)):
                continue
            spans = self._of(each, (w.INTERVAL,))
            began, ended = (self._first_moment(spans, (edge,)) for edge in (w.START, w.END))
            organisations = [o for o in self.things.near.get(each, ()) if self._what(o) == "organisation"]
            found.append(Position(began or dt.date.min, ended or dt.date.max, organisations))
        return found

    def _date(self, uri: str) -> dt.date | None:
        return self._first_moment([uri], (w.DATE,)) or self._first_moment(self._of(uri, (w.INTERVAL,)), (w.START,))

    def _first_moment(self, uris: Iterable[str], predicates: Iterable[str]) -> dt.date | None:
        """Return the first day that any of these things has by one of these predicates."""
        at = (each for uri in uris for each in self._of(uri, predicates))
        return next((found for each in at if (found := self._moment(each))), None)

    def _moment(self, uri: str) -> dt.date | None:
        found = self._said(uri, (w.DATE_TIME,))
        try:
            return dt.date.fromisoformat(found[:10]) if found else None
        except ValueError:
            return None

    def _of(self, uri: str, predicates: Iterable[str]) -> list[str]:
        facts = self.things.facts.get(uri, {})
        return [node for each in predicates for node in facts.get(each, ()) if isinstance(node, str)]

    def _literal(self, uri: str, predicates: Iterable[str]) -> Said:
        """Return the literal of the first predicate that has one, in the language that comes first."""
        facts = self.things.facts.get(uri, {})
        for each in predicates:
            found = [node for node in facts.get(each, ()) if isinstance(node, Said) and node.text.strip()]
            if found:
                return min(found, key=lambda said: (_rank(said), said))
        return Said("", "")

    def _said(self, uri: str, predicates: Iterable[str]) -> str:
        return cleaned(self._literal(uri, predicates).text)

    def _name(self, uri: str) -> str:
        name = self._said(uri, w.NAMES)
        if not name:
            raise BadInput(N_("{address} has no name (rdfs:label)"), address=uri[:200])
        return name


def _rank(said: Said) -> int:
    tag = said.language[:2].lower()
    return _LANGUAGES.index(tag) if tag in _LANGUAGES else len(_LANGUAGES)


def _id(uri: str) -> str:
    """Return the id of a thing: host and path in one; with a digest, where letters of its address would be lost."""
    plain = uri.partition("://")[2] or uri
    made = f"vivo-{slug(plain)}"
    return made if _PLAIN.fullmatch(plain) and plain == plain.lower() else f"{made}-{digest(uri)}"
