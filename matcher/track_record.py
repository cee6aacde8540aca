"""What partners have done before, as arrays: of many candidates at once, how much, how near, in which sectors."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from matcher.index.columns import NO_DAY, Column
from matcher.index.rows import spread_out
from matcher.index.side import SideIndex
from matcher.records import Outcome, Stage
from matcher.sectors import closest

STAGE_VALUE = {Stage.PROJECT: 1.0, Stage.AGREED: 0.8, Stage.MET: 0.4, Stage.INTRODUCED: 0.2, Stage.DECLINED: 0.0}

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TrackRecords:
    """The outcomes of a side's partners, partner by partner: those of row r from `starts[r]` to `starts[r + 1]`.

    `value`, `day`, `region`, `country`, `sectors`: (outcomes,) what each one counts (see STAGE_VALUE), when and
    where it was, and of what. A day is NO_DAY, a place "" where unknown.
    """

    starts: Rows
    value: Floats
    day: NDArray[np.int32]
    region: Column
    country: Column
    sectors: Column

    @classmethod
    def of(cls, side: SideIndex, outcomes: Mapping[str, Sequence[Outcome]]) -> "TrackRecords":
        """Read the outcomes of the side's partners."""
        counts = np.zeros(len(side.partners) + 1, np.int64)
        rows = {side.partner_row[id_]: record for id_, record in outcomes.items() if id_ in side.partner_row}
        for row, record in rows.items():
            counts[row + 1] = len(record)
        every = [outcome for row in sorted(rows) for outcome in rows[row]]
        return cls(
            np.cumsum(counts),
            np.array([STAGE_VALUE[o.stage] for o in every], float),
            np.array([o.date.toordinal() if o.date else NO_DAY for o in every], np.int32),
            Column.of(o.region or "" for o in every),
            Column.of(o.country or "" for o in every),
            Column.of(tuple(o.sectors) for o in every),
        )

    def known(self, partners: Rows, day: dt.date | None) -> "Known":
        """Return the outcomes of some partners that were known on a day, on any without it."""
        count = self.starts[partners + 1] - self.starts[partners]
        rows, owner = spread_out(self.starts[partners], count), np.repeat(np.arange(len(partners)), count)
        if day:
            told = self.day[rows] < day.toordinal()  # one without a date always counts
            rows, owner = rows[told], owner[told]
        return Known(self, rows, owner, len(partners))


@dataclass(frozen=True)
class Known:
    """Some outcomes of n partners. `rows`: theirs; `owner`: whose each is, 0 to n - 1."""

    records: TrackRecords
    rows: Rows
    owner: Rows
    partners: int

    def counted(self) -> Rows:
        """Return how many count for anything, (n,)."""
        return np.bincount(self.owner[self.records.value[self.rows] > 0], minlength=self.partners)

    def damped(self, shares: NDArray[np.bool_] | Floats | None = None) -> Floats:
        """Return ln(1 + sum of stage value x share), (n,): the tenth outcome tells less than the first."""
        value = self.records.value[self.rows]
        return np.log1p(np.bincount(self.owner, value if shares is None else value * shares, minlength=self.partners))

    def near(self, region: str | None, countries: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which are of the region, or of one of the countries where no region is given."""
        if region:
            return self.records.region.among([region], self.rows)
        return self.records.country.among([country for country in countries if country], self.rows)

    def alike(self, sectors: Sequence[str]) -> Floats:
        """Return how alike the sectors of each are to those given, 0 to 1."""
        sets, which = np.unique(self.records.sectors.rows[self.rows], return_inverse=True)
        values = self.records.sectors.values
        return np.array([closest(sectors, values[number])[0] for number in sets.tolist()], float)[which]


_kept: "WeakKeyDictionary[SideIndex, tuple[Mapping[str, Sequence[Outcome]], TrackRecords]]" = WeakKeyDictionary()


def records_of(side: SideIndex, outcomes: Mapping[str, Sequence[Outcome]]) -> TrackRecords:
    """Return `TrackRecords.of`, from memory where the same mapping was asked for last; it must not have changed."""
    kept = _kept.get(side)
    if kept is None or kept[0] is not outcomes:
        kept = _kept[side] = outcomes, TrackRecords.of(side, outcomes)
    return kept[1]
