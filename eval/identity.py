"""How well `matcher.identity` tells one organisation from two, on pairs that people judged."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import BadInput
from matcher.identity import compare
from matcher.language import N_
from matcher.records import Partner, Side

COLUMNS = ("half", "same", "name", "country", "region", "city", "identifiers")
THRESHOLDS = (0.7, 0.8, 0.84, 0.86, 0.88, 0.9, 0.91, 0.92, 0.94, 0.96)
ANSWERS = {"yes": True, "no": False}  # and "unclear", which does not count


@dataclass(frozen=True, slots=True)
class Judged:
    """Two partners, whether people say that they are one, and how likely the measure thinks so."""

    half: str
    same: bool
    a: Partner
    b: Partner
    likeness: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What holds at a threshold: pairs said to be one, how many of them are, how many there are."""

    threshold: float
    said: int
    right: int
    same: int

    @property
    def precision(self) -> float:
        """Of those said to be one, the share that is."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Of those that are one, the share that is said."""
        return self.right / self.same if self.same else 1.0


def read(path: Path) -> list[Judged]:
    """Read a sheet of pairs: `half`, `same` (yes, no) and two partners a row, the second's columns with `other_`.

    Where `same` is "unclear", which people could not tell, the row does not count.

    :raises BadInput: columns are missing, or something else is said.
    """
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise BadInput(N_("{path}: columns {columns} are missing"), path=path, columns=", ".join(missing))
        for number, row in enumerate(rows, 2):
            if row["same"] == "unclear":
                continue
            if row["same"] not in ANSWERS:
                message = N_("{path}, line {line}: same must be yes, no or unclear, not {found!r}")
                raise BadInput(message, path=path, line=number, found=row["same"])
            a, b = _partner("a", row, ""), _partner("b", row, "other_")
            found.append(Judged(row["half"], ANSWERS[row["same"]], a, b, compare(a, b).likeness))
    return found


def _partner(id_: str, row: dict[str, str], prefix: str) -> Partner:
    name, country, region, city, identifiers = (row[prefix + column] for column in COLUMNS[2:])
    return Partner(
        id_, Side.SUPPLY, name, "organisation", country or None, region or None, city or None,
        identifiers=tuple(identifiers.split()),
    )  # fmt: skip


def figures(judged: Sequence[Judged], threshold: float) -> Figures:
    """Return what holds at a threshold."""
    said = [each for each in judged if each.likeness >= threshold]
    return Figures(threshold, len(said), sum(each.same for each in said), sum(each.same for each in judged))


def wrong(judged: Sequence[Judged], threshold: float) -> list[Judged]:
    """Return the pairs that are told wrongly at a threshold."""
    return [each for each in judged if each.same != (each.likeness >= threshold)]
