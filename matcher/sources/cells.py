"""Spreadsheet files as named tables of text cells, whatever Excel did to them."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.reading import check_size, open_text, read_delimited

DELIMITERS = ",;\t|"
MAX_COLUMNS = 256  # of a workbook's sheet
MAX_ROWS = 1_048_576  # of a sheet, empty ones too: as many as Excel has
MAX_CELLS = 3_000_000  # of a file, filled ones: they are all held in memory
_CHUNK = 2**20
_ROW, _CELL = re.compile(rb"<(?:\w+:)?row[\s/>]"), re.compile(rb"<(?:\w+:)?c[\s/>]")
# What a damaged or hostile workbook makes the libraries raise; parsers' errors are syntax errors.
_DAMAGED = (
    OSError,
    BadZipFile,
    InvalidFileException,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    SyntaxError,
    zlib.error,
)
EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial dates (ECMA-376, 1900 date system)
EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119: what may be a date gone to a number
DATE_FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m",
)


@dataclass(frozen=True, slots=True)
class Cells:
    """One sheet: its header and its rows with their numbers as the spreadsheet shows them."""

    file: str
    name: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


def read_cells(path: Path) -> Iterator[Cells]:
    """Yield the sheets of a CSV or XLSX file; empty rows are left out, numbers kept.

    :raises BadInput: neither a CSV nor an XLSX file, or damaged.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        yield from _read_workbook(path)
    elif path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        rows = _read_delimited(path)
        yield _sheet(path.name, path.stem, rows)
    else:
        raise BadInput(N_("{path} is neither .csv nor .xlsx; save it from your spreadsheet as one of them"), path=path)


def _sheet(file: str, name: str, rows: list[tuple[int, list[str]]]) -> Cells:
    filled = [(number, values) for number, values in rows if any(values)]
    return Cells(file, name, filled[0][1] if filled else [], filled[1:])


def _read_delimited(path: Path) -> list[tuple[int, list[str]]]:
    with open_text(path) as lines:
        ahead = [lines.readline()]
        skipped, delimiter = 0, None
        hint = ahead[0].strip(" \r\n")  # a tab may be what it names
        if hint.lower().startswith("sep=") and len(hint) == 5:  # Excel's own hint
            delimiter, skipped = hint[4], 1
            ahead.clear()
        else:
            while ahead[-1] and not ahead[-1].strip("\r\n"):
                ahead.append(lines.readline())
        delimiter = delimiter or max(DELIMITERS, key=ahead[-1].count)
        rows = read_delimited(path, chain(ahead, lines), delimiter=delimiter, first=1 + skipped)
        limit = _Limit(path)
        return [
            (number, [value.replace("\0", " ").strip() for value in values])
            for number, values in rows
            if limit.holds(len(values), 1)
        ]


class _Limit:
    """Counts what is read of a file, so that nothing above the limits is ever held."""

    def __init__(self, path: Path) -> None:
        self.path, self.cells, self.rows = path, 0, 0

    def holds(self, cells: int, rows: int) -> bool:
        """Count more of it.

        :raises BadInput: that is too much.
        """
        self.cells += cells
        self.rows += rows
        for count, most in ((self.cells, MAX_CELLS), (self.rows, MAX_ROWS)):
            if count > most:
                message = N_("{path} has more than {rows} rows or {cells} filled cells: split it into several files")
                raise BadInput(message, path=self.path, rows=MAX_ROWS, cells=MAX_CELLS)
        return True


def _read_workbook(path: Path) -> Iterator[Cells]:
    try:
        with path.open("rb") as file, ZipFile(file) as packed:
            # A small file may unpack to more than the machine holds.
            check_size(path, sum(part.file_size for part in packed.infolist()))
            _count(path, packed)
            # With defusedxml, which openpyxl takes up by itself, no entity is expanded.
            book = load_workbook(file, read_only=True, data_only=True)
            yield from _sheets(path, book)
    except _DAMAGED as error:
        raise BadInput(N_("{path} cannot be read as a workbook: {reason}"), path=path, reason=error) from error


def _count(path: Path, packed: ZipFile) -> None:
    """Count rows and cells before they are parsed, which takes a thousand times as long.

    :raises BadInput: there are too many.
    """
    limit = _Limit(path)
    for part in packed.infolist():
        if part.filename.startswith("xl/worksheets/"):
            limit.rows, rest = 0, b""
            with packed.open(part) as file:
                while chunk := file.read(_CHUNK):
                    found = rest + chunk
                    end = max(found.rfind(b"<"), 0)  # a tag may be cut here
                    limit.holds(len(_CELL.findall(found, 0, end)), len(_ROW.findall(found, 0, end)))
                    rest = found[end:][-_CHUNK:]


def _sheets(path: Path, book: Workbook) -> Iterator[Cells]:
    limit = _Limit(path)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        limit.rows = 0
        rows = [
            (n, [_as_text(v) for v in row])
            for n, row in enumerate(sheet.iter_rows(values_only=True), start=1)
            if limit.holds(len(row), 1) and any(v is not None for v in row)
        ]
        width = max((len(values) for _, values in rows), default=0)  # notes beside the table are no excess
        if width > MAX_COLUMNS:
            message = N_("{path} [{sheet}]: a cell stands in column {column}; the most is {limit}")
            raise BadInput(message, path=path, sheet=sheet.title, column=width, limit=MAX_COLUMNS)
        yield _sheet(path.name, sheet.title, [(n, values + [""] * (width - len(values))) for n, values in rows])


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def parse_date(text: str) -> date | None:
    """Read a date as people and Excel write it, day first; a bare year is its first day.

    :raises BadInput: it is none.
    """
    if not text:
        return None
    if text.isdecimal() and len(text) == 4 and 1900 <= int(text) <= 2100:
        return date(int(text), 1, 1)
    number = text.removesuffix(".0")
    if number.isdecimal() and int(number) in EXCEL_DAYS:
        return EXCEL_EPOCH + timedelta(days=int(number))
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise BadInput(N_("{found!r} is no date; write 2025-03-31 or 31/03/2025"), found=text)
