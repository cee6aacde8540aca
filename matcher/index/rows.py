"""Rows in the order of ids, while records come, change and go."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]
R = TypeVar("R", bound=Any)  # a record: it has an id
T = TypeVar("T")


@dataclass(frozen=True)
class Kept(Generic[R]):
    """A change of rows: some are `removed`, then records are `added`; a changed one is both.

    `removed`: old rows. `places`: (added,) where among the rows that stay each one goes. `added_rows`: (added,)
    where they are then. `new_row`: (old rows,) where each is then; -1 where it is no more.
    """

    removed: Rows
    added: list[R]
    places: Rows
    added_rows: Rows
    new_row: Rows

    @classmethod
    def of(cls, ids: Sequence[str], change: Mapping[str, R | None]) -> "Kept[R]":
        """Plan a change.

        :param ids: of the rows, ascending.
        :param change: id -> what it is now, None where it is no more; those that were not there are new.
        """
        found = {id_: bisect_left(ids, id_) for id_ in change}
        removed = np.array(sorted(row for id_, row in found.items() if row < len(ids) and ids[row] == id_), np.int64)
        added = sorted((record for record in change.values() if record is not None), key=lambda record: record.id)
        stay = np.ones(len(ids), bool)
        stay[removed] = False
        before = np.concatenate([[0], np.cumsum(stay)])  # rows that stay before each old row
        places = np.array([before[found[record.id]] for record in added], np.int64)
        added_rows = places + np.arange(len(added))
        free = np.ones(int(stay.sum()) + len(added), bool)
        free[added_rows] = False
        new_row = np.full(len(ids), -1)
        new_row[stay] = np.flatnonzero(free)
        return cls(removed, added, places, added_rows, new_row)

    @property
    def changes(self) -> bool:
        """Whether anything is another."""
        return bool(len(self.removed) or self.added)

    def arrange_array(self, old: NDArray[Any], added: ArrayLike) -> NDArray[Any]:
        """Return an array by row after the change; `added`: the values of those added, in their order."""
        return arranged(old, self.removed, self.places, np.asarray(added, old.dtype).reshape(-1, *old.shape[1:]))

    def arrange_list(self, old: Sequence[T], added: Sequence[T]) -> list[T]:
        """Return a list by row after the change."""
        return arranged(_objects(old), self.removed, self.places, _objects(added)).tolist()  # type: ignore[no-any-return]

    def arrange(self, records: Sequence[R]) -> list[R]:
        """Return the records after the change."""
        return self.arrange_list(records, self.added)


def arranged(old: NDArray[Any], removed: Rows, places: Rows, added: NDArray[Any]) -> NDArray[Any]:
    """Return `old` without some rows, and with others put before the rows `places` of those that stay; a copy."""
    return np.insert(np.delete(old, removed, axis=0), places, added, axis=0)


def spread_out(first: Rows, count: Rows) -> Rows:
    """Return first, first + 1, ... of each range, one after the other."""
    if count.max(initial=0) == count.min(initial=1) == 1:
        return first
    starts = np.cumsum(count) - count
    return np.repeat(first - starts, count) + np.arange(int(count.sum()))


def distinct(rows: Rows) -> Rows:
    """Return rows ascending, each once; a sort takes a tenth of the time of `np.unique`, which goes by hashes."""
    ordered = np.sort(rows)
    return np.asarray(ordered[np.concatenate([ordered[:1] >= 0, ordered[1:] != ordered[:-1]])])


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    found = np.empty(len(values), object)
    found[:] = values
    return found
