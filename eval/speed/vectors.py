"""Vectors of a corpus: those of its base texts read by the model, the others those with noise."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.speed.corpus import Corpus
from matcher.encode import Encoder, Progress, Role, Vectors

NOISE = 0.15  # length of what is added to a unit vector: two texts of the same sentences come to a cosine of .98


class ReusingEncoder:
    """An Encoder that reads the base texts of a corpus, and whatever is not of it; the rest it makes of those."""

    def __init__(self, encoder: Encoder, corpus: Corpus) -> None:
        """Work out which text of the corpus is made of which."""
        self.encoder = encoder
        self.corpus = corpus
        later = range(corpus.base, corpus.texts)
        keys = np.fromiter((_key(corpus.text(number).full_text) for number in later), np.uint64, len(later))
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self.encoder.revision  # for which its vectors stand, in an index that is thrown away

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self.encoder.dimensions

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return self.encoder.windows(text)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """See Encoder."""
        keys = np.array([_key(text) for text in texts], np.uint64)
        at = np.minimum(np.searchsorted(self.keys, keys), max(len(self.keys) - 1, 0))
        made = self.keys[at] == keys if len(self.keys) else np.zeros(len(texts), bool)
        bases = {number: self.corpus.text(number).full_text for number in self._bases(at[made])}
        wanted = dict.fromkeys([text for text, is_made in zip(texts, made, strict=True) if not is_made])
        wanted |= dict.fromkeys(bases.values())
        row_of = {text: row for row, text in enumerate(wanted)}
        read = self.encoder.encode(list(wanted), role, progress)
        rows = [
            row_of[bases[int(self.order[place]) % self.corpus.base]] if is_made else row_of[text]
            for text, place, is_made in zip(texts, at.tolist(), made.tolist(), strict=True)
        ]
        vectors = read[rows]
        vectors[made] += _noise(keys[made], self.dimensions)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)

    def _bases(self, places: NDArray[np.int64]) -> list[int]:
        """Return the base texts' numbers; the first text that is made has the number `base`, whose base is text 0."""
        return [int(number) for number in np.unique(self.order[places] % self.corpus.base)]


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _noise(keys: NDArray[np.uint64], dimensions: int) -> Vectors:
    """Return vectors of length NOISE about, each drawn from its key."""
    drawn = [np.random.default_rng(int(key)).normal(0, NOISE / dimensions**0.5, dimensions) for key in keys]
    return np.array(drawn, np.float32).reshape(-1, dimensions)
