"""What every reader yields, and what they share."""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from matcher.errors import BadInput, TinkuyError
from matcher.frozen import quick_to_make
from matcher.language import N_
from matcher.records import Partner, Record
from matcher.text import fold

MAX_TEXT = 100_000  # characters of one text; a longer one is a file pasted by mistake
_CHUNK = 2**18  # bytes read at a time
MAX_FILE = 256 * 2**20  # bytes of one file, unpacked where it is packed: more than any office's spreadsheet


class Broken(BadInput):
    """A file or a reply that is not what it says it is: XML or JSON cut off or damaged. Another try may mend it."""


@quick_to_make
@dataclass(frozen=True, slots=True)
class Row:
    """One accepted row: what it holds, and where it stood. `number` counts as an editor does, from 1.

    `mentions`: partners that it only names; one is written where it is not there yet, and never changed by it, but
    that a source's own may get a first contact.
    `key`: the row's own id in its source, by which the source may say later that it is gone.
    """

    file: str
    number: int
    records: tuple[Record, ...]
    mentions: tuple[Partner, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that could not be read, where it stood and why. `column`: its heading, where one cell is at fault.

    `key`: the row's own id in its source, where it is known: by it the row can be asked for again.
    """

    file: str
    number: int
    error: TinkuyError
    column: str = ""
    key: str = ""

    @property
    def reason(self) -> str:
        """The reason in English."""
        return str(self.error)


@dataclass(frozen=True, slots=True)
class Gone:
    """One row that the source says is no more. `key`: as it stood in `Row.key`."""

    file: str
    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """One element that was read and holds nothing for Tinkuy: a funding, an event. `what`: a word for it, counted."""

    file: str
    number: int
    what: str


Read = Row | Refusal
_BETWEEN = re.compile(r"[^a-z0-9]+")
Told = Read | Gone | Skipped


def read_text(path: Path) -> str:
    """Return a text file's content, decoded as `open_text` does.

    :raises BadInput: it cannot be read, or is larger than MAX_FILE.
    """
    with open_text(path) as file:
        return file.read()


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text file: UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252. Line ends are as they are.

    :raises BadInput: it cannot be read, or is larger than MAX_FILE.
    """
    try:
        check_size(path, path.stat().st_size)
        with path.open(encoding=_encoding(path), errors="replace", newline="") as file:
            yield file
    except OSError as error:
        raise BadInput(
            N_("{path} cannot be read: {reason}"), path=path, reason=error.strerror or type(error).__name__
        ) from error


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        chunk = file.read(_CHUNK)
        if chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def check_size(path: Path, size: int) -> None:
    """Refuse what would fill the memory.

    :param size: bytes, unpacked.
    :raises BadInput: more than MAX_FILE.
    """
    if size > MAX_FILE:
        raise BadInput(
            N_("{path} holds {size} MiB; the most is {limit}. Split it into several files"),
            path=path,
            size=size // 2**20,
            limit=MAX_FILE // 2**20,
        )


def read_delimited(
    path: Path, text: str | Iterable[str], *, delimiter: str = ",", escape: str | None = None, first: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of delimited text with the line that each begins on.

    :param text: as a whole, or in lines with their ends.
    :param first: the number of the text's first line in its file.
    :raises BadInput: a quote that is never closed, or closed in the middle of a cell: read on, it would
        swallow the rows that follow.
    """
    lines = io.StringIO(text, newline="") if isinstance(text, str) else text
    reader = csv.reader(lines, delimiter=delimiter, escapechar=escape, strict=True)
    number = first
    try:
        for values in reader:
            yield number, values
            number = reader.line_num + first
    except csv.Error as error:
        raise BadInput(N_("{path}, line {line}: {reason}"), path=path, line=number, reason=error) from error


def too_long(text: str) -> BadInput:
    """Return the error of a text above MAX_TEXT."""
    return BadInput(N_("text: {length} characters; the most is {limit}"), length=len(text), limit=MAX_TEXT)


def slug(*parts: str) -> str:
    """Return an identifier made of words: `slug("Áncash", "Taller 2")` -> `ancash-taller-2`."""
    plain = fold(" ".join(parts))
    if plain.isascii() and plain.replace("-", "").isalnum() and "--" not in plain:  # as identifiers mostly are
        return plain.strip("-")
    return _BETWEEN.sub("-", plain).strip("-")


def digest(*parts: str | None) -> str:
    """Return a short identifier of exactly these values."""
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:12]


def most_common(values: Iterable[str]) -> str | None:
    """Return the most frequent value that is not empty; of equals the first in order; None of nothing."""
    counts: dict[str, int] = {}
    for value in values:
        if value:
            counts[value] = counts.get(value, 0) + 1
    return min(counts, key=lambda value: (-counts[value], value), default=None)
