"""Figures of a run: ir-measures' per question, with bootstrap intervals over questions."""

from collections.abc import Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import RR, P, R, nDCG

from eval.answers import Answer
from eval.trec import falling

MEASURES = (P @ 1, P @ 5, nDCG @ 10, RR, R @ 100)
RESAMPLES = 10_000
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's mean over questions, with its 95 % percentile bootstrap interval."""

    name: str
    mean: float
    low: float
    high: float
    per_question: dict[str, float]


def figures(answers: Sequence[Answer], qrels: dict[str, dict[str, int]]) -> list[Figure]:
    """Return each of MEASURES. Questions without judgements do not count; missing from the run, they count 0."""
    if not qrels:
        return []
    judged = [ir_measures.Qrel(q, p, grade) for q, grades in qrels.items() for p, grade in grades.items()]
    run = [
        ir_measures.ScoredDoc(a.question, partner, score)
        for a in answers
        for (partner, _), score in zip(a.ranking, falling(s for _, s in a.ranking), strict=True)
    ]
    values: dict[str, dict[str, float]] = {str(m): dict.fromkeys(qrels, 0.0) for m in MEASURES}
    for metric in ir_measures.iter_calc(MEASURES, judged, run):
        values[str(metric.measure)][metric.query_id] = float(metric.value)
    return [_figure(name, per_question) for name, per_question in values.items()]


def _figure(name: str, per_question: dict[str, float]) -> Figure:
    sample = np.array([per_question[q] for q in sorted(per_question)])
    low, high = bootstrap(sample)
    return Figure(name, float(sample.mean()), low, high, per_question)


def bootstrap(sample: np.ndarray, seed: int = SEED) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean (Efron & Tibshirani 1993, ch. 13).

    :param sample: (questions,) one value each.
    """
    draws = np.random.default_rng(seed).integers(0, len(sample), (RESAMPLES, len(sample)))
    low, high = np.percentile(sample[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
