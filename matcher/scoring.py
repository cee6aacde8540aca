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
    caps = np.array([weights.caps.get(name, np.inf) for name in names])
    values = np.clip(signals.values[:, used], -caps, caps)
    factors = np.array([weights.signals[name] for name in names])
    terms = values * factors
    scores = _totals(weights.bias, terms)
    return Scored(names, tuple(factors.tolist()), values, terms, scores, in_order(scores), weights.bias)


def _totals(bias: float, terms: Floats) -> Floats:
    """Return the sums of the rows of terms and the bias, (n,); each in the same order, whatever stands beside it."""
    total = np.full(len(terms), bias)
    for column in terms.T:
        total += column
    return total


def in_order(scores: Floats) -> NDArray[np.int64]:
    """Return the candidates from first to last; those that differ by rounding alone are equals."""
    return np.argsort(-np.round(scores, DECIMALS), kind="stable")
