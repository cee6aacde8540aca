"""What the sources are made from: one side of a snapshot as it was opened, its vectors and weighed words by row."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors
from matcher.index.lexical import K1, B
from matcher.index.side import SideIndex
from matcher.index.stored_texts import Texts
from matcher.records import Partner

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """What each stem adds to a text's BM25, if the question has it once: idf times the part of its frequency.

    Those of stem number c lie from `starts[c]` to `starts[c + 1]` of `texts` (rows) and `weights` (float32).
    """

    starts: Rows
    texts: NDArray[np.int32]
    weights: NDArray[np.float32]

    @cached_property
    def by_text(self) -> tuple[Rows, NDArray[np.int32], NDArray[np.float32]]:
        """The same text by text: where each begins (texts + 1,), numbers of stems, their weights."""
        stem = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))
        order = np.argsort(self.texts, kind="stable")
        counts = np.bincount(self.texts)
        return np.concatenate([[0], np.cumsum(counts)]), stem[order], self.weights[order]

    def of_text(self, row: int) -> tuple[list[int], list[float]]:
        """Return the numbers of a text's stems, and their weights."""
        starts, stems, weights = self.by_text
        if row + 1 >= len(starts):  # it and all after it have no stem
            return [], []
        here = slice(int(starts[row]), int(starts[row + 1]))
        return stems[here].tolist(), weights[here].tolist()


class Base:
    """One side of a snapshot as it was opened, before anything changed."""

    def __init__(self, side: SideIndex) -> None:
        """Take a side; nothing is copied.

        :raises ValueError: it has changed since it was opened, or was never on the disk.
        """
        if len(side.dense.extra) or len(side.lexical.extra.slots) or len(side.windows.first) != len(side.evidence):
            raise ValueError("the base of a source is a side as the snapshot on the disk holds it")
        self.side = side

    @property
    def vectors(self) -> Vectors:
        """Of the windows, (windows, dimensions), mapped from the disk."""
        return self.side.dense.base

    @property
    def window_text(self) -> Rows:
        """The text of each window, (windows,)."""
        return self.side.window_evidence

    @property
    def texts(self) -> Texts:
        """The texts by row."""
        return self.side.evidence

    @property
    def partners(self) -> tuple[Partner, ...]:
        """The partners by row."""
        return self.side.partners

    @property
    def stem_number(self) -> dict[str, int]:
        """Each stem's number, which is the same whenever the snapshot is opened."""
        return self.side.lexical.base.columns

    @cached_property
    def weights(self) -> Weights:
        """The weights of stems in texts; Lucene's BM25, as `index.lexical` has it."""
        lexical = self.side.lexical
        postings, count = lexical.base, len(self.texts)
        having = np.diff(postings.starts)
        idf = np.log(1 + (count - having + 0.5) / (having + 0.5))
        average = max(lexical.lengths.sum() / max(count, 1), 1e-9)
        norms = K1 * (1 - B + B * lexical.lengths / average)
        found = np.repeat(idf, having) * postings.counts / (postings.counts + norms[postings.slots])
        return Weights(postings.starts, postings.slots, found.astype(np.float32))
