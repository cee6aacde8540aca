"""Neighbours by meaning: unit vectors in a FAISS index."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors

FACTORY = "Flat"  # exact: the right choice up to some hundred thousand vectors
MIN_GROUP = 50  # rows from which a group has moments of its own

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


class DenseIndex:
    """Vectors by row, with the moments that tell how likely a cosine is by chance.

    Rows fall into groups (languages). A question is nearer to all texts of its own language than to
    any other's; standardised within groups, a text competes with its like.

    `group`: (rows,) each row's group. `means`: (groups, dimensions). `covariances`: (groups, dimensions, dimensions).
    """

    def __init__(
        self, index: faiss.Index, group: Rows, means: NDArray[np.float64], covariances: NDArray[np.float64]
    ) -> None:
        self.index = index
        self.group = group
        self.means = means
        self.covariances = covariances

    @classmethod
    def build(cls, vectors: Vectors, groups: Sequence[str]) -> "DenseIndex":
        """Index `vectors`: (rows, dimensions) float32 of unit length; `groups` names each row's group."""
        index = faiss.index_factory(vectors.shape[1], FACTORY, faiss.METRIC_INNER_PRODUCT)
        index.add(vectors)
        names, group, counts = np.unique(np.asarray(groups, str), return_inverse=True, return_counts=True)
        # Group 0 is all rows together; it serves the groups too small for moments of their own.
        group = (
            np.where(counts[group] >= MIN_GROUP, group + 1, 0) if len(names) > 1 else np.zeros(len(vectors), np.int64)
        )
        moments = [_moments(vectors if g == 0 else vectors[group == g]) for g in range(int(group.max(initial=0)) + 1)]
        means, covariances = zip(*moments, strict=True)
        return cls(index, group.astype(np.int64), np.stack(means), np.stack(covariances))

    def search(self, vector: Vectors, count: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the `count` rows nearest to a unit vector and their cosines, best first.

        :param allowed: (rows,) which rows may be returned; all without it.
        """
        count = min(count, self.index.ntotal if allowed is None else int(allowed.sum()))
        if not count:
            return np.empty(0, np.int64), np.empty(0)
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]
                sel=faiss.IDSelectorBatch(np.flatnonzero(allowed))
            )
        scores, rows = self.index.search(vector[None, :], count, params=parameters)
        return rows[0].astype(np.int64), scores[0].astype(np.float64)

    def scores(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the cosines of a unit vector with the given rows."""
        if not len(rows):
            return np.empty(0)
        return (self.index.reconstruct_batch(rows) @ vector).astype(np.float64)

    def deviations(self) -> Vectors:
        """Return how each row differs from the mean of its group, (rows, dimensions)."""
        rows = self.index.reconstruct_n(0, self.index.ntotal)
        return np.asarray(rows - self.means[self.group], np.float32)

    def standardise(self, vector: Vectors, rows: Rows, scores: Scores) -> Scores:
        """Return the cosines of `rows` as standard deviations above the mean over their groups.

        Mean and variance of q.d over all rows d of a group follow from its mean m and covariance C:
        they are q.m and q'Cq. No other row need be scored.
        """
        query = vector.astype(np.float64)
        mean = self.means @ query
        spread = np.sqrt(np.clip(np.einsum("i,gij,j->g", query, self.covariances, query), 0, None))
        group = self.group[rows]
        return np.where(spread[group] > 1e-9, (scores - mean[group]) / np.maximum(spread[group], 1e-9), 0.0)

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        faiss.write_index(self.index, str(folder / "dense.faiss"))
        np.savez(folder / "dense.npz", group=self.group, means=self.means, covariances=self.covariances)

    @classmethod
    def load(cls, folder: Path) -> "DenseIndex":
        """Load what `save` wrote."""
        with np.load(folder / "dense.npz") as arrays:
            # Mapped, not read: the workers of one machine share the vectors' memory.
            index = faiss.read_index(str(folder / "dense.faiss"), faiss.IO_FLAG_MMAP_IFC)
            return cls(index, arrays["group"], arrays["means"], arrays["covariances"])


def _moments(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    exact = vectors.astype(np.float64)
    mean = exact.mean(axis=0) if len(exact) else np.zeros(vectors.shape[1])
    centred = exact - mean
    return mean, centred.T @ centred / max(len(exact), 1)
