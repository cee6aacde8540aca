"""The desk through HTTP: each office its own, versions, feeds, files; on both engines."""

import base64
import csv
import datetime as dt
import io
import json
import xml.etree.ElementTree as ET

import pytest
from conftest import FakeEncoder
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.app import create_app
from matcher import saved_searches
from matcher.access import EVERYTHING, Caller, Role
from matcher.live import LiveEngine
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store import inbox
from matcher.store.inbox import News
from matcher.store.tables import OrganisationRow
from matcher.weights import Weights

CALLERS = {
    "cusco": Caller(Role.OFFICER, "cusco", frozenset({"cusco"}), "key-cusco"),
    "tacna": Caller(Role.OFFICER, "tacna", frozenset({"tacna"}), "key-tacna"),
    "contributor": Caller(Role.CONTRIBUTOR, "cusco", frozenset({"cusco"}), "key-c"),
    "reader": Caller(Role.READER),
    "admin": Caller(Role.ADMIN, key="key-admin"),
    "": EVERYTHING,
}
TACNA, CONTRIBUTOR, READER, ADMIN = ({"x-as": name} for name in ("tacna", "contributor", "reader", "admin"))
SLASHES = "a/b/1"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def client(filled, home, monkeypatch):
    monkeypatch.setattr("api.state.caller_of", lambda request: CALLERS[request.headers.get("x-as", "cusco")])
    with filled.writing() as writer:
        writer.session.add_all([OrganisationRow(id=id_, name=id_.title(), office=None) for id_ in ("cusco", "tacna")])
        writer.upsert([Evidence(SLASHES, ("taller",), "need", "=Teñir lana;=cmd()", None, "es")])
    live = LiveEngine(home, FakeEncoder(), Weights.load())
    with TestClient(create_app(live=live, store=filled), headers={"Accept-Language": "en"}) as client:
        yield client


def ok(response, status=200):
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def propose(client, **more):
    return client.post("/v1/introductions", json={"supply": "unjbg", "demand": "taller"} | more)


def test_a_shortlist_entry_lives_at_its_address_though_ids_hold_slashes(client):
    path = f"/v1/shortlists/{SLASHES}/partners/unsaac"
    made = client.put(path, json={"note": "  primero\x00 "})
    assert ok(made, 201)["note"] == "primero"
    tag = made.headers["etag"]
    assert client.get(path).headers["etag"] == tag
    assert ok(client.put(path, json={"note": "segundo"}, headers={"If-Match": tag}))["note"] == "segundo"
    assert client.put(path, headers={"If-Match": tag}).status_code == 412
    assert client.delete(path, headers={"If-Match": tag}).status_code == 412
    assert client.put(path, headers={"If-Match": "nada"}).status_code == 412
    (entry,) = ok(client.get(f"/v1/shortlists/{SLASHES}"))["items"]
    assert (entry["evidence"], entry["partner"], entry["partner_name"], entry["key"]) == (
        SLASHES,
        "unsaac",
        "Facultad textil, Cusco",
        "key-cusco",
    )
    assert ok(client.get("/v1/shortlists"))["items"] == [entry]
    for method in ("GET", "DELETE"):
        assert client.request(method, path, headers=TACNA).status_code == 404
    assert ok(client.get("/v1/shortlists", headers=TACNA)) == {"items": [], "next": None}
    assert ok(client.delete(path), 204) is None
    assert client.get(path).status_code == 404


def test_an_introduction_from_proposal_to_project(client, filled):
    made = propose(client, evidence="taller-1", note="Ñandú")
    body = ok(made, 201)
    path = made.headers["location"]
    assert path == f"/v1/introductions/{body['id']}"
    assert body["allowed"] == ["sent", "declined"]
    tag = made.headers["etag"]
    sent = client.post(f"{path}/steps", json={"to": "sent", "date": "2026-01-02"}, headers={"If-Match": tag})
    assert ok(sent)["stage"] == "sent"
    late = client.post(f"{path}/steps", json={"to": "met"}, headers={"If-Match": tag})
    assert late.status_code == 412
    wrong = client.post(f"{path}/steps", json={"to": "project"})
    assert wrong.status_code == 409
    assert wrong.json()["detail"] == (
        "an introduction that is sent cannot become project; from there it can become: met, declined, proposed"
    )
    assert client.post(f"{path}/steps", json={"to": "declined"}).status_code == 422
    for to in ("met", "agreed", "project"):
        done = ok(client.post(f"{path}/steps", json={"to": to, "date": "2026-01-03"}))
    page = client.get(path)
    assert ok(page) == done
    assert page.headers["etag"] == f'"{done["version"]}"'
    assert [(s["before"], s["after"], s["date"], s["key"]) for s in done["history"][1:]] == [
        ("proposed", "sent", "2026-01-02", "key-cusco"), ("sent", "met", "2026-01-03", "key-cusco"),
        ("met", "agreed", "2026-01-03", "key-cusco"), ("agreed", "project", "2026-01-03", "key-cusco"),
    ]  # fmt: skip
    assert dt.datetime.fromisoformat(done["created"]).tzinfo is not None
    record = filled.get(Outcome, f"intro-{body['id']}").record
    assert (record.stage, record.date, record.owner) == (Stage.PROJECT, dt.date(2026, 1, 3), "cusco")


def test_introductions_are_listed_by_filters_and_pages(client):
    a, b = ok(propose(client), 201)["id"], ok(propose(client, supply="pucp"), 201)["id"]
    assert [i["id"] for i in ok(client.get("/v1/introductions"))["items"]] == [b, a]
    first = ok(client.get("/v1/introductions?limit=1"))
    second = ok(client.get("/v1/introductions", params={"limit": 1, "cursor": first["next"]}))
    assert [i["id"] for i in first["items"] + second["items"]] == [b, a]
    assert second["next"] is None
    assert [i["id"] for i in ok(client.get("/v1/introductions?partner=pucp&stage=proposed"))["items"]] == [b]
    assert ok(client.get("/v1/introductions?stage=met"))["items"] == []
    surrogate = base64.urlsafe_b64encode(b'["2026-01-01T00:00:00", "\\ud800"]').decode()
    for bad in (
        "cursor=nada",
        "cursor=bnVsbA",
        f"cursor={surrogate}",
        "stage=nada",
        "limit=0",
        "limit=201",
        "partner=%00",
    ):
        assert client.get(f"/v1/introductions?{bad}").status_code == 422


def test_the_same_request_twice_is_a_conflict(client):
    first = ok(propose(client), 201)["id"]
    again = propose(client)
    assert again.status_code == 409
    assert first in again.json()["detail"]


def test_offices_do_not_see_each_others_desks(client):
    id_ = ok(propose(client), 201)["id"]
    search = ok(client.post("/v1/searches", json={"name": "n", "text": "lana"}), 201)
    assert client.get(f"/v1/introductions/{id_}", headers=TACNA).status_code == 404
    assert client.post(f"/v1/introductions/{id_}/steps", json={"to": "sent"}, headers=TACNA).status_code == 404
    assert ok(client.get("/v1/introductions", headers=TACNA))["items"] == []
    assert ok(client.get("/v1/searches", headers=TACNA)) == []
    for method, path, body in (
        ("GET", f"/v1/searches/{search['id']}", None),
        ("PUT", f"/v1/searches/{search['id']}", {"name": "n", "text": "lana"}),
        ("DELETE", f"/v1/searches/{search['id']}", None),
        ("POST", f"/v1/searches/{search['id']}/feed", None),
    ):
        assert client.request(method, path, json=body, headers=TACNA).status_code == 404
    denied = client.get("/v1/introductions?organisation=cusco", headers=TACNA)
    assert denied.status_code == 403


DESK = [
    ("GET", "/v1/shortlists"), ("GET", "/v1/shortlists/x"), ("GET", "/v1/shortlists/x/partners/y"),
    ("PUT", "/v1/shortlists/x/partners/y"), ("DELETE", "/v1/shortlists/x/partners/y"), ("GET", "/v1/introductions"),
    ("POST", "/v1/introductions"), ("GET", "/v1/introductions/x"), ("POST", "/v1/introductions/x/steps"),
    ("GET", "/v1/searches"), ("POST", "/v1/searches"), ("GET", "/v1/searches/x"), ("PUT", "/v1/searches/x"),
    ("DELETE", "/v1/searches/x"), ("POST", "/v1/searches/x/feed"), ("GET", "/v1/inbox"), ("POST", "/v1/inbox/read"),
]  # fmt: skip


def test_a_desk_is_for_officers_alone(client):
    bodies = {
        "/v1/introductions": {"supply": "a", "demand": "b"}, "/v1/introductions/x/steps": {"to": "sent"},
        "/v1/searches": {"name": "n", "text": "t"}, "/v1/searches/x": {"name": "n", "text": "t"},
        "/v1/inbox/read": {"ids": [1]},
    }  # fmt: skip
    for method, path in DESK:
        body = bodies.get(path) if method in ("POST", "PUT") else None
        for headers in (READER, CONTRIBUTOR):
            assert client.request(method, path, headers=headers, json=body).status_code == 403, path


def test_an_admin_says_whose_desk_and_without_keys_there_is_one(client):
    assert client.get("/v1/introductions", headers=ADMIN).status_code == 422
    ok(propose(client), 201)
    assert len(ok(client.get("/v1/introductions?organisation=cusco", headers=ADMIN))["items"]) == 1
    assert client.get("/v1/introductions?organisation=nadie", headers=ADMIN).status_code == 404
    trying = {"x-as": ""}
    made = client.post("/v1/introductions", json={"supply": "unjbg", "demand": "taller"}, headers=trying)
    assert ok(made, 201)["history"][0]["key"] is None
    assert len(ok(client.get("/v1/introductions?organisation=local", headers=trying))["items"]) == 1


# Saved searches, inbox, feeds


def test_a_search_is_saved_changed_and_removed(client):
    made = client.post("/v1/searches", json={"name": "Tintes", "text": "Teñir lana", "region": "Cusco"})
    body = ok(made, 201)
    assert (body["threshold"], body["question"]["region"], body["unread"]) == (0.1, "PE-CUS", 0)
    assert body["feeds"]["json"].startswith("/v1/feeds/")
    path, tag = made.headers["location"], made.headers["etag"]
    assert ok(client.get(path)) == body
    new = {"name": "Otra", "evidence_id": SLASHES, "threshold": 0.5}
    changed = ok(client.put(path, json=new, headers={"If-Match": tag}))
    assert (changed["name"], changed["question"]["evidence_id"], changed["threshold"]) == ("Otra", SLASHES, 0.5)
    assert client.delete(path, headers={"If-Match": tag}).status_code == 412
    assert ok(client.delete(path), 204) is None
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n"}, {"name": "", "text": "lana"}, {"name": "\x00", "text": "lana"}, {"name": "n", "text": " "},
        {"name": "n", "text": "lana", "evidence_id": "taller-1"}, {"name": "n", "text": "lana", "threshold": 2},
        {"name": "n", "evidence_id": "taller-1", "region": "Cusco"}, {"name": "n", "text": "lana", "region": "Narnia"},
        {"name": "n", "text": "lana", "otro": 1},
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_asked_is_refused(client, body):
    assert client.post("/v1/searches", json=body).status_code == 422


@pytest.mark.parametrize("field", ["name", "text", "region", "title"])
def test_half_a_character_is_refused(client, field):
    body = json.dumps({"name": "n", "text": "lana"} | {field: "\ud800"})  # pure ASCII: the escape travels
    assert client.post("/v1/searches", content=body, headers={"content-type": "application/json"}).status_code == 422


def test_a_search_for_a_text_that_is_not_there_is_not_found(client):
    assert client.post("/v1/searches", json={"name": "n", "evidence_id": "nada"}).status_code == 404


@pytest.fixture
def told(client, filled):
    """A saved search to which something came."""
    search = ok(client.post("/v1/searches", json={"name": "SECRETO", "text": "Teñir lana"}), 201)
    with filled.writing() as writer:
        secret = Evidence("s", ("oregano",), "need", "SECRETO", "SECRETO", summary="Resumen <b>", confidential=True)
        writer.upsert([secret, Partner("oregano", Side.DEMAND, "Coop & <Cía>", "cooperative", contact="SECRETO@x")])
    with filled.reading() as session:
        waiting, _ = inbox.new_texts(session, filled.version())
    with filled.writing() as writer:
        found = {s.id: (s, [News("s", "oregano", 0.25)]) for s in waiting}
        assert inbox.deliver(writer, writer.version, found) == 1
    return search


def test_the_inbox_tells_public_news_and_marks_them(client, told):
    (item,) = ok(client.get("/v1/inbox?unread=true"))["items"]
    assert (item["search"], item["search_name"], item["read"]) == (told["id"], "SECRETO", None)
    assert (item["evidence"]["text"], item["evidence"]["title"]) == ("Resumen <b>", None)
    assert "contact" not in item["partner"]
    assert client.post("/v1/inbox/read", json={"ids": [item["id"]]}, headers=TACNA).status_code == 404
    assert ok(client.post("/v1/inbox/read", json={"ids": [item["id"]]}), 204) is None
    assert ok(client.get("/v1/inbox?unread=true"))["items"] == []
    (again,) = ok(client.get("/v1/inbox"))["items"]
    assert again["read"] is not None
    assert ok(client.get(f"/v1/searches/{told['id']}"))["unread"] == 0


def test_feeds_open_to_whoever_knows_the_address_until_it_is_renewed(client, told):
    addresses, keyless = told["feeds"], {**READER, "Accept-Language": "es"}
    as_json = client.get(addresses["json"], headers=keyless)
    assert as_json.headers["content-type"] == "application/feed+json"
    feed = json.loads(as_json.content)
    assert feed["feed_url"] == f"http://testserver{addresses['json']}"
    assert feed["items"][0]["title"] == "Coop & <Cía>: Resumen <b>"
    as_atom = client.get(addresses["atom"], headers=keyless)
    assert as_atom.headers["content-type"] == "application/atom+xml"
    root = ET.fromstring(as_atom.content)
    assert root.findtext("{*}entry/{*}title") == "Coop & <Cía>: Resumen <b>"
    for found in (as_json, as_atom):
        assert "SECRETO" not in found.text
        assert "last-modified" in found.headers
        same = client.get(found.request.url, headers=keyless | {"If-None-Match": f'W/"x", {found.headers["etag"]}'})
        assert (same.status_code, same.content) == (304, b"")
        assert client.get(found.request.url, headers=keyless | {"If-None-Match": '"x"'}).status_code == 200
    renewed = ok(client.post(f"/v1/searches/{told['id']}/feed"))["feeds"]
    for old, new in zip(addresses.values(), renewed.values(), strict=True):
        assert client.get(old, headers=keyless).status_code == 404
        assert client.get(new, headers=keyless).status_code == 200
    assert client.get("/v1/feeds/x.json", headers=keyless).status_code == 422


def test_an_erased_entry_leaves_the_feed_though_nothing_newer_came(client, filled, told):
    before = client.get(told["feeds"]["json"])
    with filled.writing() as writer:
        writer.delete(Partner, "oregano")
    after = client.get(told["feeds"]["json"], headers={"If-None-Match": before.headers["etag"]})
    assert ok(after)["items"] == []
    assert ok(client.get("/v1/inbox"))["items"] == []


def test_the_hook_fills_the_inbox_of_a_search_made_through_the_api(client, filled, engine):
    ok(client.post("/v1/searches", json={"name": "n", "text": "Tintes para fibra de alpaca", "threshold": 0}), 201)
    start = filled.version()
    with filled.writing() as writer:  # an answer's engine of the small world knows this text
        writer.upsert([Evidence("unsaac-1", ("unsaac",), "capability", "Teñido de fibra de alpaca. Otro.")])
    saved_searches.on_change(filled)(engine, filled.changes(start))
    assert [i["evidence"]["id"] for i in ok(client.get("/v1/inbox"))["items"]] == ["unsaac-1"]


# Files


def rows_of(response):
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_any_list_is_a_file_too(client, told, monkeypatch):
    ok(client.put(f"/v1/shortlists/{SLASHES}/partners/unsaac", json={"note": "=1+1"}), 201)
    made = ok(propose(client, note="@x"), 201)
    (row,) = rows_of(client.get("/v1/shortlists?format=csv"))
    assert (row["About"], row["Note"]) == ("'=Teñir lana;'=cmd()", "'=1+1")
    listed = client.get("/v1/introductions?format=csv&limit=1", headers={"Accept-Language": "es"})
    assert listed.headers["content-disposition"] == 'attachment; filename="tinkuy-introductions.csv"'
    (row,) = rows_of(listed)
    assert (row["Etapa"], row["Oferta, nombre"], row["Nota"]) == ("proposed", "Facultad agraria, Tacna", "'@x")
    (row,) = json.loads(client.get("/v1/inbox?format=json").content)
    assert (row["search_name"], row["text"], row["probability"]) == ("SECRETO", "Resumen <b>", 0.25)
    book = client.get("/v1/introductions", headers={"Accept": f"{XLSX}, */*"})
    assert book.headers["content-type"] == XLSX
    assert load_workbook(io.BytesIO(book.content)).active["A2"].value == made["id"]
    assert client.get("/v1/inbox?format=pdf").status_code == 422
    ok(propose(client, supply="pucp"), 201)
    monkeypatch.setattr("api.routes.desk.EXPORTED", 1)
    assert client.get("/v1/introductions?format=csv").status_code == 422
    assert rows_of(client.get("/v1/introductions?format=csv", headers=TACNA)) == []


def test_an_answer_is_a_file_too(client):
    question = {"text": "Se corren los colores de las chompas de alpaca al lavado", "region": "Cusco"}
    answer = ok(client.post("/v1/matches", json=question))
    rows = rows_of(client.post("/v1/matches?format=csv", json=question))
    assert [(r["Rank"], r["Partner"], r["Name"]) for r in rows] == [
        (str(m["rank"]), m["partner"]["id"], m["partner"]["name"]) for m in answer["matches"]
    ]
    assert [float(r["Probability"]) for r in rows] == [m["probability"] for m in answer["matches"]]
    assert rows[0]["Passage"] == answer["matches"][0]["passages"][0]["text"]
    assert rows[0]["Verdict"] == answer["verdict"]
    for method in ("GET", "POST"):
        stored = client.request(method, "/v1/evidence/taller-1/matches", headers={"Accept": "text/csv"})
        assert rows_of(stored)[0]["Partner"] == "unsaac"
    english = client.post("/v1/matches", json=question, headers={"Accept": "application/json, text/csv"})
    assert english.json()["matches"][0]["rank"] == 1
