"""What a source finds in a snapshot's base, as rows of the side as it is now."""

from collections import Counter
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import CandidateSource, Found, Rows, Wanted
from matcher.candidate_sources.outage import Reached
from matcher.encode import Vectors
from matcher.index.side import SideIndex
from matcher.records import Query
from matcher.text import query_stems


class Proposer:
    """Asks a source for texts of a side that has changed since its base was opened.

    What came or changed is always among the candidates, what is gone never: neither is known to the source.
    """

    def __init__(self, source: Reached, base: Base, side: SideIndex | None = None) -> None:
        """Take the side as it is now; without it nothing has changed."""
        self.source = source
        self.base = base
        self.side = side or base.side

    def following(self, side: SideIndex) -> "Proposer":
        """Return the proposer for the side after a change."""
        return self if side is self.side else Proposer(self.source, self.base, side)

    def propose(self, query: Query, vector: Vectors, depth: int, allowed: NDArray[np.bool_] | None) -> Rows | None:
        """Return the rows of the texts worth scoring, ascending; None where the source cannot be asked now.

        :param depth: how many windows, and how many texts, its two legs may find.
        :param allowed: (texts,) those that may be found; all without it.
        """
        stems = Counter(query_stems(query.full_text))
        wanted = Wanted(query.filters, query.exclude, self._mask(allowed))
        more = depth + self._stale

        def both_legs(source: CandidateSource) -> tuple[Found, Found]:
            return source.dense(vector, more, wanted), source.lexical(stems, more, wanted)

        legs = self.source.ask(both_legs)
        if legs is None:
            return None
        dense, lexical = legs
        slots = np.concatenate([self.base.window_text[dense.rows], lexical.rows])
        rows = self._row_of[slots]
        seen = self._new.copy()
        seen[rows[rows >= 0]] = True
        if allowed is not None:
            seen &= allowed
        return np.flatnonzero(seen)

    def _mask(self, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Return which texts of the base are still there and allowed."""
        if allowed is None and not self._stale:
            return None
        there = self._row_of >= 0
        return there if allowed is None else there & allowed[self._row_of]

    @cached_property
    def _row_of(self) -> Rows:
        """The row of each text of the base, -1 where it is gone, or says something else now."""
        slots, count = self.side.windows.slots, len(self.base.texts)
        rows = np.full(count, -1)
        old = ~self._new
        rows[slots[old]] = np.flatnonzero(old)
        return rows

    @cached_property
    def _stale(self) -> int:
        """How many texts of the base a source may find for nothing."""
        return int(np.count_nonzero(self._row_of < 0))

    @cached_property
    def _new(self) -> NDArray[np.bool_]:
        """Which texts the base does not hold as they are now, (texts,).

        They are new, or say something else of themselves, or one of their partners does or is another: what filters
        ask for may have changed.
        """
        side, base = self.side, self.base
        if side is base.side or not base.texts:
            return np.full(len(side.evidence), side is not base.side)
        # Those that are read out of the snapshot's file are as they were; a text that says something else is not.
        new = (side.windows.slots >= len(base.texts)) | (side.evidence.places < 0)
        row_in_base = base.side.partner_row
        other = np.array(
            [p.id not in row_in_base or base.partners[row_in_base[p.id]] is not p for p in side.partners], bool
        )
        for row in np.unique(side.pair_partner[new[side.pair_evidence]]).tolist():  # their sectors may be others
            if not other[row]:
                other[row] = side.sectors[row] != base.side.sectors[row_in_base[side.partners[row].id]]
        new[side.pair_evidence[other[side.pair_partner]]] = True
        return new
