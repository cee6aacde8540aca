"""Benchmark folders: records, questions, judgements."""

import datetime as dt
import gzip
import json

import pytest

from matcher.errors import BadInput
from matcher.records import Evidence, Outcome, Partner, Query, Side, Stage
from matcher.sources.benchmark import questions, read
from matcher.sources.reading import Refusal, Row

PARTNERS = [
    {
        "id": "u1",
        "name": "<b>Universidad</b> Uno",
        "kind": "university",
        "country": "PE",
        "region": "PE-CUS",
        "city": "Cusco",
        "sectors": ["C13"],
    },
    {"id": "f1", "name": "Firma", "side": "demand", "size": "micro"},
]
EVIDENCE = [
    {"id": "e1", "partners": ["u1", "u1"], "text": " Teñido  de lana. ", "title": "Tintes", "kind": "project", "language": "es", "date": "2020-05-01", "region": "Cusco", "sectors": ["textiles"]},
]  # fmt: skip
OUTCOMES = [
    {"partner": "u1", "country": "Chile", "date": "2021-01-01"},
    {"partner": "u1", "country": "Chile", "date": "2021-01-01"},
]
QUERIES = [
    {"id": "q1", "text": "Se corre el color.", "title": "Chompas", "country": "PE", "region": "Puno", "sectors": ["C14"], "size": "small", "date": "2022-02-02", "language": "es"},
    {"id": "q2", "text": "Cohetes", "countries": ["PE", "CL"], "expect": "no_good_match"},
]  # fmt: skip


def lines(objects):
    return "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects)


@pytest.fixture
def folder(tmp_path):
    """A whole folder: partners packed, the rest plain."""
    path = tmp_path / "pequeño"
    path.mkdir()
    about = {"name": "pequeño", "seeks": "supply", "primary": "RR@10"}
    (path / "benchmark.json").write_text(json.dumps(about), encoding="utf-8")
    (path / "partners.jsonl.gz").write_bytes(gzip.compress(lines(PARTNERS).encode()))
    (path / "evidence.jsonl").write_text(lines(EVIDENCE), encoding="utf-8")
    (path / "outcomes.jsonl").write_text(lines(OUTCOMES), encoding="utf-8")
    (path / "queries.jsonl").write_text(lines(QUERIES), encoding="utf-8")
    (path / "qrels.txt").write_text("q1 0 u1 2\nq1 0 u2 0\n\nq2 0 u1 1\n", encoding="utf-8")
    return path


def test_records_come_partners_first_with_their_lines(folder):
    found = list(read([folder]))
    assert found[:3] == [
        Row("partners.jsonl", 1, (Partner("u1", Side.SUPPLY, "Universidad Uno", "university", "PE", "PE-CUS", "Cusco", ("C13",)),)),
        Row("partners.jsonl", 2, (Partner("f1", Side.DEMAND, "Firma", "other", size="micro"),)),
        Row("evidence.jsonl", 1, (Evidence("e1", ("u1",), "project", "Teñido de lana.", "Tintes", "es", dt.date(2020, 5, 1), ("C13",), (), "PE-CUS"),)),
    ]  # fmt: skip
    assert [(r.file, r.number) for r in found[3:]] == [("outcomes.jsonl", 1), ("outcomes.jsonl", 2)]


def test_equal_outcomes_are_two_with_stable_ids(folder):
    one, two = (r.records[0] for r in list(read([folder]))[3:])
    assert one == Outcome(one.id, "u1", Stage.PROJECT, None, dt.date(2021, 1, 1), "CL")
    assert two == Outcome(two.id, "u1", Stage.PROJECT, None, dt.date(2021, 1, 1), "CL")
    assert one.id.removesuffix("-1") == two.id.removesuffix("-2")
    assert [r.records[0].id for r in list(read([folder]))[3:]] == [one.id, two.id]


def test_outcomes_may_be_absent(folder):
    (folder / "outcomes.jsonl").unlink()
    assert [r.file for r in read([folder])] == ["partners.jsonl", "partners.jsonl", "evidence.jsonl"]


def test_the_packed_file_wins_over_the_plain(folder):
    (folder / "partners.jsonl").write_text(lines([{"id": "other", "name": "Other"}]), encoding="utf-8")
    assert [r.records[0].id for r in read([folder])][:2] == ["u1", "f1"]


def test_bad_lines_are_refused_with_number_and_reason(folder):
    bad = [
        {"id": "e1", "partners": ["u1"], "text": "Bien."},
        {"id": "e2", "text": "Sin socio."},
        {"id": "e3", "partners": [], "text": "Vacío."},
        {"id": "e4", "partners": ["u1"], "text": " <p></p> "},
        {"id": "e5", "partners": ["u1"], "text": "x", "date": "ayer"},
        {"id": "e6", "partners": ["u1"], "text": "x", "region": "Macondo"},
        {"id": "e7", "partners": ["u1"], "text": "x" * 100_001},
        {"id": "e8", "partners": ["u1"], "text": "x", "region": 8},
        ["no", "object"],
        7,
    ]
    text = lines(bad) + "\n{no json\n" + lines([{"id": "e9", "partners": ["u1"], "text": "Y bien."}])
    (folder / "evidence.jsonl").write_text(text, encoding="utf-8")
    found = [r for r in read([folder]) if r.file == "evidence.jsonl"]
    assert [(r.number, r.records[0].id) for r in found if isinstance(r, Row)] == [(1, "e1"), (13, "e9")]
    refused = {r.number: r.reason for r in found if isinstance(r, Refusal)}
    assert sorted(refused) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12]  # line 11 is empty
    for number, words in {2: "partners", 3: "partners", 4: "text: empty", 5: "ayer", 6: "Macondo", 7: "100001"}.items():
        assert words in refused[number]


def test_questions_and_judgements(folder):
    found = questions(folder)
    assert (found.name, found.seeks, found.primary) == ("pequeño", Side.SUPPLY, "RR@10")
    one, two = found.questions
    assert (one.id, one.expects_nothing, two.id, two.expects_nothing) == ("q1", False, "q2", True)
    assert one.query == Query(
        "Se corre el color.", Side.SUPPLY, title="Chompas", language="es", countries=("PE",), region="PE-PUN",
        sectors=("C14",), size="small", date=dt.date(2022, 2, 2),
    )  # fmt: skip
    assert two.query == Query("Cohetes", Side.SUPPLY, countries=("PE", "CL"))
    assert found.qrels == {"q1": {"u1": 2, "u2": 0}, "q2": {"u1": 1}}


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("qrels.txt", "q1 0 u1 2\nq1 u1 2\n", r"qrels.txt, line 2: expected `query 0 partner grade`"),
        ("qrels.txt", "q1 0 u1 good\n", r"qrels.txt, line 1"),
        ("queries.jsonl", lines(QUERIES) + '{"id": "q3"}\n', r"line 3.*text"),
        ("benchmark.json", "{", r"benchmark.json is not JSON"),
        ("benchmark.json", "[]", r"must be an object"),
        ("benchmark.json", '{"name": "x", "seeks": "both"}', r"must be supply or demand, not 'both'"),
    ],
)
def test_what_cannot_be_judged_by_is_refused_as_a_whole(folder, file, content, message):
    (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        questions(folder)


def test_a_missing_or_damaged_file_is_named(folder):
    (folder / "partners.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(BadInput, match=r"partners.jsonl.gz cannot be read"):
        list(read([folder]))
    (folder / "partners.jsonl.gz").unlink()
    with pytest.raises(BadInput, match=r"partners.jsonl.gz is missing"):
        list(read([folder]))
    (folder / "benchmark.json").unlink()
    with pytest.raises(BadInput, match=r"benchmark.json"):
        list(read([folder]))


def test_records_may_be_a_folder_of_tables(folder):
    (folder / "benchmark.json").write_text('{"name": "x", "seeks": "supply", "records": "tables"}', encoding="utf-8")
    (folder / "tables").mkdir()
    (folder / "tables" / "partners.csv").write_text("id,side,name\nt1,supply,Tabla\n", encoding="utf-8")
    assert list(read([folder])) == [Row("partners.csv", 2, (Partner("t1", Side.SUPPLY, "Tabla", "other"),))]
