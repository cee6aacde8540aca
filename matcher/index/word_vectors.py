"""What the words of texts mean, so that no question waits for them to be read."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Role, Vectors
from matcher.index.packed import Packed
from matcher.index.sentence_vectors import spans_of
from matcher.index.word_counts import WordCounts
from matcher.records import Evidence
from matcher.text import telling_words

UsualKey = tuple[str, Role]  # language (empty where unknown)


class WordVectors:
    """Vectors of the telling words of the texts' sentences, as passages, and of usual words in both roles.

    `slot_of`: word -> its slot. `texts`: (slots,) how many texts have it. `usual`: the words that stand for all of a
    language (see WordCounts.sample) and their vectors.
    """

    def __init__(
        self,
        vectors: Packed,
        slot_of: dict[str, int],
        texts: NDArray[np.int32],
        usual: dict[UsualKey, tuple[tuple[str, ...], Vectors]],
    ) -> None:
        self.vectors = vectors
        self.slot_of = slot_of
        self.texts = texts
        self.usual = usual

    @classmethod
    def empty(cls, dimensions: int) -> "WordVectors":
        """Return what is known without any text."""
        return cls(Packed.empty(dimensions), {}, np.empty(0, np.int32), {})

    def updated(
        self, removed: Sequence[Evidence], added: Sequence[Evidence], words: WordCounts, encoder: Encoder
    ) -> "WordVectors":
        """Return the same with some texts taken away and others added; `words`: the counts after that."""
        change: Counter[str] = Counter()
        for some, sign in ((removed, -1), (added, 1)):
            for text in some:
                for word in words_of(text):
                    change[word] += sign
        usual = self._usual(words, encoder)
        change = Counter({word: by for word, by in change.items() if by})
        if not change:
            return WordVectors(self.vectors, self.slot_of, self.texts, usual)
        slot_of, new = dict(self.slot_of), [word for word in change if word not in self.slot_of]
        slot_of.update((word, len(self.vectors) + i) for i, word in enumerate(new))
        texts = np.concatenate([self.texts, np.zeros(len(new), np.int32)])
        for word, by in change.items():
            texts[slot_of[word]] += by
            if not texts[slot_of[word]]:
                del slot_of[word]
        vectors = self.vectors.plus(new, lambda some: encoder.encode(some, Role.PASSAGE))
        return WordVectors(vectors, slot_of, texts, usual)

    def at(self, words: Sequence[str]) -> Vectors:
        """Return the vectors of words that sentences of the texts have, (words, dimensions)."""
        return self.vectors.at(np.array([self.slot_of[word] for word in words], np.int64))

    def _usual(self, words: WordCounts, encoder: Encoder) -> dict[UsualKey, tuple[tuple[str, ...], Vectors]]:
        found: dict[UsualKey, tuple[tuple[str, ...], Vectors]] = {}
        for language in sorted(words.telling):
            picked = words.sample(language)
            for role in Role:
                before, vectors = self.usual.get((language, role), ((), np.zeros((0, encoder.dimensions), np.float32)))
                if picked != before:
                    known = dict(zip(before, vectors, strict=True))
                    new = [word for word in picked if word not in known]
                    known.update(zip(new, encoder.encode(new, role) if new else (), strict=True))
                    vectors = np.array([known[word] for word in picked], np.float32).reshape(-1, encoder.dimensions)
                found[language, role] = picked, vectors
        return found

    def save(self, folder: Path) -> None:
        """Write it into `folder`."""
        words = sorted(self.slot_of)
        slots = np.array([self.slot_of[word] for word in words], np.int64)
        self.vectors.save(folder / "words.npy", slots)
        np.savez(folder / "usual_words.npz", *(vectors for _, vectors in self.usual.values()))
        names = {
            "words": words,
            "texts": self.texts[slots].tolist(),
            "usual": [[*key, picked] for key, (picked, _) in self.usual.items()],
        }
        (folder / "word_vectors.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "WordVectors":
        """Load what `save` wrote."""
        names = json.loads((folder / "word_vectors.json").read_text(encoding="utf-8"))
        with np.load(folder / "usual_words.npz") as arrays:
            usual = {
                (language, Role(role)): (tuple(picked), arrays[f"arr_{i}"])
                for i, (language, role, picked) in enumerate(names["usual"])
            }
        slot_of = {word: slot for slot, word in enumerate(names["words"])}
        return cls(Packed.load(folder / "words.npy"), slot_of, np.array(names["texts"], np.int32), usual)


def words_of(text: Evidence) -> set[str]:
    """Return the telling words of a text's sentences; the first word of a sentence is one even if it is no name."""
    return {word for a, b in spans_of(text) for word in telling_words(text.text[a:b])}
