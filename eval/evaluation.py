"""All that is known of a folder after its questions were answered: what tables, JSON and pages are made of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval.answers import Answer, Answered
from eval.exposure import Exposure, exposure
from eval.measures import MEASURES, Figure, figures, interval
from eval.significance import holm, randomisation
from eval.slices import Slice, slices
from eval.systems import System
from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Verdict
from matcher.sources.benchmark import Benchmark


@dataclass(frozen=True, slots=True)
class Measured:
    """A system's figures, by measure, and how it spreads attention."""

    name: str
    figures: dict[str, Figure]
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Difference:
    """A system's mean less the reference's, with its 95 % interval and p-values (see `significance`)."""

    name: str
    reference: str
    measure: str
    mean: float
    low: float
    high: float
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Declined:
    """How often "no good match" was said: to judged questions, and to those that have no answer."""

    judged: int
    of_judged: int
    hopeless: int
    of_hopeless: int
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A folder's systems side by side. `slices` are the last system's, by the primary measure."""

    bench: Benchmark
    systems: dict[str, Measured]
    declined: Declined
    slices: list[Slice]


def evaluate(answered: Answered, subject: str) -> Evaluation:
    """Measure every system's answers.

    :param subject: the system whose declined questions and slices are told.
    :raises BadInput: no question is judged.
    """
    bench = answered.bench
    if not bench.qrels:
        raise BadInput(
            N_("{name} has no judgements (qrels.txt is empty): there is nothing to measure"), name=bench.name
        )
    queries = {q.id: q.query for q in bench.questions if q.id in bench.qrels}
    systems = {
        name: Measured(name, figures(answers, bench.qrels), exposure(answers, answered.partners, queries))
        for name, answers in answered.answers.items()
    }
    per_question = systems[subject].figures[primary(bench)].per_question
    return Evaluation(bench, systems, declined(answered.answers[subject], bench), slices(answered, per_question))


def primary(bench: Benchmark) -> str:
    """Return the folder's primary measure as it is named here; nDCG@10 where it is none of ours."""
    return bench.primary if bench.primary in MEASURES else "nDCG@10"


def differences(systems: dict[str, Measured], reference: str, measure: str) -> list[Difference]:
    """Return every other system's difference to the reference, p-values corrected for their number."""
    base = systems[reference].figures[measure].per_question
    others = [name for name in systems if name != reference]
    gaps = [np.array([systems[n].figures[measure].per_question[q] - base[q] for q in base]) for n in others]
    ps = [randomisation(gap) for gap in gaps]
    return [
        Difference(name, reference, measure, float(gap.mean()), *interval(gap), p, corrected)
        for name, gap, p, corrected in zip(others, gaps, ps, holm(ps), strict=True)
    ]


def best_baseline(systems: dict[str, Measured], subject: str, measure: str) -> str | None:
    """Return the system other than the subject that is highest by a measure; the earlier of equals."""
    others = [name for name in systems if name != subject]
    return max(others, key=lambda name: systems[name].figures[measure].mean, default=None)


def declined(answers: Sequence[Answer], bench: Benchmark) -> Declined:
    """Count the questions that were answered with "no good match"."""
    said = {a.question for a in answers if a.verdict is Verdict.NO_GOOD_MATCH}
    hopeless = {q.id for q in bench.questions if q.expects_nothing}
    judged = set(bench.qrels)
    return Declined(len(said & judged), len(judged), len(said & hopeless), len(hopeless), tuple(sorted(said)))


def as_json(found: Evaluation, systems: Sequence[System]) -> dict[str, Any]:
    """Return an evaluation as JSON holds it; Lorenz curves and per-question figures included."""
    return {
        "benchmark": found.bench.name,
        "primary": primary(found.bench),
        "questions": len(found.bench.qrels),
        "weights": {s.name: asdict(s.weights) for s in systems if s.weights},
        "systems": {
            name: {"measures": {m: asdict(f) for m, f in each.figures.items()}, "exposure": asdict(each.exposure)}
            for name, each in found.systems.items()
        },
        "declined": asdict(found.declined),
        "slices": [asdict(each) for each in found.slices],
    }
