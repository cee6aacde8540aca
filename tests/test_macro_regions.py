"""Macro-regions: the shipped table against the issue's lists, tables of one's own, filters, and a step of nearness."""

# ruff: noqa: F811 - fixtures of test_cli are named as arguments

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, FakeEncoder
from fastapi.testclient import TestClient
from test_cli import Run, files, small, tinkuy  # noqa: F401 - the fixtures
from test_tuning import REGIONS, write_folder

from api.app import create_app
from matcher import trial, weights_file
from matcher.asking import checked
from matcher.engine import Engine
from matcher.errors import BadInput, BadQuery
from matcher.live import LiveEngine
from matcher.macro_regions import NONE, MacroRegion, MacroRegions, shipped
from matcher.places import find_region
from matcher.records import Changes, Filters, MatchList, Query, Side, State
from matcher.saved_searches import to_question
from matcher.tuning import tune
from matcher.weights import RULE_OF, SHIPPED, Weights

# As the issue lists them.
MEXICO = {
    ("Noroeste", "Northwest"): "Baja California, Baja California Sur, Sonora, Sinaloa",
    ("Noreste", "Northeast"): "Chihuahua, Nuevo León, Coahuila, Tamaulipas, Durango, Zacatecas",
    ("Ciudad de México", "Mexico City"): "Ciudad de México",
    ("Occidente", "Western"): "Nayarit, Jalisco, Michoacán, Colima, Aguascalientes",
    ("Centro", "Central"): "San Luis Potosí, Guanajuato, Querétaro, México, Morelos, Guerrero",
    ("Sureste", "Southeast"): "Veracruz, Hidalgo, Puebla, Tlaxcala, Oaxaca",
    ("Sur-Sureste", "South-southeast"): "Tabasco, Chiapas, Campeche, Yucatán, Quintana Roo",
}
NORTHWEST = ("MX-BCN", "MX-BCS", "MX-SON", "MX-SIN")
ANDES = MacroRegions([MacroRegion("sur-andino", {"es": "Sur andino", "en": "Southern Andes"}, ("PE-CUS", "PE-TAC"))])
COLOURS = "Se corren los colores de mis chompas de alpaca al lavado."
HEAD = "macro_region,es,en,region\n"


@pytest.mark.parametrize(("names", "regions"), MEXICO.items())
def test_the_shipped_table_is_mexicos_seven(names, regions):
    groups = shipped()
    id_ = groups.find(names[0])
    assert (groups.name(id_, "es"), groups.name(id_, "en")) == names
    assert groups.members(id_) == tuple(find_region(name, "MX") for name in regions.split(", "))
    assert {groups.group_of(code) for code in groups.members(id_)} == {id_}


def test_every_mexican_state_lies_in_one_and_nothing_else_does():
    found = [code for group in shipped().groups.values() for code in group.regions]
    assert len(found) == len(set(found)) == 32
    assert len(shipped().groups) == 7
    assert shipped().group_of("PE-CUS") is None
    assert shipped().group_of(None) is None


def table(folder: Path, text: str) -> Path:
    path = folder / "grupos.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_ones_own_may_come_from_a_spreadsheet(tmp_path):
    text = "\ufeffMacro_Region;es;en;region\r\nsur;Sur;South;PE-CUS\r\nsur;;;PE-TAC\r\n;;;\r\nlima;Lima;Lima;PE-LMA\r\n"
    groups = MacroRegions.load(table(tmp_path, text))
    assert {id_: group.regions for id_, group in groups.groups.items()} == {
        "sur": ("PE-CUS", "PE-TAC"), "lima": ("PE-LIM",),
    }  # fmt: skip
    assert groups.name("sur", "en") == "South"
    assert groups.name("sur", "qu") == "Sur"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the columns must be macro_region, es, en, region"),
        ("id,es,en,region\n", 1, "the columns must be macro_region, es, en, region"),
        (HEAD + "sur,Sur,South\n", 2, "it has 3 cells, not 4"),
        (HEAD + "El Sur,Sur,South,PE-CUS\n", 2, "'El Sur' is no id of a macro-region"),
        (HEAD + "sur,Sur,South,PE-CUS\nsur,,,Tacna\n", 3, "'Tacna' is no ISO 3166-2 code of a region"),
        (HEAD + "sur,Sur,South,PE-ZZZ\n", 2, "'PE-ZZZ' is no ISO 3166-2 code of a region"),
        (HEAD + "a,A,A,PE-CUS\nb,B,B,PE-CUS\n", 3, "PE-CUS lies in the macro-region 'a' already"),
        (HEAD + "a,A,A,PE-CUS\na,A,A,PE-CUS\n", 3, "PE-CUS lies in the macro-region 'a' already"),
        (HEAD + "a,A,A,PE-CUS\na,Aa,,PE-TAC\n", 3, "the macro-region 'a' was called 'A' before"),
        (HEAD + "a,A,A,PE-CUS\n\nb,B,,PE-TAC\n", 4, "the macro-region 'b' has no name in the column en"),
        (HEAD + "a,Sur,South,PE-CUS\nb,Norte,sur,PE-TAC\n", 3, "'sur' is another macro-region's name too"),
        (HEAD + "a,Lima,Lima,PE-LIM\na,,,PE-CAL\n", 2, "'Lima' is the region PE-LIM, which is not all of 'a'"),
    ],
)
def test_a_bad_table_is_refused_with_line_and_reason(tmp_path, text, line, reason):
    path = table(tmp_path, text)
    with pytest.raises(BadInput) as refused:
        MacroRegions.load(path)
    assert str(refused.value).startswith(f"{path}, line {line}: {reason}")


def test_a_table_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadInput, match=r"the table of macro-regions .*nowhere\.csv cannot be read"):
        MacroRegions.load(tmp_path / "nowhere.csv")


# filters


@pytest.mark.parametrize("given", ["Noroeste", "noroeste", "NORTHWEST", " northwest "])
def test_a_filter_may_name_a_macro_region(given):
    asked = checked(Query("x", Side.SUPPLY, filters=Filters(regions=frozenset({given, "Cusco"}))))
    assert asked.filters.regions == {*NORTHWEST, "PE-CUS"}
    assert checked(asked) == asked


def test_what_is_neither_region_nor_macro_region_is_refused():
    with pytest.raises(BadQuery, match="region 'Narnia' is not known"):
        checked(Query("x", Side.SUPPLY, filters=Filters(regions=frozenset({"Narnia"}))))
    with pytest.raises(BadQuery, match="region 'Noroeste' is not known"):
        checked(Query("x", Side.SUPPLY, filters=Filters(regions=frozenset({"Noroeste"}))), ANDES)


def test_where_one_is_is_a_region_and_no_macro_region():
    with pytest.raises(BadQuery, match="region 'Noroeste' is not known"):
        checked(Query("x", Side.SUPPLY, region="Noroeste"))


def test_a_kept_search_keeps_the_regions_of_its_macro_region():
    query = Query("x", Side.SUPPLY, filters=Filters(regions=frozenset({"Sur andino"})))
    assert to_question(query, ANDES)["filters"]["regions"] == ["PE-CUS", "PE-TAC"]


def test_the_command_line_filters_by_the_installations_own_table(small: Run, tmp_path, monkeypatch):
    path = table(tmp_path, HEAD + "sur,Sur,South,PE-TAC\nsur,,,PE-MOQ\n")
    monkeypatch.setenv("TINKUY_MACRO_REGIONS", str(path))
    answer = json.loads(small("match", "teñido", "--json", "--only-region", "South").out)
    assert [m["partner"]["id"] for m in answer["matches"]] == ["secado"]
    assert answer["query"]["filters"]["regions"] == ["PE-MOQ", "PE-TAC"]
    path.write_text(HEAD + "sur,Sur,South,Tacna\n")
    refused = small("match", "teñido", "--only-region", "South")
    assert (refused.code, len(refused.err)) == (2, 1)
    assert refused.err[0].startswith(f"tinkuy: {path}, line 2: 'Tacna' is no ISO 3166-2 code")


def test_the_api_filters_by_the_installations_own_table(home, encoder):
    live = LiveEngine(home, encoder, Weights.load(), macro_regions=ANDES)
    with TestClient(create_app(live=live)) as client:
        asked = {"text": COLOURS, "filters": {"regions": ["southern andes"]}}
        answer = client.post("/v1/matches", json=asked).json()
        assert {m["partner"]["id"] for m in answer["matches"]} == {"unsaac", "unjbg"}
        assert answer["query"]["filters"]["regions"] == ["PE-CUS", "PE-TAC"]
        asked["filters"]["regions"] = ["Noroeste"]
        assert client.post("/v1/matches", json=asked).status_code == 422


# nearness


def weighing(weight: float) -> Weights:
    weights = Weights.load()
    return replace(weights, signals=weights.signals | {"macro_region": weight})


def asked(engine: Engine, weight: float, groups: MacroRegions, region: str | None = "PE-CUS") -> MatchList:
    engine = Engine(engine.snapshot, engine.encoder, weighing(weight), groups)
    return engine.match(Query(COLOURS, Side.SUPPLY, region=region), reader="es")


def told(answer: MatchList) -> dict[str, tuple[float, float, str]]:
    return {
        m.partner.id: (c.value, c.contribution, c.reason)
        for m in answer.matches
        for c in m.contributions
        if c.signal == "macro_region"
    }


def test_with_weight_0_nothing_changes_with_a_table_or_without(engine):
    with_table, without = asked(engine, 0.0, ANDES), asked(engine, 0.0, NONE)
    assert [replace(m, rank=0) for m in with_table.matches] == [replace(m, rank=0) for m in without.matches]
    assert [m.partner.id for m in with_table.matches] == [m.partner.id for m in without.matches]
    assert told(with_table) == {}


def test_with_a_weight_the_macro_region_is_a_step_of_nearness_with_its_reason(engine):
    found = told(asked(engine, 0.75, ANDES))
    assert found == {
        "unsaac": (0.0, 0.0, "en su región, Cusco"),
        "unjbg": (1.0, 0.75, "en su misma macrorregión, Sur andino"),
        "pucp": (0.0, 0.0, "fuera de su macrorregión, Sur andino"),
        "lejos": (0.0, 0.0, "no se conoce su región"),
    }
    before = {m.partner.id: m.score for m in asked(engine, 0.0, ANDES).matches}
    after = {m.partner.id: m.score for m in asked(engine, 0.75, ANDES).matches}
    gained = {id_: pytest.approx(0.75 if id_ == "unjbg" else 0.0) for id_ in before}
    assert {id_: after[id_] - before[id_] for id_ in before} == gained


@pytest.mark.parametrize("region", ["PE-LIM", None])
def test_who_is_in_no_macro_region_is_told_nothing_of_them(engine, region):
    found = asked(engine, 1.0, ANDES, region)
    assert told(found) == {}
    assert [m.score for m in found.matches] == [m.score for m in asked(engine, 0.0, ANDES, region).matches]


def test_as_shipped_it_is_a_small_step_between_the_region_and_the_country():
    shipped = Weights.load().signals
    assert 0 < shipped["macro_region"] < shipped["same_country"] < shipped["same_region"]


def test_it_goes_with_the_rule_of_place(engine):
    engine = Engine(engine.snapshot, engine.encoder, weighing(5.0), ANDES)
    off = engine.match(Query(COLOURS, Side.SUPPLY, region="PE-CUS", without=frozenset({"place"})))
    assert told(off) == {}


def test_the_engine_that_follows_changes_keeps_its_macro_regions(engine):
    engine = Engine(engine.snapshot, engine.encoder, weighing(1.0), ANDES)
    moved = replace(engine.snapshot.partners["pucp"], region="PE-TAC")
    texts = tuple(e for e in EVIDENCE if e.partners == ("pucp",))
    changed = engine.updated(Changes(State(1), partners=(moved,), evidence=texts))
    assert told(changed.match(Query(COLOURS, Side.SUPPLY, region="PE-CUS")))["pucp"][0] == 1


def test_tuning_can_find_it_from_0_and_never_below(tmp_path):
    pairs = [(a, b) for a, b in zip(REGIONS[::2], REGIONS[1::2], strict=True)]
    groups = MacroRegions([MacroRegion(f"g{i}", {"es": f"G{i}", "en": f"G{i}"}, p) for i, p in enumerate(pairs)])
    other = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    folder = write_folder(tmp_path / "pairs", 40)
    queries = folder / "queries.jsonl"
    rows = [json.loads(line) for line in queries.read_text().splitlines()]
    queries.write_text("\n".join(json.dumps(row | {"region": other[row["region"]]}) for row in rows))
    start = replace(weighing(0.0), bias=0.0, signals=dict.fromkeys(RULE_OF, 0.0) | {"text": 1.0})
    paired = trial.from_folder(folder, tmp_path / "home", FakeEncoder(), start, None, groups)
    tuned = tune([paired], start, seed=3)
    assert tuned.weights.signals["macro_region"] > 2 > tuned.weights.signals["text"]
    assert tuned.results[0].after == 1
    nowhere = trial.from_folder(folder, tmp_path / "other", FakeEncoder(), start, None, NONE)
    assert tune([nowhere], start, seed=3).weights.signals["macro_region"] == 0


# weights files


def test_a_weights_file_from_before_it_came_serves_as_it_did(tmp_path):
    old = tmp_path / "old.toml"
    lines = [line for line in SHIPPED.read_text(encoding="utf-8").splitlines() if not line.startswith("macro_region")]
    old.write_text("\n".join(lines), encoding="utf-8")
    assert Weights.load(old) == weighing(0)
    assert "macro_region" not in weights_file.rewritten(old, weighing(0))
    tuned = tmp_path / "tuned.toml"
    tuned.write_text(weights_file.rewritten(old, weighing(0.4)), encoding="utf-8")
    assert Weights.load(tuned) == weighing(0.4)
