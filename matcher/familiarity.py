"""Knowing when one does not know: whether a question is at home among a side's texts.

    familiarity = closeness + words x known share + contrast x margin

`closeness`: how far the best cosine stays below what questions at home here reach, in deviations,
never above 0. `known share`: of the question's telling words, those that some text has. `margin`:
how much nearer it is to what firms ask of research, or to a text, than to what people ask of
anybody else (see `index/contrast.py`). Below the threshold the answer is "no good match".
"""

from dataclasses import dataclass, replace

from matcher.index.side import SideIndex
from matcher.records import Query, Verdict
from matcher.spelling import mended
from matcher.text import fold, word_stems, words
from matcher.weights import AbstainWeights

SharedWords = tuple[tuple[str, ...], tuple[str, ...]]  # see shared_words
UNKNOWN_CLOSENESS = -1.0  # of a side with too few texts to tell what is typical: the rest decides


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What tells whether a question is at home; see the module.

    `shared`, `silent`: the question's telling words that some text has, and those that none has.
    """

    closeness: float
    known_share: float
    margin: float
    shared: tuple[str, ...]
    silent: tuple[str, ...]

    def value(self, weights: AbstainWeights) -> float:
        """Return the sum."""
        return self.closeness + weights.words * self.known_share + weights.contrast * self.margin

    def verdict(self, weights: AbstainWeights, candidates: int) -> Verdict:
        """Tell whether a list is worth showing: the question says something, somebody is left, and it is at home."""
        speaks = bool(self.shared or self.silent)
        at_home = speaks and candidates > 0 and self.value(weights) >= weights.familiarity
        return Verdict.MATCHES if at_home else Verdict.NO_GOOD_MATCH


def shared_words(side: SideIndex, query: Query) -> SharedWords:
    """Return a question's telling words that some text has, and those that none has."""
    text = query.full_text
    telling = [w for w in {fold(text[a:b]): text[a:b] for a, b in words(text)}.values() if word_stems(w)]
    shared = tuple(word for word in telling if side.lexical.known_stems(word))
    return shared, tuple(word for word in telling if word not in shared)


def measure(
    side: SideIndex,
    query: Query,
    of_words: SharedWords,
    margin: float,
    best_cosine: float,
) -> Familiarity:
    """Return how much at home a question is.

    :param of_words: see `shared_words`. :param margin: see `Contrast.margin`.
    :param best_cosine: the highest of any text.
    """
    shared, silent = of_words
    # Where no text has the question's language, words in common are accidents: all count as known; and
    # what is usual among texts of one language tells nothing of a question in another.
    same = query.language in side.languages
    share = len(shared) / max(len(shared) + len(silent), 1) if same else 1.0
    near = closeness(best_cosine, side.typical) if same else UNKNOWN_CLOSENESS
    return Familiarity(near, share, margin, shared, silent)


def closeness(best_cosine: float, typical: tuple[float, float]) -> float:
    """Return how far the best cosine stays below the usual one, in deviations; 0 where it does not.

    :param typical: mean and deviation of the best cosines of questions at home (see `SideIndex`).
    """
    mean, spread = typical
    return min(best_cosine - mean, 0.0) / spread if spread > 0 else UNKNOWN_CLOSENESS


def as_meant(side: SideIndex, query: Query) -> Query:
    """Return the question with misspelt Spanish words as these texts spell them: `kezo` is read as `queso`."""
    if query.language != "es" or "es" not in side.languages:
        return query

    def known(word: str) -> bool:
        return not word_stems(word) or bool(side.lexical.known_stems(word))

    sounds = side.spanish_by_sound
    title = mended(query.title, known, sounds) if query.title else None
    return replace(query, text=mended(query.text, known, sounds), title=title)
