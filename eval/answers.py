"""A benchmark folder's questions, answered by the Engine from a temporary snapshot."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.encode import Encoder, Progress
from matcher.engine import Engine
from matcher.records import Verdict
from matcher.sources import benchmark
from matcher.sources.benchmark import Benchmark
from matcher.trial import open_engine, within_limit
from matcher.weights import Weights


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's ranking: partner ids with scores, best first, and whether Tinkuy stood by it."""

    question: str
    ranking: tuple[tuple[str, float], ...]
    verdict: Verdict


def answer(
    engine: Engine, bench: Benchmark, depth: int, without: Iterable[str], progress: Progress | None = None
) -> list[Answer]:
    """Answer every question of a benchmark.

    :param depth: partners ranked a question.
    :param without: rules to leave out.
    """
    answers = []
    for done, question in enumerate(bench.questions, start=1):
        query = replace(question.query, k=depth, without=frozenset(without))
        (ranking,) = engine.rank(within_limit(query, question.id), [engine.weights])
        answers.append(Answer(question.id, engine.ids_and_scores(ranking), ranking.verdict))
        if progress:
            progress(done, len(bench.questions))
    return answers


def run(
    folder: Path,
    encoder: Encoder,
    weights: Weights,
    *,
    depth: int,
    without: Iterable[str] = (),
    progress: Progress | None = None,
) -> tuple[Benchmark, list[Answer]]:
    """Read a benchmark folder, index it in a temporary place and answer its questions."""
    bench = benchmark.questions(folder)
    with tempfile.TemporaryDirectory(prefix="tinkuy-eval-") as home:
        engine = open_engine(folder, Path(home), encoder, weights, progress)
        return bench, answer(engine, bench, depth, without, progress)
