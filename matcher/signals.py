"""One number about (query, partner) a signal: how well the text fits, how near, same sector, track record."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.candidates import Candidates, standardise
from matcher.encode import Vectors
from matcher.index.side import SideIndex
from matcher.macro_regions import NONE, MacroRegion, MacroRegions
from matcher.places import Point, country_of, kilometres, locate
from matcher.records import GuessedSector, Outcome, Partner, Query, Side, Stage
from matcher.sectors import closest
from matcher.weights import RULE_OF

Floats = NDArray[np.float64]
NEAR_KM, NEUTRAL_KM = 100.0, 1000.0  # below the one nearness hardly grows; at the other it counts for nothing
STAGE_VALUE = {Stage.PROJECT: 1.0, Stage.AGREED: 0.8, Stage.MET: 0.4, Stage.INTRODUCED: 0.2, Stage.DECLINED: 0.0}


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of n candidates, and what their reasons tell.

    `values`: (n, signals) in the order of `names`. `kilometres`: (n,) NaN where a place is unknown.
    `sector`: the partner's sector that is closest to the query's, or None. `outcomes`: (n,) how many are counted.
    `guessed`: the sector that stood in for the query's, which gave none. `macro_region`: the asker's, if known.
    """

    names: tuple[str, ...]
    values: Floats
    kilometres: Floats
    sector: tuple[str | None, ...]
    outcomes: NDArray[np.int64]
    guessed: GuessedSector | None = None
    macro_region: MacroRegion | None = None


def compute(
    side: SideIndex,
    candidates: Candidates,
    query: Query,
    vector: Vectors,
    outcomes: dict[str, list[Outcome]],
    guessed: GuessedSector | None = None,
    macro_regions: MacroRegions = NONE,
) -> Signals:
    """Return the signals of the candidates.

    :param vector: the question's, of unit length.
    :param outcomes: partner id -> the outcomes that it took part in.
    :param guessed: counts, by its confidence, for the partners' sectors where the query gives none.
    """
    guessed = None if query.sectors else guessed
    asked, sure = ((guessed.code,), guessed.confidence) if guessed else (query.sectors, 1.0)
    rows = candidates.partners
    values = np.zeros((len(rows), len(RULE_OF)))
    column = {name: values[:, i] for i, name in enumerate(RULE_OF)}
    column["text"][:] = candidates.text
    column["sector_texts"][:] = candidates.in_sector
    column["profile"][:] = _profile_fit(side, vector)[rows]
    column["experience"][:] = np.log1p(side.text_counts[rows])
    column["collaboration"][:] = np.log1p(side.joint_counts[rows])
    km = _kilometres(side, rows, query)
    known = ~np.isnan(km)
    column["distance"][known] = nearness(km[known])
    if query.region:
        column["same_region"][:] = side.regions[rows] == query.region
    group = macro_regions.groups.get(macro_regions.group_of(query.region) or "")
    if group:  # a step between the same region, which has its own signal, and the same country
        neighbours = [region for region in group.regions if region != query.region]
        column["macro_region"][:] = np.isin(side.regions[rows], neighbours)
    column["same_country"][:] = np.isin(side.countries[rows], asked_countries(query))
    sectors: list[str | None] = [None] * len(rows)
    counted = np.zeros(len(rows), np.int64)
    for i, row in enumerate(rows.tolist()):
        if asked:
            alike, code = closest(asked, side.sectors[row])
            column["sector"][i] = sure * alike
            sectors[i] = code if alike else None
        record = [o for o in outcomes.get(side.partners[row].id, ()) if known_by(o, query)]
        if record:
            counted[i] = sum(1 for o in record if STAGE_VALUE[o.stage])
            column["track_record"][i] = _damped(record, [1.0] * len(record))
            column["track_record_near"][i] = _damped(record, [nearby(o, query) for o in record])
            column["track_record_sector"][i] = _damped(record, [closest(query.sectors, o.sectors)[0] for o in record])
    return Signals(tuple(RULE_OF), values, km, tuple(sectors), counted, guessed, group)


def nearness(km: Floats) -> Floats:
    """Return ln((NEAR + NEUTRAL) / (NEAR + km)): 2.4 at 0 km, 0 at 1,000 km, below 0 beyond."""
    return np.log((NEAR_KM + NEUTRAL_KM) / (NEAR_KM + km))


def asked_countries(query: Query) -> tuple[str, ...]:
    """Return the countries that the question comes from: those given, else its region's."""
    own = country_of(query.region)
    return query.countries or ((own,) if own else ())


def by_partner(outcomes: Iterable[Outcome], side: Side, partners: Mapping[str, Partner]) -> dict[str, list[Outcome]]:
    """Return partner id -> its outcomes, for the partners of `side`.

    What an outcome does not say of its counterpart's place and sectors, the counterpart's record tells.
    """
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        partner = outcome.partner if side is Side.SUPPLY else outcome.counterpart
        other = partners.get(outcome.counterpart or "")
        whole = outcome
        if other:
            whole = replace(
                outcome,
                country=outcome.country or other.country,
                region=outcome.region or other.region,
                sectors=outcome.sectors or other.sectors,
            )
        if partner:
            found.setdefault(partner, []).append(whole)
    return found


def changed_record(
    record: dict[str, list[Outcome]],
    old: Iterable[Outcome],
    new: Iterable[Outcome],
    side: Side,
    partners: Mapping[str, Partner],
) -> dict[str, list[Outcome]]:
    """Return what `by_partner` would, after the outcomes `old` gave way to `new`.

    All outcomes that name a partner that changed are among them.
    """
    added = by_partner(new, side, partners)
    away = {outcome.id for outcome in old} | {outcome.id for outcome in new}
    whose = {o.partner if side is Side.SUPPLY else o.counterpart for o in old} | added.keys()
    if not whose:
        return record
    found = dict(record)
    for id_ in whose:
        if id_ is None:
            continue
        stay = [outcome for outcome in record.get(id_, ()) if outcome.id not in away]
        found[id_] = sorted([*stay, *added.get(id_, ())], key=lambda outcome: outcome.id)
        if not found[id_]:
            del found[id_]
    return found


def _profile_fit(side: SideIndex, vector: Vectors) -> Floats:
    """Return every partner's likeness as a whole to the question, in standard deviations: (partners,)."""
    return standardise(side.profiles_like(vector))


def _kilometres(side: SideIndex, rows: NDArray[np.int64], query: Query) -> Floats:
    """Return km from the nearest place of the question: (n,); 0 within one region, NaN where unknown."""
    if query.region:
        origins = [locate(None, query.region, None)]
    else:
        origins = [locate(country, None, None) for country in asked_countries(query)]
    here: list[Point] = [origin for origin in origins if origin]
    if not here:
        return np.full(len(rows), np.nan)
    km = np.min([kilometres(side.points[rows], origin) for origin in here], axis=0)
    return np.where(side.regions[rows] == query.region, 0.0, km) if query.region else km


def known_by(outcome: Outcome, query: Query) -> bool:
    """Tell whether an outcome was known on the day of the question."""
    return query.date is None or outcome.date is None or outcome.date < query.date


def nearby(outcome: Outcome, query: Query) -> float:
    """Return 1 where an outcome is of the asker's region, or country where no region is known; else 0."""
    if query.region:
        return float(outcome.region == query.region)
    return float(outcome.country is not None and outcome.country in asked_countries(query))


def _damped(record: list[Outcome], shares: list[float]) -> float:
    """Return ln(1 + sum of stage value x share): the tenth outcome tells less than the first."""
    return math.log1p(sum(STAGE_VALUE[o.stage] * share for o, share in zip(record, shares, strict=True)))
