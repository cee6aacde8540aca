"""The formula: score = bias + sum of weight x value."""

from collections.abc import Sequence
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
    weight x value.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    values: Floats
    terms: Floats
    scores: Floats
    order: NDArray[np.int64]
    bias: float = 0.0

    def rank_without_rules(self, some: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ranks from 1 of some candidates by what the texts say alone."""
        return self._ranks([name for name in self.names if RULE_OF.get(name, "") is None], some)

    def ranks_without(self, some: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Return rule -> the ranks from 1 of some candidates if that rule alone were off, for each rule that is on.

        A term of `exposure` stays as it is.
        """
        rules = dict.fromkeys(rule for name in self.names if (rule := RULE_OF.get(name)))
        return {rule: self._ranks([name for name in self.names if RULE_OF.get(name) != rule], some) for rule in rules}

    def _ranks(self, names: Sequence[str], some: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return ranks by some of the signals; of equals the one with the first id comes first."""
        kept = [i for i, name in enumerate(self.names) if name in names]
        totals = np.round(_totals(self.bias, self.terms[:, kept]), DECIMALS)
        ordered, own = np.sort(totals), totals[some]
        after, until = np.searchsorted(ordered, own, "right"), np.searchsorted(ordered, own)
        ranks = len(totals) - after + 1
        for i in np.flatnonzero(after - until > 1).tolist():
            ranks[i] += (totals[: some[i]] == own[i]).sum()
        return np.asarray(ranks)


def score(signals: Signals, weights: Weights, without: frozenset[str]) -> Scored:
    """Apply the formula; the rules in `without` are left out, terms and all.

    Candidates stand in the order of their ids, so that a stable sort breaks ties by id.
    """
    used = [i for i, name in enumerate(signals.names) if RULE_OF[name] is None or RULE_OF[name] not in without]
    names = tuple(signals.names[i] for i in used)
    factors = tuple(float(weights.signals[name]) for name in names)
    values = _capped(signals.values[:, used], names, weights)
    terms = values * np.array(factors)
    scores = _totals(weights.bias, terms)
    return Scored(names, factors, values, terms, scores, in_order(scores), weights.bias)


def score_again(before: Scored, signals: Signals, weights: Weights, changed: NDArray[np.int64]) -> Scored:
    """Return what `score` would, where only the signals of the candidates `changed` are others than before."""
    used = [signals.names.index(name) for name in before.names]
    values, terms, scores = before.values.copy("K"), before.terms.copy("K"), before.scores.copy()
    values[changed] = _capped(signals.values[changed][:, used], before.names, weights)
    terms[changed] = values[changed] * np.array(before.weights)
    scores[changed] = _totals(before.bias, terms[changed])
    return Scored(before.names, before.weights, values, terms, scores, in_order(scores), before.bias)


def _capped(values: Floats, names: Sequence[str], weights: Weights) -> Floats:
    caps = np.array([weights.caps.get(name, np.inf) for name in names])
    return np.clip(values, -caps, caps)


def _totals(bias: float, terms: Floats) -> Floats:
    """Return the sums of the rows of terms and the bias, (n,); each in the same order, whatever stands beside it."""
    total = np.full(len(terms), bias)
    for column in terms.T:
        total += column
    return total


def in_order(scores: Floats) -> NDArray[np.int64]:
    """Return the candidates from first to last; those that differ by rounding alone are equals."""
    keys = -np.round(scores, DECIMALS)
    order = np.argsort(keys)
    ranked = keys[order]
    # Equals by their numbers: sorted as whole numbers, which takes half the time of a stable sort.
    after = np.cumsum(np.concatenate([ranked[:1] != ranked[:1], ranked[1:] != ranked[:-1]]))
    return np.asarray(np.sort(after * len(keys) + order) % max(len(keys), 1))
