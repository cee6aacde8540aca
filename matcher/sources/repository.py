"""Whose records are read: the repository, what is chosen for it, and who is named where a record names nobody."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Partner, Record
from matcher.sources.org_kinds import kind_of_organisation, side_of
from matcher.sources.reading import digest, slug

REMEMBERED = 20_000  # organisations that are named again and again


class Found(NamedTuple):
    """What one record of the repository holds: records of its own, and partners that it only names."""

    records: tuple[Record, ...]
    mentions: tuple[Partner, ...] = ()


@dataclass(slots=True)
class Repository:
    """Where records are from.

    :param id: what makes ids of this repository its own, such as `cris.example.org`.
    :param name: in words.
    :param partner: the name of the organisation whose records these are.
    :param people: a person is a partner, not only the contact of a unit.
    :param sets: names by setSpec; where `by_set`, the organisation of a record is its first set.
    """

    id: str = ""
    name: str = ""
    partner: str | None = None
    people: bool = False
    by_set: bool = False
    sets: dict[str, str] = field(default_factory=dict)
    known: dict[str, Partner] = field(default_factory=dict)
    read: dict[tuple[str, int, str | None], Partner] = field(default_factory=dict)

    def remember(self, partner: Partner, *, own: bool = False) -> Partner:
        """Keep an organisation that will be named again, and return it under an id that no other one has.

        Some systems give one id to several: a mention that is plainly another organisation than the one that is known
        gets an id of its own.

        :param own: its own record, which has the id by right.
        """
        if len(self.known) >= REMEMBERED:
            self.known.clear()
            self.read.clear()
        before = self.known.get(partner.id)
        if before and not own and _others(before, partner):
            partner = replace(partner, id=f"{partner.id}-{digest(*(partner.identifiers[:1] or (partner.name,)))[:6]}")
        self.known[partner.id] = partner
        return partner

    def organisation(self, name: str, country: str | None = None) -> Partner:
        """Return the partner of an organisation that is known by its name alone."""
        words = slug(name)  # one that is spelt with and without accents is one; other alphabets leave no letter
        id_ = f"oai-{slug(self.id, words or digest(name))}"
        if found := self.known.get(id_):
            return found
        kind = kind_of_organisation(name)
        return self.remember(Partner(id_, side_of(kind), name, kind, country))

    def fallback(self, sets: tuple[str, ...] = ()) -> Partner | None:
        """Return whose a record is that names no organisation; None where nobody is known."""
        if self.by_set and sets:
            return self.organisation(self.sets.get(sets[0], sets[0]))
        return self.organisation(self.partner) if self.partner else None


def _others(a: Partner, b: Partner) -> bool:
    """Tell whether two that have one id are two: a register knows them by two numbers, or one is part of the other."""
    numbers = dict(identifier.split(":", 1) for identifier in a.identifiers)
    told = [numbers[scheme] == value for scheme, value in (i.split(":", 1) for i in b.identifiers) if scheme in numbers]
    return not any(told) if told else a.kind != b.kind and "other" not in (a.kind, b.kind)


def nobody(element: str, title: str) -> BadInput:
    """Return the error of a record that names nobody whose it is."""
    message = N_(
        "{element} {title!r}: no organisation is named; say whose these records are with the option partner=NAME"
    )
    return BadInput(message, element=element, title=title[:80])
