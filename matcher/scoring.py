"""The formula: score = bias + sum of weight x value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.signals import Signals
from matcher.weights import RULE_OF, Weights

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
DECIMALS = 9  # of a score that tell one partner from another
WITHIN = 2 * 10.0**-DECIMALS  # two that are equal so differ by less


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of n candidates with the terms that they are the sum of.

    `columns`: the capped values of each of the signals `names`, (n,) each. `scores`: (n,).
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    columns: tuple[Floats, ...]
    scores: Floats
    bias: float = 0.0

    @property
    def order(self) -> Rows:
        """All candidates from first to last, (n,)."""
        return self.first(len(self.scores))

    def first(self, count: int) -> Rows:
        """Return the candidates in the first `count` places."""
        return in_order(self.scores, count)

    def values(self, some: Rows) -> Floats:
        """Return the capped values of some candidates, (some, signals)."""
        return np.array([column[some] for column in self.columns]).T

    def terms(self, some: Rows) -> Floats:
        """Return weight x value of some candidates, (some, signals)."""
        return np.asarray(self.values(some) * np.array(self.weights))

    def rank_without_rules(self, some: Rows) -> Rows:
        """Return the ranks from 1 of some candidates by what the texts say alone."""
        return _ranks(_totals(self.bias, self._parts(None), len(self.scores)), some)

    def ranks_without(self, some: Rows) -> dict[str, Rows]:
        """Return rule -> the ranks from 1 of some candidates if that rule alone were off, for each rule that is on.

        A term of `exposure` stays as it is.
        """
        rules = dict.fromkeys(rule for name in self.names if (rule := RULE_OF.get(name)))
        return {rule: _ranks(self.scores - _totals(0.0, self._parts(rule), len(self.scores)), some) for rule in rules}

    def _parts(self, rule: str | None) -> Iterable[tuple[float, Floats]]:
        """Return weights and columns of a rule's signals, or of those that belong to none."""
        each = zip(self.names, self.weights, self.columns, strict=True)
        return [(weight, column) for name, weight, column in each if RULE_OF.get(name, "") == rule]


def score(signals: Signals, weights: Weights, without: frozenset[str]) -> Scored:
    """Apply the formula; the rules in `without` are left out, terms and all.

    Candidates stand in the order of their ids, which breaks ties.
    """
    names = tuple(name for name in signals.columns if RULE_OF[name] is None or RULE_OF[name] not in without)
    factors = tuple(float(weights.signals[name]) for name in names)
    columns = _capped(signals, names, weights)
    scores = _totals(weights.bias, zip(factors, columns, strict=True), len(signals.kilometres))
    return Scored(names, factors, columns, scores, weights.bias)


def score_again(before: Scored, signals: Signals, weights: Weights, changed: Rows) -> Scored:
    """Return what `score` would, where only the signals of the candidates `changed` are others than before."""
    columns, scores = _capped(signals, before.names, weights), before.scores.copy()
    theirs = [(factor, column[changed]) for factor, column in zip(before.weights, columns, strict=True)]
    scores[changed] = _totals(before.bias, theirs, len(changed))
    return Scored(before.names, before.weights, columns, scores, before.bias)


def _capped(signals: Signals, names: Sequence[str], weights: Weights) -> tuple[Floats, ...]:
    caps = {name: weights.caps[name] for name in names if name in weights.caps}
    return tuple(
        np.clip(signals.columns[name], -caps[name], caps[name]) if name in caps else signals.columns[name]
        for name in names
    )


def _totals(bias: float, parts: Iterable[tuple[float, Floats]], count: int) -> Floats:
    """Return the bias and the sum of weight x column, (count,); each in the same order, whatever stands beside it."""
    total = np.full(count, bias)
    for weight, column in parts:
        if weight:
            total += weight * column
    return total


def _ranks(totals: Floats, some: Rows) -> Rows:
    """Return the ranks of some candidates by totals; of equals the one with the first id comes first."""
    above = np.flatnonzero(totals >= totals[some].min(initial=np.inf) - WITHIN)
    rounded, own = np.round(totals[above], DECIMALS), np.round(totals[some], DECIMALS)
    ordered = np.sort(rounded)
    after, until = np.searchsorted(ordered, own, "right"), np.searchsorted(ordered, own)
    ranks = len(ordered) - after + 1
    for i in np.flatnonzero(after - until > 1).tolist():
        ranks[i] += np.count_nonzero(rounded[: np.searchsorted(above, some[i])] == own[i])
    return np.asarray(ranks)


def in_order(scores: Floats, count: int | None = None) -> Rows:
    """Return the candidates (the first `count`), best first; those that differ by rounding alone are equals."""
    some = np.arange(len(scores))
    if count is not None and count < len(scores):
        least = np.partition(scores, len(scores) - max(count, 1))[len(scores) - max(count, 1)]
        some = np.flatnonzero(scores >= least - WITHIN)
    keys = -np.round(scores[some], DECIMALS)
    order = np.argsort(keys)
    ranked = keys[order]
    # Equals by their numbers: sorted as whole numbers, which takes half the time of a stable sort.
    after = np.cumsum(np.concatenate([ranked[:1] != ranked[:1], ranked[1:] != ranked[:-1]]))
    return some[np.sort(after * len(keys) + order) % max(len(keys), 1)][:count]
