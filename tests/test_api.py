"""The HTTP service: answers are the Engine's own, and nothing private leaves."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from fastapi.testclient import TestClient

from api.app import create_app
from matcher.answer_json import to_json
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Query, Side
from matcher.weights import Weights

QUESTION = "Se corren los colores de las chompas de alpaca al lavado"
SECRET = "secreto@oficina.example"
RECORDS = {"partners": "partner_id", "evidence": "evidence_id", "outcomes": "outcome_id"}


@pytest.fixture
def live(home: Path) -> LiveEngine:
    return LiveEngine(home, FakeEncoder(), Weights.load())


@pytest.fixture
def client(live: LiveEngine) -> Iterator[TestClient]:
    with TestClient(create_app(live=live)) as client:
        yield client


def _ask(client: TestClient, **body: object) -> dict:
    response = client.post("/v1/matches", json={"text": QUESTION} | body)
    assert response.status_code == 200, response.text
    return response.json()


def test_bias_and_contributions_add_up_to_each_score(client: TestClient) -> None:
    answer = _ask(client, region="Cusco", sectors=["textiles"], countries=["Perú"])
    assert [m["rank"] for m in answer["matches"]] == [1, 2, 3, 4]
    for match in answer["matches"]:
        terms = [c["contribution"] for c in match["contributions"]]
        assert match["score"] == math.fsum([answer["bias"], *terms])
        assert match["probability"] == pytest.approx(1 / (1 + math.exp(-match["score"])))
        for term in match["contributions"]:
            assert term["contribution"] == pytest.approx(term["weight"] * term["value"])


def test_signals_of_the_first_partner_have_the_values_worked_out_by_hand(client: TestClient) -> None:
    first = _ask(client, region="Cusco", sectors=["textiles"])["matches"][0]
    assert first["partner"]["id"] == "unsaac"
    assert first["kilometres"] == 0
    values = {c["signal"]: c["value"] for c in first["contributions"]}
    assert values["distance"] == pytest.approx(math.log((100 + 1000) / (100 + 0)))
    assert values["same_region"] == values["same_country"] == values["sector"] == 1
    # o1 is a project (1), o2 a meeting (0.4), both in Cusco
    assert values["track_record"] == values["track_record_near"] == pytest.approx(math.log(1 + 1 + 0.4))
    # both with a firm of C14, of the same section as C13: a likeness of 0.2
    assert values["track_record_sector"] == pytest.approx(math.log(1 + 0.2 * 1.4))


def test_outcomes_after_the_day_of_the_question_do_not_count(client: TestClient) -> None:
    first = _ask(client, region="Cusco", date="2024-01-01")["matches"][0]
    values = {c["signal"]: c["value"] for c in first["contributions"]}
    assert values["track_record"] == pytest.approx(math.log(1 + 1))  # the project of 2023 alone


def test_answer_is_the_engines_own_json(client: TestClient, live: LiveEngine) -> None:
    body = {
        "region": "Tacna", "sectors": ["C14"], "countries": ["PE"], "k": 3, "without": ["track_record"], "lang": "en",
        "title": "Colores", "date": "2024-05-01", "filters": {"languages": ["es"], "since": "2019-01-01"},
    }  # fmt: skip
    found = _ask(client, **body)
    query = Query(
        QUESTION, Side.SUPPLY, "Colores", countries=("PE",), region="PE-TAC", sectors=("C14",), k=3,
        without=frozenset({"track_record"}),
    )  # fmt: skip
    query = replace(query, date=dt.date(2024, 5, 1))
    query = replace(query, filters=replace(query.filters, languages=frozenset({"es"}), since=dt.date(2019, 1, 1)))
    expected = to_json(live.current().match(query, reader="en"))
    assert set(found) == set(expected)
    assert {**found, "took_ms": 0} == {**expected, "took_ms": 0}


def test_names_are_understood_as_codes(client: TestClient) -> None:
    filters = {"regions": ["cusco", "Tacna"], "countries": ["Peru"], "sectors": ["textiles"], "kinds": ["Faculty"]}
    query = _ask(client, region="cusco", sectors=["textiles", "c1410"], countries=["perú"], filters=filters)["query"]
    assert query["region"] == "PE-CUS"
    assert query["sectors"] == ["C13", "C1410"]
    assert query["countries"] == ["PE"]
    assert query["filters"]["regions"] == ["PE-CUS", "PE-TAC"]
    assert query["filters"]["countries"] == ["PE"]
    assert query["filters"]["sectors"] == ["C13"]
    assert query["filters"]["kinds"] == ["faculty"]


def test_demand_can_be_sought_and_filters_leave_only_what_passes(client: TestClient) -> None:
    demand = _ask(client, seeks="demand")["matches"]
    assert [m["partner"]["id"] for m in demand] == ["taller", "oregano"]
    dry = _ask(client, filters={"regions": ["Tacna"]})["matches"]
    assert [m["partner"]["id"] for m in dry] == ["unjbg"]


def test_a_rule_switched_off_leaves_its_terms_out(client: TestClient) -> None:
    first = _ask(client, region="Cusco", without=["place", "track_record", "experience"])["matches"][0]
    assert [c["signal"] for c in first["contributions"]] == ["text", "profile", "sector", "sector_texts"]


def test_reasons_are_in_the_language_asked_for(client: TestClient) -> None:
    first = _ask(client, region="Cusco", lang="en")["matches"][0]
    reasons = {c["signal"]: c["reason"] for c in first["contributions"]}
    assert reasons["same_region"] == "in your region, Cusco"
    assert reasons["track_record"] == "1 project and 1 meeting with firms"


def test_markup_in_the_question_changes_nothing(client: TestClient) -> None:
    plain = _ask(client)
    marked = _ask(
        client, text=QUESTION.replace("colores", "<b onclick='x()'>colores</b>") + "<script>alert(1)</script>"
    )
    assert marked["query"]["text"] == QUESTION
    assert [(m["partner"]["id"], m["score"]) for m in marked["matches"]] == [
        (m["partner"]["id"], m["score"]) for m in plain["matches"]
    ]


def test_stored_text_asks_for_the_other_side(client: TestClient) -> None:
    need = client.get("/v1/evidence/taller-1/matches").json()
    assert need["query"]["seeks"] == "supply"
    # place and size are its firm's, the sector its own
    assert (need["query"]["region"], need["query"]["size"], need["query"]["sectors"]) == ("PE-CUS", "micro", ["C14"])
    assert need["matches"][0]["partner"]["id"] == "unsaac"
    offer = client.get("/v1/evidence/unjbg-1/matches", params={"k": 1, "lang": "en"}).json()
    assert offer["query"]["seeks"] == "demand"
    assert [m["partner"]["id"] for m in offer["matches"]] == ["oregano"]
    reasons = {c["signal"]: c["reason"] for c in offer["matches"][0]["contributions"]}
    assert reasons["same_region"] == "in your region, Tacna"


def test_stored_text_asks_with_options(client: TestClient) -> None:
    body = {"k": 2, "without": ["place"], "filters": {"kinds": ["laboratory", "institute"]}}
    answer = client.post("/v1/evidence/taller-1/matches", json=body).json()
    assert {m["partner"]["id"] for m in answer["matches"]} == {"pucp", "lejos"}
    assert answer["query"]["without"] == ["place"]
    without_body = client.post("/v1/evidence/taller-1/matches").json()
    same = client.get("/v1/evidence/taller-1/matches").json()
    assert {**without_body, "took_ms": 0} == {**same, "took_ms": 0}


def test_spreading_is_off_unless_asked_for_and_says_why_one_keeps_its_place(client: TestClient) -> None:
    def reasons(answer: dict) -> list[str]:
        terms = [c for m in answer["matches"] for c in m["contributions"] if c["signal"] == "exposure"]
        assert {(c["value"], c["contribution"]) for c in terms} <= {(0, 0)}  # all four stand among the first ten
        return [c["reason"] for c in terms]

    assert reasons(_ask(client, lang="en")) == []
    # o2: unsaac and the workshop met in May 2025, and nothing further is on record
    kept, never = "times proposed lately: 1; it keeps its place", "not proposed lately"
    spread = _ask(client, lang="en", spread=True)
    assert spread["query"]["spread"] is True
    assert spread["matches"][0]["partner"]["id"] == "unsaac"
    assert reasons(spread) == [kept, never, never, never]
    stored = client.post("/v1/evidence/taller-1/matches", json={"spread": True, "lang": "en"}).json()
    assert reasons(stored) == [kept, never, never, never]


def test_regions_and_sectors_are_listed(client: TestClient) -> None:
    regions = client.get("/v1/regions").json()
    assert len(regions) == 25  # 24 departments and Callao; Lima's province is one with its department
    assert {"code": "PE-CUS", "es": "Cusco", "en": "Cusco"} in regions
    assert client.get("/v1/regions", params={"country": "Perú"}).json() == regions
    sectors = client.get("/v1/sectors").json()
    assert len(sectors) == 21 + 88  # sections and divisions of ISIC Rev. 4
    textiles = next(s for s in sectors if s["code"] == "C13")
    assert textiles == {"code": "C13", "es": "Fabricación de productos textiles", "en": "Manufacture of textiles"}


def test_health_and_readiness_name_the_snapshot(client: TestClient, live: LiveEngine) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = {"status": "ready", "snapshot": live.current().snapshot.id, "model": "fake-1"}
    found = client.get("/readyz").json()
    assert {name: found[name] for name in ready} == ready
    assert {name: check["ok"] for name, check in found["checks"].items()} == {
        "snapshot": True, "database": True, "model": True,
    }  # fmt: skip


def test_a_new_snapshot_serves_at_the_next_request(client: TestClient, home: Path) -> None:
    old = client.get("/readyz").json()["snapshot"]
    new = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, FakeEncoder())
    assert new != old
    assert client.get("/readyz").json()["snapshot"] == new


def test_the_documentation_reads_the_description(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text


def test_openapi_describes_every_route_and_no_contact(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    routes = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert routes == {
        ("/v1/matches", "post"), ("/v1/partners/{partner_id}", "get"), ("/v1/evidence/{evidence_id}", "get"),
        ("/v1/outcomes/{outcome_id}", "get"), ("/v1/bulk", "post"),
        *((f"/v1/{kind}", method) for kind in RECORDS for method in ("get", "post")),
        *((f"/v1/{kind}/{{{name}}}", method) for kind, name in RECORDS.items() for method in ("put", "patch", "delete")),
        ("/v1/evidence/{evidence_id}/matches", "get"), ("/v1/evidence/{evidence_id}/matches", "post"),
        ("/v1/regions", "get"), ("/v1/sectors", "get"), ("/healthz", "get"), ("/readyz", "get"), ("/v1/whoami", "get"),
        ("/v1/partners/{partner_id}/erasure", "post"),
        ("/v1/shortlists", "get"), ("/v1/shortlists/{evidence_id}", "get"),
        *(("/v1/shortlists/{evidence_id}/partners/{partner_id}", method) for method in ("get", "put", "delete")),
        ("/v1/introductions", "get"), ("/v1/introductions", "post"), ("/v1/introductions/{introduction_id}", "get"),
        ("/v1/introductions/{introduction_id}/steps", "post"), ("/v1/searches", "get"), ("/v1/searches", "post"),
        *(("/v1/searches/{search_id}", method) for method in ("get", "put", "delete")),
        ("/v1/searches/{search_id}/feed", "post"), ("/v1/inbox", "get"), ("/v1/inbox/read", "post"),
        ("/v1/requests", "get"), ("/v1/requests", "post"), ("/v1/requests/{intake_id}", "delete"),
        ("/v1/requests/{intake_id}/take", "post"), ("/v1/requests/{intake_id}/discard", "post"),
        ("/v1/feeds/{feed}.json", "get"), ("/v1/feeds/{feed}.atom", "get"),
    }  # fmt: skip
    assert "contact" not in described["components"]["schemas"]["PartnerOut"]["properties"]


def test_contact_never_leaves(tmp_path: Path) -> None:
    partners = [replace(p, contact=SECRET) for p in PARTNERS]
    Snapshot.build(tmp_path, partners, EVIDENCE, OUTCOMES, FakeEncoder())
    live = LiveEngine(tmp_path, FakeEncoder(), Weights.load())
    assert live.current().snapshot.partners["unsaac"].contact == SECRET  # it is there to be leaked
    with TestClient(create_app(live=live)) as client:
        answers = [client.post("/v1/matches", json={"text": QUESTION, "seeks": side}) for side in Side]
        answers += [client.get(f"/v1/evidence/{e.id}/matches") for e in EVIDENCE]
        answers += [client.post(f"/v1/evidence/{e.id}/matches") for e in EVIDENCE]
    for answer in answers:
        assert answer.status_code == 200
        assert "secreto" not in answer.text
        assert '"contact"' not in answer.text
