"""What a source of candidates promises: the texts of a snapshot that one leg of a search finds nearest.

A source knows the *base* of one side: the texts as the snapshot on the disk holds them, by their rows there. Texts that
came or changed since are scored in process, and those that are gone are dropped: neither is a source's business. What
it finds is scored again from the snapshot's own vectors and words, so that pooling, rules, learning, explanations and
abstention are the same whatever proposes; a source decides only which texts are looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors
from matcher.records import Filters

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


class Found(NamedTuple):
    """What one leg found, best first; of equals the first row. `rows`: (n,) of the base. `scores`: (n,)."""

    rows: Rows
    scores: Scores

    @classmethod
    def best(cls, rows: Rows, scores: Scores, count: int) -> "Found":
        """Return the `count` best of some rows, which are in any order."""
        if count < 1:
            return cls.nothing()
        if count < len(rows):
            least = np.partition(scores, len(rows) - count)[len(rows) - count]
            near = scores >= least
            rows, scores = rows[near], scores[near]
        order = np.lexsort((rows, -scores))[:count]
        return cls(rows[order], scores[order])

    @classmethod
    def nothing(cls) -> "Found":
        """Return that nothing was found."""
        return cls(np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True)
class Wanted:
    """Which texts may be found, said twice: for engines that keep what filters ask for, and for those in process.

    `filters`, `excluded`: the question's, and the partners it leaves out. `texts`: (texts of the base,) the same worked
    out for each text, without those that are gone; None means all.
    """

    filters: Filters = field(default_factory=Filters)
    excluded: frozenset[str] = frozenset()
    texts: NDArray[np.bool_] | None = None


class CandidateSource(Protocol):
    """Proposes texts of the base of one side. It never changes; safe to be asked by several threads."""

    def dense(self, vector: Vectors, count: int, wanted: Wanted) -> Found:
        """Return about the `count` windows nearest to a unit vector with their cosines: rows of *windows*.

        Cosines are those of the vectors themselves to 1e-5, also where something smaller was searched.

        :raises CandidatesAway: the engine cannot be reached.
        """

    def lexical(self, stems: Mapping[str, int], count: int, wanted: Wanted) -> Found:
        """Return the `count` texts with the highest BM25 above 0: rows of *texts*; scores to 1e-4 of their size.

        :param stems: of the question, and how often it has each.
        :raises CandidatesAway: the engine cannot be reached.
        """
