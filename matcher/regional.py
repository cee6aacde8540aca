"""The regional picture: what is needed and what can be done, by region and sector, and who could serve whom.

A need is met near by where a good match (see `coverage`) is in its own region or within some kilometres of it; met
elsewhere where all good matches are further away; unmet where there is none. Each need is exactly one of the three.
Where regions are counted in groups, all of its own group is near by: what the group lacks is its gap.
A text's region is its own, else its first partner's; its sectors likewise. Sectors are divisions of ISIC Rev. 4 that
somebody has stated: guessed ones count nowhere. A text of several sectors counts in each, and once in every total.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from matcher.coverage import NEEDS, Answers
from matcher.places import Point, country_of, kilometres, locate
from matcher.records import Evidence, Partner, Side

K = TypeVar("K")
NEAR_KM = 100.0
GroupOf = Callable[[str], str]
"""Region's code -> the group that it counts in; a macro-region, or the region itself."""


def itself(region: str) -> str:
    """Count a region as itself."""
    return region


class Standing(StrEnum):
    """How a need stands."""

    NEAR = "near"
    ELSEWHERE = "elsewhere"
    UNMET = "unmet"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with where it counts. `region` and `country`: None where unknown; `sectors`: divisions, perhaps none."""

    evidence: Evidence
    partner: Partner
    region: str | None
    country: str | None
    sectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """Who is a good match for a need. `kilometres`: None where a place is unknown; 0 in the same region."""

    partner: Partner
    probability: float
    kilometres: float | None
    near: bool


@dataclass(frozen=True, slots=True)
class Need(Text):
    """A need with its good matches, best first."""

    servers: tuple[Server, ...]

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if any(server.near for server in self.servers):
            return Standing.NEAR
        return Standing.ELSEWHERE if self.servers else Standing.UNMET


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of a region, a sector, or a region's sector.

    `needs` = `near` + `elsewhere` + `unmet`; `capabilities`: texts of the supply side; `partners`, `firms`: with texts.
    """

    needs: int = 0
    near: int = 0
    elsewhere: int = 0
    unmet: int = 0
    capabilities: int = 0
    partners: int = 0
    firms: int = 0

    @property
    def gap(self) -> int:
        """The needs without a good match near by."""
        return self.needs - self.near


@dataclass(frozen=True, slots=True)
class Flow:
    """How many needs of `target` have no good match near by, and their best one in `origin` (None: place unknown)."""

    origin: str | None
    target: str
    needs: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is looked at; None means everything. `sector`: a section or a division; `since`, `until`: of texts."""

    country: str | None = None
    sector: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    def has(self, text: Text) -> bool:
        """Tell whether a text is looked at; one without a date is in no period."""
        day = text.evidence.date
        return (
            (self.country is None or text.country == self.country)
            and (self.sector is None or any(code.startswith(self.sector) for code in text.sectors))
            and (self.since is None or (day is not None and day >= self.since))
            and (self.until is None or (day is not None and day <= self.until))
        )


def texts(partners: Mapping[str, Partner], evidence: Iterable[Evidence], side: Side) -> list[Text]:
    """Return a side's texts; of the demand's the needs alone.

    :param partners, evidence: as everybody may see them.
    """
    found = []
    for text in evidence:
        partner = next((partners[id_] for id_ in text.partners if id_ in partners), None)
        if partner is None or partner.side is not side or (side is Side.DEMAND and text.kind not in NEEDS):
            continue
        region = text.region or partner.region
        country = country_of(region) or partner.country
        found.append(Text(text, partner, region, country, divisions(text.sectors or partner.sectors)))
    return found


def divisions(sectors: Iterable[str]) -> tuple[str, ...]:
    """Return ISIC codes as divisions, in order and once each; a section alone tells no division and stays."""
    return tuple(dict.fromkeys(code[:3] for code in sectors))


def needs(
    partners: Mapping[str, Partner],
    evidence: Iterable[Evidence],
    answers: Answers,
    near_km: float = NEAR_KM,
    group_of: GroupOf = itself,
) -> list[Need]:
    """Return the needs that were asked, with who could serve them."""
    found, points = [], _Points(partners)
    for text in texts(partners, evidence, Side.DEMAND):
        helpers = [h for h in answers.get(text.evidence.id, ()) if h.partner in partners]
        if text.evidence.id not in answers:
            continue
        away = points.kilometres([h.partner for h in helpers], text.region)
        servers = tuple(
            Server(
                partners[helper.partner],
                helper.probability,
                km,
                near=_together(text.region, partners[helper.partner].region, group_of)
                or (km is not None and km <= near_km),
            )
            for helper, km in zip(helpers, away, strict=True)
        )
        found.append(Need(text.evidence, text.partner, text.region, text.country, text.sectors, servers))
    return found


def _together(one: str | None, other: str | None, group_of: GroupOf) -> bool:
    return one is not None and other is not None and group_of(one) == group_of(other)


class _Points:
    """Kilometres from regions to partners, each place looked up once."""

    def __init__(self, partners: Mapping[str, Partner]) -> None:
        self._partners = partners
        self._known: dict[tuple[str, str], float | None] = {}

    def kilometres(self, ids: Collection[str], region: str | None) -> list[float | None]:
        """Return the distance of each partner from a region's point; 0 within it, None where a place is unknown."""
        here = locate(None, region, None) if region else None
        if region is None or here is None:
            return [None] * len(ids)
        fresh = [id_ for id_ in ids if (region, id_) not in self._known]
        there = [_point(self._partners[id_]) for id_ in fresh]
        km = kilometres(np.array([point or (np.nan, np.nan) for point in there]), here)
        for id_, point, distance in zip(fresh, there, km.tolist(), strict=True):
            same = self._partners[id_].region == region
            self._known[region, id_] = 0.0 if same else None if point is None else distance
        return [self._known[region, id_] for id_ in ids]


def _point(partner: Partner) -> Point | None:
    """Return a partner's place, where more than its country is known."""
    return locate(partner.country, partner.region, partner.city) if partner.region or partner.city else None


def by_region(asked: Iterable[Need], able: Iterable[Text], group_of: GroupOf = itself) -> dict[str, Tally]:
    """Return group -> what is counted of it; texts of unknown region count in none (see `placeless`)."""
    return _tallies(asked, able, lambda text: [group_of(text.region)] if text.region else [])


def by_sector(asked: Iterable[Need], able: Iterable[Text]) -> dict[str, Tally]:
    """Return division -> what is counted of it, "" for texts without a sector."""
    return _tallies(asked, able, lambda text: list(text.sectors) or [""])


def by_region_and_sector(
    asked: Iterable[Need], able: Iterable[Text], group_of: GroupOf = itself
) -> dict[tuple[str, str], Tally]:
    """Return (group, division) -> what is counted of it, the division "" for texts without a sector."""
    return _tallies(
        asked, able, lambda text: [(group_of(text.region), s) for s in text.sectors or ("",)] if text.region else []
    )


def placeless(asked: Iterable[Need], able: Iterable[Text]) -> Tally:
    """Return what is counted of texts whose region is not known: nothing of it is near."""
    return _tallies(asked, able, lambda text: [] if text.region else [0]).get(0, Tally())


def total(asked: Iterable[Need], able: Iterable[Text]) -> Tally:
    """Return what is counted of all, each text once."""
    return _tallies(asked, able, lambda _: [0]).get(0, Tally())


def _tallies(asked: Iterable[Need], able: Iterable[Text], keys: Callable[[Text], list[K]]) -> dict[K, Tally]:
    standings: dict[K, Counter[Standing]] = defaultdict(Counter)
    can: Counter[K] = Counter()
    partners: dict[K, set[str]] = defaultdict(set)
    firms: dict[K, set[str]] = defaultdict(set)
    for need in asked:
        for key in keys(need):
            standings[key][need.standing] += 1
            firms[key].add(need.partner.id)
    for text in able:
        for key in keys(text):
            can[key] += 1
            partners[key].add(text.partner.id)
    found = {}
    for key in dict.fromkeys([*standings, *can]):
        near, elsewhere, unmet = (standings[key][standing] for standing in Standing)
        asked_for = near + elsewhere + unmet
        found[key] = Tally(asked_for, near, elsewhere, unmet, can[key], len(partners[key]), len(firms[key]))
    return found


def flows(asked: Iterable[Need], group_of: GroupOf = itself) -> list[Flow]:
    """Return from where the needs that are met elsewhere could be served: each counts once, for its best match.

    The greatest first. In other groups than those that the needs were asked by, a flow may lead from one to itself.
    """
    counts: Counter[tuple[str | None, str]] = Counter()
    for need in asked:
        if need.region and need.standing is Standing.ELSEWHERE:
            origin = need.servers[0].partner.region
            counts[group_of(origin) if origin else None, group_of(need.region)] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][1], item[0][0] or ""))
    return [Flow(origin, target, count) for (origin, target), count in ordered]
