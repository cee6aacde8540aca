"""Records as JSON lines inside a snapshot, so that one folder is one consistent answer."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage

_TUPLES = ("partners", "sectors", "fields", "identifiers")


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write one record a line; empty values are left out."""
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            values = {name: value for name, value in asdict(record).items() if value not in (None, ())}
            file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def read_partners(path: Path) -> tuple[Partner, ...]:
    """Read what `write_records` wrote of partners."""
    return tuple(Partner(**_values(line) | {"side": Side(json.loads(line)["side"])}) for line in _lines(path))


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """Read what `write_records` wrote of evidence."""
    return tuple(Evidence(**_values(line)) for line in _lines(path))


def read_outcomes(path: Path) -> tuple[Outcome, ...]:
    """Read what `write_records` wrote of outcomes."""
    return tuple(Outcome(**_values(line) | {"stage": Stage(json.loads(line)["stage"])}) for line in _lines(path))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def _values(line: str) -> dict[str, Any]:
    values = json.loads(line)
    for name in _TUPLES:
        if name in values:
            values[name] = tuple(values[name])
    if "date" in values:
        values["date"] = dt.date.fromisoformat(values["date"])
    return dict(values)
