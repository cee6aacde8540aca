"""Lists as files: opened again, in the reader's language, and without formulas."""

import csv
import datetime as dt
import io
import json

import pytest
from openpyxl import load_workbook

from matcher.errors import BadInput
from matcher.language import translator
from matcher.table_export import EXCEL_CELL, Column, Format, clean, defused, to_bytes

COLUMNS = [
    Column("name", "Name", lambda r: r[0]),
    Column("probability", "Probability", lambda r: r[1]),
    Column("date", "Date", lambda r: r[2]),
    Column("sectors", "Sectors", lambda r: r[3]),
]
ROWS = [
    ("Taller de Ñuñoa", -0.5, dt.date(2026, 1, 2), ("C13", "C14")),
    ('=HYPERLINK("http://x")', None, None, ()),
]
SPANISH = translator("es")
DAY = dt.datetime.combine(dt.date(2026, 1, 2), dt.time())


def read_csv(body):
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def sheet_of(body):
    return load_workbook(io.BytesIO(body)).active


def test_csv_has_headings_in_spanish_accents_and_no_formula():
    assert read_csv(to_bytes(COLUMNS, ROWS, Format.CSV, SPANISH)) == [
        ["Nombre", "Probabilidad", "Fecha", "Sectores"],
        ["Taller de Ñuñoa", "-0.5", "2026-01-02", "C13; C14"],
        ['\'=HYPERLINK("http://x")', "", "", ""],
    ]


def test_xlsx_is_read_again_with_types_and_formulas_are_text():
    sheet = sheet_of(to_bytes(COLUMNS, ROWS, Format.XLSX, SPANISH))
    assert [[c.value for c in row] for row in sheet.iter_rows()] == [
        ["Nombre", "Probabilidad", "Fecha", "Sectores"],
        ["Taller de Ñuñoa", -0.5, DAY, "C13; C14"],
        ['=HYPERLINK("http://x")', None, None, None],
    ]
    assert (sheet["A3"].data_type, sheet["A3"].quotePrefix) == ("s", True)
    assert (sheet["A2"].data_type, sheet["B2"].data_type) == ("s", "n")


def test_json_has_keys_and_plain_values():
    assert json.loads(to_bytes(COLUMNS, ROWS, Format.JSON, SPANISH)) == [
        {"name": "Taller de Ñuñoa", "probability": -0.5, "date": "2026-01-02", "sectors": "C13; C14"},
        {"name": '=HYPERLINK("http://x")', "probability": None, "date": None, "sectors": ""},
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\rx", "\tx", "  =1", "＝1", "﻿=1", "\n=1"])
def test_what_begins_like_a_formula_gets_an_apostrophe(text):
    assert defused(text) == "'" + text
    (row,) = read_csv(to_bytes(COLUMNS[:1], [(text,)], Format.CSV, str))[1:]
    assert row[0].startswith("'")
    assert sheet_of(to_bytes(COLUMNS[:1], [(text,)], Format.XLSX, str))["A2"].data_type in ("s", "inlineStr")


@pytest.mark.parametrize(
    ("text", "safe"),
    [("a;=cmd()", "a;'=cmd()"), ("a\t+1", "a\t'+1"), ("\t=1", "'\t'=1"), ("a; @x", "a;' @x"), ("a = b", "a = b"), ("a - b; c", "a - b; c"), ("", "")],
)  # fmt: skip
def test_other_separators_begin_no_formula_either(text, safe):
    assert defused(text) == safe


@pytest.mark.parametrize("looks", ["#N/A", "#REF!", "TRUE", "1e5", "2026-01-02"])
def test_a_text_that_looks_like_something_else_stays_a_text(looks):
    cell = sheet_of(to_bytes(COLUMNS[:1], [(looks,)], Format.XLSX, str))["A2"]
    assert (cell.value, cell.data_type) == (looks, "s")


def test_control_characters_go_in_every_format():
    rows = [("a\x00b\x0bc\x1fd\ud800e\nf", None, None, ())]
    assert read_csv(to_bytes(COLUMNS, rows, Format.CSV, str))[1][0] == "abcde\nf"
    assert sheet_of(to_bytes(COLUMNS, rows, Format.XLSX, str))["A2"].value == "abcde\nf"
    assert json.loads(to_bytes(COLUMNS, rows, Format.JSON, str))[0]["name"] == "abcde\nf"


@pytest.mark.parametrize("letter", ["x", "😀"])  # one UTF-16 unit, two
def test_a_cell_is_cut_with_a_mark_where_excel_would_refuse_it(letter):
    units = len(letter.encode("utf-16-le")) // 2
    fits = letter * (EXCEL_CELL // units)
    assert clean(fits) == fits
    cut = clean(letter * (EXCEL_CELL // units + 1))
    assert cut == letter * ((EXCEL_CELL - 4) // units) + " […]"
    long = [("=" + letter * 40_000, None, None, ())]
    for cell in (
        sheet_of(to_bytes(COLUMNS, long, Format.XLSX, str))["A2"].value,
        read_csv(to_bytes(COLUMNS, long, Format.CSV, str))[1][0],
    ):
        assert cell.endswith(" […]")
        assert len(cell.encode("utf-16-le")) // 2 <= EXCEL_CELL
    assert json.loads(to_bytes(COLUMNS, long, Format.JSON, str))[0]["name"] == long[0][0]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch):
    monkeypatch.setattr("matcher.table_export.EXCEL_ROWS", 3)
    assert len(read_csv(to_bytes(COLUMNS, ROWS, Format.CSV, str))) == 3
    with pytest.raises(BadInput, match="3 rows do not fit"):
        to_bytes(COLUMNS, [*ROWS, ROWS[0]], Format.XLSX, str)
    assert len(json.loads(to_bytes(COLUMNS, ROWS * 2, Format.JSON, str))) == 4
