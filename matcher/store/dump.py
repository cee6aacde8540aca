"""Rows as lines of JSON and back: what a backup holds of a table, the same whichever engine it comes from."""

import datetime as dt
import json
import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, DateTime, Double, Integer, String, Table

from matcher.errors import BadInput
from matcher.language import N_
from matcher.store.tables import Base

TABLES: tuple[Table, ...] = tuple(Base.metadata.sorted_tables)  # whoever is named comes before who names them
MAX_LINE = 64 * 2**20  # bytes of a row
INTEGERS = {Integer: 2**31, BigInteger: 2**63}


def to_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as one line."""
    plain = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def from_line(table: Table, line: bytes, number: int) -> dict[str, Any]:
    """Return the row of a line, each value of its column's type.

    :raises BadInput: the line is not one row of `table`.
    """
    try:
        found = json.loads(line)
        if not isinstance(found, dict) or set(found) != set(table.columns.keys()):
            raise ValueError
        return {column.name: _value(column, found[column.name]) for column in table.columns}
    except (ValueError, TypeError, RecursionError):  # its text may be confidential: it is not carried on
        pass
    raise BadInput(N_("the backup is damaged: line {line} of {table} is no row of it"), line=number, table=table.name)


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise ValueError
        return None
    kind = column.type
    if isinstance(kind, Date) and isinstance(value, str):
        return dt.date.fromisoformat(value)
    if isinstance(kind, DateTime) and isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    if isinstance(kind, JSON) and isinstance(value, list | dict):
        return value
    if isinstance(kind, Boolean) and isinstance(value, bool):
        return value
    if isinstance(kind, Integer) and isinstance(value, int) and not isinstance(value, bool):
        limit = INTEGERS[BigInteger if isinstance(kind, BigInteger) else Integer]
        if -limit <= value < limit:
            return value
    if isinstance(kind, Double) and isinstance(value, float | int) and math.isfinite(value):
        return float(value)
    if isinstance(kind, String) and isinstance(value, str) and "\0" not in value:
        value.encode()  # half a surrogate pair is no text
        return value
    raise ValueError
