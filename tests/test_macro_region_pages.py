"""The regional picture by macro-regions: what they hold, what is near in them, and where it is offered."""

import json
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from mexico import ANSWERS, RECORDS
from network import Network, network

from api.web import region_drawing
from matcher.coverage_job import CoverageJob, Progress
from matcher.grouping import Grouping
from matcher.macro_regions import MacroRegions, shipped
from matcher.places import locate
from matcher.region_map import Frame
from matcher.regional import Tally

MACRO = {"by": "macro"}


class Told(CoverageJob):
    """Answers that were worked out by hand."""

    def look(self, engine, wait_s=0.0) -> Progress:
        return Progress(ANSWERS, True, len(ANSWERS), len(ANSWERS))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("site")) as found:
        found.write(*RECORDS)
        found.live.catch_up()
        found.app.state.coverage = Told()
        yield found


@pytest.fixture
def client(site: Network) -> TestClient:
    client = site.client()
    client.headers.update({"Accept": "text/html"})
    return client


def rows(client: TestClient, table: str, **asked: str) -> list[dict[str, object]]:
    answer = client.get(f"/regions/data/{table}", params={"format": "json", **asked})
    assert answer.status_code == 200
    return json.loads(answer.content)


def counts(found: list[dict[str, object]]) -> dict[object, tuple[object, ...]]:
    keys = ("needs", "near", "elsewhere", "unmet", "capabilities")
    return {row["region"]: tuple(row[key] for key in keys) for row in found}


def test_macro_regions_hold_what_their_regions_do_and_the_rest_stays_by_itself(client):
    by_region = counts(rows(client, "regions"))
    assert by_region == {
        "MX-SON": (1, 0, 1, 0, 1), "MX-SIN": (0, 0, 0, 0, 2), "MX-NAY": (1, 0, 1, 0, 0), "MX-JAL": (2, 0, 1, 1, 1),
        "PE-CUS": (1, 1, 0, 0, 2), "PE-TAC": (1, 0, 1, 0, 1), "PE-LIM": (0, 0, 0, 0, 1),
    }  # fmt: skip
    assert counts(rows(client, "regions", by="macro")) == {
        "noroeste": (1, 1, 0, 0, 3),  # Sinaloa is of the same macro-region as Sonora
        "occidente": (3, 1, 1, 1, 1),  # Nayarit's is met in Jalisco, though better in Sinaloa
        "PE-CUS": (1, 1, 0, 0, 2), "PE-TAC": (1, 0, 1, 0, 1), "PE-LIM": (0, 0, 0, 0, 1),
    }  # fmt: skip


def test_flows_lead_between_macro_regions(client):
    found = [(f["origin"], f["target"], f["needs"]) for f in rows(client, "flows", by="macro")]
    assert sorted(found) == [("noroeste", "occidente", 1), ("occidente", "PE-TAC", 1)]
    names = {f["origin"]: f["origin_name"] for f in rows(client, "flows", by="macro", lang="en")}
    assert names["noroeste"] == "Northwest (Mexico)"


def test_cells_lead_to_the_needs_of_all_regions_of_a_macro_region(client):
    cells = {(row["region"], row["sector"]): row["gap"] for row in rows(client, "sectors", by="macro")}
    assert cells["occidente", "C13"] == 2
    needs = rows(client, "needs", region="occidente", standing="gap", sector="C13")  # `by` can be left out
    assert [(n["id"], n["region"], n["macro_region"], n["macro_region_name"]) for n in needs] == [
        ("telar-1", "MX-JAL", "occidente", "Occidente (México)"),
        ("telar-2", "MX-JAL", "occidente", "Occidente (México)"),
    ]
    assert "macro_region" not in rows(client, "needs")[0]
    text = client.get("/regions", params=MACRO).text
    assert 'href="/regions/needs?sector=C13&amp;by=macro&amp;region=occidente"' in text
    page = client.get("/regions/needs?by=macro&region=occidente&sector=C13").text
    assert "Telares del valle" in page
    assert "Instituto de alimentos, Sonora" in page
    assert "Fruta de la costa" not in page


def test_a_regions_needs_are_told_by_regions_whatever_was_asked_before(client):
    (need,) = rows(client, "needs", by="macro", region="MX-SON")
    assert (need["id"], need["standing"]) == ("campo-1", "elsewhere")
    assert "macro_region" not in need


def test_a_macro_region_has_its_page(client):
    text = client.get("/regions/noroeste?by=macro").text
    assert "<h1>Noroeste (México)</h1>" in text
    assert '<a href="/regions/MX-SON">Sonora</a>' in text
    assert "Necesidades registradas: 1. Cerca se podrían atender 1; solo desde lejos, 0" in text
    assert "Universidades e institutos de la macrorregión" in text
    assert re.search(r"Facultad agraria, Sinaloa <span[^>]*>· Sinaloa</span>", text)
    assert "Occidente (México): necesidades: 1" in text  # whom it could serve
    assert "<h1>Noroeste (México)</h1>" in client.get("/regions/noroeste").text
    assert "Todavía no hay nada registrado de esta macrorregión" in client.get("/regions/sureste").text


def test_its_regions_lead_back_to_it(client):
    text = client.get("/regions/MX-SON?by=macro").text
    assert "<h1>Sonora (México)</h1>" in text
    assert '<a href="/regions/noroeste?by=macro">Noroeste</a>' in text
    assert "puede ayudar alguien de la región o a menos de 100 km" in text


def test_a_region_in_none_stays_in_the_picture_by_macro_regions(client):
    text = client.get("/regions/PE-TAC?by=macro").text
    assert "<h1>Tacna (Perú)</h1>" in text
    assert "Occidente (México): necesidades: 1" in text


def test_a_macro_region_goes_by_its_name_in_either_language(client):
    for name in ("Noroeste", "northwest"):
        answer = client.get(f"/regions/{name}?sector=A", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/regions/noroeste?sector=A")


def test_the_choice_is_offered_and_kept(client):
    text = client.get("/regions", params=MACRO | {"near": "50", "lang": "en"}).text
    assert '<option value="macro" selected>Macro-regions</option>' in text
    assert 'href="/regions/occidente?near=50&amp;by=macro"' in text
    assert 'href="/regions/data/flows?near=50&amp;by=macro&amp;format=csv"' in text
    assert "what lies in one macro-region counts as near" in text
    assert "what lies in one macro-region counts as near" not in client.get("/regions?lang=en").text
    assert client.get("/regions?by=else").status_code == 422


def test_the_choice_is_not_offered_where_no_region_stands_in_a_group(tmp_path):
    with network(tmp_path) as found:
        found.app.state.coverage = Told()
        assert 'name="by"' not in found.client().get("/regions", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(
    "path", ["/regions", "/regions/noroeste", "/regions/occidente", "/regions/ciudad-de-mexico", "/regions/needs"]
)
def test_no_code_and_no_id_is_shown(client, path, language):
    text = client.get(path, params=MACRO | {"lang": language}).text
    shown = re.sub(r"<[^>]*>", " ", text)
    assert re.findall(r"\b(?:[A-U]\d{2}|(?:PE|MX)-[A-Z]{3}|None|noroeste|occidente|ciudad-de-mexico)\b", shown) == []


def test_what_is_near_in_a_group_is_near_for_its_needs_alone(client):
    (need,) = [n for n in rows(client, "needs", by="macro") if n["id"] == "oregano-1"]
    assert need["standing"] == "elsewhere"
    assert need["server"] == "jalisco"


def test_an_own_table_of_macro_regions_is_taken(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("macro_region,es,en,region\nsur,Sur andino,Southern Andes,PE-CUS\nsur,,,PE-TAC\n", "utf-8")
    grouping = Grouping(MacroRegions.load(table))
    assert [grouping.group_of(code) for code in ("PE-CUS", "PE-TAC", "MX-SON")] == ["sur", "sur", "MX-SON"]
    assert grouping.name("sur", "en") == "Southern Andes"
    assert grouping.name("MX-SON", "en", with_country=True) == "Sonora (Mexico)"
    assert Grouping().group_of("PE-CUS") == "PE-CUS"


def test_a_group_of_two_countries_tells_both(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("macro_region,es,en,region\nlago,Del lago,Of the lake,PE-PUN\nlago,,,BO-L\n", "utf-8")
    grouping = Grouping(MacroRegions.load(table))
    assert grouping.name("lago", "es", with_country=True) == "Del lago (Perú, Bolivia)"


def test_a_groups_bubble_stands_amid_its_regions_and_shows_which_they_are():
    groups = Grouping(shipped())
    tallies = {"noroeste": Tally(3, 1, 1, 1), "MX-CMX": Tally(1, 1, 0, 0)}
    drawing = region_drawing.draw(tallies, [], lambda code: code, groups.regions_of)
    north, city = drawing.bubbles
    codes = ("MX-BCN", "MX-BCS", "MX-SON", "MX-SIN")
    points = [locate(None, code, None) for code in codes]
    frame = Frame.around([*points, locate(None, "MX-CMX", None)], region_drawing.LEAST_SPAN)
    at = [frame.place(point) for point in points]
    assert north.x == pytest.approx(sum(x for x, _ in at) / 4, abs=0.06)
    assert north.y == pytest.approx(sum(y for _, y in at) / 4, abs=0.06)
    assert north.spokes.count("L") == 4
    assert all(f"L{x:.1f} {y:.1f}" in north.spokes for x, y in at)
    assert city.spokes == ""


def test_every_shipped_macro_region_has_a_place():
    groups = Grouping(shipped())
    tallies = {id_: Tally(1, 1) for id_ in shipped().groups}
    drawing = region_drawing.draw(tallies, [], lambda code: code, groups.regions_of)
    assert {bubble.code for bubble in drawing.bubbles} == set(shipped().groups)
