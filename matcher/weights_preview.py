"""What other weights would do, before they are in force: figures of judged questions, whose first answer changes."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from matcher import trial
from matcher.engine import Engine, Ranking
from matcher.errors import BadInput
from matcher.gains import Interval, figure, interval
from matcher.language import N_
from matcher.records import probability
from matcher.settings import CHECKOUT
from matcher.sources import benchmark
from matcher.trial import Case, Trial
from matcher.weights import Weights

DEMONSTRATION = CHECKOUT / "data" / "questions"
MEASURES = ("nDCG@10", "RR@10")
MOST_S = 20.0  # after so long the rest of the questions is left out, and that is told
DEPTH = 10  # of the lists
SEED = 20_261_122


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of all questions asked, 0 to 1, with the mean difference and its 95 % interval over questions."""

    measure: str
    before: float
    after: float
    gain: Interval


@dataclass(frozen=True, slots=True)
class First:
    """A question whose first answer changes: partners' names, and their grades (None: not judged, 0: not good)."""

    question: str
    before: str
    before_grade: int | None
    after: str
    after_grade: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What weights do. `asked` of `questions` were asked; `probability_*`: mean of the first answers'."""

    data: str
    questions: int
    asked: int
    figures: tuple[Figure, ...]
    firsts: tuple[First, ...]
    probability_before: float
    probability_after: float


def has_own(engine: Engine) -> bool:
    """Tell whether the installation has questions of its own: needs of which it is known what came."""
    return any(_good(case) for case in trial.from_history(engine).cases)


@contextmanager
def questions(engine: Engine, own: bool, folder: Path = DEMONSTRATION) -> Iterator[Trial]:
    """Give judged questions with the engine that they are asked of.

    The shipped ones are asked of this engine where it knows the demonstration records. Elsewhere a snapshot of these
    is built aside, whose texts are encoded once.

    :param own: the installation's own history, not the shipped questions.
    :raises BadInput: the shipped questions are not here.
    """
    if own:
        yield trial.from_history(engine)
        return
    if not folder.exists():
        raise BadInput(N_("the demonstration questions are not here: run this in a checkout of Tinkuy"))
    bench = benchmark.questions(folder)
    if {id_ for grades in bench.qrels.values() for id_ in grades} <= engine.snapshot.partners.keys():
        judged = [q for q in bench.questions if q.id in bench.qrels]
        cases = tuple(Case(q.id, trial.within_limit(q.query, q.id), bench.qrels[q.id]) for q in judged)
        yield Trial(bench.name, bench.primary, engine, cases)
        return
    with tempfile.TemporaryDirectory(prefix="tinkuy-demonstration-") as home:
        yield trial.from_folder(folder, Path(home), engine.encoder, engine.weights, None)


def effect(asked: Trial, before: Weights, after: Weights, *, most_s: float = MOST_S) -> Effect:
    """Return what `after` does to a trial's questions, in the place of `before`.

    The questions are asked evenly spread, so that those left out for time are no special ones.

    :raises BadInput: no question could be asked.
    """
    cases = [case for case in asked.cases if _good(case)]
    ends = time.monotonic() + most_s
    lists: list[tuple[list[tuple[str, float]], list[tuple[str, float]]]] = []
    used: list[Case] = []
    for case in _spread(cases):
        if used and time.monotonic() > ends:
            break
        query = replace(case.query, k=DEPTH)
        old, new = asked.engine.rank(query, [before, after], unknown=case.unknown)
        used.append(case)
        lists.append((_list(asked.engine, old), _list(asked.engine, new)))
    if not used:
        raise BadInput(N_("there are no judged questions to try the weights with"))
    return Effect(
        asked.name,
        len(cases),
        len(used),
        tuple(_figure(measure, used, lists) for measure in MEASURES),
        tuple(
            _first(asked.engine, case, old[0][0], new[0][0])
            for case, (old, new) in zip(used, lists, strict=True)
            if old and new and old[0][0] != new[0][0]
        ),
        _mean([probability(old[0][1]) for old, _ in lists if old]),
        _mean([probability(new[0][1]) for _, new in lists if new]),
    )


def _good(case: Case) -> bool:
    return any(grade > 0 for grade in case.grades.values())


def _spread(cases: Sequence[Case]) -> list[Case]:
    """Return cases in an order of which every beginning is spread evenly over all of them."""
    step = max(round(len(cases) ** 0.5), 1)
    return [case for first in range(step) for case in cases[first::step]]


def _list(engine: Engine, ranking: Ranking) -> list[tuple[str, float]]:
    return list(engine.ids_and_scores(ranking))


def _figure(
    measure: str, cases: Sequence[Case], lists: Sequence[tuple[list[tuple[str, float]], list[tuple[str, float]]]]
) -> Figure:
    values = np.array(
        [
            [figure(measure, [([id_ for id_, _ in each], case.grades)]) for each in pair]
            for case, pair in zip(cases, lists, strict=True)
        ]
    )  # (questions, 2)
    difference = values[:, 1] - values[:, 0]
    mean = float(difference.mean())
    gain = interval([difference], SEED) if len(difference) > 1 else Interval(mean, mean, mean)
    return Figure(measure, float(values[:, 0].mean()), float(values[:, 1].mean()), gain)


def _first(engine: Engine, case: Case, old: str, new: str) -> First:
    partners = engine.snapshot.partners
    return First(
        case.query.full_text, partners[old].name, case.grades.get(old), partners[new].name, case.grades.get(new)
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
