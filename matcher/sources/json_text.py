"""JSON text as a stream: its parts one after another, within limits, by the standard parser."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.reading import MAX_FILE

MAX_ELEMENT = 32 * 2**20  # bytes of one element
PACKED = 100  # how many times larger than its file what is packed may be, above MAX_FILE
EMPTY_LINES = 1_000_000  # one after another
LISTS = ("results", "items")  # where replies of APIs hold their elements
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Bytes(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most `size`."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, or the first `size` bytes of it."""


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
        """Count what was read.

        :raises BadInput: more than what is packed so small may be.
        """
        self.left -= len(data)
        self.element += len(data)
        if self.left < 0:
            raise BadInput(N_("{path} unpacks to more than {times} times its size"), path=self.name, times=PACKED)
        return data

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        :raises BadInput: too many since the last element.
        """
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


class Text:
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


def members(text: Text) -> Iterator[Any]:
    """Yield the members of an array, or of an object's list; an object without one itself.

    :raises ValueError: it is not JSON, or something stands behind its end.
    :raises RecursionError: one is nested too deeply.
    """
    yield from _array(text) if text.next() == "[" else _object(text)
    if text.next():
        raise ValueError(f"{text.next()!r} stands behind its end")


def _array(text: Text) -> Iterator[Any]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


def _object(text: Text) -> Iterator[Any]:
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
