"""VIVO: what a university's research profile says in RDF, with the ontologies VIVO, BIBO, FOAF and vCard.

Organisations become partners; documents, patents, grants, projects, equipment and services become texts of the
organisations that are tied to them: directly, or by the positions of their authors and investigators.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
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
from matcher.sources.shapes import language, link
from matcher.sources.vivo_graph import BLANK
from matcher.sources.vivo_graph import read as read_graph
from matcher.sources.vivo_ties import Ties

UNITS = ("faculty", "laboratory", "group")  # which are told from others of their name by what they are part of
DEPTH = 10  # of organisations in organisations
_PLAIN = re.compile(r"[a-z0-9./-]*")


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
    university = _University(Ties(read_graph(paths), people=people))
    yield from university.ties.things.refused
    numbers = {uri: number for number, uri in enumerate(university.ties.things.facts, start=1)}
    partners = {uri for uri in numbers if university.ties.is_partner(uri)}
    for first in (True, False):
        for uri, number in numbers.items():
            if (uri in partners) is first:
                yield university.row(uri, number)


_TEXTS = frozenset(w.EVIDENCE.values())
_SKIPPED = {
    "person": N_("person"),
    "journal": N_("journal"),
    "funder": N_("funder or publisher"),
    "": N_("link between others, or a detail"),
}


class _University:
    """What becomes of the things of a profile."""

    def __init__(self, ties: Ties) -> None:
        self.ties = ties
        self.partners: dict[str, Partner] = {}
        self._by_id: dict[str, Partner] = {}

    def row(self, uri: str, number: int) -> Told:
        """Return what is said of one thing."""
        file = self.ties.things.file[uri]
        try:
            found = self._made(uri)
        except (BadInput, NotFound) as error:
            return Refusal(file, number, error)
        if isinstance(found, str):
            return Skipped(file, number, found)
        mentions = tuple(self._by_id[each] for each in found.partners) if isinstance(found, Evidence) else ()
        return Row(file, number, (found,), mentions, uri)

    def _made(self, uri: str) -> Partner | Evidence | str:
        if self.ties.is_partner(uri):
            return self.partner(uri)
        what = self.ties.what(uri)
        if what not in _TEXTS:
            return _SKIPPED.get(what, _SKIPPED[""])
        return N_("text without an address") if uri.startswith(BLANK) else self._evidence(uri, what)

    def partner(self, uri: str) -> Partner:
        """Return the partner that an organisation or person becomes.

        :raises BadInput: it has no name.
        """
        if uri not in self.partners:
            made = self._organisation(uri) if self.ties.what(uri) == "organisation" else self._person(uri)
            self.partners[uri] = self._by_id[made.id] = made
        return self.partners[uri]

    def _person(self, uri: str) -> Partner:
        return Partner(_id(uri), Side.SUPPLY, self._name(uri), "person", url=link(uri))

    def _organisation(self, uri: str) -> Partner:
        name, types = self._name(uri), self.ties.types(uri)
        kind = next((kind for type_, kind in w.ORGANISATIONS.items() if type_ in types and kind), "")
        kind = kind or kind_of_organisation(name)
        above = self._above(uri)
        if kind in UNITS and above:
            whole = self.ties.said(above[-1], w.NAMES)
            name = f"{name}, {whole}" if whole and whole not in name else name
        where, inside, city = self._place(uri)
        for each in above:  # an organisation in another lies in its country, where nothing else is said
            where = where or self._place(each)[0]
        site = next(
            (found for each in self._cards(uri, w.HAS_URL) if (found := link(self.ties.said(each, (w.URL,))))), None
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
            parents = [*self.ties.of(last, w.PART_OF), *self._wholes.get(last, ())]
            up = next((p for p in parents if p not in (uri, *found) and self.ties.what(p) == "organisation"), None)
            if up is None:
                break
            found.append(up)
        return found

    @cached_property
    def _wholes(self) -> dict[str, list[str]]:
        """Part -> what says of itself that it has that part."""
        found: dict[str, list[str]] = {}
        for uri in self.ties.things.facts:
            for part in self.ties.of(uri, w.HAS_PART):
                found.setdefault(part, []).append(uri)
        return found

    def _place(self, uri: str) -> tuple[str | None, str | None, str | None]:
        for address in self._cards(uri, w.HAS_ADDRESS):
            where = country(self.ties.said(address, w.COUNTRY))
            return (
                where,
                region(where, self.ties.said(address, (w.REGION,))),
                self.ties.said(address, (w.CITY,)) or None,
            )
        names = [self.ties.said(each, w.NAMES) for each in self.ties.of(uri, w.LOCATED_IN)]
        return country(*names), None, None

    def _cards(self, uri: str, predicate: str) -> Iterator[str]:
        for card in self.ties.of(uri, (w.CONTACT,)):
            yield from self.ties.of(card, (predicate,))

    def _known(self, uri: str) -> tuple[str, ...]:
        found = []
        for each in (uri, *self.ties.of(uri, w.SAME)):
            try:
                found.append(find_identifier(each))
            except NotFound:
                continue
        return tuple(dict.fromkeys(found))

    def _evidence(self, uri: str, kind: str) -> Evidence | str:
        owners = self.ties.owners(uri)
        if not owners:
            return N_("text without an organisation")
        title, about = self._name(uri), self.ties.said(uri, w.TEXTS)
        doi = self.ties.said(uri, (w.DOI,))
        at_doi = link(f"https://doi.org/{doi[doi.find('10.') :]}") if "10." in doi else None
        return Evidence(
            _id(uri),
            tuple(self.partner(each).id for each in owners),
            kind,
            about or title,
            title if about else None,
            language(self.ties.literal(uri, w.TEXTS if about else w.NAMES).language),
            self.ties.date(uri),
            source=f"VIVO · {urlsplit(uri).hostname}" if link(uri) else "VIVO",
            url=at_doi or link(uri),
        )

    def _name(self, uri: str) -> str:
        name = self.ties.said(uri, w.NAMES)
        if not name:
            raise BadInput(N_("{address} has no name (rdfs:label)"), address=uri[:200])
        return name


def _id(uri: str) -> str:
    """Return the id of a thing: host and path in one; with a digest, where letters of its address would be lost."""
    plain = uri.partition("://")[2] or uri
    made = f"vivo-{slug(plain)}"
    return made if _PLAIN.fullmatch(plain) else f"{made}-{digest(uri)}"
