"""Files made to do harm: nothing crashes, nothing hangs, nothing is written, and the reason is told."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from matcher.errors import BadInput
from matcher.importing import import_files
from matcher.sources import benchmark, reading, table
from matcher.sources.reading import Refusal, Row
from matcher.store.store import Store

BOMB = b"<x>" + b"\0" * (reading.MAX_FILE + 1)
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE worksheet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>&c;</t></is></c></row></sheetData></worksheet>"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>"""


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "db" / "tinkuy.db")


def workbook(path: Path, **parts: bytes) -> Path:
    """Write a workbook of one partner, some of its parts exchanged."""
    book = Workbook()
    book.active.title = "socios"
    for row in (["id", "lado", "nombre"], ["a", "oferta", "Grupo A"]):
        book.active.append(row)
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            replaced = next((data for part, data in parts.items() if part in name.replace("/", "_")), old.read(name))
            new.writestr(name, replaced)
    return path


def refused(store: Store, format_: str, path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        import_files(store, format_, [path])
    assert store.partners() == store.evidence() == []
    return str(caught.value)


def test_the_workbook_of_these_tests_is_good_as_long_as_nothing_is_exchanged(empty, tmp_path):
    assert import_files(empty, "table", [workbook(tmp_path / "b.xlsx")]).added == 1


def test_a_small_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(empty, tmp_path):
    path = workbook(tmp_path / "b.xlsx", sheet1=BOMB)
    assert path.stat().st_size < 1_000_000
    assert "the most is 256. Split it" in refused(empty, "table", path)


@pytest.mark.parametrize("part", ["sheet1", "xl_workbook.xml", "Content_Types"])
@pytest.mark.parametrize("xml", [LAUGHS, OUTSIDE])
def test_a_workbook_with_entities_is_refused(empty, tmp_path, xml, part):
    message = refused(empty, "table", workbook(tmp_path / "b.xlsx", **{part: xml}))
    assert "cannot be read as a workbook" in message or "is empty" in message
    assert Path("/etc/hostname").read_text().strip() not in message


def test_a_cell_that_points_at_no_string_is_refused(empty, tmp_path):
    sheet = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
    <row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>"""
    assert "cannot be read as a workbook" in refused(empty, "table", workbook(tmp_path / "b.xlsx", sheet1=sheet))


def test_one_cell_far_out_does_not_fill_the_memory(empty, tmp_path):
    far = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
    <row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>
    <row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>"""
    assert "column 16384; the most is 256" in refused(empty, "table", workbook(tmp_path / "b.xlsx", sheet1=far))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\0" * 1000, b"not a zip"])
def test_what_is_no_workbook_is_refused(empty, tmp_path, content):
    path = tmp_path / "b.xlsx"
    path.write_bytes(content)
    refused(empty, "table", path)


@pytest.mark.parametrize("name", ["big.csv", "big.jsonl"])
def test_a_file_of_a_gigabyte_is_refused_unread(empty, tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "benchmark.json").write_text('{"name": "b", "seeks": "supply"}')
    path = folder / name.replace("big.jsonl", "partners.jsonl")
    with path.open("wb") as file:
        file.truncate(2**30)  # a hole: it takes no disk
    format_, given_ = ("table", path) if name.endswith("csv") else ("benchmark", folder)
    assert "holds 1024 MiB; the most is 256" in refused(empty, format_, given_)


def test_a_packed_file_that_unpacks_to_too_much_is_refused(empty, tmp_path):
    (tmp_path / "benchmark.json").write_text('{"name": "b", "seeks": "supply"}')
    with gzip.open(tmp_path / "partners.jsonl.gz", "wb", compresslevel=1) as file:
        file.write(b"\0" * (reading.MAX_FILE + 1))
    assert "the most is 256" in refused(empty, "benchmark", tmp_path)


def test_a_line_nested_without_end_is_one_refused_row(empty, tmp_path):
    (tmp_path / "benchmark.json").write_text('{"name": "b", "seeks": "supply"}')
    lines = ['{"id": "a", "name": "Grupo A"}', "[" * 100_000, '{"id": "b", "name": ' + '{"x":' * 50_000]
    (tmp_path / "partners.jsonl").write_text("\n".join(lines))
    (tmp_path / "evidence.jsonl").write_text("")
    summary = import_files(empty, "benchmark", [tmp_path])
    assert (summary.added, [r.number for r in summary.refusals]) == (1, [2, 3])


def test_ids_that_look_like_paths_and_nul_bytes_touch_no_file(empty, tmp_path):
    path = tmp_path / "socios.csv"
    path.write_bytes(b"id,lado,nombre\n../../etc/passwd,oferta,Grupo\0 A\n/dev/null,oferta,B\n")
    before = sorted(p for p in tmp_path.rglob("*") if p.is_file() and "db" not in p.parts)
    import_files(empty, "table", [path])
    assert [(p.id, p.name) for p in empty.partners()] == [("../../etc/passwd", "Grupo A"), ("/dev/null", "B")]
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file() and "db" not in p.parts) == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=400), head=st.sampled_from([b"", b"id,lado,nombre\n", b"id;texto;socios\n", b"\xff\xfe"])
)
def test_any_bytes_are_rows_refusals_or_an_error_that_tells(tmp_path, content, head):
    path = tmp_path / "socios.csv"
    path.write_bytes(head + content)
    try:
        rows = list(table.read([path]))
    except BadInput as error:
        rows, told = [], str(error)
    else:
        told = "socios"
    assert "socios" in told
    assert all(isinstance(row, Row | Refusal) for row in rows)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    key=st.sampled_from(
        ["id", "name", "side", "sectors", "region", "country", "text", "partners", "date", "language", "stage"]
    ),
    kind=st.sampled_from(["partners", "evidence", "outcomes"]),
)
def test_any_value_in_any_field_of_a_json_line_is_read_or_refused(tmp_path, value, key, kind):
    good = {
        "partners": {"id": "p", "name": "P"},
        "evidence": {"id": "e", "partners": ["p"], "text": "Texto."},
        "outcomes": {"id": "o", "partner": "p", "stage": "project"},
    }
    (tmp_path / "benchmark.json").write_text('{"name": "b", "seeks": "supply"}')
    for name, line in good.items():
        changed = {**line, key: value} if name == kind else line
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(changed) + "\n", encoding="utf-8", errors="surrogatepass")
    rows = list(benchmark.read([tmp_path]))
    assert [type(row) in (Row, Refusal) for row in rows] == [True] * 3
