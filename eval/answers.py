"""A benchmark folder's questions, answered by several systems through the Engine in one pass."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from eval.systems import System
from matcher.encode import Encoder, Progress
from matcher.engine import Engine, Ranking
from matcher.exposure import Tally
from matcher.macro_regions import MacroRegions
from matcher.records import Partner, Query, Side, Verdict
from matcher.sources import benchmark
from matcher.sources.benchmark import Benchmark
from matcher.trial import open_engine, within_limit
from matcher.weights import Weights


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's ranking: partner ids with scores, best first, and whether Tinkuy stood by it.

    `familiar`: how much the question is at home among the texts (see `matcher.familiarity`).
    """

    question: str
    ranking: tuple[tuple[str, float], ...]
    verdict: Verdict
    familiar: float = 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A benchmark's questions with the answers of each system, and the partners that could be shown.

    `answers`: system -> answers in the order of the questions. `texts`: partner id -> how many texts it has.
    `evidence`: how many texts there are; one of several partners counts once.
    """

    bench: Benchmark
    answers: dict[str, list[Answer]]
    partners: tuple[Partner, ...]
    texts: dict[str, int]
    evidence: int = 0


@contextmanager
def opened(
    folder: Path,
    encoder: Encoder,
    weights: Weights,
    progress: Progress | None = None,
    macro_regions: MacroRegions | None = None,
) -> Iterator[Engine]:
    """Index a benchmark folder in a temporary place; the engine lives until the context ends."""
    with tempfile.TemporaryDirectory(prefix="tinkuy-eval-") as home:
        yield open_engine(folder, Path(home), encoder, weights, progress, macro_regions)


def answer(
    engine: Engine, bench: Benchmark, systems: Sequence[System], depth: int, progress: Progress | None = None
) -> dict[str, list[Answer]]:
    """Answer every question of a benchmark by every system; texts are compared once a question.

    A system that spreads counts what it has shown, in the order of the questions.

    :param depth: partners ranked a question.
    """
    answers: dict[str, list[Answer]] = {system.name: [] for system in systems}
    tallies = [Tally() if system.spread else None for system in systems]
    for done, question in enumerate(bench.questions, start=1):
        query = within_limit(replace(question.query, k=depth), question.id)
        rankings = _rankings(engine, query, systems, tallies)
        for system, ranking, tally in zip(systems, rankings, tallies, strict=True):
            order = _shuffled(engine, ranking, question.id) if not system.weights else engine.ids_and_scores(ranking)
            if tally is not None and ranking.verdict is Verdict.MATCHES:
                tally.add(partner for partner, _ in order)
            answers[system.name].append(Answer(question.id, order, ranking.verdict, ranking.familiar))
        if progress:
            progress(done, len(bench.questions))
    return answers


def run(
    folder: Path,
    encoder: Encoder,
    systems: Sequence[System],
    *,
    depth: int,
    progress: Progress | None = None,
    shuffle: int | None = None,
    macro_regions: MacroRegions | None = None,
) -> Answered:
    """Read a benchmark folder, index it in a temporary place and answer its questions.

    :param shuffle: seed of another order of the questions; None keeps the folder's.
    """
    bench = benchmark.questions(folder)
    if shuffle is not None:
        order = random.Random(shuffle).sample(bench.questions, len(bench.questions))  # noqa: S311 (no secret)
        bench = replace(bench, questions=tuple(order))
    with opened(folder, encoder, Weights.load(), progress, macro_regions) as engine:
        side = engine.snapshot.sides[bench.seeks]
        texts = dict(zip((p.id for p in side.partners), side.text_counts.tolist(), strict=True))
        answers = answer(engine, bench, systems, depth, progress)
        return Answered(bench, answers, side.partners, texts, len(side.evidence))


def _rankings(
    engine: Engine, query: Query, systems: Sequence[System], tallies: Sequence[Tally | None]
) -> list[Ranking]:
    """Return a ranking a system; a shuffle gets the engine's own, for its candidates."""
    by_system: dict[str, Ranking] = {}
    for spread in (False, True):
        some = [(s, tally) for s, tally in zip(systems, tallies, strict=True) if s.spread is spread]
        weights = [s.weights or engine.weights for s, _ in some]
        if some:
            ranked = engine.rank(replace(query, spread=spread), weights, tallies=[tally for _, tally in some])
            by_system |= {s.name: ranking for (s, _), ranking in zip(some, ranked, strict=True)}
    rankings = [by_system[s.name] for s in systems]
    language, known = rankings[0].query.language, sorted(_languages(engine, query.seeks))
    if language in known or not known:
        return rankings
    for i, system in enumerate(systems):
        if system.any_language and system.weights:
            (rankings[i],) = engine.rank(replace(query, language=known[0]), [system.weights])
    return rankings


def _languages(engine: Engine, side: Side) -> frozenset[str]:
    return frozenset(engine.snapshot.sides[side].languages)


def _shuffled(engine: Engine, ranking: Ranking, question: str) -> tuple[tuple[str, float], ...]:
    """Return the candidates in an order that depends on nothing but the question's id."""
    partners = engine.snapshot.sides[ranking.query.seeks].partners
    ids = [partners[row].id for row in ranking.found.partners.tolist()]
    random.Random(question).shuffle(ids)  # noqa: S311 (no secret)
    return tuple((id_, -float(place)) for place, id_ in enumerate(ids[: ranking.query.k]))
