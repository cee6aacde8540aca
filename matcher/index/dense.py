"""Neighbours by meaning: unit vectors, searched exactly.

Vectors lie in *slots* and stay there: those of a snapshot in a file that all processes share by memory mapping,
those that came since beside it. `slots` tells which slot is which row, so that a change moves no vector. A cosine
is worked out per row, whatever lies beside it: two indexes of the same rows give the same to the last bit. Which of
very many rows are near is found by smaller copies (see `near`); what they find is scored here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from matcher.beside import beside
from matcher.encode import Vectors
from matcher.index.near import FROM, Near

MIN_GROUP = 50  # rows from which a group has moments of its own
BLOCK = 4096  # rows that are worked on at once
STILL = 1e-6  # a deviation of cosines below this is rounding
SHARED = 1024  # rows from which two cores share the products: for fewer it takes as long to begin
FEW = 8  # rows up to so many times those wanted, or a share of one in so many of all, are all scored

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """Sums over the rows of each of the groups `names`, from which any rows can be taken away again.

    `counts`: (groups,). `first`: (groups, dimensions), of vectors. `second`: (groups, dimensions, dimensions),
    of their outer products. Products of float32 are exact in float64.
    """

    names: tuple[str, ...]
    counts: Rows
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    @classmethod
    def empty(cls, dimensions: int) -> "Sums":
        """Return the sums over nothing."""
        shape = (0, dimensions, dimensions)
        return cls((), np.empty(0, np.int64), np.zeros(shape[:2]), np.zeros(shape))

    def knowing(self, groups: Sequence[str]) -> "Sums":
        """Return the same with room for `groups`; those that no row has any more give way to none."""
        new = sorted(set(groups) - set(self.names))
        if not new:
            return self
        pad = len(new)
        return Sums(
            (*self.names, *new),
            np.pad(self.counts, (0, pad)),
            np.pad(self.first, ((0, pad), (0, 0))),
            np.pad(self.second, ((0, pad), (0, 0), (0, 0))),
        )

    def plus(self, vectors: Vectors, kinds: Rows, sign: int) -> "Sums":
        """Return the sums with rows added (`sign` 1) or taken away (-1); `kinds`: (rows,) numbers of groups."""
        if not len(vectors):
            return self
        counts, first, second = self.counts.copy(), self.first.copy(), self.second.copy()
        for start in range(0, len(vectors), BLOCK):
            kind, block = kinds[start : start + BLOCK], vectors[start : start + BLOCK]
            for k in np.unique(kind).tolist():
                exact = block[kind == k].astype(np.float64)
                counts[k] += sign * len(exact)
                first[k] += sign * exact.sum(axis=0)
                second[k] += sign * (exact.T @ exact)
        gone = counts == 0
        first[gone], second[gone] = 0.0, 0.0
        return Sums(self.names, counts, first, second)


class DenseIndex:
    """Vectors by row, with the moments that tell how likely a cosine is by chance.

    Rows fall into groups (languages). A question is nearer to all texts of its own language than to
    any other's; standardised within groups, a text competes with its like.

    `base`, `extra`: the vectors of the first slots, and of those after them. `kinds`: (slots,) each one's number in
    `sums.names`. `slots`: (rows,) which slot is which row. `copies`: of the base, where it is large.
    """

    def __init__(
        self, base: Vectors, extra: Vectors, kinds: Rows, sums: Sums, slots: Rows, copies: Near | None = None
    ) -> None:
        self.base = base
        self.extra = extra
        self.kinds = kinds
        self.sums = sums
        self.slots = slots
        self.copies = copies
        self._products: dict[bytes, NDArray[np.float32]] = {}  # see `usual_scores`

    @classmethod
    def empty(cls, dimensions: int) -> "DenseIndex":
        """Return an index without rows."""
        none, no_vectors = np.empty(0, np.int64), np.empty((0, dimensions), np.float32)
        return cls(no_vectors, no_vectors, none, Sums.empty(dimensions), none)

    @classmethod
    def build(cls, vectors: Vectors, groups: Sequence[str]) -> "DenseIndex":
        """Index `vectors`: (rows, dimensions) float32 of unit length; `groups` names each row's group."""
        return cls.empty(vectors.shape[1]).updated(np.arange(len(vectors)), vectors, groups)

    def updated(self, slots: Rows, vectors: Vectors, groups: Sequence[str]) -> "DenseIndex":
        """Return an index of other rows.

        :param slots: of the new rows; the `vectors` that are added have the slots after all those in use.
        """
        sums = self.sums.knowing(groups)
        number = {name: i for i, name in enumerate(sums.names)}
        added = np.array([number[group] for group in groups], np.int64)
        kept = np.zeros(len(self.kinds) + len(added), bool)
        kept[slots] = True
        dead = self.slots[~kept[self.slots]]
        sums = sums.plus(self.at(dead), self.kinds[dead], -1).plus(vectors, added, 1)
        extra = np.concatenate([self.extra, vectors]) if len(vectors) else self.extra
        after = DenseIndex(self.base, extra, np.concatenate([self.kinds, added]), sums, slots, self.copies)
        after._products = self._products  # of the base, which is the same
        return after

    def at(self, slots: Rows) -> Vectors:
        """Return the vectors in some slots, (slots, dimensions)."""
        old = len(self.base)
        if not len(self.extra) or (len(slots) and int(slots.max()) < old):
            return np.asarray(self.base[slots])
        found = np.empty((len(slots), self.base.shape[1]), np.float32)
        new = slots >= old
        found[~new], found[new] = self.base[slots[~new]], self.extra[slots[new] - old]
        return found

    def search(self, vector: Vectors, count: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """Return the `count` rows nearest to a unit vector and their cosines, best first; of equals the first row.

        Among very many, one at the end of the list may be another that is as near to a hundredth (see `near`).

        :param allowed: (rows,) which rows may be returned; all without it.
        """
        rows, scores = self.worth_scoring(vector, count, allowed)
        if count < len(rows):
            least = np.partition(scores, len(rows) - count)[len(rows) - count]
            near = scores >= least
            rows, scores = rows[near], scores[near]
        order = np.argsort(-scores, kind="stable")[:count]
        return rows[order], scores[order]

    def worth_scoring(
        self, vector: Vectors, count: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Scores]:
        """Return rows, ascending, that hold the `count` nearest to a unit vector, and their cosines; see `search`."""
        if count < 1:
            return np.empty(0, np.int64), np.empty(0)
        exist = len(self.slots) if allowed is None else int(np.count_nonzero(allowed))
        if self.copies is None or exist <= max(FEW * count, len(self.base) // FEW):
            rows = np.arange(exist) if allowed is None else np.flatnonzero(allowed)
        else:
            old = len(self.base)
            near = self.row_of[
                np.concatenate([self.copies.search(vector, count, exist), np.arange(old, len(self.kinds))])
            ]
            near = near[near >= 0]
            rows = np.sort(near if allowed is None else near[allowed[near]])
        return rows, self.scores(vector, rows)

    @cached_property
    def row_of(self) -> Rows:
        """The row of each slot, (slots,); -1 for those that are none."""
        rows = np.full(len(self.kinds), -1)
        rows[self.slots] = np.arange(len(self.slots))
        return rows

    def scores(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the cosines of a unit vector with the given rows."""
        if not len(rows):
            return np.empty(0)
        vector, slots, old = np.ascontiguousarray(vector, np.float32), self.slots[rows], len(self.base)
        if not len(self.extra):
            return products(self.base, slots, vector).astype(np.float64)
        found, new = np.empty(len(slots)), slots >= old
        found[~new] = products(self.base, slots[~new], vector)
        found[new] = products(self.extra, slots[new] - old, vector)
        return found

    def usual_scores(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the same of a vector that is one of a few for all questions: those with the base are kept."""
        vector = np.ascontiguousarray(vector, np.float32)
        usual = self._products.get(vector.tobytes())
        if usual is None:
            usual = self._products[vector.tobytes()] = np.vecdot(self.base, vector)
        slots = self.slots[rows]
        if not len(self.extra):
            return usual[slots].astype(np.float64)
        found, new = np.empty(len(slots)), slots >= len(self.base)
        found[~new] = usual[slots[~new]]
        found[new] = np.vecdot(self.extra[slots[new] - len(self.base)], vector)
        return found

    @cached_property
    def _groups(self) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """Return each row's group, and the groups' means and covariances.

        Group 0 is all rows together; it serves the groups too small for moments of their own.
        """
        sums = self.sums
        own = np.flatnonzero(sums.counts >= MIN_GROUP) if (sums.counts > 0).sum() > 1 else np.empty(0, np.int64)
        number = np.zeros(len(sums.names), np.int64)
        number[own] = np.arange(1, len(own) + 1)
        counts = np.maximum(np.concatenate([[sums.counts.sum()], sums.counts[own]]), 1)
        means = np.concatenate([sums.first.sum(axis=0)[None], sums.first[own]]) / counts[:, None]
        second = np.concatenate([sums.second.sum(axis=0)[None], sums.second[own]]) / counts[:, None, None]
        covariances = second - means[:, :, None] * means[:, None, :]
        return number[self.kinds[self.slots]], means, covariances

    @property
    def group(self) -> Rows:
        """Each row's group, (rows,)."""
        return self._groups[0]

    @property
    def means(self) -> NDArray[np.float64]:
        """The groups' mean vectors, (groups, dimensions)."""
        return self._groups[1]

    def by_chance(self, vector: Vectors) -> tuple[Scores, Scores]:
        """Return the mean and the standard deviation of a vector's products with all rows of each group, (groups,).

        Of q.d over the rows d of a group they follow from its mean m and covariance C: they are q.m and the root of
        q'Cq. No row need be scored.
        """
        query = vector.astype(np.float64)
        _, means, covariances = self._groups
        return means @ query, np.sqrt(np.clip((covariances @ query) @ query, 0, None))

    def standardise(self, by_chance: tuple[Scores, Scores], rows: Rows, scores: Scores) -> Scores:
        """Return products of `rows` with a vector as standard deviations above the mean over their groups."""
        mean, spread = by_chance
        group = self.group[rows]
        return np.where(spread[group] > STILL, (scores - mean[group]) / np.maximum(spread[group], STILL), 0.0)

    def save(self, folder: Path) -> None:
        """Write the index into `folder`: the rows in their order, and no slot that is none's."""
        shape = (len(self.slots), self.base.shape[1])
        if shape[0]:
            vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, shape)
            for start in range(0, len(self.slots), BLOCK):
                vectors[start : start + BLOCK] = self.at(self.slots[start : start + BLOCK])
            vectors.flush()
        else:
            np.save(folder / "vectors.npy", np.empty(shape, np.float32))
        if shape[0] >= FROM:
            Near.build(vectors).save(folder)
        live = self.sums.counts > 0
        number = np.cumsum(live) - 1
        np.savez(
            folder / "dense.npz",
            kinds=number[self.kinds[self.slots]],
            names=np.array(self.sums.names, str)[live],
            counts=self.sums.counts[live],
            first=self.sums.first[live],
            second=self.sums.second[live],
        )

    @classmethod
    def load(cls, folder: Path) -> "DenseIndex":
        """Load what `save` wrote; the vectors stay on the disk, and are read where they are needed."""
        with np.load(folder / "dense.npz") as arrays:
            kinds = arrays["kinds"]
            sums = Sums(tuple(arrays["names"].tolist()), arrays["counts"], arrays["first"], arrays["second"])
        mapped = (
            np.load(folder / "vectors.npy")[:0] if not len(kinds) else np.load(folder / "vectors.npy", mmap_mode="r")
        )
        base = np.asarray(mapped)
        return cls(
            base, np.empty((0, base.shape[1]), np.float32), kinds, sums, np.arange(len(kinds)), Near.load(folder)
        )


def products(vectors: Vectors, rows: Rows, vector: Vectors) -> NDArray[np.float32]:
    """Return the inner products of some rows of `vectors` with one vector, (rows,), without copying them.

    A row's is the same to the last bit wherever it lies and whatever stands beside it (a test holds FAISS to that).

    :raises IndexError: a row or a number that is not there, where FAISS would read beyond the vectors.
    """
    rows, found = np.ascontiguousarray(rows, np.int64), np.empty(len(rows), np.float32)
    if vector.shape != vectors.shape[1:]:
        raise IndexError(f"a vector of {vector.shape} beside vectors of {vectors.shape[1:]}")
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(vectors):
        raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(vectors)} vectors")
    half = len(rows) // 2 if len(rows) >= SHARED else 0
    other = beside(partial(_products, vectors, rows[:half], vector, found[:half])) if half else None
    _products(vectors, rows[half:], vector, found[half:])
    if other:
        other()
    return found


def _products(vectors: Vectors, rows: Rows, vector: Vectors, found: Vectors) -> None:
    """Write inner products of rows that are there into `found`."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # FAISS shares out the questions; with one, a second thread would only be started
    faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
        faiss.swig_ptr(found), faiss.swig_ptr(vector), faiss.swig_ptr(vectors), faiss.swig_ptr(rows),
        vectors.shape[1], 1, len(rows),
    )  # fmt: skip
    faiss.omp_set_num_threads(threads)
