"""One number about (query, partner) a signal: how well the text fits, how near, same sector, track record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.candidates import Candidates
from matcher.index.columns import Codes
from matcher.index.rows import spread_out
from matcher.index.side import SideIndex
from matcher.macro_regions import NONE, MacroRegion, MacroRegions
from matcher.places import Point, country_of, kilometres, locate
from matcher.records import GuessedSector, Outcome, Partner, Query, Side
from matcher.sectors import likeness
from matcher.track_record import records_of
from matcher.weights import RULE_OF

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
NEAR_KM, NEUTRAL_KM = 100.0, 1000.0  # below the one nearness hardly grows; at the other it counts for nothing


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of n candidates, and what their reasons tell.

    `columns`: signal -> its values, (n,). `kilometres`: (n,) NaN where a place is unknown.
    `sector`: the partner's sector that is closest to the query's, or None. `outcomes`: (n,) how many are counted.
    `guessed`: the sector that stood in for the query's, which gave none. `macro_region`: the asker's, if known.
    """

    columns: dict[str, Floats]
    kilometres: Floats
    sector: NDArray[np.object_]
    outcomes: Rows
    guessed: GuessedSector | None = None
    macro_region: MacroRegion | None = None

    def with_texts(self, candidates: Candidates, profile: Floats | None = None) -> "Signals":
        """Return the signals of the same candidates with what their texts say of the question.

        :param profile: how like it each one's texts are together, standardised; as before without it.
        """
        told = {"text": candidates.text, "sector_texts": candidates.in_sector}
        if profile is not None:
            told["profile"] = profile
        return replace(self, columns=self.columns | told)


def on_record(
    side: SideIndex,
    rows: Rows,
    query: Query,
    outcomes: dict[str, list[Outcome]],
    macro_regions: MacroRegions = NONE,
) -> Signals:
    """Return the signals of some partners that their records alone tell, whatever the question is about; 0 the others.

    :param outcomes: partner id -> the outcomes that it took part in.
    """
    column = dict.fromkeys(RULE_OF, np.zeros(len(rows)))
    column["experience"] = np.log1p(side.text_counts[rows])
    column["collaboration"] = np.log1p(side.joint_counts[rows])
    km = _kilometres(side, rows, query)
    column["distance"] = np.where(np.isnan(km), 0.0, nearness(km))
    where = side.partner_columns
    if query.region:
        column["same_region"] = where.region.among([query.region], rows).astype(float)
    group = macro_regions.groups.get(macro_regions.group_of(query.region) or "")
    if group:  # a step between the same region, which has its own signal, and the same country
        neighbours = [region for region in group.regions if region != query.region]
        column["macro_region"] = where.region.among(neighbours, rows).astype(float)
    countries = [country for country in asked_countries(query) if country]
    column["same_country"] = where.country.among(countries, rows).astype(float)
    column["sector"], sectors = _closest(side.sector_codes, query.sectors, rows)
    known = records_of(side, outcomes).known(rows, query.date)
    column["track_record"] = known.damped()
    column["track_record_near"] = known.damped(known.near(query.region, asked_countries(query)))
    if query.sectors:
        column["track_record_sector"] = known.damped(known.alike(query.sectors))
    return Signals(column, km, sectors, known.counted(), None, group)


def guessing(measured: Signals, side: SideIndex, rows: Rows, guessed: GuessedSector | None) -> Signals:
    """Return the signals with a sector that stands, by its confidence, for that of a question which gave none."""
    if not guessed:
        return measured
    alike, sectors = _closest(side.sector_codes, (guessed.code,), rows)
    return replace(
        measured, columns={**measured.columns, "sector": guessed.confidence * alike}, sector=sectors, guessed=guessed
    )


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


def _closest(codes: Codes, asked: Sequence[str], rows: Rows) -> tuple[Floats, NDArray[np.object_]]:
    """Return the greatest likeness of each partner's sectors to those asked, and which sector has it; see `closest`."""
    alike = np.zeros(len(rows))
    count = codes.starts[rows + 1] - codes.starts[rows]
    some = np.flatnonzero(count)
    if not asked or not len(some):
        return alike, np.full(len(rows), None, object)
    every = np.array([[likeness(sector, code) for sector in asked] for code in codes.names])
    by_code, by_whom = every.max(axis=1), every.argmax(axis=1)
    theirs = codes.codes[spread_out(codes.starts[rows], count)]
    # The likest code comes first; of equals that like the sector asked first, then the first by name.
    order = np.lexsort((np.arange(len(by_code)), by_whom, -by_code))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    best = order[np.minimum.reduceat(place[theirs], (np.cumsum(count) - count)[some])]
    alike[some] = by_code[best]
    found = np.full(len(rows), None, object)
    found[some] = np.array(codes.names, object)[best]
    found[alike == 0] = None
    return alike, found


def _kilometres(side: SideIndex, rows: Rows, query: Query) -> Floats:
    """Return km from the nearest place of the question: (n,); 0 within one region, NaN where unknown."""
    if query.region:
        origins = [locate(None, query.region, None)]
    else:
        origins = [locate(country, None, None) for country in asked_countries(query)]
    here: list[Point] = [origin for origin in origins if origin]
    if not here:
        return np.full(len(rows), np.nan)
    point = side.partner_columns.point  # many are at one place
    km = np.min([kilometres(point.values, origin) for origin in here], axis=0)[point.rows[rows]]
    return np.where(side.partner_columns.region.among([query.region], rows), 0.0, km) if query.region else km


def known_by(outcome: Outcome, query: Query) -> bool:
    """Tell whether an outcome was known on the day of the question."""
    return query.date is None or outcome.date is None or outcome.date < query.date


def nearby(outcome: Outcome, query: Query) -> float:
    """Return 1 where an outcome is of the asker's region, or country where no region is known; else 0."""
    if query.region:
        return float(outcome.region == query.region)
    return float(outcome.country is not None and outcome.country in asked_countries(query))
