"""The empty table template, as people fill it in: one workbook with explanations, or a folder of CSV files."""

import csv
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from matcher.errors import BadInput
from matcher.language import N_, Translate
from matcher.sources.columns import SHEETS
from matcher.sources.table_sheets import NOTES


def write_template(path: Path, translate: Translate, *, spanish: bool) -> list[Path]:
    """Write the template: a workbook where `path` ends in .xlsx, else a folder of CSV files.

    :returns: the files written.
    :raises BadInput: a file of that name exists.
    """
    notes = [
        (
            sheet.spanish if spanish else sheet.name,
            _header(column.spanish, column.english, spanish),
            translate(column.meaning),
        )
        for sheet in SHEETS
        for column in sheet.columns
    ]
    tables = {
        (sheet.spanish if spanish else sheet.name): [_header(c.spanish, c.english, spanish) for c in sheet.columns]
        for sheet in SHEETS
    }
    if path.suffix.lower() == ".xlsx":
        _refuse_existing(path)
        book = Workbook()
        book.remove(book.worksheets[0])
        for name, header in tables.items():
            sheet = book.create_sheet(name)
            sheet.append(header)
            sheet.freeze_panes = "A2"
            for cell in sheet[1]:
                cell.font = Font(bold=True)
                sheet.column_dimensions[cell.column_letter].width = 40 if cell.value in ("texto", "text") else 18
        sheet = book.create_sheet(NOTES)
        for line in notes:
            sheet.append(line)
        for column, width in zip("ABC", (14, 14, 90), strict=True):
            sheet.column_dimensions[column].width = width
        for (cell,) in sheet["C1" : f"C{len(notes)}"]:
            cell.alignment = Alignment(wrap_text=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
        return [path]
    files = [path / f"{name}.csv" for name in tables]
    for file in files:
        _refuse_existing(file)
    path.mkdir(parents=True, exist_ok=True)
    for file, header in zip(files, tables.values(), strict=True):
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerow(header)
    return files


def _header(spanish: tuple[str, ...], english: tuple[str, ...], in_spanish: bool) -> str:
    return spanish[0] if in_spanish else english[0]


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise BadInput(N_("{path} exists; give another name, since a template would empty it"), path=path)
