"""Words of a sentence that mean what a word of the question says, though they are spelt differently.

The vectors of single words are all close, and spelling weighs in them. So each is taken less the mean
of words of its language, and a pair must stand out among random words on both sides, be each other's
nearest, and each fit the other's whole text: `zapato` ~ `calzado`, `oil` ~ `aceite`. The marks are few
by choice: a wrong one costs more belief than a missing one.
"""

import difflib
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Role, Vectors
from matcher.index.side import SideIndex
from matcher.text import fold, query_stems, telling_words

Floats = NDArray[np.float32]
MIN_SAMPLE = 60  # words of a language that tell what is usual; fewer tell nothing
# Deviations above random words, chosen by reading pairs of the demonstration data.
ALIKE = 4.6  # of the two words
AT_HOME = 1.0  # of the sentence's word to the question
ASKED = 0.6  # of the question's word to the sentence
# `quesero` has the root of `queso`; `saco` and `seco`, `frenos` and `frente` only look alike.
SAME_ROOT, SPELT_ALIKE = 5, 0.55


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to be marked, its language and its unit vector as a passage."""

    text: str
    language: str | None
    vector: Floats


@dataclass(frozen=True, slots=True)
class Echo:
    """Where in a sentence a word stands, in characters, and the word of the question that it answers."""

    start: int
    end: int
    answers: str


class Meanings:
    """Finds echoes in the texts of one side."""

    def __init__(self, side: SideIndex, encoder: Encoder, before: "Meanings | None" = None) -> None:
        """Prepare to read the texts of `side`.

        :param before: of the same side before something changed; the vectors of words that it knows serve again.
        """
        self.side = side
        self.encoder = encoder
        self._usual: dict[tuple[str | None, Role], tuple[Floats, Floats] | None] = {}
        self._reading = threading.Lock()
        self._vectors: dict[tuple[str | None, Role], dict[str, Floats]] = dict(before._vectors) if before else {}

    def prepare(self) -> None:
        """Read the usual words of the texts' languages now, so that no question waits for them."""
        for language in sorted(self.side.languages):
            for role in Role:
                self._usual_words(language, role)

    def echoes(
        self, question: str, language: str | None, vector: Vectors, found: Sequence[Sentence]
    ) -> list[tuple[Echo, ...]]:
        """Return each sentence's echoes of the question, whose unit vector is `vector`."""
        asked = telling_words(question)
        theirs = [telling_words(sentence.text) for sentence in found]
        ours = self._usual_words(language, Role.QUERY)
        if not asked or ours is None:
            return [() for _ in found]
        each = list(dict.fromkeys(word for own in theirs for word in own))
        vectors = dict(zip(each, self.encoder.encode(each, Role.PASSAGE), strict=True))
        own_words = _centred(self.encoder.encode(list(asked), Role.QUERY), ours[0])
        echoes: list[tuple[Echo, ...]] = []
        for sentence, told in zip(found, theirs, strict=True):
            usual = self._usual_words(sentence.language, Role.PASSAGE)
            if usual is None or not told:
                echoes.append(())
                continue
            here = _centred(np.array([vectors[word] for word in told]), usual[0])
            alike = own_words @ here.T
            alike = np.minimum(_deviations(alike, own_words @ usual[1].T), _deviations(alike.T, here @ ours[1].T).T)
            to_question = vector - ours[0]
            at_home = _deviations((here @ to_question)[None], (usual[1] @ to_question)[None])[0]
            to_sentence = sentence.vector - usual[0]
            wanted = _deviations((own_words @ to_sentence)[None], (ours[1] @ to_sentence)[None])[0]
            echoes.append(tuple(_mutual(asked, told, alike, at_home, wanted)))
        return echoes

    def _usual_words(self, language: str | None, role: Role) -> tuple[Floats, Floats] | None:
        """Return the mean vector of a language's words, and theirs less it; None where too few are known."""
        key = (language, role)
        if key in self._usual:
            return self._usual[key]
        with self._reading:  # who comes meanwhile waits, and finds them
            if key in self._usual:
                return self._usual[key]
            picked, known = self.side.words.sample(language), self._vectors.get(key, {})
            if len(picked) < MIN_SAMPLE:
                self._usual[key] = None
            else:
                new = [word for word in picked if word not in known]
                known = known | dict(zip(new, self.encoder.encode(new, role), strict=True)) if new else known
                self._vectors[key] = {word: known[word] for word in picked}
                vectors = np.array(list(self._vectors[key].values()))
                mean = vectors.mean(axis=0)
                self._usual[key] = (mean, _centred(vectors, mean))
        return self._usual[key]


def _mutual(
    asked: dict[str, tuple[int, int]], told: dict[str, tuple[int, int]], alike: Floats, at_home: Floats, wanted: Floats
) -> list[Echo]:
    """Return the pairs that are each other's nearest and pass every threshold, in the order of the sentence."""
    standing = alike + (at_home[None] + wanted[:, None]) / 2
    pairs = []
    for i, word in enumerate(asked):
        j = int(standing[i].argmax())
        if int(standing[:, j].argmax()) != i:
            continue
        theirs, span = list(told.items())[j]
        if alike[i, j] < ALIKE or at_home[j] < AT_HOME or wanted[i] < ASKED or _confusable(word, theirs):
            continue
        pairs.append(Echo(*span, word))
    return sorted(pairs, key=lambda echo: echo.start)


def _confusable(ours: str, theirs: str) -> bool:
    """Tell whether two words share a stem, which is marked as such, or begin alike by accident."""
    if set(query_stems(ours)) & set(query_stems(theirs)):
        return True
    a, b = fold(ours), fold(theirs)
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if shared >= SAME_ROOT:
        return False
    return shared > 0 or difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() > SPELT_ALIKE


def _centred(vectors: Floats, mean: Floats) -> Floats:
    less = vectors - mean
    return np.asarray(less / np.maximum(np.linalg.norm(less, axis=1, keepdims=True), 1e-9), np.float32)


def _deviations(values: Floats, usual: Floats) -> Floats:
    """Return `values` as standard deviations above the mean of `usual`, row by row; zeros where that has no spread."""
    spread = usual.std(axis=1, keepdims=True)
    return np.where(spread > 1e-6, (values - usual.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-6), 0.0)
