"""Neighbours by words: BM25 over folded stems.

As in `dense`, texts lie in slots: postings stay as they are while texts come and go, and what depends on all texts
(how many have a stem, how long they are) is counted over the slots that are rows.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.index import arrays
from matcher.text import query_stems, stems

K1, B = 1.5, 0.75  # Robertson & Zaragoza 2009 give 1.2 to 2 and .5 to .8
STILL = 1e-9  # a deviation of scores below this is rounding
KEPT = 8_000_000  # postings whose scores are kept from one question to the next: 64 MB and their slots

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Postings:
    """Which slots have a stem, and how often: those of column c lie from `starts[c]` to `starts[c + 1]`."""

    columns: dict[str, int]
    starts: Rows
    slots: NDArray[np.int32]
    counts: NDArray[np.int32]

    @classmethod
    def of(cls, columns: dict[str, int], column: Rows, slots: NDArray[Any], counts: NDArray[Any]) -> "Postings":
        """Arrange entries by column, in their order within each."""
        order = np.argsort(column, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(columns)))])
        return cls(columns, starts, slots[order].astype(np.int32), counts[order].astype(np.int32))

    @classmethod
    def count(cls, tokens: Sequence[Sequence[str]], first: int) -> "Postings":
        """Count the stems of texts that have the slots from `first` on."""
        columns: dict[str, int] = {}
        entries = [
            (columns.setdefault(stem, len(columns)), slot, times)
            for slot, text in enumerate(tokens, first)
            for stem, times in Counter(text).items()
        ]
        column, slots, counts = np.array(entries, np.int64).reshape(-1, 3).T
        return cls.of(columns, column, slots, counts)

    def plus(self, other: "Postings") -> "Postings":
        """Return both together."""
        if not len(self.slots):
            return other
        columns = dict(self.columns)
        there = np.array([columns.setdefault(stem, len(columns)) for stem in other.columns], np.int64)
        column = np.concatenate([self._column, there[other._column]])
        slots, counts = np.concatenate([self.slots, other.slots]), np.concatenate([self.counts, other.counts])
        return Postings.of(columns, column, slots, counts)

    def of_rows(self, row_of: Rows) -> "Postings":
        """Return the postings of rows in place of slots, without those of none and the stems that only they had."""
        rows = row_of[self.slots]
        kept = rows >= 0
        column, rows, counts = self._column[kept], rows[kept], self.counts[kept]
        used = np.bincount(column, minlength=len(self.columns)) > 0
        number = np.cumsum(used) - 1
        columns = {stem: int(number[c]) for stem, c in self.columns.items() if used[c]}
        order = np.argsort(rows, kind="stable")
        return Postings.of(columns, number[column[order]], rows[order], counts[order])

    def get(self, stem: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the slots that have a stem, and how often."""
        column = self.columns.get(stem)
        here = slice(0, 0) if column is None else slice(int(self.starts[column]), int(self.starts[column + 1]))
        return self.slots[here], self.counts[here]

    @property
    def _column(self) -> Rows:
        return np.repeat(np.arange(len(self.columns)), np.diff(self.starts))


class LexicalIndex:
    """BM25 (Lucene's variant, Kamphuis et al. 2020) of texts by row.

    `lengths`: (slots,) stems of a text. `slots`: (rows,) which slot is which row.
    """

    def __init__(self, base: Postings, extra: Postings, lengths: Rows, slots: Rows) -> None:
        self.base = base
        self.extra = extra
        self.lengths = lengths
        self.slots = slots
        self.rows = len(slots)
        self._counted: dict[str, int] = {}  # rows that have a stem, of stems that were asked for
        self._kept: dict[str, tuple[NDArray[np.int32], NDArray[np.float64]]] = {}  # see `_scored`
        self._kept_size = 0

    @classmethod
    def empty(cls) -> "LexicalIndex":
        """Return an index without rows."""
        none = np.empty(0, np.int64)
        return cls(Postings.count([], 0), Postings.count([], 0), none, none)

    @classmethod
    def build(cls, texts: Sequence[str], languages: Sequence[str | None]) -> "LexicalIndex":
        """Index `texts`, each stemmed by its own language."""
        return cls.empty().updated(np.arange(len(texts)), texts, languages)

    def updated(self, slots: Rows, texts: Sequence[str], languages: Sequence[str | None]) -> "LexicalIndex":
        """Return an index of other rows.

        :param slots: of the new rows; the `texts` that are added have the slots after all those in use.
        """
        tokens = [stems(text, language) for text, language in zip(texts, languages, strict=True)]
        extra = self.extra.plus(Postings.count(tokens, len(self.lengths))) if tokens else self.extra
        lengths = np.concatenate([self.lengths, np.array([len(text) for text in tokens], np.int64)])
        return LexicalIndex(self.base, extra, lengths, slots)

    def scores(self, text: str) -> NDArray[np.float64]:
        """Return the BM25 score of every row for a question: (rows,), 0 where no word is shared."""
        return self.weigh(text).at(np.arange(self.rows))

    def weigh(self, text: str) -> "Weighed":
        """Return the BM25 scores for a question; only texts that share a word with it are looked at."""
        scores = np.zeros(len(self.lengths))
        for stem, times in Counter(query_stems(text)).items():
            slots, score = self._scored(stem)
            scores[slots] += times * score if times > 1 else score
        return Weighed(self, scores)

    def known_stems(self, text: str) -> list[str]:
        """Return those stems of a question that some row has."""
        return [stem for stem in query_stems(text) if self._frequency(stem)]

    def rarity(self, stem: str) -> float:
        """Return how telling a stem is: ln(1 + rows / rows that have it), BM25's idea; 0 where no row has it."""
        found = self._frequency(stem)
        return math.log1p(self.rows / found) if found else 0.0

    def _frequency(self, stem: str) -> int:
        """Return how many rows have a stem."""
        if stem not in self.base.columns and stem not in self.extra.columns:
            return 0
        if stem not in self._counted:
            self._counted[stem] = len(self._having(stem)[0])
        return self._counted[stem]

    def _scored(self, stem: str) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the slots that have a stem, and what it adds to each one's score."""
        found = self._kept.get(stem)
        if found is None:
            slots, counts = self._having(stem)
            idf = math.log(1 + (self.rows - len(slots) + 0.5) / (len(slots) + 0.5))
            found = slots, idf * counts / (counts + self._length_terms[slots])
            if self._kept_size + len(slots) > KEPT:
                self._kept, self._kept_size = {}, 0
            self._kept[stem] = found
            self._kept_size += len(slots)
        return found

    def _having(self, stem: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the slots of rows that have a stem, and how often."""
        (slots, counts), (new, new_counts) = self.base.get(stem), self.extra.get(stem)
        if len(new):
            slots, counts = np.concatenate([slots, new]), np.concatenate([counts, new_counts])
        if self.rows == len(self.lengths):  # no slot is without a row
            return slots, counts
        live = self.row_of[slots] >= 0
        return slots[live], counts[live]

    @cached_property
    def row_of(self) -> Rows:
        """The row of each slot, (slots,); -1 for those that are none."""
        rows = np.full(len(self.lengths), -1)
        rows[self.slots] = np.arange(self.rows)
        return rows

    @cached_property
    def _length_terms(self) -> NDArray[np.float64]:
        """What a text's length adds to the counts of its stems, (slots,)."""
        average = self.lengths[self.slots].sum() / max(self.rows, 1)
        return np.asarray(K1 * (1 - B + B * self.lengths / max(average, 1e-9)))

    def save(self, folder: Path) -> None:
        """Write the index into `folder`: the rows in their order, and nothing of slots that are none's."""
        whole = self.base.plus(self.extra).of_rows(self.row_of)
        arrays.save(
            folder,
            "lexical",
            starts=whole.starts,
            slots=whole.slots,
            counts=whole.counts,
            lengths=self.lengths[self.slots],
        )
        stems_in_order = sorted(whole.columns, key=whole.columns.__getitem__)
        (folder / "stems.json").write_text(json.dumps(stems_in_order, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Load what `save` wrote."""
        stems_in_order = json.loads((folder / "stems.json").read_text(encoding="utf-8"))
        columns = {stem: column for column, stem in enumerate(stems_in_order)}
        starts, slots, counts, lengths = (
            arrays.load(folder, "lexical", name) for name in ("starts", "slots", "counts", "lengths")
        )
        base = Postings(columns, starts, slots, counts)
        return cls(base, Postings.count([], 0), lengths, np.arange(len(lengths)))


class Weighed:
    """What a question's words say of each text. `scores`: (slots,) BM25; 0 where no word is shared."""

    def __init__(self, index: LexicalIndex, scores: NDArray[np.float64]) -> None:
        self.index = index
        self.scores = scores

    def at(self, rows: Rows) -> NDArray[np.float64]:
        """Return the scores of some rows."""
        return self.scores[self.index.slots[rows]]

    def standardised(self, rows: Rows, moments: tuple[float, float]) -> NDArray[np.float64]:
        """Return the scores of some rows as standard deviations above the mean of all; zeros where all are equal."""
        mean, spread = moments
        return (self.at(rows) - mean) / spread if spread > STILL else np.zeros(len(rows))

    def moments(self) -> tuple[float, float]:
        """Return mean and deviation over all rows, added up in their order: the same bits wherever they lie."""
        scores = self.scores[self.index.slots]
        return (float(scores.mean()), float(scores.std())) if len(scores) else (0.0, 0.0)

    def best(self, count: int, allowed: NDArray[np.bool_] | None = None) -> Rows:
        """Return the `count` rows with the highest scores above 0, in no order; of equals the first rows.

        :param allowed: (rows,) which rows may be returned; all without it.
        """
        slots = np.flatnonzero(self.scores)
        if allowed is not None:
            slots = slots[allowed[self.index.row_of[slots]]]
        scores = self.scores[slots]
        if len(slots) <= count:
            return self.index.row_of[slots]
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        above = self.index.row_of[slots[scores > least]]
        equal = np.sort(self.index.row_of[slots[scores == least]])
        return np.concatenate([above, equal[: count - len(above)]])
