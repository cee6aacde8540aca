"""What each partner's texts are about together, and how like a question that is beside all other partners'.

A profile is the sum of how a partner's texts differ from the mean of their group, over their number and UNSEEN more:
the less is on record of a partner, the less it stands for (Balog et al. 2009, model 1, smoothed). One text alone is
no profile: 0.

A profile's likeness to a question is linear in the question, so that mean and deviation over all partners follow from
first and second moments of the profiles, as those of texts do in `dense`: only the partners in question are looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors

UNSEEN = 5  # texts about nothing in particular that every partner is thought to have besides its own
BLOCK = 4096  # partners that are worked on at once
STILL = 1e-9  # a deviation below this is rounding

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Profiles:
    """The profiles of partners.

    `sums`: (partners, dimensions) of the vectors of a partner's texts. `counts`: (partners,) of texts; `group_counts`:
    (partners, groups) of texts in each group. `usual`: (groups, dimensions) the groups' means. `first`, `second`:
    sums over all partners of (sums, group_counts) / (counts + UNSEEN), and of its outer products.
    """

    sums: Vectors
    counts: Rows
    group_counts: Floats
    usual: Floats
    first: Floats
    second: Floats

    @classmethod
    def of(cls, sums: Vectors, counts: Rows, group_counts: Floats, usual: Floats) -> "Profiles":
        """Work out the moments."""
        size = sums.shape[1] + group_counts.shape[1]
        first, second = np.zeros(size), np.zeros((size, size))
        having = np.flatnonzero(counts > 1)
        for start in range(0, len(having), BLOCK):
            rows = having[start : start + BLOCK]
            block = np.hstack([sums[rows], group_counts[rows]]) / (counts[rows, None] + UNSEEN)
            first += block.sum(axis=0)
            second += block.T @ block
        return cls(sums, counts, group_counts, usual, first, second)

    def like(self, vector: Vectors, rows: Rows) -> Floats:
        """Return how like a unit vector the profiles of some partners are, (rows,)."""
        counts = self.counts[rows]
        vector = np.ascontiguousarray(vector, np.float32)
        few = 2 * len(rows) < len(self.sums)
        sums = np.vecdot(self.sums[rows], vector) if few else np.vecdot(self.sums, vector)[rows]
        usual = self.group_counts[rows] @ (self.usual @ vector.astype(np.float64))
        return np.where(counts > 1, (sums - usual) / (counts + UNSEEN), 0.0)

    def standardised(self, vector: Vectors, rows: Rows) -> Floats:
        """Return the same as standard deviations above the mean of all partners; zeros where all are equal."""
        query = vector.astype(np.float64)
        both = np.concatenate([query, -(self.usual @ query)])
        count = max(len(self.counts), 1)
        mean = float(self.first @ both) / count
        spread = max(float(both @ self.second @ both) / count - mean * mean, 0.0) ** 0.5
        return (self.like(vector, rows) - mean) / spread if spread > STILL else np.zeros(len(rows))
