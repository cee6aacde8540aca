"""TREC files: runs `query Q0 partner rank score tag`, and judgements (qrels) `query 0 partner grade`."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.answers import Answer
from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Verdict
from matcher.sources.reading import read_text

# Readers such as trec_eval keep 32-bit floats and break ties by name: scores must differ visibly.
STEP = 1e-4
RUN, QRELS = "query Q0 partner rank score tag", "query 0 partner grade"


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
    """Read a run: questions as they come, partners by score and equals by id; the column of ranks is not believed.

    :raises BadInput: a line has another form, its score is no number, or a partner stands twice.
    """
    found: dict[str, dict[str, float]] = {}
    for number, (question, _, partner, _, score, _) in _lines(path, RUN):
        if math.isnan(_score(score)):
            raise _bad(path, number, RUN)
        _add(found, question, partner, _score(score), path, number)
    return [
        Answer(question, tuple(sorted(ranking.items(), key=lambda pair: (-pair[1], pair[0]))), Verdict.MATCHES)
        for question, ranking in found.items()
    ]


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements: question -> partner -> grade.

    :raises BadInput: a line has another form, its grade is no whole number, or a partner stands twice.
    """
    found: dict[str, dict[str, int]] = {}
    for number, (question, _, partner, grade) in _lines(path, QRELS):
        if not re.fullmatch(r"-?[0-9]+", grade):
            raise _bad(path, number, QRELS)
        _add(found, question, partner, int(grade), path, number)
    return found


def write_qrels(path: Path, qrels: Mapping[str, Mapping[str, int]]) -> None:
    """Write judgements.

    :raises BadInput: an id has white space.
    """
    lines = [
        f"{token(question)} 0 {token(partner)} {grade}\n"
        for question, grades in qrels.items()
        for partner, grade in grades.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")


def token(id_: str) -> str:
    """Return an id that a TREC file can hold.

    :raises BadInput: it is empty or has white space.
    """
    if len(id_.split()) != 1 or id_ != id_.strip():
        raise BadInput(N_("the id {id!r} is empty or has white space, which TREC files cannot hold"), id=id_)
    return id_


def _lines(path: Path, form: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not empty, each cut into as many parts as `form` names."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        parts = line.split()
        if parts and len(parts) != len(form.split()):
            raise _bad(path, number, form)
        if parts:
            yield number, parts


def _score(text: str) -> float:
    """Return a finite number, NaN where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _bad(path: Path, number: int, form: str) -> BadInput:
    return BadInput(N_("{path}, line {line}: expected `{form}`"), path=path, line=number, form=form)


def _add(found: dict[str, dict[str, Any]], question: str, partner: str, value: float, path: Path, number: int) -> None:
    if partner in found.setdefault(question, {}):
        raise BadInput(
            N_("{path}, line {line}: partner {partner!r} stands twice under question {question!r}"),
            path=path,
            line=number,
            partner=partner,
            question=question,
        )
    found[question][partner] = value
