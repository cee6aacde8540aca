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
from matcher.text import fold, telling_words, word_stems

Floats = NDArray[np.float32]
AskedWords = tuple[dict[str, tuple[int, int]], Floats]  # see QuestionWords.read
REMEMBERED = 4096  # words of questions whose vectors are at hand
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


class QuestionWords:
    """The vectors of words that questions had lately, in memory only; any number of threads may ask."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._known: dict[str, Floats] = {}
        self._changing = threading.Lock()

    def read(self, question: str) -> AskedWords:
        """Return a question's telling words with their places, and their vectors as questions, (words, dimensions)."""
        asked = telling_words(question)
        with self._changing:
            found = {word: self._known[word] for word in asked if word in self._known}
        new = [word for word in asked if word not in found]
        if new:
            found.update(zip(new, self.encoder.encode(new, Role.QUERY), strict=True))
        with self._changing:
            for word, vector in found.items():
                self._known.pop(word, None)  # to the end: those at the beginning were not asked for the longest
                self._known[word] = vector
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return asked, np.array([found[word] for word in asked], np.float32).reshape(-1, self.encoder.dimensions)


class Meanings:
    """Finds echoes in the texts of one side."""

    def __init__(self, side: SideIndex, words: QuestionWords, before: "Meanings | None" = None) -> None:
        """Prepare to read the texts of `side`.

        :param before: of the same side before something changed; what is usual where nothing changed serves again.
        """
        self.side = side
        self.words = words
        self._usual: dict[tuple[str, Role], _Usual] = {}
        for key, usual in before._usual.items() if before else ():
            if side.read.words.usual.get(key, ((), None))[0] == usual.words:
                self._usual[key] = usual

    def prepare(self) -> None:
        """Work out what is usual now, so that no question waits for it."""
        for language, role in self.side.read.words.usual:
            self._usual_words(language, role)

    def echoes(
        self, words: AskedWords, language: str | None, vector: Vectors, found: Sequence[Sentence]
    ) -> list[tuple[Echo, ...]]:
        """Return the echoes of the question, whose unit vector is `vector`, in sentences of the side's texts.

        :param words: the question's.
        """
        asked, asked_vectors = words
        ours = self._usual_words(language, Role.QUERY)
        if not asked or ours is None:
            return [() for _ in found]
        own_words = _centred(asked_vectors, ours.mean)
        theirs = [telling_words(sentence.text) for sentence in found]
        echoes: list[tuple[Echo, ...]] = [()] * len(found)
        for each in dict.fromkeys(sentence.language for sentence in found):
            usual = self._usual_words(each, Role.PASSAGE)
            rows = [row for row, sentence in enumerate(found) if sentence.language == each and theirs[row]]
            if usual is None or not rows:
                continue
            # All sentences of a language at once; no number depends on which stand beside it.
            here = _centred(self.side.read.words.at([word for row in rows for word in theirs[row]]), usual.mean)
            alike = own_words @ here.T
            alike = np.minimum(
                _deviations(alike, own_words @ usual.vectors.T), _deviations(alike.T, here @ ours.vectors.T).T
            )
            to_question = vector - ours.mean
            at_home = _deviations((here @ to_question)[None], (usual.vectors @ to_question)[None])[0]
            to_sentences = np.array([found[row].vector for row in rows]) - usual.mean
            wanted = _deviations(to_sentences @ own_words.T, to_sentences @ ours.vectors.T)
            ends = np.cumsum([len(theirs[row]) for row in rows])
            starts = ends - [len(theirs[row]) for row in rows]
            # Most sentences have no word that is like enough to any.
            some = np.flatnonzero(np.maximum.reduceat(alike.max(axis=0), starts) >= ALIKE)
            for place in some.tolist():
                own, row = slice(starts[place], ends[place]), rows[place]
                echoes[row] = tuple(_mutual(asked, theirs[row], alike[:, own], at_home[own], wanted[place]))
        return echoes

    def _usual_words(self, language: str | None, role: Role) -> "_Usual | None":
        """Return what is usual among a language's words; None where too few are known."""
        key = (language or "", role)
        if key not in self._usual:
            picked, vectors = self.side.read.words.usual.get(key, ((), ()))
            if len(picked) < MIN_SAMPLE:
                return None
            mean = np.mean(vectors, axis=0)
            self._usual[key] = _Usual(picked, mean, _centred(np.asarray(vectors), mean))
        return self._usual[key]


@dataclass(frozen=True, slots=True)
class _Usual:
    """Words of a language, the mean of their vectors, (dimensions,), and they less it, (words, dimensions)."""

    words: tuple[str, ...]
    mean: Floats
    vectors: Floats


def _mutual(
    asked: dict[str, tuple[int, int]],
    theirs: dict[str, tuple[int, int]],
    alike: Floats,
    at_home: Floats,
    wanted: Floats,
) -> list[Echo]:
    """Return the pairs that are each other's nearest and pass every threshold, in the order of the sentence."""
    standing = alike + (at_home[None] + wanted[:, None]) / 2
    nearest, of_theirs = standing.argmax(axis=1), standing.argmax(axis=0)
    here = np.arange(len(asked))
    apart = (alike[here, nearest] < ALIKE) | (at_home[nearest] < AT_HOME) | (wanted < ASKED)
    ours, spans = list(asked), list(theirs.items())
    pairs = []
    for i in np.flatnonzero((of_theirs[nearest] == here) & ~apart).tolist():
        word, span = spans[int(nearest[i])]
        if not _confusable(ours[i], word):
            pairs.append(Echo(*span, ours[i]))
    return sorted(pairs, key=lambda echo: echo.start)


def _confusable(ours: str, theirs: str) -> bool:
    """Tell whether two words share a stem, which is marked as such, or begin alike by accident."""
    if not set(word_stems(ours)).isdisjoint(word_stems(theirs)):
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
    mean = usual.mean(axis=1, keepdims=True)
    apart = usual - mean
    spread = np.sqrt(np.vecdot(apart, apart) / usual.shape[1])[:, None]
    return np.where(spread > 1e-6, (values - mean) / np.maximum(spread, 1e-6), 0.0)
