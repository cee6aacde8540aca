"""Weights from judged lists: a conditional logit, held to signs and pulled towards the weights that it starts from."""

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
    above. `stands_for`: (n,) how many candidates each stands for. `importance`: of the question.
    """

    values: Floats
    grades: Floats
    stands_for: Floats
    importance: float = 1.0


def lesson(values: Floats, grades: Floats, scores: Floats, importance: float, rng: np.random.Generator) -> Lesson:
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
    return Lesson(values[rows], grades[rows].clip(0), stands_for, importance)


def fit(lessons: Sequence[Lesson], start: Floats, strength: float) -> Floats:
    """Return the weights that make what was good likely, (signals,).

    They minimise the mean over questions of -Σ share x ln softmax(score), the share being that of its grades
    (McFadden 1974; several good ones as in ListNet, Cao et al. 2007), with `stands_for` correcting the softmax for
    candidates left out, plus strength x Σ (spread x (w - c start))²: spread is the signal's deviation within a
    question, c the one scale of the starting weights that fits best. Signs are those of the starting weights; where
    these are 0, not negative: a signal is so defined that more of it speaks for a partner, else it starts below 0.

    :param strength: of the pull; infinite returns c x start.
    """
    counts = [len(each.grades) for each in lessons]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    importance = np.array([each.importance for each in lessons])
    importance = importance / importance.sum()
    spread = np.sqrt(importance @ np.array([each.values.var(axis=0) for each in lessons])).clip(LEAST_SPREAD)
    values = np.concatenate([each.values for each in lessons])
    share = np.concatenate([each.grades / each.grades.sum() for each in lessons])
    offset = np.log(np.concatenate([each.stands_for for each in lessons]))
    weight = np.repeat(importance, counts)

    def unlikely(w: Floats) -> tuple[float, Floats]:
        score = values @ w + offset
        top = np.maximum.reduceat(score, starts)
        odds = np.exp(score - np.repeat(top, counts))
        total = np.add.reduceat(odds, starts)
        loss = importance @ (top + np.log(total)) - (weight * share) @ score
        return float(loss), values.T @ (weight * (odds / np.repeat(total, counts) - share))

    def scaled(c: Floats) -> tuple[float, Floats]:
        loss, slope = unlikely(c[0] * start)
        return loss, np.array([slope @ start])

    def pulled(w: Floats) -> tuple[float, Floats]:
        loss, slope = unlikely(w)
        away = spread * (w - anchor)
        return loss + strength * float(away @ away), slope + 2 * strength * spread * away

    anchor = np.asarray(start * minimize(scaled, [0.5], jac=True, method="L-BFGS-B", bounds=[SCALES]).x[0], np.float64)
    if np.isinf(strength):
        return anchor
    signs = [(None, 0.0) if w < 0 else (0.0, None) for w in start]
    return np.asarray(minimize(pulled, anchor, jac=True, method="L-BFGS-B", bounds=signs).x, np.float64)


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
