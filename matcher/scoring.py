"""The formula: score = bias + sum of weight x value."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.signals import Signals
from matcher.weights import RULE_OF, Weights

Floats = NDArray[np.float64]
DECIMALS = 9  # of a score that tell one partner from another


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
    bias: float = 0.0

    def ranks_without(self) -> dict[str, NDArray[np.int64]]:
        """Return rule -> (n,) ranks from 1 if that rule alone were off, for each rule that is on.

        A term of `exposure` stays as it is.
        """
        rules = dict.fromkeys(rule for name in self.names if (rule := RULE_OF.get(name)))
        found = {}
        for rule in rules:
            kept = [i for i, name in enumerate(self.names) if RULE_OF.get(name) != rule]
            found[rule] = _ranks(self.bias + self.terms[:, kept].sum(axis=1))
        return found


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
    scores = _totals(weights.bias, terms)
    own = [i for i, name in enumerate(names) if RULE_OF[name] is None]
    text_rank = _ranks(weights.bias + terms[:, own].sum(axis=1))
    order = in_order(scores)
    return Scored(names, tuple(factors.tolist()), values, terms, scores, order, text_rank, weights.bias)


def _totals(bias: float, terms: Floats) -> Floats:
    """Return the sums of the rows of terms and the bias, (n,).

    As fsum does, so that the terms that are shown add up to the score that is shown, to the last bit: what rounding
    takes from a sum is itself summed, twice (Ogita, Rump & Oishi 2005, algorithm 4.8 with K = 3).
    """
    parts = np.ascontiguousarray(np.column_stack([np.full(len(terms), bias), terms]).T)
    for _ in range(2):
        for i in range(1, len(parts)):
            a, b = parts[i - 1], parts[i].copy()
            total = a + b
            away = total - a
            parts[i], parts[i - 1] = total, (a - (total - away)) + (b - away)
    return parts[:-1].sum(axis=0) + parts[-1] if len(parts) > 1 else parts[0]


def in_order(scores: Floats) -> NDArray[np.int64]:
    """Return the candidates from first to last; those that differ by rounding alone are equals."""
    return np.argsort(-np.round(scores, DECIMALS), kind="stable")


def _ranks(scores: Floats) -> NDArray[np.int64]:
    """Return ranks from 1, (n,); of equals the one with the first id comes first."""
    ranks = np.empty(len(scores), np.int64)
    ranks[in_order(scores)] = np.arange(1, len(scores) + 1)
    return ranks
