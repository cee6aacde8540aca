"""Open Contracting: tenders for R&D among others, in packages, records and lines."""

import datetime as dt
import gzip
import json
from pathlib import Path

import pytest

from matcher.errors import BadInput
from matcher.importing import import_files
from matcher.records import Evidence, Partner, Side
from matcher.sources import ocds
from matcher.sources.ocds import read
from matcher.sources.ocds_subjects import code_asks, words_ask
from matcher.sources.reading import Refusal, Row, Skipped

FOLDER = Path(__file__).parent / "fixtures" / "ocds"
SENSOR = (
    Partner(
        "ocds-pe-ruc-20999999990", Side.DEMAND, "MUNICIPALIDAD ILUSTRATIVA DE ARRIBA", "municipality", "PE", "PE-CUS",
        "Arriba", identifiers=("ruc:20999999990",),
    ),
    Evidence(
        "ocds-ill-1", ("ocds-pe-ruc-20999999990",), "need", "Diseño electrónico",
        "CONTRATACIÓN DEL SERVICIO DE DESARROLLO DE UN SENSOR DE TURBIDEZ", "es", dt.date(2024, 3, 1), (), (), "PE-PUN",
        "Open Contracting · ocds-ill-1", "https://tenders.example/1",
    ),
)  # fmt: skip


def told(path):
    return [
        (r.number, r.what if isinstance(r, Skipped) else r.reason if isinstance(r, Refusal) else r.key)
        for r in read([path])
    ]


def package(tmp_path, *tenders, name="a.json", **more):
    releases = [
        {"ocid": f"ocds-x-{n}", "date": "2024", "buyer": {"name": "Illustrative Office"}, "tender": tender} | more
        for n, tender in enumerate(tenders)
    ]
    (tmp_path / name).write_text(json.dumps({"releases": releases}), encoding="utf-8")
    return tmp_path / name


def test_a_tender_for_development_is_a_need_of_its_buyer():
    first, *_ = read([FOLDER / "releases.json"])
    assert first == Row("releases.json", 1, SENSOR, key="ocds-ill-1")


def test_all_else_is_told_by_why_it_is_left_out():
    assert told(FOLDER / "releases.json") == [
        (1, "ocds-ill-1"),
        (2, "other tender"),
        (3, "release without tender"),
        (4, "buyer.name: empty"),
        (5, "cancelled tender"),
    ]


def test_of_a_record_the_compiled_release_stands_else_the_newest():
    council, works, linked = read([FOLDER / "records.json"])
    buyer, need = council.records
    assert (buyer.id, buyer.kind, buyer.country, buyer.city) == ("ocds-gb-coh-000001", "public_body", "GB", "Leeds")
    assert (need.title, need.text, need.date) == (
        "Testing of bridges",
        "Applied research on fatigue.",
        dt.date(2023, 2, 1),
    )
    assert (works.what, linked.what) == ("other tender", "link to a release")


def test_lines_hold_releases_or_packages_and_a_broken_one_costs_no_other():
    found = told(FOLDER / "lines.jsonl")
    assert [number for number, _ in found] == [1, 2, 4, 5]
    assert [what for _, what in found][0::2] == ["ocds-ill-1", "ocds-ill-5"]
    assert (found[1][1].split(":")[0], found[3][1]) == ("the line is not JSON", "older release")


def test_a_packed_file_and_a_bare_list_give_the_same(tmp_path):
    (tmp_path / "a.json.gz").write_bytes(gzip.compress((FOLDER / "releases.json").read_bytes()))
    releases = json.loads((FOLDER / "releases.json").read_text())["releases"]
    (tmp_path / "b.json").write_text(json.dumps(releases))
    (tmp_path / "c.json").write_text(json.dumps(releases[0]))
    expected = told(FOLDER / "releases.json")
    assert told(tmp_path / "a.json.gz") == told(tmp_path / "b.json") == expected
    assert told(tmp_path / "c.json") == expected[:1]


@pytest.mark.parametrize(
    ("scheme", "code", "asks"),
    [
        # Titles as the Publications Office (CPV 2008) and UNSPSC have them.
        ("CPV", "73111000-3", True),  # research laboratory services
        ("CPV", "72212000", True),  # programming of application software
        ("cpv", "72500000", False),  # computer-related services
        ("CPV", "71247000", False),  # supervision of building work
        ("CPV", "71620000", True),  # analysis services
        ("CPV", "03000000", False),
        ("UNSPSC", "81101500", False),  # civil engineering
        ("UNSPSC", "81101700", True),  # electrical and electronic engineering
        ("UNSPSC", "81112200", False),  # software maintenance
        ("CUBSO", "8111150000112233", True),
        ("UNSPSC", "14111507", False),  # paper
        ("HS", "73111000", False),
    ],
)
def test_codes_that_ask_for_technology(scheme, code, asks):
    assert code_asks(scheme, code) is asks


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("SERVICIO DE INVESTIGACIÓN APLICADA EN QUINUA", True),
        ("Consultoría I+D para curtiembres", True),
        ("Servicio de investigación y desarrollo", True),
        ("Pesquisa e desenvolvimento de sensores", True),
        ("Pre-commercial procurement of filters", True),
        ("Estudio de investigación de mercado", False),
        ("Servicio de seguridad y vigilancia", False),
        ("Comida para el centro de investigación", False),
    ],
)
def test_words_that_ask_for_research(text, asks):
    assert words_ask(text) is asks


def test_goods_count_by_their_title_alone_and_works_never(tmp_path):
    coded = {"items": [{"classification": {"scheme": "CPV", "id": "73000000"}}]}
    path = package(
        tmp_path,
        {"title": "Microscope", "description": "For applied research.", "mainProcurementCategory": "goods", **coded},
        {"title": "Prototype of a dryer", "mainProcurementCategory": "goods"},
        {"title": "Prototype of a bridge", "mainProcurementCategory": "works", **coded},
        {"title": "Sundry", "additionalClassifications": [{"scheme": "CPV", "id": "73000000"}]},
    )
    assert [what for _, what in told(path)] == ["other tender", "ocds-x-1", "other tender", "ocds-x-3"]


def test_delivery_to_several_regions_is_none_and_the_buyers_is_used(tmp_path):
    items = [{"deliveryAddress": {"region": name, "countryName": "Perú"}} for name in ("Puno", "Tacna")]
    buyer = {"name": "Oficina ilustrativa", "address": {"region": "Ica", "countryName": "Perú"}}
    (row,) = read([package(tmp_path, {"title": "Prototipo de bomba", "items": items}, buyer=buyer)])
    assert [r.region for r in row.records] == ["PE-ICA", "PE-ICA"]


def test_what_is_not_as_the_standard_has_it_is_refused_and_costs_no_other(tmp_path):
    (tmp_path / "a.json").write_text(
        '{"releases": [7, {"ocid": "a", "tender": {"title": "Prototipo", "items": 5}, "buyer": "x"},'
        ' {"tender": {"title": "Prototipo"}, "buyer": {"name": "X"}}, {"ocid": "b", "date": 3,'
        ' "tender": {"title": "Prototipo"}, "buyer": {"name": "X"}, "parties": [1]}]}'
    )
    found = list(read([tmp_path / "a.json"]))
    assert [isinstance(r, Refusal) for r in found] == [True, True, True, False]


def test_hostile_files_end_within_limits(tmp_path, monkeypatch):
    deep = "[" * 200_000 + "]" * 200_000
    (tmp_path / "deep.jsonl").write_text(f'{{"releases": [{{"ocid": "a", "tender": {deep}}}]}}\n')
    (tmp_path / "deep.json").write_text(f'{{"releases": [{{"ocid": "a", "tender": {deep}}}]}}')
    for name in ("deep.json", "deep.jsonl"):
        with pytest.raises(BadInput, match="nested deeper"):
            list(read([tmp_path / name]))
    (tmp_path / "cut.json").write_text('{"releases": [{"ocid": "a"')
    with pytest.raises(BadInput, match="is not JSON"):
        list(read([tmp_path / "cut.json"]))
    (tmp_path / "no.json").write_text('{"features": []}')
    with pytest.raises(BadInput, match="neither releases nor records"):
        list(read([tmp_path / "no.json"]))
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(b'{"releases": []}')[:-6])
    with pytest.raises(BadInput, match="cannot be read"):
        list(read([tmp_path / "cut.json.gz"]))
    monkeypatch.setattr(ocds, "MAX_ELEMENT", 200_000)
    (tmp_path / "long.json.gz").write_bytes(gzip.compress(b'{"releases": [{"ocid": "' + b"x" * 2**20 + b'"}]}'))
    with pytest.raises(BadInput, match="the most is"):
        list(read([tmp_path / "long.json.gz"]))


def test_the_same_file_twice_changes_nothing(store):
    files = [FOLDER / "releases.json", FOLDER / "records.json"]
    first, again = import_files(store, "ocds", files), import_files(store, "ocds", files)
    assert (first.added, again.added, again.changed) == (4, 0, 0)
