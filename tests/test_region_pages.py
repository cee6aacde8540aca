"""The regional picture's pages and files: what they show of a small world, and to whom they lead."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from conftest import EVIDENCE
from fastapi.testclient import TestClient
from network import NEED, SECRET, SUMMARY, Network, network
from openpyxl import load_workbook

from matcher import coverage
from matcher.coverage_job import CoverageJob, Progress
from matcher.records import Evidence, Partner, Side

PAGE = {"Accept": "text/html"}
TABLES = ("regions", "sectors", "needs", "flows", "specialisations", "chains")
UCAYALI = Partner("maderera", Side.DEMAND, "Maderera <script>alert(1)</script>", "firm", "PE", "PE-UCA", None, ("C16",))
PLACELESS = Partner("donde", Side.DEMAND, "Firma sin lugar", "firm")
WORLD = [
    UCAYALI,
    PLACELESS,
    Evidence("maderera-1", ("maderera",), "need", "Teñido de fibra y <b>solidez</b> del color al lavado.", "<i>Tinte</i>", "es"),
    Evidence("maderera-2", ("maderera",), "problem", "Zzyzx qwrtp vuela.", language="es", sectors=("C31",)),
    Evidence("donde-1", ("donde",), "need", "Hilado de alpaca.", language="es"),
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Network]:
    with pytest.MonkeyPatch.context() as patch, network(tmp_path_factory.mktemp("site")) as found:
        patch.setattr(coverage, "GOOD", 0.002)  # in a world of a dozen texts nothing stands out
        found.write(*WORLD)
        found.live.catch_up()
        found.app.state.coverage.look(found.live.current(), 60)
        yield found


@pytest.fixture
def client(site: Network) -> TestClient:
    client = site.client()
    client.headers.update(PAGE)
    return client


def rows(client: TestClient, table: str, **asked: str) -> list[dict[str, object]]:
    answer = client.get(f"/regions/data/{table}", params={"format": "json", **asked})
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_counts_are_those_of_the_records(client):
    found = {row["region"]: row for row in rows(client, "regions")}
    assert {code: row["needs"] for code, row in found.items()} == {"PE-CUS": 3, "PE-TAC": 1, "PE-UCA": 2, "PE-LIM": 0}
    assert {code: row["capabilities"] for code, row in found.items()} == {
        "PE-CUS": 2, "PE-TAC": 1, "PE-UCA": 0, "PE-LIM": 1,
    }  # fmt: skip
    assert all(row["near"] + row["elsewhere"] + row["unmet"] == row["needs"] for row in found.values())
    assert (found["PE-UCA"]["near"], found["PE-UCA"]["elsewhere"], found["PE-UCA"]["unmet"]) == (0, 1, 1)
    assert found["PE-UCA"]["region_name"] == "Ucayali"


def test_who_could_serve_a_need_from_elsewhere(client):
    need = next(row for row in rows(client, "needs") if row["id"] == "maderera-1")
    assert (need["standing"], need["server"], need["server_region"]) == ("elsewhere", "unsaac", "PE-CUS")
    assert 300 < need["kilometres"] < 700
    assert {"origin": "PE-CUS", "target": "PE-UCA", "needs": 1}.items() <= rows(client, "flows")[0].items()
    page = client.get("/regions/needs", params={"region": "PE-UCA"}).text
    assert "Facultad textil, Cusco, Cusco" in page
    assert re.search(r"\d{3} km", page)


def test_the_picture_shows_every_region_by_its_name_with_a_link(client):
    text = client.get("/regions").text
    for code, name in (("PE-CUS", "Cusco"), ("PE-TAC", "Tacna"), ("PE-UCA", "Ucayali"), ("PE-LIM", "Lima")):
        assert re.search(rf'<a href="/regions/{code}">{name}</a>', text)
    label = "Ucayali: necesidades 2; atendibles cerca 0, atendibles desde lejos 1, sin quien las atienda 1"
    assert f'href="/regions/PE-UCA" aria-label="{label}"' in text
    assert 'marker-end="url(#tip)"' in text
    assert "De Cusco a Ucayali: 1" in text
    assert "necesidades 1 (con buena coincidencia en algún lugar, 1)" in text  # of the firm without a region


def test_flows_can_be_hidden_and_bubbles_show_capabilities(client):
    assert "De Cusco a Ucayali" not in client.get("/regions?flows=off").text
    supply = client.get("/regions?show=supply").text
    assert "Cusco: capacidades 2, instituciones 1" in supply
    assert "De Cusco a Ucayali" not in supply


@pytest.mark.parametrize(
    ("asked", "regions"),
    [
        ({"country": "CL"}, set()),
        ({"country": "PE"}, {"PE-CUS", "PE-TAC", "PE-UCA", "PE-LIM"}),
        ({"sector": "C31"}, {"PE-UCA"}),
        ({"sector": "A"}, {"PE-TAC"}),
        ({"since": "2024"}, {"PE-CUS", "PE-TAC"}),
        ({"until": "2019"}, {"PE-LIM"}),
    ],
)
def test_what_is_looked_at_can_be_chosen(client, asked, regions):
    assert {row["region"] for row in rows(client, "regions", **asked)} == regions
    page = client.get("/regions", params=asked)
    assert page.status_code == 200
    assert set(re.findall(r'<th scope="row"><a href="/regions/(PE-\w+)', page.text)) >= regions


def test_what_cannot_be_chosen_is_refused(client):
    for asked in ("sector=x", "since=ayer", "near=-1", "show=todo", "country=Perú", "standing=x"):
        assert client.get(f"/regions/needs?{asked}").status_code == 422


def test_near_by_can_mean_more(client):
    found = rows(client, "needs", near="1000")
    assert next(row for row in found if row["id"] == "maderera-1")["standing"] == "near"


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(
    "path", ["/regions", "/regions/PE-UCA", "/regions/PE-CUS", "/regions/PE-PUN", "/regions/needs?standing=all"]
)
def test_the_pages_keep_scripts_and_codes_out(client, path, language):
    answer = client.get(path, params={"lang": language}) if "?" not in path else client.get(f"{path}&lang={language}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<b>solidez" not in answer.text
    assert re.findall(r"\sstyle=|<style|\son\w+=", answer.text) == []
    shown = re.sub(r"<[^>]*>", " ", answer.text)
    assert re.findall(r"\b(?:[A-U]\d{2}|PE-[A-Z]{3}|None)\b", shown) == []
    assert len(answer.content) < 200_000


def test_a_region_goes_by_its_name_too_and_an_unknown_one_is_told(client):
    answer = client.get("/regions/Ucayali", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/regions/PE-UCA")
    assert client.get("/regions/Narnia").status_code == 404
    assert "Todavía no hay nada registrado de esta región" in client.get("/regions/PE-PUN").text


def test_a_region_says_who_could_serve_its_needs(client):
    text = client.get("/regions/PE-UCA").text
    assert "Facultad textil, Cusco" in text
    assert "nadie registrado" in text
    assert "Madera" in text  # the value chain that its firm is of
    assert "Cusco: necesidades: 1" in text


def test_confidential_needs_count_by_their_summary_alone(client):
    found = {row["id"]: row for row in rows(client, "needs")}
    assert found[NEED.id]["text"] == SUMMARY
    assert found[NEED.id]["title"] is None
    page = client.get("/regions/needs?region=PE-CUS&standing=all").text
    assert SUMMARY in page
    assert SECRET not in page


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_data_in_three_forms(client, table):
    as_json = rows(client, table)
    answer = client.get(f"/regions/data/{table}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="tinkuy-regions')
    as_csv = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(client.get(f"/regions/data/{table}?format=xlsx").content)).active
    assert len(as_csv) == sheet.max_row == len(as_json) + 1
    assert as_csv[0] == [cell.value for cell in sheet[1]]
    assert client.get(f"/regions/data/{table}?format=csv&lang=en").text.split(",")[0].strip('"\ufeff') in (
        "Region", "Id", "From", "Side",
    )  # fmt: skip


def test_data_of_one_region(client):
    assert {row["region"] for row in rows(client, "sectors", region="PE-UCA")} == {"PE-UCA"}
    assert {row["id"] for row in rows(client, "needs", region="PE-UCA", standing="unmet")} == {"maderera-2"}
    assert {row["chain"] for row in rows(client, "chains", region="PE-UCA")} == {"Madera"}


@pytest.fixture
def asking(site) -> Iterator[Callable[[CoverageJob], None]]:
    """Put another job in the place of the application's, for one test."""
    before = site.app.state.coverage
    yield lambda job: setattr(site.app.state, "coverage", job)
    site.app.state.coverage = before


class Waiting(CoverageJob):
    """A round that is not through."""

    def look(self, engine, wait_s=0.0) -> Progress:
        return Progress(None, False, 120, 450)


class Old(CoverageJob):
    """A round of before the last change."""

    def look(self, engine, wait_s=0.0) -> Progress:
        return replace(super().look(engine, 60), fresh=False, done=3, total=8)


@pytest.mark.parametrize("path", ["/regions", "/regions/PE-CUS", "/regions/needs"])
def test_while_the_needs_are_asked_a_page_says_how_far_it_is(client, asking, path):
    asking(Waiting())
    text = client.get(path + "?near=50").text
    assert "120 de 450" in text
    assert f'hx-get="{path}?near=50&amp;"' in text
    assert f'href="{path}?near=50&amp;"' in text  # and without scripts
    answer = client.get("/regions/data/needs", headers={"Accept": "*/*"})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_an_old_picture_says_that_it_is(client, asking):
    asking(Old())
    text = client.get("/regions").text
    assert "Se está actualizando: 3 de 8" in text


def test_what_is_deleted_or_withdrawn_is_gone_at_once_though_nothing_was_asked_again(site, client, monkeypatch):
    job = site.app.state.coverage
    monkeypatch.setattr(job, "_next", float("inf"))  # no other round
    firm = Partner("fugaz", Side.DEMAND, "Empresa fugaz", "firm", "PE", "PE-UCA", consent=None)
    site.write(firm, replace(EVIDENCE[5], id="fugaz-1", partners=("fugaz",)))
    site.live.catch_up()
    monkeypatch.setattr(job, "_next", 0.0)
    job.look(site.live.current(), 60)
    assert "fugaz" in {row["partner"] for row in rows(client, "needs")}
    monkeypatch.setattr(job, "_next", float("inf"))
    site.write(replace(firm, consent=False))
    assert "fugaz" not in {row["partner"] for row in rows(client, "needs")}
    assert "Empresa fugaz" not in client.get("/regions/PE-UCA").text
    with site.store.writing() as writer:
        writer.delete(Partner, "fugaz")
    site.live.catch_up()
    assert "Empresa fugaz" not in client.get("/regions/needs?standing=all").text
