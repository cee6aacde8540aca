"""What of the texts of a side was read before anybody asks: their sentences and words.

sentences.*.npy, sentences.npy                    see `sentence_vectors`
word_vectors.json, words.npy, usual_words.npz     see `word_vectors`
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder
from matcher.index.sentence_vectors import SentenceVectors
from matcher.index.word_counts import WordCounts
from matcher.index.word_vectors import WordVectors
from matcher.records import Evidence


@dataclass(frozen=True)
class ReadAhead:
    """The vectors of the sentences and words of a side's texts."""

    sentences: SentenceVectors
    words: WordVectors

    @classmethod
    def empty(cls, dimensions: int) -> "ReadAhead":
        """Return what is known without any text."""
        return cls(SentenceVectors.empty(dimensions), WordVectors.empty(dimensions))

    def updated(
        self,
        removed: Sequence[Evidence],
        added: Sequence[Evidence],
        new: Sequence[Evidence],
        words: WordCounts,
        encoder: Encoder,
    ) -> "ReadAhead":
        """Return the same after a change.

        :param new: those of the texts `added` that have the slots after all those in use; the others keep theirs.
        :param words: the side's after the change.
        """
        return ReadAhead(self.sentences.updated(new, encoder), self.words.updated(removed, added, words, encoder))

    def save(self, folder: Path, slots: NDArray[np.int64]) -> None:
        """Write it into `folder`; `slots`: of the texts, in their order."""
        self.sentences.save(folder, slots)
        self.words.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "ReadAhead":
        """Load what `save` wrote."""
        return cls(SentenceVectors.load(folder), WordVectors.load(folder))
