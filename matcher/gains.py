"""What weights are worth: the figure of each list, its interval over questions, how right the probabilities are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import Qrel, ScoredDoc
from numpy.typing import NDArray
from scipy.stats import bootstrap

from matcher.engine import Ranking
from matcher.trial import Case, Trial

Floats = NDArray[np.float64]
SHOWN = 10  # matches of a list that a person reads: those whose probability must be right
BINS = 10
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Shown:
    """The first matches of one list: its figure; (n,) scores, which are good (1 or 0), which have a judgement."""

    figure: float
    scores: Floats
    good: Floats
    judged: Floats


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % percentile bootstrap interval over questions."""

    mean: float
    low: float
    high: float


def shown(trial: Trial, case: Case, ranking: Ranking) -> Shown:
    """Return what a list shows, by the trial's primary figure."""
    ids = [id_ for id_, _ in trial.engine.ids_and_scores(ranking)]
    first = ids[:SHOWN]
    return Shown(
        figure(trial.primary, [(ids, case.grades)]),
        ranking.scored.scores[ranking.scored.first(len(first))],
        np.array([case.grades.get(id_, 0) > 0 for id_ in first], float),
        np.array([id_ in case.grades for id_ in first], float),
    )


def figure(measure: str, lists: Sequence[tuple[Sequence[str], Mapping[str, int]]]) -> float:
    """Return ir-measures' mean figure of lists: ids, best first, and id -> grade."""
    run = [ScoredDoc(str(q), id_, -rank) for q, (ids, _) in enumerate(lists) for rank, id_ in enumerate(ids)]
    judged = [Qrel(str(q), id_, grade) for q, (_, grades) in enumerate(lists) for id_, grade in grades.items()]
    (value,) = ir_measures.calc_aggregate([ir_measures.parse_measure(measure)], judged, run).values()
    return float(value)


def interval(samples: Sequence[Floats], seed: int) -> Interval:
    """Return the mean of the samples' means with its bootstrap interval, each sample drawn on its own.

    :param samples: one value a question: (questions,) each.
    """

    def mean(*each: Floats, axis: int = -1) -> Floats:
        return np.asarray(np.mean([sample.mean(axis=axis) for sample in each], axis=0))

    found = bootstrap(
        samples, mean, n_resamples=RESAMPLES, batch=1000, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Interval(float(mean(*samples)), float(found.low), float(found.high))


def calibration_error(probability: Floats, good: Floats) -> float:
    """Return the expected calibration error over BINS bins of equally many matches (Niculescu-Mizil & Caruana 2005).

    The same as the evaluation's: mean distance of probability and share that is right, bins weighed by their matches.

    :param probability: (n,) 0 to 1. :param good: (n,) 1 or 0.
    """
    excess = (probability - good)[np.argsort(probability, kind="stable")]
    return float(sum(abs(each.sum()) for each in np.array_split(excess, BINS)) / max(len(good), 1))
