"""TREC run files: `query Q0 partner rank score tag`."""

from collections.abc import Iterable
from pathlib import Path

import ir_measures

from eval.answers import Answer
from matcher.records import Verdict

# Readers such as trec_eval keep 32-bit floats and break ties by name: scores must differ visibly.
STEP = 1e-4


def falling(scores: Iterable[float]) -> list[float]:
    """Return scores rounded to STEP, each lower than the one before."""
    found: list[float] = []
    for score in scores:
        rounded = round(score, 4)
        found.append(min(rounded, round(found[-1] - STEP, 4)) if found else rounded)
    return found


def write_run(path: Path, answers: Iterable[Answer], tag: str) -> None:
    """Write a run; scores fall strictly within a question."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for answer in answers:
            scores = falling(score for _, score in answer.ranking)
            for rank, ((partner, _), score) in enumerate(zip(answer.ranking, scores, strict=True), start=1):
                file.write(f"{answer.question} Q0 {partner} {rank} {score:.4f} {tag}\n")


def read_run(path: Path) -> list[Answer]:
    """Read a run; partners stand in the order of their scores, equals by id."""
    found: dict[str, list[tuple[str, float]]] = {}
    for scored in ir_measures.read_trec_run(str(path)):
        found.setdefault(scored.query_id, []).append((scored.doc_id, scored.score))
    return [
        Answer(question, tuple(sorted(ranking, key=lambda pair: (-pair[1], pair[0]))), Verdict.MATCHES)
        for question, ranking in found.items()
    ]
