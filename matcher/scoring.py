"""The formula: score = bias + sum of weight x value."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.records import Verdict
from matcher.signals import Signals
from matcher.weights import RULE_OF, Weights

Floats = NDArray[np.float64]
# One deviation of closeness weighs as much as a quarter of the words (from the demonstration questions).
WORDS_WEIGHT = 4.0
UNKNOWN_CLOSENESS = -1.0  # of a side with too few texts to tell what is typical: its words decide


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of n candidates with the terms that they are the sum of.

    `order`: (n,) candidates from first to last. `values`, `terms`: (n, signals) capped values and
    weight x value. `rank_without_rules`: (n,) ranks from 1 by the text alone.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    values: Floats
    terms: Floats
    scores: Floats
    order: NDArray[np.int64]
    rank_without_rules: NDArray[np.int64]


def score(signals: Signals, weights: Weights, without: frozenset[str]) -> Scored:
    """Apply the formula; the rules in `without` are left out, terms and all.

    Candidates stand in the order of their ids, so that a stable sort breaks ties by id.
    """
    used = [i for i, name in enumerate(signals.names) if RULE_OF[name] is None or RULE_OF[name] not in without]
    names = tuple(signals.names[i] for i in used)
    caps = np.array([weights.caps.get(name, np.inf) for name in names])
    values = np.clip(signals.values[:, used], -caps, caps)
    factors = np.array([weights.signals[name] for name in names])
    terms = values * factors
    # fsum, so that the terms that are shown add up to the score that is shown, to the last bit.
    scores = np.array([math.fsum([weights.bias, *row]) for row in terms.tolist()])
    text_rank = np.empty(len(scores), np.int64)
    text_rank[np.argsort(-signals.values[:, signals.names.index("text")], kind="stable")] = np.arange(
        1, len(scores) + 1
    )
    return Scored(names, tuple(factors.tolist()), values, terms, scores, np.argsort(-scores, kind="stable"), text_rank)


def familiarity(best_cosine: float, typical: tuple[float, float], known_share: float) -> float:
    """Return how much a question is at home among a side's texts; below 0 mostly it is not.

    The first term is how far the best cosine stays below what questions at home reach (`typical`,
    mean and deviation), in deviations, never above 0. The second is the share of the question's
    words that some text has too.

    :param known_share: 0 to 1.
    """
    mean, spread = typical
    closeness = min(best_cosine - mean, 0.0) / spread if spread > 0 else UNKNOWN_CLOSENESS
    return closeness + WORDS_WEIGHT * known_share


def verdict(familiar: float, has_words: bool, threshold: float) -> Verdict:
    """Tell whether a list is worth showing: the question says something, and is at home here."""
    return Verdict.MATCHES if has_words and familiar >= threshold else Verdict.NO_GOOD_MATCH
