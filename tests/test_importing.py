"""Import: every row accounted for, twice changes nothing, two at once lose nothing."""

import csv
import gzip
import json
import subprocess
import sys
import time

import pytest

from matcher.errors import BadInput
from matcher.importing import import_files, refusals_file
from matcher.records import Side
from matcher.store.store import Store

PARTNERS = "id,side,name,region\na,supply,Grupo A,Cusco\nb,demand,Taller B,\nc,ambos,Nadie C,\n"
EVIDENCE = "id,partners,text\ne1,a,Medimos color.\ne2,a;nadie,Hilamos.\ne3,a,\n"


@pytest.fixture
def files(tmp_path):
    for name, text in {"partners.csv": PARTNERS, "evidence.csv": EVIDENCE}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / "evidence.csv", tmp_path / "partners.csv"]


def numbers(summary):
    return summary.read, summary.added, summary.changed, summary.unchanged, len(summary.refusals)


def test_the_summary_accounts_for_every_row(store, files):
    summary = import_files(store, "table", files)
    # 6 rows: a, b, e1 are added; c has no side, e2 names nobody, e3 has no text
    assert numbers(summary) == (6, 3, 0, 0, 3)
    assert [(r.file, r.number) for r in summary.refusals] == [
        ("partners.csv", 4),
        ("evidence.csv", 3),
        ("evidence.csv", 4),
    ]
    assert "partner 'nadie' is not known" in summary.refusals[1].reason
    assert [p.id for p in store.partners()] == ["a", "b"]
    assert [e.id for e in store.evidence()] == ["e1"]


def test_the_same_import_twice_changes_nothing(store, files):
    import_files(store, "table", files)
    before = store.partners(), store.evidence(), store.outcomes()
    assert numbers(import_files(store, "table", files)) == (6, 0, 0, 3, 3)
    assert (store.partners(), store.evidence(), store.outcomes()) == before


def test_a_changed_row_is_changed_and_no_other(store, files):
    import_files(store, "table", files)
    files[1].write_text(PARTNERS.replace("Grupo A", "Grupo Alfa"), encoding="utf-8")
    assert numbers(import_files(store, "table", files)) == (6, 0, 1, 2, 3)
    assert store.partners()[0].name == "Grupo Alfa"


def test_two_rows_of_one_id_that_differ_are_not_one_record(store, tmp_path):
    path = tmp_path / "partners.csv"
    rows = "a,supply,Uno,Cusco\na,supply,Uno,Cusco\n,supply,Taller,Cusco\n,supply,Taller,Puno\n"
    path.write_text("id,side,name,region\n" + rows, encoding="utf-8")
    summary = import_files(store, "table", [path])
    assert numbers(summary) == (4, 2, 0, 1, 1)
    assert [(r.number, r.reason) for r in summary.refusals] == [
        (5, "the id 'taller' stands in partners.csv, row 4 with other values: give each row its own id")
    ]
    assert [(p.id, p.region) for p in store.partners()] == [("a", "PE-CUS"), ("taller", "PE-CUS")]


def test_texts_name_partners_of_an_earlier_import_and_two_of_one_name_by_id_only(store, tmp_path):
    partners, evidence = tmp_path / "partners.csv", tmp_path / "evidence.csv"
    partners.write_text(
        "id,side,name\nm,supply,Lab de Materiales\na,supply,Taller\nb,supply,Taller\n", encoding="utf-8"
    )
    evidence.write_text("id,partners,text\n1,lab de materiales,Uno\n2,Taller,Dos\n3,b,Tres\n", encoding="utf-8")
    import_files(store, "table", [partners])
    summary = import_files(store, "table", [evidence])
    assert [(e.id, e.partners) for e in store.evidence()] == [("1", ("m",)), ("3", ("b",))]
    assert [r.reason for r in summary.refusals] == ["several partners are called 'Taller': name one by its id (a, b)"]


def test_progress_ends_with_all_rows(store, files):
    told = []
    import_files(store, "table", files, lambda done, of: told.append((done, of)))
    assert told == [(6, None), (6, 6)]  # a page of 6; how many there are is known at its end


def test_a_file_that_cannot_be_read_writes_nothing_of_the_others(store, files, tmp_path):
    bad = tmp_path / "cosas.csv"
    bad.write_text("foo,bar\n1,2\n", encoding="utf-8")
    for extra, message in ((bad, "none of the tables"), (tmp_path / "absent.csv", "does not exist")):
        with pytest.raises(BadInput, match=message):
            import_files(store, "table", [*files, extra])
    with pytest.raises(BadInput, match=r"unknown format 'tabla'; known are table, proinnovate"):
        import_files(store, "tabla", files)
    assert store.partners() == []


def test_pages_before_one_that_cannot_be_read_stay_and_the_same_again_makes_it_whole(store, tmp_path):
    """All or nothing holds for a page of 500 rows, no longer for a whole import."""
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "benchmark.json").write_text('{"name": "b", "seeks": "supply"}', encoding="utf-8")
    partners = [json.dumps({"id": f"p{n:03}", "name": f"Grupo {n}"}) for n in range(600)]
    (folder / "partners.jsonl").write_text("\n".join(partners), encoding="utf-8")
    with pytest.raises(BadInput, match=r"evidence\.jsonl"):
        import_files(store, "benchmark", [folder])
    assert [p.id for p in store.partners()] == [f"p{n:03}" for n in range(500)]
    text = json.dumps({"id": "e", "partners": ["p599"], "text": "Texto."})
    (folder / "evidence.jsonl").write_text(text, encoding="utf-8")
    assert numbers(import_files(store, "benchmark", [folder])) == (601, 101, 0, 500, 0)


def test_refusals_become_a_file_that_a_spreadsheet_opens(store, files, tmp_path):
    path = tmp_path / "new" / "refusals.csv"
    with refusals_file(path) as note:
        summary = import_files(store, "table", files, on_refusal=note)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # or Excel would take it for Latin-1
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "row", "reason"]
    assert [row[:2] for row in rows] == [["partners.csv", "4"], ["evidence.csv", "3"], ["evidence.csv", "4"]]
    assert [row[2] for row in rows] == [r.reason for r in summary.refusals]


def test_a_benchmark_folder_is_imported_with_its_outcomes(store, tmp_path):
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "benchmark.json").write_text('{"name": "b", "seeks": "supply"}', encoding="utf-8")
    for name, data in {
        "partners": {"id": "u", "name": "U"},
        "evidence": {"id": "e", "partners": ["u"], "text": "Texto."},
        "outcomes": {"id": "o", "partner": "u"},
    }.items():
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(json.dumps(data).encode()))
    assert numbers(import_files(store, "benchmark", [folder])) == (3, 3, 0, 0, 0)
    assert store.counts() == {
        "supply_partners": 1, "demand_partners": 0, "supply_evidence": 1, "demand_evidence": 0, "outcomes": 1,
    }  # fmt: skip
    assert store.partners()[0].side is Side.SUPPLY


IMPORT = """
import sys, time
from pathlib import Path
from matcher.importing import import_files
from matcher.store.store import Store
database, go, ready, *files = map(Path, sys.argv[1:])
ready.touch()
while not go.exists():
    time.sleep(0.001)
summary = import_files(Store.open(database), "table", files)
assert summary.refusals == [], summary.refusals[:3]
print(summary.read, summary.added, summary.changed, summary.unchanged)
"""


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
def test_two_imports_at_once_into_a_new_database_both_succeed_and_nothing_is_lost(tmp_path, attempt):
    # 700 partners each, 200 of them (500 to 699) in both; one text for each partner.
    spans = {"one": range(700), "two": range(500, 1200)}
    database, go = tmp_path / "db" / "tinkuy.db", tmp_path / "go"
    running = []
    for name, span in spans.items():
        partners, texts = tmp_path / f"{name}-partners.csv", tmp_path / f"{name}-texts.csv"
        partners.write_text("id,side,name\n" + "".join(f"p{i:04},supply,Grupo {i}\n" for i in span), encoding="utf-8")
        texts.write_text(
            "id,partners,text,language\n" + "".join(f"{name}{i:04},p{i:04},Texto {i},es\n" for i in span),
            encoding="utf-8",
        )
        command = [sys.executable, "-c", IMPORT, database, go, tmp_path / f"{name}-ready", partners, texts]
        running.append(
            subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    while not all(
        (tmp_path / f"{name}-ready").exists() or p.poll() is not None for name, p in zip(spans, running, strict=True)
    ):
        time.sleep(0.01)
    go.touch()
    results = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert [(err, code) for _, err, code in results] == [("", 0), ("", 0)]
    # Whoever came second found the 200 shared partners unchanged.
    assert sorted(out.strip() for out, _, _ in results) == ["1400 1200 0 200", "1400 1400 0 0"]
    store = Store.open(database)
    assert [p.id for p in store.partners()] == [f"p{i:04}" for i in range(1200)]
    assert [e.id for e in store.evidence()] == [f"{name}{i:04}" for name, span in spans.items() for i in span]
