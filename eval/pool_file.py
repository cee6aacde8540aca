"""A pool as a CSV file that spreadsheets open: one pair of question and partner a row, to be graded 0 to 3."""

import csv
import io
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.cells import DELIMITERS
from matcher.sources.reading import read_delimited, read_text
from matcher.text import fold

GRADES = ("0", "1", "2", "3")
TEXTS = 3  # of a partner, beside each question
# English and Spanish names of the columns; a file is read in both.
COLUMNS = {
    "question": "pregunta",
    "question_text": "texto_pregunta",
    "partner": "socio",
    "name": "nombre",
    "place": "lugar",
    **{f"text_{i}": f"texto_{i}" for i in range(1, TEXTS + 1)},
    "grade": "nota",
    "note": "comentario",
}
NEEDED = ("question", "partner", "grade")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet compute a cell (OWASP, CSV injection)


@dataclass(frozen=True, slots=True)
class Pair:
    """A partner to be judged for a question, and what a judge sees of both: nothing of ranks or systems."""

    question: str
    question_text: str
    partner: str
    name: str
    place: str
    texts: tuple[str, ...]


@dataclass(slots=True)
class PoolFile:
    """A pool as it stands on disk. `rows` are its cells as they were read; `lines` where each row begins."""

    path: Path
    delimiter: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    @classmethod
    def read(cls, path: Path) -> "PoolFile":
        """Read a pool, graded or not, as `write` or a spreadsheet wrote it.

        :raises BadInput: no pool, a pair stands twice, or a grade is none of GRADES; file and line are named.
        """
        text = read_text(path)
        delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
        filled = [(line, row) for line, row in read_delimited(path, text, delimiter=delimiter) if any(row)]
        header = filled[0][1] if filled else []
        rows = [row + [""] * (len(header) - len(row)) for _, row in filled[1:]]
        pool = cls(path, delimiter, header, rows, [line for line, _ in filled[1:]])
        missing = [name for name in NEEDED if pool._column(name) is None]
        if missing:
            raise BadInput(
                N_("{path} is no pool: it has no column {column}"), path=path, column=" / ".join(_names(missing[0]))
            )
        seen: set[tuple[str, str]] = set()
        for i, line in enumerate(pool.lines):
            pair = (pool.cell(i, "question"), pool.cell(i, "partner"))
            if not all(pair) or pair in seen:
                raise BadInput(
                    N_("{path}, line {line}: question {question!r} and partner {partner!r}: empty, or there before"),
                    path=path,
                    line=line,
                    question=pair[0],
                    partner=pair[1],
                )
            seen.add(pair)
            if pool.grade(i) not in ("", *GRADES):
                raise BadInput(
                    N_("{path}, line {line}: grade {found!r} must be 0, 1, 2, 3 or empty"),
                    path=path,
                    line=line,
                    found=pool.grade(i),
                )
        return pool

    def cell(self, row: int, name: str) -> str:
        """Return a cell by its column's English name, without what keeps spreadsheets from computing it."""
        column = self._column(name)
        value = "" if column is None else self.rows[row][column].strip()
        return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA) else value

    def grade(self, row: int) -> str:
        """Return a row's grade, empty where there is none."""
        return self.cell(row, "grade")

    def put_grade(self, row: int, grade: str) -> None:
        """Grade a row and write the file, whole."""
        column = self._column("grade")
        assert column is not None  # noqa: S101 - `read` made sure
        self.rows[row][column] = grade
        _write(self.path, [self.header, *self.rows], self.delimiter)

    def qrels(self) -> dict[str, dict[str, int]]:
        """Return the grades: question -> partner -> grade."""
        found: dict[str, dict[str, int]] = {}
        for i in range(len(self.rows)):
            if self.grade(i):
                found.setdefault(self.cell(i, "question"), {})[self.cell(i, "partner")] = int(self.grade(i))
        return found

    def _column(self, name: str) -> int | None:
        return next((i for i, found in enumerate(self.header) if fold(found.strip()) in _names(name)), None)


def write_pool(path: Path, pairs: Iterable[Pair], *, spanish: bool) -> None:
    """Write a new pool without grades.

    :raises BadInput: the file exists: there may be judgements in it.
    """
    if path.exists():
        raise BadInput(N_("{path} exists, and may hold judgements; give another name"), path=path)
    rows = [
        [*map(_safe, (p.question, p.question_text, p.partner, p.name, p.place, *_filled(p.texts))), "", ""]
        for p in pairs
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, [list(COLUMNS.values() if spanish else COLUMNS), *rows], ",")


def _names(column: str) -> tuple[str, str]:
    return column, COLUMNS[column]


def _filled(texts: tuple[str, ...]) -> tuple[str, ...]:
    return (*texts, *("",) * TEXTS)[:TEXTS]


def _safe(text: str) -> str:
    """Return a cell that a spreadsheet shows and does not compute."""
    return "'" + text if text.startswith(FORMULA) else text


def _write(path: Path, rows: Iterable[list[str]], delimiter: str) -> None:
    """Write rows aside and rename, so that the file is old or new but never half."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    aside = path.with_name(f".{path.name}-{uuid.uuid4().hex[:6]}")
    try:
        aside.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))  # the mark by which Excel knows UTF-8
        os.replace(aside, path)  # noqa: PTH105
    except OSError as error:  # on Windows, while a spreadsheet holds it open
        raise BadInput(N_("{path} cannot be written: {reason}"), path=path, reason=error.strerror or error) from error
    finally:
        aside.unlink(missing_ok=True)
