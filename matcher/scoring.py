"""The formula: score = bias + sum of weight x value."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.signals import Signals
from matcher.weights import RULE_OF, Weights

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of n candidates with the terms that they are the sum of.

    `order`: (n,) candidates from first to last. `values`, `terms`: (n, signals) capped values and
    weight x value. `rank_without_rules`: (n,) ranks from 1 by what the texts say alone.
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
    own = [i for i, name in enumerate(names) if RULE_OF[name] is None]
    text_rank[np.argsort(-terms[:, own].sum(axis=1), kind="stable")] = np.arange(1, len(scores) + 1)
    return Scored(names, tuple(factors.tolist()), values, terms, scores, np.argsort(-scores, kind="stable"), text_rank)
