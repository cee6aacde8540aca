"""Spreadsheet files as text cells, whatever Excel did to them."""

import datetime as dt

import pytest
from openpyxl import Workbook

from matcher.errors import BadInput
from matcher.sources.cells import parse_date, read_cells


def cells(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (sheet,) = read_cells(path)
    return sheet


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_from_the_header(tmp_path, mark):
    sheet = cells(tmp_path / "a.csv", f"id{mark}nombre{mark}web\n1{mark}Uno y dos{mark}\n")
    assert sheet.header == ["id", "nombre", "web"]
    assert sheet.rows == [(2, ["1", "Uno y dos", ""])]


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("cp1252", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_of_any_spreadsheet(tmp_path, encoding, bom, end):
    text = end.join(["id;región", "ñ1;Áncash", "é2;Junín", ""])
    sheet = cells(tmp_path / "a.csv", bom + text.encode(encoding))
    assert sheet.header == ["id", "región"]
    assert sheet.rows == [(2, ["ñ1", "Áncash"]), (3, ["é2", "Junín"])]


def test_excels_sep_line_rules_and_counts_as_a_row(tmp_path):
    # The header alone would say "," (two against one).
    sheet = cells(tmp_path / "a.csv", "\ufeffsep=;\r\na,b;c,d\r\n1,0;2\r\n")
    assert sheet.header == ["a,b", "c,d"]
    assert sheet.rows == [(3, ["1,0", "2"])]


@pytest.mark.parametrize("hint", ["sep=\t", "SEP=\t ", " sep=\t"])
def test_excels_sep_line_may_name_a_tab(tmp_path, hint):
    sheet = cells(tmp_path / "a.csv", f"{hint}\r\na,b\tc,d\r\n1,0\t2\r\n")
    assert sheet.header == ["a,b", "c,d"]
    assert sheet.rows == [(3, ["1,0", "2"])]


def test_rows_keep_the_number_of_their_first_line(tmp_path):
    text = '\nid,texto\n1,"línea uno\nlínea dos\n\nlínea cuatro"\n\n,\n2,"con ""comillas"", y coma"\n'
    # line 1 empty, 2 header, 3 to 6 the first row, 7 empty, 8 nothing but a comma, 9 the second
    sheet = cells(tmp_path / "a.csv", text)
    assert sheet.header == ["id", "texto"]
    assert sheet.rows == [(3, ["1", "línea uno\nlínea dos\n\nlínea cuatro"]), (9, ["2", 'con "comillas", y coma'])]


def test_quoted_newlines_of_windows_keep_the_row_numbers(tmp_path):
    sheet = cells(tmp_path / "a.csv", 'id,texto\r\n1,"uno\r\ndos"\r\n2,tres\r\n')
    assert [number for number, _ in sheet.rows] == [2, 4]


def test_a_workbooks_values_become_what_a_person_reads(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.title = "Socios"
    for row in [
        ["id", "fecha", "día", "entero", "decimal", "verdad"],
        [7.0, dt.datetime(2024, 2, 29, 13, 5), dt.date(2023, 12, 1), 13, 2.11, "  texto  "],  # noqa: DTZ001 - Excel knows no zones
        [],
        [None, None, None, None, None, "solo"],
    ]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    (found,) = read_cells(tmp_path / "a.xlsx")
    assert (found.file, found.name) == ("a.xlsx", "Socios")
    assert found.header == ["id", "fecha", "día", "entero", "decimal", "verdad"]
    assert found.rows == [
        (2, ["7", "2024-02-29", "2023-12-01", "13", "2.11", "texto"]),
        (4, ["", "", "", "", "", "solo"]),  # the empty third row counts
    ]


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "a.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(BadInput, match=r"neither \.csv nor \.xlsx"):
        list(read_cells(tmp_path / "a.pdf"))
    with pytest.raises(BadInput, match="cannot be read as a workbook"):
        list(read_cells(tmp_path / "a.xlsx"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-31", dt.date(2025, 3, 31)),
        ("31/03/2025", dt.date(2025, 3, 31)),
        ("1/2/2025", dt.date(2025, 2, 1)),  # the day comes first
        ("31-03-2025", dt.date(2025, 3, 31)),
        ("31.03.2025", dt.date(2025, 3, 31)),
        ("31/03/25", dt.date(2025, 3, 31)),
        ("2025/03/31", dt.date(2025, 3, 31)),
        ("2025-03-31 00:00:00", dt.date(2025, 3, 31)),
        ("2021", dt.date(2021, 1, 1)),
        # Excel's day 1 is 1900-01-01 and it counts a 29 February 1900 that never was: day 61 is
        # 1900-03-01, so 45292 is 45231 days later: 2024-01-01, as Excel shows it.
        ("45292", dt.date(2024, 1, 1)),
        ("45292.0", dt.date(2024, 1, 1)),
        ("20000", dt.date(1954, 10, 3)),
        ("", None),
    ],
)
def test_dates_as_people_and_excel_write_them(text, expected):
    assert parse_date(text) == expected
    if text.startswith("4529"):
        assert dt.date(1900, 3, 1) + dt.timedelta(days=45292 - 61) == expected


@pytest.mark.parametrize("text", ["ayer", "31/02/2025", "03/31/2025", "19999", "80000", "2025-13-01", "0", "²²²²"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(BadInput, match=f"'{text}' is no date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('a,b\n1,"uno\n2,dos\n', 2),  # never closed
        ('a,b\n1,uno\n2,"dos\n3,"tres"\n', 3),  # closed by the next row's opening quote
    ],
)
def test_a_quote_that_would_swallow_rows_is_an_error_that_names_its_line(tmp_path, content, line):
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=rf"t\.csv, line {line}: "):
        list(read_cells(path))


def test_an_inch_mark_inside_a_cell_is_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\ntubo 5" liso,2\n', encoding="utf-8")
    assert next(iter(read_cells(path))).rows == [(2, ['tubo 5" liso', "2"])]
