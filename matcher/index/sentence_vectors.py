"""Where the sentences of texts stand and what they mean, so that no question waits for them to be read.

Each sentence is read alone. Their vectors out of the whole text's own reading would cost nothing, but they are all
near the text's, and tell sentences that fit from those that do not less well (see eval/SPEED.md).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Role, Vectors
from matcher.index import arrays
from matcher.index.packed import Packed
from matcher.index.rows import spread_out
from matcher.records import Evidence
from matcher.text import sentences

MAX_SENTENCES = 20  # of a text that are compared; a longer text is represented by its first ones

Rows = NDArray[np.int64]
Span = tuple[int, int]


class SentenceVectors:
    """Sentences by text slot (see side.Windows).

    `first`, `count`: (text slots,) a text's place among all sentences, and how many it has. `spans`: (sentences, 2)
    where each stands in its text, in characters. `vectors`: theirs as passages.
    """

    def __init__(self, vectors: Packed, spans: NDArray[np.int32], count: Rows) -> None:
        self.vectors = vectors
        self.spans = spans
        self.count = count
        self.first = np.cumsum(count) - count

    @classmethod
    def empty(cls, dimensions: int) -> "SentenceVectors":
        """Return what is known without any text."""
        return cls(Packed.empty(dimensions), np.empty((0, 2), np.int32), np.empty(0, np.int64))

    def updated(self, texts: Sequence[Evidence], encoder: Encoder) -> "SentenceVectors":
        """Return the same with texts that have the slots after all those in use."""
        if not texts:
            return self
        spans = [sentences(text.text)[:MAX_SENTENCES] for text in texts]
        said = [text.text[a:b] for text, own in zip(texts, spans, strict=True) for a, b in own]
        vectors = self.vectors.plus(said, lambda some: encoder.encode(some, Role.PASSAGE))
        places = np.array([span for own in spans for span in own], np.int32).reshape(-1, 2)
        count = np.concatenate([self.count, np.array([len(own) for own in spans], np.int64)])
        return SentenceVectors(vectors, np.concatenate([self.spans, places]), count)

    def of(self, slots: Mapping[int, int]) -> tuple[dict[int, list[Span]], dict[int, Vectors]]:
        """Return the sentences of texts and their vectors, (sentences, dimensions).

        :param slots: name of a text, by which it is in the answer -> its slot.
        """
        where = np.fromiter(slots.values(), np.int64, len(slots))
        count = self.count[where]
        lines = spread_out(self.first[where], count)
        spans, vectors = [(a, b) for a, b in self.spans[lines].tolist()], self.vectors.at(lines)
        ends = np.cumsum(count).tolist()
        parts = {name: slice(end - n, end) for name, end, n in zip(slots, ends, count.tolist(), strict=True)}
        return {name: spans[part] for name, part in parts.items()}, {name: vectors[p] for name, p in parts.items()}

    def save(self, folder: Path, slots: Rows) -> None:
        """Write it into `folder`; `slots`: of the texts, in their order."""
        lines = spread_out(self.first[slots], self.count[slots])
        arrays.save(folder, "sentences", count=self.count[slots], spans=self.spans[lines])
        self.vectors.save(folder / "sentences.npy", lines)

    @classmethod
    def load(cls, folder: Path) -> "SentenceVectors":
        """Load what `save` wrote."""
        spans, count = arrays.load(folder, "sentences", "spans"), arrays.load(folder, "sentences", "count")
        return cls(Packed.load(folder / "sentences.npy"), spans, count)
