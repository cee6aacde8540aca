"""Figures of a run: ir-measures' per question, with bootstrap intervals over questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import RR, Judged, P, R, Success, nDCG
from numpy.typing import NDArray

from eval.answers import Answer

Floats = NDArray[np.float64]
# By the name that is shown. Hit@5: whether any of the first five is right.
MEASURES = {
    "P@1": P @ 1,
    "P@5": P @ 5,
    "Hit@5": Success @ 5,
    "nDCG@10": nDCG @ 10,
    "RR": RR,
    "R@100": R @ 100,
    "Judged@10": Judged @ 10,
}
RESAMPLES = 10_000
BLOCK = 500  # resamples at a time: memory
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's mean over questions, with its 95 % percentile bootstrap interval."""

    name: str
    mean: float
    low: float
    high: float
    per_question: dict[str, float]


def per_question(answers: Sequence[Answer], qrels: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Return measure -> question -> value. Only judged questions count; missing from the run, they count 0."""
    # A place in the list stands for the score: readers of TREC break ties by name, the list does not.
    run = {
        a.question: {partner: -float(place) for place, (partner, _) in enumerate(a.ranking)}
        for a in answers
        if a.question in qrels and a.ranking
    }
    judged = {question: dict(grades) for question, grades in qrels.items()}
    names = {str(measure): name for name, measure in MEASURES.items()}
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(sorted(qrels), 0.0) for name in MEASURES}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), judged, run):
        values[names[str(metric.measure)]][metric.query_id] = float(metric.value)
    return values


def figures(answers: Sequence[Answer], qrels: Mapping[str, Mapping[str, int]]) -> dict[str, Figure]:
    """Return measure -> figure (see `per_question`)."""
    values = per_question(answers, qrels)
    table = np.array([list(column.values()) for column in values.values()]).T
    lows, highs = bootstrap(table)
    return {
        name: Figure(name, float(table[:, i].mean()), float(lows[i]), float(highs[i]), values[name])
        for i, name in enumerate(MEASURES)
    }


def interval(sample: Sequence[float] | Floats) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of one sample."""
    lows, highs = bootstrap(np.asarray(sample, float)[:, None])
    return float(lows[0]), float(highs[0])


def bootstrap(samples: Floats, seed: int = SEED) -> tuple[Floats, Floats]:
    """Return the 95 % percentile interval of each column's mean (Efron & Tibshirani 1993, ch. 13).

    All columns see the same resamples of the questions.

    :param samples: (questions, columns).
    :return: lower and upper ends, (columns,) each.
    """
    rows = len(samples)
    draw = np.random.default_rng(seed)
    means = np.empty((RESAMPLES, samples.shape[1]))
    for start in range(0, RESAMPLES, BLOCK):
        drawn = draw.integers(0, rows, (BLOCK, rows)) + rows * np.arange(BLOCK)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=BLOCK * rows).reshape(BLOCK, rows)
        means[start : start + BLOCK] = counts @ samples / rows
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return low, high
