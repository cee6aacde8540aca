"""Many records at once, one JSON object a line (NDJSON): each row stands for itself, or all for one another."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.checking import TYPES, check, check_id, read_json, take_version
from matcher.editing import Change, Done, Editor
from matcher.errors import BadInput, TinkuyError, TooLarge
from matcher.language import N_, Translate

MAX_ROWS = 10_000
MAX_BYTES = 20_000_000
MAX_LINE = 200_000  # bytes; a text of the longest, all of it escaped, and what else a record has


class Undone(Exception):
    """All rows were to be written or none, and one was refused: leave the transaction."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row that was sent, `number` from 1: what it asks for, or why it cannot be read."""

    number: int
    type: str | None
    id: str | None
    change: Change | TinkuyError


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row."""

    line: Line
    done: Done | TinkuyError

    def plain(self, say: Translate) -> dict[str, Any]:
        """Return it as JSON has it: row, type, id, effect, and the version now or the reason of a refusal."""
        told = {"row": self.line.number, "type": self.line.type, "id": self.line.id}
        if isinstance(self.done, TinkuyError):
            return told | {"effect": "refused", "reason": self.done.text(say)}
        return told | {"effect": self.done.effect, "version": self.done.version}


def read_lines(body: bytes) -> list[Line]:
    """Read NDJSON; empty lines are passed over.

    :raises TooLarge: more than MAX_ROWS lines or MAX_BYTES.
    """
    if len(body) > MAX_BYTES:
        raise TooLarge(N_("more than {limit} bytes at once: send it in parts"), limit=MAX_BYTES)
    rows = body.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if len(rows) > MAX_ROWS + 1:
        raise TooLarge(N_("more than {limit} rows at once: send them in parts"), limit=MAX_ROWS)
    return [_parsed(number, row) for number, row in enumerate(rows, start=1) if row.strip()]


def read_document(body: bytes) -> list[Line]:
    """Read NDJSON, one JSON object over several lines, or a JSON list of them; limits as of `read_lines`."""
    try:
        whole = json.loads(body) if len(body) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        whole = None
    given = [whole] if isinstance(whole, dict) else whole
    if not isinstance(given, list):
        return read_lines(body)
    if len(given) > MAX_ROWS:
        raise TooLarge(N_("more than {limit} rows at once: send them in parts"), limit=MAX_ROWS)
    return [_parsed(number, json.dumps(each).encode()) for number, each in enumerate(given, start=1)]


def read_object(number: int, given: Mapping[str, Any]) -> Line:
    """Return what one object of a bulk asks for: a record with its `type`, or one to `delete`."""
    values = dict(given)
    name, id_ = values.pop("type", None), values.pop("id", None)
    known = name if isinstance(name, str) and name in TYPES else None
    shown = id_ if isinstance(id_, str) and len(id_) <= 300 else None
    try:
        if known is None:
            raise BadInput(N_("type: must be one of {known}"), known=", ".join(TYPES))
        return Line(number, known, shown, _change(TYPES[known], check_id("id", id_), values))
    except TinkuyError as error:
        return Line(number, known, shown, error)


def write(editor: Editor, lines: Iterable[Line]) -> list[Result]:
    """Make the changes in their order; what cannot be made leaves the others as they are."""
    every = list(lines)
    done = iter(editor.apply_all([line.change for line in every if isinstance(line.change, Change)]))
    return [Result(line, next(done) if isinstance(line.change, Change) else line.change) for line in every]


def all_refused(results: Sequence[Result]) -> list[Result]:
    """Return what is to be told where nothing was written because some rows were refused."""
    refused = next(result.line.number for result in results if isinstance(result.done, TinkuyError))
    reason = BadInput(N_("not written, since all were to be or none, and row {row} was refused"), row=refused)
    return [r if isinstance(r.done, TinkuyError) else Result(r.line, reason) for r in results]


def told(results: Iterable[Result], say: Translate) -> Iterator[str]:
    """Yield the results as lines of NDJSON."""
    for result in results:
        line = json.dumps(result.plain(say), ensure_ascii=False)
        yield line.encode("utf-8", "replace").decode() + "\n"  # it may quote half a character


def _parsed(number: int, row: bytes) -> Line:
    if len(row) > MAX_LINE:
        error = BadInput(N_("the row has {length} bytes; the most is {limit}"), length=len(row), limit=MAX_LINE)
        return Line(number, None, None, error)
    try:
        return read_object(number, read_json(row))
    except BadInput as error:
        return Line(number, None, None, error)


def _change(kind: Any, id_: str, values: dict[str, Any]) -> Change:
    version, delete = take_version(values), values.pop("delete", False)
    if not isinstance(delete, bool):
        raise BadInput(N_("{field}: must be true or false"), field="delete")
    if delete and values:
        raise BadInput(N_("{field}: a row that deletes has no other field"), field=next(iter(values))[:60])
    expected = None if version is None else frozenset({version})
    return Change(kind, id_, check(kind, values), delete=delete, expected=expected)
