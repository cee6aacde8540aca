"""Vectors of a corpus: those of its base texts read by the model, the others those with noise."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.speed.corpus import Corpus
from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.text import sentences

NOISE = 0.15  # length of what is added to a unit vector: two texts of the same sentences come to a cosine of .98


class ReusingEncoder:
    """An Encoder that reads the base texts of a corpus, their sentences, and whatever is not of it.

    The rest it makes of those.
    """

    def __init__(self, encoder: Encoder, corpus: Corpus) -> None:
        """Work out which text of the corpus is made of which."""
        self.encoder = encoder
        self.corpus = corpus
        made = [
            (_key(piece), number, place)
            for number in range(corpus.base, corpus.texts)
            for bases in [_pieces(corpus, corpus.base_of(number))]
            for place, piece in enumerate(_pieces(corpus, number))
            if piece not in bases
        ]
        found = np.array(made, np.dtype([("key", "u8"), ("number", "i8"), ("place", "i1")]))
        self.made = found[np.argsort(found["key"], kind="stable")]
        self.keys = np.ascontiguousarray(self.made["key"])

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
        really = [
            self._base(place) if is_made else text
            for text, place, is_made in zip(texts, at.tolist(), made.tolist(), strict=True)
        ]
        row_of = {text: row for row, text in enumerate(dict.fromkeys(really))}
        vectors = self.encoder.encode(list(row_of), role, progress)[[row_of[text] for text in really]]
        vectors[made] += _noise(keys[made], self.dimensions)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)

    def _base(self, row: int) -> str:
        """Return the piece of a base text that a piece of a later one is made of."""
        number, place = int(self.made["number"][row]), int(self.made["place"][row])
        bases = _pieces(self.corpus, self.corpus.base_of(number))
        return bases[min(place, len(bases) - 1)]  # a new name after a question mark makes a sentence more


def _pieces(corpus: Corpus, number: int) -> list[str]:
    """Return what is read of a text: all of it, and its sentences."""
    text = corpus.text(number)
    return [text.full_text, *(text.text[a:b] for a, b in sentences(text.text))]


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _noise(keys: NDArray[np.uint64], dimensions: int) -> Vectors:
    """Return vectors of length NOISE about, each drawn from its key."""
    drawn = [np.random.default_rng(int(key)).normal(0, NOISE / dimensions**0.5, dimensions) for key in keys]
    return np.array(drawn, np.float32).reshape(-1, dimensions)
