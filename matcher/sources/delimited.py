"""Delimited tables read as a stream, in files and in zips: rows by the million in the memory of one, within limits."""

import csv
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.reading import MAX_FILE, MAX_TEXT

MAX_TABLE = 16 * MAX_FILE  # bytes of one table, unpacked: it streams, so that only time is at stake
MAX_LINE = 8 * MAX_TEXT  # bytes without a line's end
MAX_UNPACKING = 200  # times its packed size that a table may grow; tables pack some ten to one
_SAMPLE = 2**16  # bytes looked at to tell the quoting
_CHUNK = 2**18
# A quote behind a backslash, in the midst of a cell.
_ESCAPED = re.compile(rb'[^\\]\\"[^;,\t\r\n]')


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a file, or a `member` of a zip. `size`: its bytes, unpacked, as the zip says."""

    path: Path
    member: str = ""
    size: int = 0

    @property
    def file(self) -> str:
        """What it is called."""
        return Path(self.member or self.path.name).name

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open its bytes.

        :raises BadInput: it cannot be read, or a limit is passed.
        """
        try:
            if self.member:
                with ZipFile(self.path) as packed, packed.open(self.member) as file:
                    yield io.BufferedReader(_Bounded(file, self.file), _CHUNK)
            else:
                with self.path.open("rb") as file:
                    yield io.BufferedReader(_Bounded(file, self.file), _CHUNK)
        except (OSError, BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise BadInput(N_("{path} cannot be read: {reason}"), path=self.file, reason=error) from error


def tables_in(paths: Sequence[Path]) -> list[Table]:
    """Return the tables that files, folders and zips hold.

    :raises BadInput: a damaged zip, or one that unpacks to more than is taken.
    """
    found: list[Table] = []
    for path in paths:
        if path.is_dir():
            found += [Table(each) for each in sorted(path.glob("*.csv"))]
        elif path.suffix.lower() == ".zip":
            found += _members(path)
        else:
            found.append(Table(path))
    return found


def _members(path: Path) -> list[Table]:
    try:
        with ZipFile(path) as packed:
            members = [each for each in packed.infolist() if each.filename.lower().endswith(".csv")]
    except (OSError, BadZipFile) as error:
        raise BadInput(N_("{path} cannot be read: {reason}"), path=path, reason=error) from error
    for each in members:
        if each.file_size > max(MAX_UNPACKING * each.compress_size, MAX_FILE // 16) or each.file_size > MAX_TABLE:
            raise BadInput(
                N_("{path}: {member} unpacks from {packed} bytes to {size}, which no table does"),
                path=path,
                member=each.filename,
                packed=each.compress_size,
                size=each.file_size,
            )
    return [Table(path, each.filename, each.file_size) for each in members]


class Broken(list[str]):
    """What is left of a row that cannot be read; `reason` says why."""

    reason = ""


def read_rows(table: Table, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table, the header first, each with the line that it begins on; empty lines are passed over.

    Text is UTF-8, with or without BOM; quotes within quotes are doubled, or stand behind a backslash. A row that
    cannot be read is `Broken`, and the next one goes on.

    :raises BadInput: the file cannot be read, or a limit is passed.
    """
    with table.open() as file:
        sample = file.peek(_SAMPLE)[:_SAMPLE] if isinstance(file, io.BufferedReader) else b""
        escape = "\\" if _ESCAPED.search(sample) else None
        yield from _rows(io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline=""), delimiter, escape)


def _rows(lines: Iterator[str], delimiter: str, escape: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield rows: lines whose cells all stand in quotes and hold none are cut, which is quicker; csv reads others."""
    numbered = enumerate(lines, start=1)
    held: list[str] = []  # a line that csv reads once more
    last = 0

    def rest() -> Iterator[str]:
        nonlocal last
        while True:
            if held:
                yield held.pop()
            else:
                for last, line in numbered:  # noqa: B007 - the next line alone, or none
                    break
                else:
                    return
                yield line

    reader = csv.reader(rest(), delimiter=delimiter, escapechar=escape)
    between, longest = f'"{delimiter}"', csv.field_size_limit()
    for last, line in numbered:
        if line[:1] == '"' and line[-2:] == '"\n' and len(line) <= longest and (not escape or escape not in line):
            cells = line[1:-2].split(between)
            if line.count('"') == 2 * len(cells):
                yield last, cells
                continue
        began = last
        held.append(line)
        try:
            cells = next(reader, [])
        except csv.Error as error:  # a cell above csv's own limit: a quote that is never closed
            cells = Broken()
            cells.reason = str(error)
        if cells or isinstance(cells, Broken):
            yield began, cells


class _Bounded(io.RawIOBase):
    """A stream that ends with an error where it grows beyond MAX_TABLE, or a line beyond MAX_LINE."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__()
        self._file, self._name = file, name
        self._total = self._line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._file.read(len(buffer))
        size = len(chunk)
        buffer[:size] = chunk
        self._total += size
        last = chunk.rfind(b"\n")
        self._line = self._line + size if last < 0 else size - last
        if self._total > MAX_TABLE:
            raise BadInput(
                N_("{path} holds more than {limit} MiB. Split it into several files"),
                path=self._name,
                limit=MAX_TABLE // 2**20,
            )
        if self._line > MAX_LINE:
            raise BadInput(N_("{path}: a line is longer than {limit} bytes"), path=self._name, limit=MAX_LINE)
        return size
