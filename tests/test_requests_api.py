"""What people without a key ask of the offices, through the API, and how an office moderates it; on both engines."""

import pytest
from conftest import FakeEncoder
from fastapi.testclient import TestClient

from api.app import create_app
from matcher.access import Caller, Role
from matcher.live import LiveEngine
from matcher.records import Evidence, Partner
from matcher.store.tables import AuditRow, OrganisationRow
from matcher.weights import Weights

CALLERS = {
    "": Caller(Role.READER),
    "cusco": Caller(Role.OFFICER, "cusco", frozenset({"cusco"}), "key-cusco"),
    "tacna": Caller(Role.OFFICER, "tacna", frozenset({"tacna"}), "key-tacna"),
}
CUSCO, TACNA = {"x-as": "cusco"}, {"x-as": "tacna"}
ASKED = {
    "question": "Se nos corre el tinte de las chompas.", "region": "Cusco", "sector": "textiles",
    "partner": "unsaac", "who": "Responsable del taller", "company": "Taller de prueba",
    "contact": "taller@ejemplo.example", "consent": True,
}  # fmt: skip


@pytest.fixture
def client(filled, home, monkeypatch):
    monkeypatch.setattr("api.state.caller_of", lambda request: CALLERS[request.headers.get("x-as", "")])
    with filled.writing() as writer:
        writer.session.add_all([OrganisationRow(id=id_, name=id_.title(), office=None) for id_ in ("cusco", "tacna")])
    live = LiveEngine(home, FakeEncoder(), Weights.load())
    with TestClient(create_app(live=live, store=filled), headers={"Accept-Language": "en"}) as client:
        yield client


def hand_in(client, **more):
    answer = client.post("/v1/requests", json=ASKED | more)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def test_a_need_waits_for_an_office_and_is_seen_by_nobody_else(client, filled):
    id_ = hand_in(client)
    assert client.get("/v1/requests").status_code == 403
    (item,) = client.get("/v1/requests", headers=CUSCO).json()["items"]
    assert item["id"] == id_
    assert (item["region"], item["sector"], item["seeks"]) == ("PE-CUS", "C13", "supply")
    assert (item["who"], item["contact"]) == (ASKED["who"], ASKED["contact"])
    assert (item["state"], item["partner_name"]) == ("new", "Facultad textil, Cusco")
    assert ASKED["question"] not in {e.text for e in filled.evidence()}
    with filled.reading() as session:
        assert [(row.action, row.key) for row in session.query(AuditRow).filter_by(kind="intake")] == [
            ("create", None), ("read_private", "key-cusco"),
        ]  # fmt: skip


def test_an_office_takes_it_over(client, filled):
    id_ = hand_in(client)
    taken = client.post(f"/v1/requests/{id_}/take", json={"name": "Taller", "summary": "Tintes."}, headers=CUSCO)
    assert taken.status_code == 201, taken.text
    made = taken.json()
    partner, text = filled.get(Partner, made["partner"]).record, filled.get(Evidence, made["evidence"]).record
    assert (partner.name, partner.region, partner.sectors, partner.owner) == ("Taller", "PE-CUS", ("C13",), "cusco")
    assert partner.contact == f"{ASKED['who']} · {ASKED['contact']}"
    assert (text.text, text.summary, text.confidential) == (ASKED["question"], "Tintes.", True)
    assert (text.kind, text.source) == ("need", "web-form")
    introduced = client.get(f"/v1/introductions/{made['introduction']}", headers=CUSCO).json()
    assert introduced["supply"] == "unsaac"
    assert client.post(f"/v1/requests/{id_}/take", json={"name": "Otra"}, headers=CUSCO).status_code == 409
    (item,) = client.get("/v1/requests?handled=true", headers=CUSCO).json()["items"]
    assert (item["who"], item["contact"], item["made"]) == (None, None, made["partner"])


def test_an_office_discards_and_deletes(client):
    id_ = hand_in(client)
    assert client.delete(f"/v1/requests/{id_}", headers=CUSCO).status_code == 409  # it waits still
    assert client.post(f"/v1/requests/{id_}/discard", headers=CUSCO).status_code == 204
    assert client.get(f"/v1/requests/{id_}/discard", headers=CUSCO).status_code in (404, 405)
    assert client.post(f"/v1/requests/{id_}/discard", headers=TACNA).status_code == 404  # it is Cusco's now
    assert client.delete(f"/v1/requests/{id_}", headers=CUSCO).status_code == 204
    assert client.get("/v1/requests?handled=true", headers=CUSCO).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"consent": False}, "consent"),
        ({"contact": " "}, "how to reach you"),
        ({"who": ""}, "your name"),
        ({"question": ""}, "Describe the problem"),
        ({"region": "Nunca Jamás"}, "Nunca Jamás"),
        ({"kind": "unfit"}, "Choose a reason"),
        ({"extra": 1}, "extra"),
        ({"question": "a" * 5001}, "5000"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_kept(client, wrong, told):
    answer = client.post("/v1/requests", json=ASKED | wrong)
    assert answer.status_code == 422
    assert told in answer.text
    assert client.get("/v1/requests", headers=CUSCO).json()["items"] == []


def test_one_address_sends_only_so_many(client):
    sent = [client.post("/v1/requests", json=ASKED).status_code for _ in range(21)]
    assert sent == [202] * 20 + [429]


def test_a_page_goes_on_where_the_one_before_ended(client):
    ids = [hand_in(client, question=f"Pregunta {i}.") for i in range(3)]
    first = client.get("/v1/requests?limit=2", headers=CUSCO).json()
    second = client.get("/v1/requests", params={"limit": 2, "cursor": first["next"]}, headers=CUSCO).json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    assert {each["id"] for each in first["items"] + second["items"]} == set(ids)
