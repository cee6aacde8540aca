"""Weights tuned to judged questions, and what they are worth on questions that they have not seen."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import ir_measures
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from matcher.asking import MAX_K
from matcher.encode import Progress
from matcher.engine import Ranking
from matcher.errors import BadInput
from matcher.gains import Floats, Interval, Shown, calibration_error, figure, interval, shown
from matcher.language import N_
from matcher.learning import Lesson, calibrate, fit, lesson
from matcher.trial import Case, Trial
from matcher.weights import Weights

# With fewer, the 95 % interval of a mean reciprocal rank (deviation .4) is wider than ±.14: no tuning gains as much.
ENOUGH = 30
FOLDS = 5
# Of the pull to the starting weights, strongest first; infinite keeps their proportions.
STRENGTHS = (math.inf, 3.0, 0.3, 0.03, 0.003)
DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """What tuning does to the primary figure of one trial, on questions that the weights have not seen.

    `ece_before`, `ece_after`: expected calibration error of the matches that a person reads, those without a
    judgement counted as not good; `judged`: the share of them that has one.
    """

    name: str
    primary: str
    questions: int
    judgements: int
    before: float
    after: float
    gain: Interval
    ece_before: float
    ece_after: float
    judged: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """Tuned weights and their results; `gain` is the mean over trials, each counting equally."""

    weights: Weights
    strength: float
    seed: int
    gain: Interval
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A trial's questions, asked with the starting weights: lists, lessons, and the fold of each: (questions,)."""

    trial: Trial
    lists: list[Shown]
    lessons: list[Lesson | None]
    fold: NDArray[np.int64]

    def taught(self, wanted: NDArray[np.bool_]) -> list[Lesson]:
        return [each for each, take in zip(self.lessons, wanted.tolist(), strict=True) if take and each]


def tune(trials: Sequence[Trial], start: Weights, *, seed: int, progress: Progress | None = None) -> Tuned:
    """Fit the signals' weights and the bias to judged questions; each trial counts equally.

    Everything that is reported comes from FOLDS folds: a question's list from weights fitted, and its
    probabilities from a calibration made, without its fold; the strength of the pull was chosen without it too.

    :raises BadInput: a trial has too few questions with a good partner, or its figure is unknown.
    """
    tick = _counter(sum(len(t.cases) for t in trials) * 2 + FOLDS + 1, progress)
    rng = np.random.default_rng(seed)
    vector = np.array(list(start.signals.values()))
    asked = [_ask(trial, start, rng, tick) for trial in trials]
    unseen = [list(each.lists) for each in asked]
    for fold in range(FOLDS):
        fitted, _ = _fitted(asked, [each.fold != fold for each in asked], vector, seed)
        tick()
        numbers = replace(start, bias=0.0, signals=dict(zip(start.signals, fitted.tolist(), strict=True)))
        for lists, each in zip(unseen, asked, strict=True):
            for i in np.flatnonzero(each.fold == fold).tolist():
                case = each.trial.cases[i]
                lists[i] = shown(each.trial, case, _rank(each.trial, case, numbers))
                tick()
    final, strength = _fitted(asked, [each.fold >= 0 for each in asked], vector, seed)
    tick()
    scale, bias = _calibrated(lists for lists in unseen)
    weights = replace(
        start,
        bias=round(bias, DECIMALS),
        signals={name: round(scale * w, DECIMALS) for name, w in zip(start.signals, final.tolist(), strict=True)},
        exposure=replace(start.exposure, strength=round(scale * start.exposure.strength, DECIMALS)),
    )
    chances = _unseen_chances(asked, unseen)
    gains = [_figures(after) - _figures(each.lists) for each, after in zip(asked, unseen, strict=True)]
    results = tuple(
        _result(each, after, chance, interval([gain], seed))
        for each, after, chance, gain in zip(asked, unseen, chances, gains, strict=True)
    )
    return Tuned(weights, strength, seed, interval(gains, seed), results)


def _counter(total: int, progress: Progress | None) -> Callable[[], None]:
    done = iter(range(1, total + 1))
    return lambda: progress(next(done), total) if progress else None


def _ask(trial: Trial, start: Weights, rng: np.random.Generator, tick: Callable[[], None]) -> _Asked:
    try:
        ir_measures.parse_measure(trial.primary)
    except (NameError, ValueError) as error:
        raise BadInput(N_("{name}: the figure {found!r} is not known"), name=trial.name, found=trial.primary) from error
    lists, lessons = [], []
    for case in trial.cases:
        ranking = _rank(trial, case, start)
        lists.append(shown(trial, case, ranking))
        lessons.append(_lesson(trial, case, ranking, start, rng))
        tick()
    found = sum(each is not None for each in lessons)
    if found < ENOUGH:
        raise BadInput(
            N_(
                "{name}: {found} questions have a partner that turned out well; {needed} are needed, "
                "{missing} are missing. With fewer, no gain could be told from chance: record more outcomes first"
            ),
            name=trial.name,
            found=found,
            needed=ENOUGH,
            missing=ENOUGH - found,
        )
    # Questions that teach are spread evenly over the folds, and so are the others.
    order = rng.permutation(len(lessons))
    order = order[np.argsort([lessons[i] is None for i in order.tolist()], kind="stable")]
    fold = np.empty(len(lessons), np.int64)
    fold[order] = np.arange(len(lessons)) % FOLDS
    return _Asked(trial, lists, lessons, fold)


def _rank(trial: Trial, case: Case, weights: Weights) -> Ranking:
    (ranking,) = trial.engine.rank(replace(case.query, k=MAX_K), [weights], unknown=case.unknown)
    return ranking


def _lesson(trial: Trial, case: Case, ranking: Ranking, start: Weights, rng: np.random.Generator) -> Lesson | None:
    """Return what a question teaches; nothing where no good partner is among its candidates."""
    partners = trial.engine.snapshot.sides[ranking.query.seeks].partners
    grades = np.array([case.grades.get(partners[row].id, 0) for row in ranking.found.partners.tolist()], float)
    if not (grades > 0).any():
        return None
    columns = [ranking.scored.names.index(name) for name in start.signals]
    values = ranking.scored.values(np.arange(len(grades)))[:, columns]
    return lesson(values, grades, ranking.scored.scores, 1 / len(trial.cases), rng)


def _fitted(
    asked: Sequence[_Asked], wanted: Sequence[NDArray[np.bool_]], start: Floats, seed: int
) -> tuple[Floats, float]:
    """Return weights fitted to the wanted questions, with the pull that does best in folds among them.

    Best is the mean primary figure; of equals, the strongest pull.
    """
    lessons = [each.taught(take) for each, take in zip(asked, wanted, strict=True)]
    rng = np.random.default_rng(seed)
    folds = [rng.permutation(len(each)) % FOLDS for each in lessons]

    def figure_of(strength: float) -> float:
        lists: list[list[tuple[list[str], dict[str, int]]]] = [[] for _ in asked]
        for fold in range(FOLDS):
            seen = [
                x for each, of in zip(lessons, folds, strict=True) for x, f in zip(each, of, strict=True) if f != fold
            ]
            fitted = fit(seen, start, strength)
            for found, each, of in zip(lists, lessons, folds, strict=True):
                found += [_list(x, fitted) for x, f in zip(each, of, strict=True) if f == fold]
        return float(np.mean([figure(each.trial.primary, found) for each, found in zip(asked, lists, strict=True)]))

    strength = max(STRENGTHS, key=lambda each: round(figure_of(each), 6))
    return fit([x for each in lessons for x in each], start, strength), strength


def _list(given: Lesson, weights: Floats) -> tuple[list[str], dict[str, int]]:
    """Return a lesson's sample of candidates in their order, and their grades."""
    order = np.argsort(-(given.values @ weights), kind="stable").tolist()
    return [str(i) for i in order], {str(i): int(given.grades[i]) for i in order}


def _calibrated(lists: Iterable[Sequence[Shown]]) -> tuple[float, float]:
    """Return scale and bias for the matches of lists by trial, each trial counting equally."""
    tops = [(top.scores, top.good, np.full(len(top.good), 1 / len(of))) for of in lists for top in of]
    scores, good, importance = (np.concatenate(parts) for parts in zip(*tops, strict=True))
    return calibrate(scores, good, importance)


def _unseen_chances(asked: Sequence[_Asked], unseen: Sequence[Sequence[Shown]]) -> list[list[Floats]]:
    """Return the probabilities of each trial's lists, calibrated without the list's fold."""
    by_fold = []
    for fold in range(FOLDS):
        others = (
            [x for x, f in zip(of, each.fold, strict=True) if f != fold] for each, of in zip(asked, unseen, strict=True)
        )
        by_fold.append(_calibrated(others))
    return [
        [expit(by_fold[f][0] * x.scores + by_fold[f][1]) for x, f in zip(of, each.fold.tolist(), strict=True)]
        for each, of in zip(asked, unseen, strict=True)
    ]


def _figures(lists: Sequence[Shown]) -> Floats:
    return np.array([each.figure for each in lists])


def _result(asked: _Asked, after: Sequence[Shown], chances: Sequence[Floats], gain: Interval) -> Result:
    def joined(arrays: Iterable[Floats]) -> Floats:
        return np.concatenate(list(arrays))

    before = asked.lists
    return Result(
        asked.trial.name,
        asked.trial.primary,
        len(asked.lists),
        sum(len(case.grades) for case in asked.trial.cases),
        float(_figures(before).mean()),
        float(_figures(after).mean()),
        gain,
        calibration_error(expit(joined(x.scores for x in before)), joined(x.good for x in before)),
        calibration_error(joined(chances), joined(x.good for x in after)),
        float(joined(x.judged for x in after).mean()),
    )
