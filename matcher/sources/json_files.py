"""Elements of JSON files one after another, however large: arrays, JSON lines, replies of an API; packed or not."""

import codecs
import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.sources.reading import MAX_FILE

MAX_ELEMENT = 32 * 2**20  # bytes of one element
PACKED = 100  # how many times larger than its file what is packed may be, above MAX_FILE
EMPTY_LINES = 1_000_000  # one after another
LISTS = ("results", "items")  # where replies of APIs hold their elements
_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".gz", ".zip")
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)


class Bytes(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most `size`."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, or the first `size` bytes of it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element and where it stood: `number` is its line, or counts in an array. `value`: what is wrong with it."""

    file: str
    number: int
    value: Any


def read(paths: Sequence[Path]) -> Iterator[Element]:
    """Yield the elements of files, of folders in the order of their files' names; of a broken one what is wrong.

    :raises BadInput: a file cannot be read, or not behind some element: what follows would be missing.
    """
    for name, path in files(paths, _ENDINGS):
        with _reading(name), path.open("rb") as file:
            head = file.peek(4)[:4]
            if head == b"PK\x03\x04":
                yield from _zipped(name, file)
            else:
                size = path.stat().st_size if head[:2] == b"\x1f\x8b" else None
                unpacked = gzip.GzipFile(fileobj=file) if size is not None else file
                yield from _elements(name, Limited(name, unpacked, size))


def of_stream(name: str, stream: Bytes) -> Iterator[Element]:
    """Yield the elements of a stream that is no file.

    :raises BadInput: as `read`.
    """
    with _reading(name):
        yield from _elements(name, Limited(name, stream, None))


def files(paths: Sequence[Path], endings: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield files with the names to tell; of folders all that end as they should.

    :raises BadInput: a folder holds none.
    """
    for path in paths:
        if not path.is_dir():
            yield path.name, path
            continue
        found = sorted(p for p in path.rglob("*") if p.is_file() and _is_wanted(p.name.lower(), endings))
        if not found:
            raise BadInput(N_("{path} holds no file that ends in {endings}"), path=path, endings=", ".join(endings))
        for each in found:
            yield each.relative_to(path).as_posix(), each


def _is_wanted(name: str, endings: Sequence[str]) -> bool:
    return name.endswith(tuple(endings)) and not name.startswith((".", "manifest")) and not name.endswith(".csv.gz")


class Limited:
    """A stream that refuses to grow without measure.

    :param packed: bytes of the file that it is unpacked from; None where it is not packed.
    """

    def __init__(self, name: str, stream: Bytes, packed: int | None) -> None:
        self.name, self.stream = name, stream
        self.left = float("inf") if packed is None else max(MAX_FILE, packed * PACKED)
        self.element = 0  # bytes since the last element
        self.number = 0  # of the line that was read last

    def count(self, data: bytes) -> bytes:
        self.left -= len(data)
        self.element += len(data)
        if self.left < 0:
            raise BadInput(N_("{path} unpacks to more than {times} times its size"), path=self.name, times=PACKED)
        return data

    def read(self, size: int = -1) -> bytes:
        if self.element > MAX_ELEMENT:
            limit = MAX_ELEMENT // 2**20
            raise BadInput(N_("{path}: one element is larger than {limit} MiB"), path=self.name, limit=limit)
        return self.count(self.stream.read(size))

    def line(self, *, whole: bool = True) -> bytes:
        """Return the next line that is not empty, or more than MAX_ELEMENT of it; b"" at the end.

        :param whole: what is left of a line that is longer is passed over.
        """
        for _ in range(EMPTY_LINES):
            self.number += 1
            first = part = self.count(self.stream.readline(MAX_ELEMENT + 1))
            while whole and len(part) > MAX_ELEMENT and not part.endswith(b"\n"):
                part = self.count(self.stream.readline(MAX_ELEMENT + 1))
            if not first or not first.isspace():
                return first
        raise BadInput(N_("{path} holds nothing but empty lines behind line {line}"), path=self.name, line=self.number)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except TinkuyError:
        raise
    except _BROKEN as error:
        message = N_("{path} is cut off, or damaged: {reason}. Fetch it again")
        raise BadInput(message, path=name, reason=str(error)[:200]) from error


def _zipped(name: str, file: IO[bytes]) -> Iterator[Element]:
    """Yield the elements of the JSON files in a zip; of one in two versions (ROR's) those of the newer."""
    with zipfile.ZipFile(file) as packed:
        parts = [p for p in packed.infolist() if p.filename.lower().endswith((".json", ".jsonl")) and not p.is_dir()]
        newer = [p for p in parts if "schema_v2" in p.filename]
        if not parts:
            raise BadInput(N_("{path} holds no file that ends in {endings}"), path=name, endings=".json")
        for part in newer or parts:
            inside = f"{name}/{part.filename}"
            with packed.open(part) as stream:
                yield from _elements(inside, Limited(inside, stream, part.compress_size))


def _elements(name: str, stream: Limited) -> Iterator[Element]:
    start = stream.line(whole=False).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BadInput(N_("{path} is empty"), path=name)
    if start[:1] not in b"[{":
        raise BadInput(N_("{path} is no JSON in UTF-8: it begins with neither {{ nor ["), path=name)
    # An array, or an object over several lines, or a reply in one line that is very long.
    if start[:1] == b"[" or start.rstrip()[-1:] in b"{[,:" or len(start) > MAX_ELEMENT:
        yield from _streamed(name, start, stream)
        return
    while start:
        for value in _opened(_parsed(start)):
            yield Element(name, stream.number, value)
        start = stream.line()


def _parsed(line: bytes) -> Any:
    """Return what a line holds, or what is wrong with it."""
    if len(line) > MAX_ELEMENT:
        return BadInput(N_("the line is longer than {limit} MiB"), limit=MAX_ELEMENT // 2**20)
    try:
        return json.loads(line)
    except RecursionError:
        return BadInput(N_("the JSON is nested too deeply"))
    except ValueError as error:
        return BadInput(N_("this cannot be read as JSON: {reason}"), reason=str(error)[:200])


def _opened(value: Any) -> Sequence[Any]:
    """Return the elements of an API's reply; of anything else, itself."""
    if isinstance(value, dict):
        for key in LISTS:
            if isinstance(value.get(key), list):
                found: list[Any] = value[key]
                return found
    return (value,)


class _Text:
    """JSON text that comes in parts, read value by value.

    The standard parser reads each value: it is as quick as any, and stops at deep nesting, on which ijson's memory
    grows with the square of the depth.
    """

    def __init__(self, start: bytes, stream: Limited) -> None:
        self.stream = stream
        self.decode = codecs.getincrementaldecoder("utf-8")().decode
        self.text, self.at, self.ended = self.decode(start), 0, False

    def more(self, size: int = 2**16) -> bool:
        """Read on; False at the end."""
        part = b"" if self.ended else self.stream.read(size)
        self.ended = not part
        self.text, self.at = self.text[self.at :] + self.decode(part, self.ended), 0
        return not self.ended

    def next(self) -> str:
        """Return the next character that is no white space, without taking it; "" at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text) or not self.more():
                return self.text[self.at : self.at + 1]

    def take(self, among: str) -> str:
        """Take the next character.

        :raises ValueError: it is none of those expected.
        """
        found = self.next()
        if not found or found not in among:
            raise ValueError(f"{found!r} stands where one of {among} is expected")
        self.at += 1
        return found

    def value(self) -> Any:
        """Take the next value; behind it at least one character is known, so that no number is cut."""
        size = 2**16
        while True:
            self.next()
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
                if end < len(self.text) or self.ended:
                    self.at = end
                    self.stream.element = 0
                    return value
            except ValueError:
                if self.ended:
                    raise
            self.more(size)
            size = min(2 * size, MAX_ELEMENT // 4)  # parsed anew each time


def _streamed(name: str, start: bytes, stream: Limited) -> Iterator[Element]:
    """Yield the members of an array, or of an object's list; an object without one is itself the element."""
    text, number = _Text(start, stream), 0
    try:
        for value in _array(text) if text.next() == "[" else _object(text):
            number += 1
            yield Element(name, number, value)
        if text.next():
            raise ValueError(f"{text.next()!r} stands behind its end")
    except RecursionError:
        raise BadInput(N_("{path}: element {number} is nested too deeply"), path=name, number=number + 1) from None
    except ValueError as error:
        message = N_("{path} cannot be read behind element {number}: {reason}. Fetch it again")
        raise BadInput(message, path=name, number=number, reason=str(error)[:200]) from error


def _array(text: _Text) -> Iterator[Any]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


def _object(text: _Text) -> Iterator[Any]:
    text.take("{")
    whole: dict[str, Any] | None = {}
    while text.next() != "}":
        key = text.value()
        text.take(":")
        if key in LISTS and text.next() == "[":
            yield from _array(text)
            whole = None
        else:
            value = text.value()
            if whole is not None:
                whole[str(key)] = value
        if text.next() != "}":
            text.take(",")
    text.take("}")
    if whole is not None:
        yield whole
