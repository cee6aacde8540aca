"""A benchmark folder's questions, answered by the Engine from a temporary snapshot."""

import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.asking import MAX_QUERY
from matcher.encode import Encoder, Progress
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Outcome, Partner, Record, Verdict
from matcher.sources import benchmark
from matcher.sources.benchmark import Benchmark
from matcher.sources.reading import Refusal
from matcher.weights import Weights

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's ranking: partner ids with scores, best first, and whether Tinkuy stood by it."""

    question: str
    ranking: tuple[tuple[str, float], ...]
    verdict: Verdict


def open_engine(folder: Path, home: Path, encoder: Encoder, weights: Weights, progress: Progress | None) -> Engine:
    """Build a snapshot of a benchmark folder under `home` and open it.

    A record that cannot be read, or a text that names no partner of the folder, is left out with a warning.
    """
    records: list[Record] = []
    for row in benchmark.read([folder]):
        if isinstance(row, Refusal):
            log.warning("left out: %s, line %s: %s", folder / row.file, row.number, row.reason)
        else:
            records += row.records
    partners = {r.id for r in records if isinstance(r, Partner)}
    for record in records:
        if isinstance(record, Evidence) and partners.isdisjoint(record.partners):
            log.warning("left out: %s names no partner of %s", record.id, folder)
    Snapshot.build(
        home,
        [r for r in records if isinstance(r, Partner)],
        [r for r in records if isinstance(r, Evidence)],
        [r for r in records if isinstance(r, Outcome)],
        encoder,
        progress,
    )
    return Engine(Snapshot.open_current(home, encoder), encoder, weights)


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
        excess = len(query.full_text) - MAX_QUERY
        if excess > 0:
            log.warning("question %s is cut by %s characters to the most that is answered", question.id, excess)
            query = replace(query, text=query.text[:-excess])
        (ranking,) = engine.rank(query, [engine.weights])
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
