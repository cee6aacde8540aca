"""Fields of records as arrays of numbers, row by row: what filters and signals ask of many records at once.

They follow a change of few records without a look at the others.
"""

import json
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.index import arrays
from matcher.index.rows import Kept
from matcher.places import Point, locate
from matcher.records import Evidence, Partner

NOWHERE = (math.nan, math.nan)
NO_DAY = -1  # of a text without a date; days are those of `date.toordinal`

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """One field. `number`: value -> its number; `rows`: (rows,) the numbers. "" and () stand for nothing."""

    number: dict[Any, int]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Column":
        """Number the values in the order in which they come."""
        number: dict[Any, int] = {}
        return cls(number, np.array([number.setdefault(value, len(number)) for value in values], np.int32))

    def updated(self, kept: Kept[Any], values: Iterable[Any]) -> "Column":
        """Return the column after a change; `values`: of the records that were added. Values keep their numbers."""
        number = dict(self.number)
        added = [number.setdefault(value, len(number)) for value in values]
        return Column(number, kept.arrange_array(self.rows, added))

    @classmethod
    def load(cls, values: Iterable[Any], rows: NDArray[np.int32]) -> "Column":
        """Put together what was saved apart: the values by their numbers, and the rows."""
        return cls({value: number for number, value in enumerate(values)}, rows)

    @property
    def values(self) -> list[Any]:
        """Number -> value."""
        return list(self.number)

    @property
    def there(self) -> frozenset[Any]:
        """The values that some row has."""
        used = np.bincount(self.rows, minlength=len(self.number)) > 0
        return frozenset(value for value, number in self.number.items() if used[number])

    def among(self, wanted: Collection[Any], rows: Rows | slice = slice(None)) -> NDArray[np.bool_]:
        """Tell which of some rows, or of all, have a wanted value."""
        has = np.zeros(len(self.number) + 1, bool)
        has[[self.number[value] for value in wanted if value in self.number]] = True
        return has[self.rows[rows]]


@dataclass(frozen=True)
class PartnerColumns:
    """What partners say of themselves. `point`: degrees of latitude and longitude; NaN where unknown."""

    region: Column
    country: Column
    kind: Column
    point: Column

    @classmethod
    def of(cls, partners: Sequence[Partner]) -> "PartnerColumns":
        """Read all partners."""
        return cls(
            Column.of(p.region or "" for p in partners),
            Column.of(p.country or "" for p in partners),
            Column.of(p.kind for p in partners),
            Column.of(map(_point, partners)),
        )

    def updated(self, kept: Kept[Partner]) -> "PartnerColumns":
        """Read the partners that were added."""
        return PartnerColumns(
            self.region.updated(kept, (p.region or "" for p in kept.added)),
            self.country.updated(kept, (p.country or "" for p in kept.added)),
            self.kind.updated(kept, (p.kind for p in kept.added)),
            self.point.updated(kept, map(_point, kept.added)),
        )


@dataclass(frozen=True)
class TextColumns:
    """What texts say of themselves. `day`: (texts,) NO_DAY where unknown. `sectors`: of the tuples of codes."""

    language: Column
    day: NDArray[np.int32]
    sectors: Column

    @classmethod
    def of(cls, texts: Sequence[Evidence]) -> "TextColumns":
        """Read all texts."""
        return cls(
            Column.of(e.language or "" for e in texts),
            np.array(_days(texts), np.int32),
            Column.of(e.sectors for e in texts),
        )

    def updated(self, kept: Kept[Evidence]) -> "TextColumns":
        """Read the texts that were added."""
        return TextColumns(
            self.language.updated(kept, (e.language or "" for e in kept.added)),
            kept.arrange_array(self.day, _days(kept.added)),
            self.sectors.updated(kept, (e.sectors for e in kept.added)),
        )

    def save(self, folder: Path) -> None:
        """Write the columns into `folder`."""
        arrays.save(folder, "texts", language=self.language.rows, day=self.day, sectors=self.sectors.rows)
        values = {"language": self.language.values, "sectors": self.sectors.values}
        (folder / "texts.json").write_text(json.dumps(values), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "TextColumns":
        """Map what `save` wrote."""
        values = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        language, day, sectors = (arrays.load(folder, "texts", name) for name in ("language", "day", "sectors"))
        return cls(Column.load(values["language"], language), day, Column.load(map(tuple, values["sectors"]), sectors))


@dataclass(frozen=True)
class Codes:
    """Sets of sectors, those of row r from `starts[r]` to `starts[r + 1]` of `codes`: numbers of `names`, ascending.

    `names` are in their alphabetical order.
    """

    names: tuple[str, ...]
    starts: Rows
    codes: Rows

    @classmethod
    def of(cls, sets: Sequence[Collection[str]]) -> "Codes":
        """Number the codes of all rows."""
        names = sorted(set().union(*sets))
        number = {name: i for i, name in enumerate(names)}
        codes = np.array([i for codes in sets for i in sorted(number[code] for code in codes)], np.int64)
        return cls(tuple(names), np.cumsum([0, *(len(codes) for codes in sets)]), codes)

    def having(self, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which rows have a code that is `wanted`, (codes,): (rows,)."""
        before = np.concatenate([[0], np.cumsum(wanted[self.codes])])
        return np.asarray(before[self.starts[1:]] > before[self.starts[:-1]])


def _point(partner: Partner) -> Point:
    return locate(partner.country, partner.region, partner.city) or NOWHERE


def _days(texts: Sequence[Evidence]) -> list[int]:
    return [e.date.toordinal() if e.date else NO_DAY for e in texts]
