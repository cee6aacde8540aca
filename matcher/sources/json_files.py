"""Elements of JSON files one after another, however large: arrays, JSON lines, replies of an API; packed or not."""

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.sources.json_text import LISTS, MAX_ELEMENT, Bytes, Limited, Text, members

_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".gz", ".zip")
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)


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


def _streamed(name: str, start: bytes, stream: Limited) -> Iterator[Element]:
    """Yield the members of an array, or of an object's list; an object without one is itself the element."""
    text, number = Text(start, stream), 0
    try:
        for value in members(text):
            number += 1
            yield Element(name, number, value)
    except RecursionError:
        raise BadInput(N_("{path}: element {number} is nested too deeply"), path=name, number=number + 1) from None
    except ValueError as error:
        message = N_("{path} cannot be read behind element {number}: {reason}. Fetch it again")
        raise BadInput(message, path=name, number=number, reason=str(error)[:200]) from error
