"""Records as JSON lines inside a snapshot, so that one folder is one consistent answer."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage

_BEFORE_ID, _DECODER = '{"id": ', json.JSONDecoder()
_TUPLES = ("partners", "sectors", "fields", "identifiers")


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write one record a line."""
    with path.open("wb") as file:
        file.writelines(map(line_of, records))


def line_of(record: Record) -> bytes:
    """Return a record as a line, its id first; empty values are left out."""
    values = {name: value for name, value in asdict(record).items() if value not in (None, ())}
    return (json.dumps(values, ensure_ascii=False, default=str) + "\n").encode()


def id_of(line: bytes) -> str:
    """Return the id of a record's line."""
    return str(_DECODER.raw_decode(line.decode(), len(_BEFORE_ID))[0])


def read_partners(path: Path) -> tuple[Partner, ...]:
    """Read what `write_records` wrote of partners."""
    found = (_values(line) for line in path.read_bytes().splitlines())
    return tuple(Partner(**values | {"side": Side(values["side"])}) for values in found)


def read_text(line: bytes) -> Evidence:
    """Read what `line_of` made of a text."""
    return Evidence(**_values(line))


def read_outcomes(path: Path) -> tuple[Outcome, ...]:
    """Read what `write_records` wrote of outcomes."""
    found = (_values(line) for line in path.read_bytes().splitlines())
    return tuple(Outcome(**values | {"stage": Stage(values["stage"])}) for values in found)


def _values(line: bytes) -> dict[str, Any]:
    values = json.loads(line)
    for name in _TUPLES:
        if name in values:
            values[name] = tuple(values[name])
    if "date" in values:
        values["date"] = dt.date.fromisoformat(values["date"])
    return dict(values)
