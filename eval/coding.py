"""How well codes (ISIC sectors, FORD fields) are guessed from texts, on texts that have one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from matcher.encode import Vectors
from matcher.index.text_guess import TextGuess, Titles
from matcher.records import Evidence

PARTS = 5  # a partner's texts are all in one of them
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
TARGET = 0.8


@dataclass(frozen=True, slots=True)
class Guessed:
    """A text's guess: how sure, and whether its code and the code's section (or field's area) is one of the text's."""

    confidence: float
    code: bool
    section: bool


def section(code: str) -> str:
    """Return the first level: C of C13, 2 of 2.11."""
    return code.split(".")[0] if "." in code else code[:1]


def by_titles(titles: Titles, vectors: Vectors, coded: Sequence[Sequence[str]]) -> list[Guessed]:
    """Guess from the classification's titles alone."""
    return _judged(TextGuess.learn(titles).best(vectors), coded)


def by_others(
    titles: Titles, texts: Sequence[Evidence], vectors: Vectors, coded: Sequence[Sequence[str]]
) -> list[Guessed]:
    """Guess each text from those of other partners and the titles: five parts, each guessed from the other four."""
    part = np.array([int(hashlib.sha256(e.partners[0].encode()).hexdigest(), 16) % PARTS for e in texts])
    found: list[Guessed | None] = [None] * len(texts)
    for each in range(PARTS):
        theirs, ours = np.nonzero(part != each)[0].tolist(), np.nonzero(part == each)[0].tolist()
        if not ours:
            continue
        learned = TextGuess.learn(titles, vectors[theirs], [coded[i] for i in theirs])
        for i, guessed in zip(ours, _judged(learned.best(vectors[ours]), [coded[i] for i in ours]), strict=True):
            found[i] = guessed
    return [guessed for guessed in found if guessed]


def from_one_to_other(
    titles: Titles, vectors: Vectors, coded: Sequence[Sequence[str]], theirs: Sequence[bool]
) -> list[Guessed]:
    """Guess some texts from others of another kind (needs from capabilities), which are told by `theirs`."""
    taught = [i for i, their in enumerate(theirs) if their]
    asked = [i for i, their in enumerate(theirs) if not their]
    learned = TextGuess.learn(titles, vectors[taught], [coded[i] for i in taught])
    return _judged(learned.best(vectors[asked]), [coded[i] for i in asked])


def _judged(best: Sequence[tuple[str, float]], coded: Sequence[Sequence[str]]) -> list[Guessed]:
    return [
        Guessed(sure, code in {c if "." in c else c[:3] for c in some}, section(code) in {section(c) for c in some})
        for (code, sure), some in zip(best, coded, strict=True)
    ]


def cut_for(guessed: Sequence[Guessed], target: float = TARGET) -> float | None:
    """Return the lowest confidence from which on the guessed codes have this precision; None where none has."""
    ranked = sorted(guessed, key=lambda g: -g.confidence)
    found = None
    for i, right in enumerate(accumulate(g.code for g in ranked)):
        ends = i + 1 == len(ranked) or ranked[i + 1].confidence < ranked[i].confidence
        if ends and right / (i + 1) >= target:
            found = ranked[i].confidence
    return found
