"""Weights from judged lists: a logistic regression held to signs, and pulled towards the weights it starts from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]
TOP, DRAWN = 100, 200  # candidates not judged good that stand for all: the best, and some of the others by lot
LEAST_SPREAD = 1e-3  # of a signal that hardly varies, so that its weight stays where it starts
SCALES = (0.01, 20.0)  # by which starting weights may shrink or grow as a whole


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one question teaches.

    `values`: (n, signals) of its good candidates and of a sample of the others. `grades`: (n,) not below 0, some
    above. `stands_for`: (n,) how many candidates each stands for. `importance`: of the question. `origin`: the number
    of the data that it comes from, counted from 0.
    """

    values: Floats
    grades: Floats
    stands_for: Floats
    importance: float = 1.0
    origin: int = 0


def lesson(
    values: Floats, grades: Floats, scores: Floats, importance: float, origin: int, rng: np.random.Generator
) -> Lesson:
    """Return a lesson: all candidates of grade above 0, the TOP others by score and DRAWN of the rest.

    :param values: (n, signals), as the formula uses them. :param grades: (n,), :param scores: (n,).
    """
    good = np.flatnonzero(grades > 0)
    others = np.flatnonzero(grades <= 0)
    others = others[np.argsort(-scores[others], kind="stable")]
    rest = others[TOP:]
    drawn = rng.choice(rest, DRAWN, replace=False) if len(rest) > DRAWN else rest
    rows = np.concatenate([good, others[:TOP], drawn])
    stands_for = np.ones(len(rows))
    stands_for[len(rows) - len(drawn) :] = len(rest) / max(len(drawn), 1)
    return Lesson(values[rows], grades[rows].clip(0), stands_for, importance, origin)


def fit(lessons: Sequence[Lesson], start: Floats, strength: float) -> Floats:
    """Return the weights that best tell the good candidates from the others, (signals,).

    They minimise the log loss of sigmoid(score + b), with one b for each origin, whose good ones may be rarer, and
    questions counted by their importance, plus strength x Σ (spread x (w - c start))²: spread is the signal's deviation
    within a question, c the one scale of the starting weights that fits best. Signs are those of the starting weights;
    where these are 0, not negative: a signal is so defined that more of it speaks for a partner, else its weight
    starts below 0.

    :param strength: of the pull; infinite returns c x start.
    """
    counts = [len(each.grades) for each in lessons]
    importance = np.array([each.importance for each in lessons])
    importance = importance / importance.sum()
    spread = np.sqrt(importance @ np.array([each.values.var(axis=0) for each in lessons])).clip(LEAST_SPREAD)
    values = np.concatenate([each.values for each in lessons])
    good = np.concatenate([each.grades > 0 for each in lessons]).astype(float)
    weight = np.concatenate([each.stands_for for each in lessons]) * np.repeat(importance, counts)
    origin = np.repeat([each.origin for each in lessons], counts)
    origins = int(origin.max()) + 1

    def unlikely(w: Floats, b: Floats) -> tuple[float, Floats, Floats]:
        odds = values @ w + b[origin]
        wrong = weight * (expit(odds) - good)
        loss = weight @ (np.logaddexp(0, odds) - good * odds)
        return float(loss), values.T @ wrong, np.bincount(origin, wrong, origins).astype(np.float64)

    def scaled(x: Floats) -> tuple[float, Floats]:
        loss, by_w, by_b = unlikely(x[0] * start, x[1:])
        return loss, np.array([by_w @ start, *by_b])

    def pulled(x: Floats) -> tuple[float, Floats]:
        loss, by_w, by_b = unlikely(x[: len(start)], x[len(start) :])
        away = spread * (x[: len(start)] - anchor)
        return loss + strength * float(away @ away), np.concatenate([by_w + 2 * strength * spread * away, by_b])

    free = [(None, None)] * origins
    first = minimize(scaled, [0.5, *[-4.0] * origins], jac=True, method="L-BFGS-B", bounds=[SCALES, *free]).x
    anchor = np.asarray(first[0] * start, np.float64)
    if np.isinf(strength):
        return anchor
    signs = [(None, 0.0) if w < 0 else (0.0, None) for w in start]
    found = minimize(pulled, [*anchor, *first[1:]], jac=True, method="L-BFGS-B", bounds=[*signs, *free]).x
    return np.asarray(found[: len(start)], np.float64)


def calibrate(scores: Floats, good: Floats, importance: Floats) -> tuple[float, float]:
    """Return scale a and bias b so that sigmoid(a x score + b) is the share of good ones.

    As Platt (1999), who takes one good and one bad more than were seen, so that few never make sure.

    :param scores: (n,) without bias. :param good: (n,) 1 or 0. :param importance: (n,) of each.
    """
    weight = importance / importance.sum()
    goods, bads = good.sum(), len(good) - good.sum()
    wanted = np.where(good > 0, (goods + 1) / (goods + 2), 1 / (bads + 2))

    def unlikely(ab: Floats) -> tuple[float, Floats]:
        odds = ab[0] * scores + ab[1]
        wrong = weight * (expit(odds) - wanted)
        return float(weight @ (np.logaddexp(0, odds) - wanted * odds)), np.array([wrong @ scores, wrong.sum()])

    a, b = minimize(unlikely, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[(0.05, 20.0), (None, None)]).x
    return float(a), float(b)
