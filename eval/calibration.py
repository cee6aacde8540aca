"""Whether probabilities hold, and whether the questions that Tinkuy is sure of are those it answers well."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.answers import Answer
from matcher.records import Verdict, probability

Floats = NDArray[np.float64]
TOP = 10  # matches of a list that are looked at
BINS = 10
Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Bin:
    """Matches of about one probability: its mean, the share that is right, and that share's 95 % interval."""

    matches: int
    predicted: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Precision of the first match among the questions one is surest of.

    `coverage`: (questions,) rising shares answered. `precision`: (questions,) P@1 among them.
    `area`: mean precision over all coverages; `chance`: the same where confidence tells nothing.
    """

    coverage: tuple[float, ...]
    precision: tuple[float, ...]
    area: float
    chance: float


def shown(
    answers: Sequence[Answer], qrels: Mapping[str, Mapping[str, int]], top: int = TOP
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the probability of each match among the first `top`, and whether it is right.

    A match without a judgement counts as wrong.

    :return: (matches,) probabilities and (matches,) judgements, over the judged questions.
    """
    pairs = [
        (probability(score), qrels[a.question].get(partner, 0) > 0)
        for a in answers
        if a.question in qrels
        for partner, score in a.ranking[:top]
    ]
    return np.array([p for p, _ in pairs], float), np.array([right for _, right in pairs], bool)


def reliability(probabilities: Floats, right: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """Return bins of equally many matches, by rising probability (Niculescu-Mizil & Caruana, ICML 2005)."""
    order = np.argsort(probabilities, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    return [
        Bin(len(g), float(probabilities[g].mean()), float(right[g].mean()), *wilson(int(right[g].sum()), len(g)))
        for g in groups
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance of probability and share that is right, bins weighed by their matches."""
    total = sum(b.matches for b in bins)
    return sum(b.matches * abs(b.predicted - b.right) for b in bins) / total if total else 0.0


def wilson(right: int, of: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927)."""
    share, square = right / of, Z * Z / of
    middle = (share + square / 2) / (1 + square)
    reach = Z * math.sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def risk_coverage(confidence: Sequence[float], right: Sequence[float]) -> RiskCoverage:
    """Return the precision of answering only the surest questions (El-Yaniv & Wiener, JMLR 2010).

    Questions of equal confidence stand in for each other: each counts with their mean.

    :param confidence: (questions,) higher is surer. `right`: (questions,) 1 where the first match is right.
    """
    sure, good = np.asarray(confidence, float), np.asarray(right, float)
    levels, group = np.unique(-sure, return_inverse=True)
    means = np.bincount(group, good, len(levels)) / np.bincount(group, minlength=len(levels))
    values = means[np.sort(group)]
    count = np.arange(1, len(values) + 1)
    precision = np.cumsum(values) / count
    return RiskCoverage(
        tuple((count / len(values)).tolist()),
        tuple(precision.tolist()),
        float(precision.mean()) if len(values) else 0.0,
        float(good.mean()) if len(values) else 0.0,
    )


def by_confidence(answers: Sequence[Answer], first_right: Mapping[str, float]) -> tuple[dict[str, RiskCoverage], float]:
    """Return the curves by familiarity of the question and by probability of the first match, and the share answered.

    :param first_right: judged question -> P@1.
    """
    judged = [a for a in answers if a.question in first_right]
    right = [first_right[a.question] for a in judged]
    best = [a.ranking[0][1] if a.ranking else -math.inf for a in judged]
    answered = sum(a.verdict is Verdict.MATCHES for a in judged) / len(judged) if judged else 0.0
    return {
        "familiarity of the question": risk_coverage([a.familiar for a in judged], right),
        "probability of the first match": risk_coverage(best, right),
    }, answered
