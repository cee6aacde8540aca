"""How near the best text usually is to a question that is at home here.

The first sentences of some texts are asked as questions; a text's own partners do not count among the answers.
Whoever asks for something that nobody here does stays well below what these questions reach. Which texts are asked
depends on their ids alone, so that a change of few texts changes few questions, if any.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Role, Vectors
from matcher.index.rows import spread_out
from matcher.records import Evidence
from matcher.text import sentences

if TYPE_CHECKING:
    from matcher.index.side import SideIndex

SAMPLE = 200  # texts that are asked
MIN_SAMPLE = 20  # fewer tell nothing

Rows = NDArray[np.int64]


class Typical:
    """What is asked, and what it found.

    `chances`: (text slots,) which texts are asked first. `questions`: id of a text that is asked -> its question's
    vector, the best cosine, NaN without any other partner's text, and the id of the text that has it.
    """

    def __init__(
        self, chances: NDArray[np.uint64], questions: Mapping[str, tuple[Vectors, float, str]], dimensions: int
    ) -> None:
        self.chances = chances
        self.questions = dict(questions)
        self.dimensions = dimensions
        best = [cosine for _, cosine, _ in self.questions.values() if not np.isnan(cosine)]
        enough = len(best) >= MIN_SAMPLE
        self.moments = (float(np.mean(best)), float(np.std(best))) if enough else (0.0, 0.0)

    @classmethod
    def none(cls, dimensions: int) -> "Typical":
        """Return what is known without any text."""
        return cls(np.empty(0, np.uint64), {}, dimensions)

    def updated(
        self, side: "SideIndex", touched: Set[str], new_ids: Sequence[str], added_rows: Rows, encoder: Encoder
    ) -> "Typical":
        """Return the same for `side` after a change.

        :param touched: ids of texts that came, changed or went.
        :param new_ids: of those with new slots, in the order of these.
        :param added_rows: of the texts that came or changed.
        """
        chances = np.concatenate([self.chances, np.array([_chance(id_) for id_ in new_ids], np.uint64)])
        mine = chances[side.windows.slots]
        rows = np.argpartition(mine, SAMPLE)[:SAMPLE] if len(mine) > SAMPLE else np.arange(len(mine))
        asked = {side.evidence[row].id: row for row in rows[np.argsort(mine[rows])].tolist()}
        known = self.questions.keys() - touched
        texts = {id_: _question(side.evidence[row].text) for id_, row in asked.items() if id_ not in known}
        new = [id_ for id_, text in texts.items() if text]
        vectors = encoder.encode([texts[id_] for id_ in new], Role.QUERY) if new else ()
        vector_of = dict(zip(new, vectors, strict=True))
        came = _Came.of(side, added_rows)
        questions = {}
        for id_ in asked:
            if id_ in texts and not texts[id_]:
                continue
            if id_ in vector_of:
                questions[id_] = (vector_of[id_], *_best(side, asked[id_], vector_of[id_]))
                continue
            vector, cosine, best = self.questions[id_]
            if best in touched or np.isnan(cosine):
                cosine, best = _best(side, asked[id_], vector)
            else:
                cosine, best = came.better(side, asked[id_], vector, cosine, best)
            questions[id_] = (vector, cosine, best)
        return Typical(chances, questions, self.dimensions)

    def save(self, folder: Path, slots: Rows) -> None:
        """Write it into `folder`; `slots`: of the texts, in their order."""
        vectors = [vector for vector, _, _ in self.questions.values()]
        np.savez(
            folder / "typical.npz",
            chances=self.chances[slots],
            ids=np.array(list(self.questions), str),
            vectors=np.array(vectors, np.float32).reshape(-1, self.dimensions),
            cosines=np.array([cosine for _, cosine, _ in self.questions.values()], float),
            best=np.array([best for _, _, best in self.questions.values()], str),
        )

    @classmethod
    def load(cls, folder: Path) -> "Typical":
        """Load what `save` wrote."""
        with np.load(folder / "typical.npz") as arrays:
            found = zip(arrays["vectors"], arrays["cosines"].tolist(), arrays["best"].tolist(), strict=True)
            questions = dict(zip(arrays["ids"].tolist(), found, strict=True))
            return cls(arrays["chances"], questions, arrays["vectors"].shape[1])


@dataclass(frozen=True)
class _Came:
    """The texts that came: the vectors of their windows, and which text's each is."""

    vectors: Vectors
    owner: Rows

    @classmethod
    def of(cls, side: "SideIndex", rows: Rows) -> "_Came":
        slots = side.windows.slots[rows]
        first, count = side.windows.first[slots], side.windows.count[slots]
        return cls(side.dense.at(spread_out(first, count)), np.repeat(rows, count))

    def better(self, side: "SideIndex", row: int, vector: Vectors, cosine: float, best: str) -> tuple[float, str]:
        """Return the best cosine and its text for the question of the text at `row`, these among what was known."""
        if not len(self.owner):
            return cosine, best
        scores = np.vecdot(self.vectors, vector).astype(np.float64)
        ours = _partners(side, row)
        for i in np.argsort(-scores, kind="stable").tolist():
            if scores[i] <= cosine:
                break
            if ours.isdisjoint(side.evidence[self.owner[i]].partners):
                return float(scores[i]), side.evidence[self.owner[i]].id
        return cosine, best


def _best(side: "SideIndex", row: int, vector: Vectors) -> tuple[float, str]:
    """Return the best cosine of any text but those of the partners of the text at `row`, and that text's id."""
    other = np.ones(len(side.evidence), bool)
    for id_ in _partners(side, row):
        other[side.texts_of(side.partner_row[id_])] = False
    if not other.any():
        return float("nan"), ""
    scores = side.dense.scores(vector, np.arange(len(side.window_evidence)))
    scores[~other[side.window_evidence]] = -np.inf
    best = int(scores.argmax())
    return float(scores[best]), side.evidence[side.window_evidence[best]].id


def _partners(side: "SideIndex", row: int) -> set[str]:
    return {id_ for id_ in side.evidence[row].partners if id_ in side.partner_row}


def first_asked(texts: Iterable[Evidence]) -> list[str]:
    """Return the questions that a side of these texts is asked when it is built."""
    return [said for e in nsmallest(SAMPLE, texts, key=lambda e: _chance(e.id)) if (said := _question(e.text))]


def _question(text: str) -> str:
    """Return the first sentence of a text; empty where it has none."""
    spans = sentences(text)[:1]
    return text[slice(*spans[0])] if spans else ""


def _chance(id_: str) -> int:
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8).digest())
