"""What is tied to what in a research profile: what each thing is, what is said of it, whose a text is, and when."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from matcher.sources import vivo_words as w
from matcher.sources.shapes import cleaned
from matcher.sources.vivo_graph import BLANK, Said, Things

MOST_POSITIONS = 50  # of one person
MOST_TIED = 500  # what ties more than that together says nothing of any of them
_LANGUAGES = ("es", "", "en", "pt")  # in which a name is chosen, the first that there is
_TELLING = frozenset(type_ for type_, kind in w.ORGANISATIONS.items() if kind)


class Position(NamedTuple):
    """A person's position: its first and last day, and in which organisations it is."""

    began: dt.date
    ended: dt.date
    organisations: list[str]


class Ties:
    """Things, and what ties them.

    :param people: a text is also that of its authors.
    """

    def __init__(self, things: Things, *, people: bool) -> None:
        self.things, self.people = things, people
        self._known_as: dict[str, str] = {}
        self._positions_of: dict[str, list[Position]] = {}

    def what(self, uri: str) -> str:
        """Return `organisation`, `person`, a kind of text, `journal`, `funder`; "" of what ties others together."""
        found = self._known_as.get(uri)
        if found is None:
            found = self._known_as[uri] = self._find_out(uri)
        return found

    def _find_out(self, uri: str) -> str:
        types = self.types(uri)
        if not types.isdisjoint(w.ORGANISATIONS) and not uri.startswith(BLANK):
            # One that is known as nothing but a funder or publisher is no partner.
            return "organisation" if types.isdisjoint(w.NO_PARTNERS) or types & _TELLING else "funder"
        if kind := next((kind for type_, kind in w.EVIDENCE.items() if type_ in types), None):
            return kind
        if types & w.PEOPLE:
            return "person"
        return "journal" if types & w.VENUES else "funder" if types & w.NO_PARTNERS else ""

    def types(self, uri: str) -> set[str]:
        """Return the addresses of a thing's types."""
        return set(self.of(uri, (w.TYPE,)))

    def is_partner(self, uri: str) -> bool:
        """Tell whether a thing becomes a partner."""
        what = self.what(uri)
        return what == "organisation" or (what == "person" and self.people and not uri.startswith(BLANK))

    def owners(self, uri: str) -> list[str]:
        """Return the organisations (and, if asked for, people) that a text is tied to, each once, in order."""
        found: dict[str, None] = {}
        day = self.date(uri) or dt.datetime.now(dt.UTC).date()
        tied = [*self.things.near.get(uri, ()), *self.of(uri, (*w.PART_OF, *w.LOCATED_IN))]
        for first in tied:
            # What is neither somebody nor something done by somebody ties this to others.
            for each in (first, *([] if self.what(first) else self._tied_by(first))):
                if each == uri:
                    continue
                if self.is_partner(each):
                    found[each] = None
                if self.what(each) == "person":
                    found |= dict.fromkeys(self._employers(each, day))
        return [each for each in found if self.said(each, w.NAMES)]

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
            if self.what(each) or not any(name.endswith("Position") for name in self.types(each)):
                continue
            spans = self.of(each, (w.INTERVAL,))
            began, ended = (self._first_moment(spans, (edge,)) for edge in (w.START, w.END))
            organisations = [o for o in self._tied_by(each) if self.what(o) == "organisation"]
            found.append(Position(began or dt.date.min, ended or dt.date.max, organisations))
        return found[:MOST_POSITIONS]

    def _tied_by(self, uri: str) -> list[str]:
        found = self.things.near.get(uri, [])
        return found if len(found) <= MOST_TIED else []

    def date(self, uri: str) -> dt.date | None:
        """Return the day of a thing, or on which it began."""
        return self._first_moment([uri], (w.DATE,)) or self._first_moment(self.of(uri, (w.INTERVAL,)), (w.START,))

    def _first_moment(self, uris: Iterable[str], predicates: Iterable[str]) -> dt.date | None:
        """Return the first day that any of these things has by one of these predicates."""
        at = (each for uri in uris for each in self.of(uri, predicates))
        return next((found for each in at if (found := self._moment(each))), None)

    def _moment(self, uri: str) -> dt.date | None:
        found = self.said(uri, (w.DATE_TIME,))
        try:
            return dt.date.fromisoformat(found[:10]) if found else None
        except ValueError:
            return None

    def of(self, uri: str, predicates: Iterable[str]) -> list[str]:
        """Return the things that predicates lead to."""
        facts = self.things.facts.get(uri, {})
        return [node for each in predicates for node in facts.get(each, ()) if isinstance(node, str)]

    def literal(self, uri: str, predicates: Iterable[str]) -> Said:
        """Return the literal of the first predicate that has one, in the language that comes first."""
        facts = self.things.facts.get(uri, {})
        for each in predicates:
            found = [node for node in facts.get(each, ()) if isinstance(node, Said) and node.text.strip()]
            if found:
                return min(found, key=lambda said: (_rank(said), said))
        return Said("", "")

    def said(self, uri: str, predicates: Iterable[str]) -> str:
        """Return what `literal` finds, cleaned."""
        return cleaned(self.literal(uri, predicates).text)


def _rank(said: Said) -> int:
    tag = said.language[:2].lower()
    return _LANGUAGES.index(tag) if tag in _LANGUAGES else len(_LANGUAGES)
