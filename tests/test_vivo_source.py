"""VIVO's research profiles in RDF: what becomes of organisations, documents, grants, equipment and people."""

import datetime as dt
import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph

from matcher.errors import BadInput
from matcher.records import Evidence, Partner, Side
from matcher.sources import vivo_graph
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Gone, Refusal, Row, Skipped

PROFILE = Path(__file__).with_name("fixtures") / "vivo" / "perfil.ttl"
HOME = "https://vivo.universidad.example/individual/"
ID = "vivo-vivo-universidad-example-individual-"
SOURCE = "VIVO · vivo.universidad.example"
UNIVERSITY = Partner(
    ID + "u1", Side.SUPPLY, "Universidad Ilustrativa del Valle", "university", "PE", "PE-CUS", "Cusco",
    url="https://www.universidad.example", identifiers=("ror:0t1nkvy72",),
)  # fmt: skip
DEPARTMENT = Partner(
    ID + "d1",
    Side.SUPPLY,
    "Industrias alimentarias, Universidad Ilustrativa del Valle",
    "faculty",
    "PE",
    url=HOME + "d1",
)
LABORATORY = Partner(
    ID + "lab1", Side.SUPPLY, "Laboratorio de secado, Universidad Ilustrativa del Valle", "laboratory", "PE", url=HOME + "lab1"
)  # fmt: skip
TEXTS = {
    "a1": (
        Evidence(
            ID + "a1", (DEPARTMENT.id,), "publication", "Se seca maca con aire tibio y se mide su color.", "Secado de maca",
            "es", dt.date(2018, 6, 1), source=SOURCE, url="https://doi.org/10.99999/ejemplo.3",
        ),
        (DEPARTMENT,),
    ),
    "a2": (  # when its author was in the laboratory
        Evidence(
            ID + "a2", (LABORATORY.id,), "publication", "Before the department", None, "en", dt.date(2010, 6, 1),
            source=SOURCE, url=HOME + "a2",
        ),
        (LABORATORY,),
    ),
    "g1": (
        Evidence(
            ID + "g1", (DEPARTMENT.id,), "project", "Secadores para el valle", None, "es", dt.date(2012, 1, 1),
            source=SOURCE, url=HOME + "g1",
        ),
        (DEPARTMENT,),
    ),
    "eq1": (
        Evidence(ID + "eq1", (LABORATORY.id,), "equipment", "Liofilizador de 10 kg", None, "es", source=SOURCE, url=HOME + "eq1"),
        (LABORATORY,),
    ),
}  # fmt: skip


def read(*paths, **options):
    return [row for page in FORMATS["vivo"].read(Asked(tuple(paths), options=options)) for row in page.rows]


def test_every_thing_is_accounted_for():
    rows = read(PROFILE)
    graph = Graph().parse(PROFILE)
    assert len(rows) == len(set(graph.subjects()))
    assert sorted(row.number for row in rows) == list(range(1, len(rows) + 1))
    assert {row.what for row in rows if isinstance(row, Skipped)} == {
        "funder or publisher", "journal", "link between others, or a detail", "person", "text without an address",
        "text without an organisation",
    }  # fmt: skip


def test_organisations_come_first_with_place_and_what_they_are_part_of():
    assert [row.records[0] for row in read(PROFILE)[:3]] == [UNIVERSITY, DEPARTMENT, LABORATORY]


def test_texts_are_those_of_the_organisations_that_they_are_tied_to():
    found = {
        row.key.removeprefix(HOME): (row.records[0], row.mentions) for row in read(PROFILE)[3:] if isinstance(row, Row)
    }
    assert found == TEXTS


def test_people_become_partners_where_they_are_asked_for():
    rows = {row.key.removeprefix(HOME): row for row in read(PROFILE, people="partners") if isinstance(row, Row)}
    person = Partner(ID + "p1", Side.SUPPLY, "Persona Ilustrativa", "person", url=HOME + "p1")
    assert rows["p1"].records == (person,)
    assert rows["a1"].records[0].partners == (person.id, DEPARTMENT.id)
    assert "Persona" not in str(read(PROFILE))
    with pytest.raises(BadInput):
        read(PROFILE, people="all")


@pytest.mark.parametrize(("ending", "form"), [("nt", "nt"), ("ttl", "turtle"), ("n3", "turtle"), ("rdf", "xml")])
@pytest.mark.parametrize("packed", [False, True])
def test_all_formats_say_the_same(tmp_path, ending, form, packed):
    content = Graph().parse(PROFILE).serialize(format=form, encoding="utf-8")
    path = tmp_path / (f"perfil.{ending}" + (".gz" if packed else ""))
    path.write_bytes(gzip.compress(content) if packed else content)
    made = {row.key: (row.records, set(row.mentions)) for row in read(path) if isinstance(row, Row)}
    # Which of two organisations comes first depends on the order in which a format writes them.
    assert made == {row.key: (row.records, set(row.mentions)) for row in read(PROFILE) if isinstance(row, Row)}


def test_several_files_are_one_graph(tmp_path):
    graph = Graph().parse(PROFILE)
    for n, ending in enumerate(("a.nt", "b.nt")):
        part = Graph()
        for i, triple in enumerate(sorted(graph, key=str)):
            if i % 2 == n:
                part.add(triple)
        (tmp_path / ending).write_bytes(part.serialize(format="nt", encoding="utf-8"))
    made = {row.key: row.records for row in read(tmp_path) if isinstance(row, Row)}
    assert made == {row.key: row.records for row in read(PROFILE) if isinstance(row, Row)}


def test_broken_lines_are_refused_alone(tmp_path):
    lines = Graph().parse(PROFILE).serialize(format="nt", encoding="utf-8")
    broken = b'<no> triple\n<https://a.example/x> <https://a.example/y> "open .\n\xff\xfe\n'
    (tmp_path / "x.nt").write_bytes(b"# a comment\n\n" + broken + lines)
    rows = read(tmp_path / "x.nt")
    assert [(type(row), row.number) for row in rows[:3]] == [(Refusal, 3), (Refusal, 4), (Refusal, 5)]
    assert sum(isinstance(row, Row) for row in rows) == 7


def test_escapes_are_understood(tmp_path):
    name = '<https://a.example/u> <http://www.w3.org/2000/01/rdf-schema#label> "Universidad \\"Uno\\" de Jun\\u00EDn"@es .\n'
    kind = "<https://a.example/u> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://vivoweb.org/ontology/core#University> .\n"
    (tmp_path / "x.nt").write_text(name + kind)
    assert [row.records[0].name for row in read(tmp_path / "x.nt")] == ['Universidad "Uno" de Junín']


def test_organisations_in_circles_end(tmp_path):
    (tmp_path / "x.ttl").write_text("""@prefix vivo: <http://vivoweb.org/ontology/core#> .
        @prefix obo: <http://purl.obolibrary.org/obo/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <https://a.example/1> a vivo:Department ; rdfs:label "Uno" ; obo:BFO_0000050 <https://a.example/2> .
        <https://a.example/2> a vivo:Department ; rdfs:label "Dos" ; obo:BFO_0000050 <https://a.example/1> .""")
    assert [row.records[0].name for row in read(tmp_path / "x.ttl")] == ["Uno, Dos", "Dos, Uno"]


def test_who_has_no_name_is_refused(tmp_path):
    (tmp_path / "x.ttl").write_text("<https://a.example/1> a <http://vivoweb.org/ontology/core#University> .")
    (row,) = read(tmp_path / "x.ttl")
    assert row.reason == "https://a.example/1 has no name (rdfs:label)"


ENTITIES = """<?xml version="1.0"?><!DOCTYPE rdf [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="https://a.example/&b;"/></rdf:RDF>"""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.rdf", ENTITIES, "document type"),
        ("x.rdf", "<rdf:RDF", "cannot be read as RDF"),
        ("x.rdf", "<a>" * 100_000, "cannot be read as RDF"),
        ("x.ttl", "<a> <b> ", "cannot be read as RDF"),
        (
            "x.ttl",
            "@prefix : <http://a.example/> . :a :b " + "[ :c " * 100_000,
            "nested too deeply|cannot be read as RDF",
        ),
        ("x.ttl", "@prefix : <http://a.example/> . :a :b " + "( " * 100_000, "nested too deeply|cannot be read as RDF"),
        ("x.ttl", b"\xff\xfe\x00", "cannot be read as RDF"),
        ("x.nt", "x\n" * 2000, "no file of N-Triples"),
        ("x.nt", '<https://a.example/1> <https://a.example/2> "' + "x" * 2**21, "longer than"),
        ("x.csv", "a,b", "RDF is read from files that end in"),
        ("x.ttl.gz", b"\x1f\x8bnonsense", "cannot be read as RDF"),
        ("x.nt.gz", gzip.compress(b"# x\n" * 100)[:-9], "cannot be read as RDF"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=message) as caught:
        read(path)
    assert name in str(caught.value)


def test_more_triples_than_memory_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(vivo_graph, "MAX_TRIPLES", 50)
    with pytest.raises(BadInput, match="more than 50 triples"):
        read(PROFILE)


@pytest.mark.parametrize("name", ["x.nt.gz", "x.ttl.gz"])
def test_what_unpacks_without_measure_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(vivo_graph, "MAX_FILE", 1_000_000)
    (tmp_path / name).write_bytes(gzip.compress(b"#\n" * 5_000_000))
    with pytest.raises(BadInput, match=r"unpacks to more than|holds more than"):
        read(tmp_path / name)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300),
    cut=st.integers(0, 3000),
    ending=st.sampled_from(["nt", "ttl", "rdf", "nt.gz"]),
)
def test_any_bytes_are_rows_or_an_error_that_tells(tmp_path, content, cut, ending):
    path = tmp_path / f"x.{ending}"
    path.write_bytes((PROFILE.read_bytes()[:cut] if ending == "ttl" else b"") + content)
    try:
        rows, told = read(path), "x."
    except BadInput as error:
        rows, told = [], str(error)
    assert "x." in told
    assert all(isinstance(row, Row | Refusal | Skipped | Gone) for row in rows)
