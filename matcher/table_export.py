"""Lists as files: CSV, XLSX and JSON, in which nothing that somebody wrote becomes a formula.

A spreadsheet takes a cell that begins with = + - @ for a formula, wherever the text came from (OWASP, CSV injection).
In CSV such a text gets an apostrophe before it, also after a `;` or a tab, where a spreadsheet with other
separators would begin a cell. XLSX says itself which cells are text.
"""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from matcher.errors import BadInput
from matcher.language import N_, Translate

T = TypeVar("T")
Value = str | int | float | bool | dt.date | dt.datetime | None | Sequence[str]
EXCEL_CELL = 32_767  # UTF-16 units
EXCEL_ROWS = 1_048_576
CUT = " […]"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"\A(?=[\t\r]|[\s\ufeff]*[=+\-@＝＋－＠])|(?<=[;\t])(?=\s*[=+\-@＝＋－＠])")


class Format(StrEnum):
    """A kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


MEDIA_TYPE = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
}


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column of a list: its key in JSON, its heading (English, marked with `N_`), and its value of an item."""

    key: str
    heading: str
    value: Callable[[T], Value]


def to_bytes(columns: Sequence[Column[T]], items: Iterable[T], format_: Format, say: Translate) -> bytes:
    """Return a list as a file.

    :param say: the reader's language, for the headings.
    :raises BadInput: more rows than a spreadsheet can hold.
    """
    rows = [[_plain(column.value(item)) for column in columns] for item in items]
    if format_ is Format.JSON:
        keys = [column.key for column in columns]
        objects = [dict(zip(keys, map(_for_json, row), strict=True)) for row in rows]
        return (json.dumps(objects, ensure_ascii=False, indent=2) + "\n").encode()
    if len(rows) >= EXCEL_ROWS:
        raise BadInput(N_("{count} rows do not fit into a spreadsheet: choose JSON or a filter"), count=len(rows))
    heads = [say(column.heading) for column in columns]
    return _csv(heads, rows) if format_ is Format.CSV else _xlsx(heads, rows)


def clean(text: str, limit: int = EXCEL_CELL) -> str:
    """Return a text without control characters, cut with a mark where it is longer than a cell can be."""
    text = _CONTROL.sub("", text)
    if len(text) <= limit // 2 or len(text.encode("utf-16-le")) // 2 <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - len(CUT))]
    return kept.decode("utf-16-le", "ignore") + CUT  # half a character at the end is dropped


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return _FORMULA.sub("'", text)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_for_csv(value) for value in row])
    return b"\xef\xbb\xbf" + file.getvalue().encode()  # without the mark Excel reads accents wrong


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Tinkuy")
    sheet.freeze_panes = "A2"

    def cell(value: Any, *, bold: bool = False) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, clean(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            made.data_type = "s"  # not what it looks like: a formula, an error
            made.quotePrefix = bool(_FORMULA.match(value))  # nor when somebody edits the cell
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(head, bold=True) for head in heads])
    for row in rows:
        sheet.append([cell(value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _plain(value: Value) -> Any:
    if value is None or isinstance(value, bool | int | float | dt.date):
        return value
    return _CONTROL.sub("", value if isinstance(value, str) else "; ".join(value))


def _for_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _for_csv(value: Any) -> Any:
    if isinstance(value, str):
        return clean(defused(value))
    return _for_json(value)
