"""Records over HTTP: read as the caller may, written with versions, a page at a time, many at once."""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, FakeEncoder
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import select

from api import state
from api.app import create_app
from api.record_schemas import EvidenceIn, OutcomeIn, PartnerIn
from matcher.access import EVERYTHING, Caller, Role
from matcher.checking import check
from matcher.live import LiveEngine
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store.store import Store
from matcher.store.tables import AuditRow, OrganisationRow
from matcher.weights import Weights

READER = Caller(Role.READER)
OWN = Caller(Role.CONTRIBUTOR, "uni", frozenset({"uni"}), "k-uni")
OTHER = Caller(Role.CONTRIBUTOR, "otra", frozenset({"otra"}), "k-otra")
OFFICER = Caller(Role.OFFICER, "oficina", frozenset({"oficina", "uni"}), "k-oficina")
FAR_OFFICER = Caller(Role.OFFICER, "otra", frozenset({"otra"}), "k-lejos")
ENGLISH = {"Accept-Language": "en"}
LAB = {"side": "supply", "name": "Laboratorio", "kind": "laboratory", "region": "Cusco", "sectors": ["textiles"]}
Client = Callable[[Caller], TestClient]


@pytest.fixture
def offices(filled: Store) -> Store:
    """The small world and three organisations; `uni` owns a partner with a confidential need and an outcome."""
    with filled.writing() as writer:
        names = (("uni", "oficina"), ("oficina", None), ("otra", None))
        writer.session.add_all([OrganisationRow(id=id_, name=id_, office=None) for id_, _ in names])
        writer.session.flush()
        writer.upsert(
            [
                Partner("lab", Side.SUPPLY, "Laboratorio Ñandú", "laboratory", contact="ana@uni.example", owner="uni"),
                Evidence("n", ("lab",), "need", "Texto secreto.", "Título", source="acta", confidential=True, summary="Resumen.", owner="uni"),
                Outcome("o", "lab", Stage.MET, "taller", text="Contado en secreto.", owner="uni"),
            ]
        )  # fmt: skip
    return filled


@pytest.fixture
def client(tmp_path: Path, offices: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client for each caller, all of one server."""
    app = create_app(live=LiveEngine(tmp_path, FakeEncoder(), Weights.load()), store=offices)
    callers: dict[str, Caller] = {}

    def caller_of(request: Request) -> Caller:
        return callers[request.headers["x-test"]]

    monkeypatch.setattr(state, "caller_of", caller_of)
    with TestClient(app):

        def of(caller: Caller = EVERYTHING) -> TestClient:
            name = f"{caller.role}-{caller.organisation}"
            callers[name] = caller
            return TestClient(app, headers={"x-test": name} | ENGLISH)

        yield of


def detail(response: object, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()["detail"]


# Reading


def test_a_partner_comes_with_its_texts_and_a_version(client: Client, offices: Store) -> None:
    page = client(READER).get("/v1/partners/unsaac").json()
    version = offices.get(Partner, "unsaac").version
    assert page["partner"] == {
        "id": "unsaac", "side": "supply", "name": "Facultad textil, Cusco", "kind": "faculty", "country": "PE",
        "region": "PE-CUS", "city": "Cusco", "sectors": ["C13"], "size": None, "url": None, "identifiers": [], "version": version,
    }  # fmt: skip
    assert [e["id"] for e in page["evidence"]] == ["unsaac-1", "unsaac-2"]
    assert page["next"] is None


def test_an_evidence_is_found_by_id(client: Client, offices: Store) -> None:
    assert client(READER).get("/v1/evidence/taller-1").json() == {
        "id": "taller-1", "partners": ["taller"], "kind": "need",
        "text": "Se corren los colores de mis chompas de alpaca al lavado.", "title": None, "language": "es",
        "date": "2024-02-01", "sectors": ["C14"], "fields": [], "region": None, "source": None, "url": None,
        "confidential": None, "version": offices.get(Evidence, "taller-1").version,
    }  # fmt: skip


def sees(client: Client, caller: Caller, contact: bool, secret: bool) -> None:
    reading = client(caller)
    partner = reading.get("/v1/partners/lab").json()
    assert partner["partner"].get("contact") == ("ana@uni.example" if contact else None)
    assert ("owner" in partner["partner"]) is contact
    for need in (
        partner["evidence"][0],
        reading.get("/v1/evidence/n").json(),
        *reading.get("/v1/evidence?partner=lab").json()["items"],
    ):
        assert (need["text"], need["title"], need["source"]) == (
            ("Texto secreto.", "Título", "acta") if secret else ("Resumen.", None, None)
        )
        assert need["confidential"] is True
        assert need.get("summary") == ("Resumen." if secret else None)
    for outcome in (reading.get("/v1/outcomes/o").json(), *reading.get("/v1/outcomes?partner=lab").json()["items"]):
        assert outcome.get("text") == ("Contado en secreto." if secret else None)


def test_each_sees_what_their_role_may(client: Client) -> None:
    sees(client, READER, contact=False, secret=False)
    sees(client, OTHER, contact=False, secret=False)
    sees(client, FAR_OFFICER, contact=True, secret=False)
    for caller in (OFFICER, OWN, EVERYTHING):
        sees(client, caller, contact=True, secret=True)


def test_who_withdrew_is_there_for_those_alone_who_may_edit(client: Client, offices: Store) -> None:
    with offices.writing() as writer:
        writer.upsert([
            Partner("lab", Side.SUPPLY, "Laboratorio Ñandú", "laboratory", consent=False),
            Evidence("both", ("lab", "unsaac"), "project", "De dos."),
            Outcome("served", "unsaac", Stage.MET, "lab"),
        ])  # fmt: skip
    for caller, seen in ((READER, False), (FAR_OFFICER, False), (OWN, True), (OFFICER, True)):
        reading = client(caller)
        for path in ("partners/lab", "evidence/n", "outcomes/o"):
            assert reading.get(f"/v1/{path}").status_code == (200 if seen else 404), (caller, path)
        assert ("lab" in [p["id"] for p in reading.get("/v1/partners").json()["items"]]) is seen
        assert ("n" in [e["id"] for e in reading.get("/v1/evidence").json()["items"]]) is seen
        assert ("o" in [o["id"] for o in reading.get("/v1/outcomes").json()["items"]]) is seen
        assert reading.get("/v1/evidence/both").json()["partners"] == (["lab", "unsaac"] if seen else ["unsaac"])
        assert reading.get("/v1/outcomes/served").json()["counterpart"] == ("lab" if seen else None)
        named = [e["id"] for e in reading.get("/v1/evidence?partner=lab").json()["items"]]
        assert named == (["both", "n"] if seen else [])
        served = [o["id"] for o in reading.get("/v1/outcomes?counterpart=lab").json()["items"]]
        assert served == (["served"] if seen else [])
    hidden = client(OTHER).patch("/v1/partners/lab", json={"city": "Anta"}, headers={"If-Match": '"1"'})
    assert detail(hidden, 404) == "no partner has the id 'lab'"
    naming = {"partners": ["unsaac", "lab"], "kind": "project", "text": "Texto."}
    assert "which does not exist" in detail(client(OTHER).put("/v1/evidence/e", json=naming), 404)


FILTERS = [
    ("partners?side=demand", ["oregano", "taller"]),
    ("partners?kind=Facultad", ["unjbg", "unsaac"]),
    ("partners?region=tacna", ["oregano", "unjbg"]),
    ("partners?country=Per%C3%BA&side=supply", ["pucp", "unjbg", "unsaac"]),
    ("partners?sector=C", ["pucp", "taller", "unjbg", "unsaac"]),
    ("partners?sector=textiles", ["unsaac"]),
    ("partners?text=OREGANO", ["oregano"]),
    ("partners?text=nandu", ["lab"]),
    ("partners?text=%25", []),
    ("partners?owner=uni", ["lab"]),
    ("evidence?side=demand", ["oregano-1", "taller-1"]),
    ("evidence?partner=unsaac&since=2021-01-01", ["unsaac-1"]),
    ("evidence?until=2019-07-01", ["lejos-1", "pucp-1"]),
    ("evidence?language=en-US", ["pucp-1"]),
    ("evidence?kind=necesidad", ["n", "taller-1"]),
    ("evidence?sector=A&side=supply", ["unjbg-1"]),
    ("evidence?confidential=true", ["n"]),
    ("evidence?confidential=false&side=demand", ["oregano-1", "taller-1"]),
    ("outcomes?stage=met", ["o", "o2"]),
    ("outcomes?counterpart=oregano", ["o3"]),
    ("outcomes?region=Cusco&since=2024-01-01", ["o2"]),
]


def test_filters_leave_what_passes_all_of_them(client: Client) -> None:
    found = {path: client(EVERYTHING).get(f"/v1/{path}").json()["items"] for path, _ in FILTERS}
    assert [(path, [item["id"] for item in items]) for path, items in found.items()] == FILTERS


def test_what_was_written_after_a_version(client: Client, offices: Store) -> None:
    before = offices.version()
    with offices.writing() as writer:
        writer.upsert([replace(EVIDENCE[0], title="Otro título")])
    found = client(READER).get(f"/v1/evidence?changed_since={before}").json()["items"]
    assert [(e["id"], e["version"]) for e in found] == [("unsaac-1", before + 1)]


BAD_FILTERS = [
    ("partners?side=demanda", "query.side"),
    ("partners?region=Narnia", "region 'Narnia' is not known"),
    ("partners?sector=quidditch", "sector 'quidditch' is not known"),
    ("evidence?language=zz", "language 'zz' is not known"),
    ("partners?cursor=x", "cursor: not one of this list"),
    ("partners?cursor=%00", "cursor: not one of this list"),
    ("partners?cursor=WyJwYXJ0bmVyIiwgIlx1MDAwMCJd", "cursor: not one of this list"),  # holds a NUL
    ("evidence?cursor=WyJwYXJ0bmVyIiwgImFiIl0", "cursor: not one of this list"),  # of partners
    ("partners?limit=0", "query.limit"),
    ("partners?limit=201", "query.limit"),
    ("partners?text=%00", "name: control characters are not allowed"),
    ("partners?owner=%00", "owner: control characters are not allowed"),
    ("evidence?partner=%00", "partner: an id has 1 to 300 printable characters"),
    ("outcomes?counterpart=%00", "counterpart: an id has 1 to 300 printable characters"),
]


def test_a_bad_filter_or_cursor_is_named(client: Client) -> None:
    for path, says in BAD_FILTERS:
        assert detail(client(EVERYTHING).get(f"/v1/{path}"), 422).startswith(says), path


def test_owners_are_no_filter_for_readers(client: Client) -> None:
    assert "role contributor" in detail(client(READER).get("/v1/partners?owner=uni"), 403)


def test_an_id_that_cannot_be_is_not_found(client: Client) -> None:
    for kind in ("partners", "evidence", "outcomes"):
        for id_ in ("nadie", "%00", "a%00b", ".."):
            assert client(READER).get(f"/v1/{kind}/{id_}").status_code == 404, (kind, id_)


def test_pages_meet_each_record_once_while_others_write(client: Client, offices: Store) -> None:
    with offices.writing() as writer:
        writer.upsert([Partner(f"p{i:03}", Side.SUPPLY, f"Grupo {i}", "group") for i in range(60)])
    reading, seen, cursor = client(READER), [], None
    stop = threading.Event()

    def write() -> None:
        for i in range(200):
            if stop.is_set():
                return
            with offices.writing() as writer:  # new ones before and after, and one that changes
                writer.upsert([
                    Partner(f"o{i:03}", Side.SUPPLY, "Nuevo", "group"), Partner(f"q{i:03}", Side.SUPPLY, "Nuevo", "group"),
                    Partner("p000", Side.SUPPLY, f"Grupo {i}", "group"),
                ])  # fmt: skip

    writing = threading.Thread(target=write)
    writing.start()
    try:
        while True:
            page = reading.get("/v1/partners", params={"limit": 7, **({"cursor": cursor} if cursor else {})}).json()
            seen += [p["id"] for p in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
    finally:
        stop.set()
        writing.join()
    assert len(seen) == len(set(seen))
    assert [id_ for id_ in seen if id_[0] == "p" and id_[1:].isdigit()] == [f"p{i:03}" for i in range(60)]


# ETags


def test_a_read_again_of_what_has_not_changed_is_304(client: Client, offices: Store) -> None:
    reading = client(READER)
    for path in ("partners/lab", "evidence/n", "outcomes/o"):
        first = reading.get(f"/v1/{path}")
        tag = first.headers["etag"]
        again = reading.get(f"/v1/{path}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert reading.get(f"/v1/{path}", headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
        assert client(OWN).get(f"/v1/{path}", headers={"If-None-Match": tag}).status_code == 200  # sees more
    page = reading.get("/v1/partners/lab").headers["etag"]
    with offices.writing() as writer:
        writer.upsert([Evidence("new", ("lab",), "project", "Otro.")])
    assert reading.get("/v1/partners/lab", headers={"If-None-Match": page}).status_code == 200  # a text came


def test_an_etag_read_lets_one_write_and_the_answer_lets_the_next(client: Client) -> None:
    own = client(OWN)
    tag = own.get("/v1/partners/lab").headers["etag"]
    first = own.patch("/v1/partners/lab", json={"city": "Anta"}, headers={"If-Match": tag})
    assert (first.status_code, first.json()["effect"]) == (200, "changed")
    version = first.json()["version"]
    assert first.headers["etag"] == f'"{version}"'
    second = own.patch("/v1/partners/lab", json={"city": "Calca"}, headers={"If-Match": tag})
    assert "was changed meanwhile" in detail(second, 412)
    third = own.patch("/v1/partners/lab", json={"city": None}, headers={"If-Match": first.headers["etag"]})
    assert third.json()["version"] == version + 1
    partner = own.get("/v1/partners/lab").json()["partner"]
    assert (partner["city"], partner["contact"], partner["owner"]) == (None, "ana@uni.example", "uni")


def test_of_two_who_replace_what_both_read_one_wins(client: Client) -> None:
    own = client(OWN)
    tag = own.get("/v1/partners/lab").headers["etag"]
    together = threading.Barrier(2)

    def put(city: str) -> int:
        together.wait(timeout=30)
        return client(OWN).put("/v1/partners/lab", json=LAB | {"city": city}, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(put, ("Anta", "Calca")))
    assert sorted(codes) == [200, 412]
    assert own.get("/v1/partners/lab").json()["partner"]["city"] == ("Anta", "Calca")[codes.index(200)]


def test_put_makes_replaces_and_wants_to_know_what_was_read(client: Client) -> None:
    own, path = client(OWN), "/v1/partners/grupo/uno"
    made = own.put(path, json=LAB | {"city": "Cusco"}, headers={"If-None-Match": "*"})
    assert (made.status_code, made.json()["effect"], made.headers["location"]) == (201, "added", path)
    assert own.put(path, json=LAB, headers={"If-None-Match": "*"}).status_code == 412
    assert "read it" in detail(own.put(path, json=LAB), 428)
    assert detail(own.put(path, json=LAB, headers={"If-Match": 'W/"1"'}), 412)  # weak tags do not count
    assert own.put(path, json=LAB, headers={"If-Match": "*"}).json()["effect"] == "changed"
    kept = own.get(path).json()["partner"]
    assert (kept["city"], kept["sectors"], kept["region"], kept["country"]) == (None, ["C13"], "PE-CUS", "PE")
    assert kept["owner"] == "uni"
    assert own.put(path, json=kept | {"city": "Anta"}).json()["effect"] == "changed"  # it names its version
    assert own.put(path, json=kept | {"city": "Puno"}).status_code == 412
    assert own.put("/v1/partners/nadie", json=LAB, headers={"If-Match": '"1"'}).status_code == 412
    assert own.patch("/v1/partners/nadie", json={}, headers={"If-Match": '"1"'}).status_code == 404
    assert "not that of the address" in detail(own.put(path, json=LAB | {"id": "otro"}), 422)


def test_delete_honours_the_etag_and_leaves_nothing(client: Client) -> None:
    own = client(OWN)
    assert own.delete("/v1/partners/lab", headers={"If-Match": '"1"'}).status_code == 412
    gone = own.delete("/v1/partners/lab", headers={"If-Match": own.get("/v1/partners/lab").headers["etag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert [own.get(f"/v1/{p}").status_code for p in ("partners/lab", "evidence/n", "outcomes/o")] == [404] * 3
    assert own.delete("/v1/partners/lab").status_code == 404
    assert own.delete("/v1/partners/%00").status_code == 404


# Writing


def test_what_is_described_is_what_is_taken() -> None:
    for model, kind in ((PartnerIn, Partner), (EvidenceIn, Evidence), (OutcomeIn, Outcome)):
        assert {*model.model_fields} == {f.name for f in dataclasses.fields(kind)} | {"version"}
        assert "$ref" not in json.dumps(model.model_json_schema())  # it stands alone in the description
    given = {"name": "Laboratorio", "side": "supply"}
    assert check(Partner, given | dict.fromkeys({*PartnerIn.model_fields} - {*given, "version", "id"})) == {
        **dict.fromkeys(PartnerIn.model_fields.keys() - {"version", "id"}), **given, "sectors": (), "identifiers": (),
    }  # fmt: skip


def test_a_record_made_is_read_at_once_clean_and_with_codes(client: Client) -> None:
    own = client(OWN)
    made = own.post("/v1/evidence", json={
        "partners": ["lab"], "kind": "Necesidad", "text": "<p>Se  nos corre el teñido de las chompas.</p>", "region": "cusco",
        "sectors": ["textiles", "C13"], "fields": ["2.11"], "date": "2025-03-31", "title": "",
    })  # fmt: skip
    assert made.status_code == 201, made.text
    location = made.headers["location"]
    assert location == f"/v1/evidence/{made.json()['id']}"
    assert own.get(location).json() == {
        "id": made.json()["id"], "partners": ["lab"], "kind": "need", "text": "Se nos corre el teñido de las chompas.",
        "title": None, "language": "es", "date": "2025-03-31", "sectors": ["C13"], "fields": ["2.11"],
        "region": "PE-CUS", "source": None, "url": None, "confidential": None, "summary": None, "owner": "uni",
        "version": made.json()["version"],
    }  # fmt: skip
    again = own.post(
        "/v1/evidence", json={"id": made.json()["id"], "partners": ["lab"], "kind": "need", "text": "Otro."}
    )
    assert "exists already" in detail(again, 409)


BAD = [
    ("partners", {"nombre": "x"}, "nombre: no field of this record"),
    ("partners", {"name": "x" * 301}, "name: 301 characters; the most is 300"),
    ("partners", {"name": "a\0b"}, "name: control characters are not allowed"),
    ("partners", {"name": "a\nb"}, "name: control characters are not allowed"),
    ("partners", {"name": "<b></b>"}, "name: empty"),
    ("partners", {"name": 5}, "name: must be text"),
    ("partners", {"side": "both"}, "side: 'both' is not one of supply, demand"),
    ("partners", {"size": "xl"}, "size: 'xl' is not one of"),
    ("partners", {"region": "Narnia"}, "region 'Narnia' is not known"),
    ("partners", {"country": "CL", "region": "PE-CUS"}, "region PE-CUS lies in PE, not in CL"),
    ("partners", {"sectors": ["C13"] * 51}, "sectors: 51 entries; the most is 50"),
    ("partners", {"sectors": "C13"}, "sectors: must be a list of texts"),
    ("partners", {"sectors": [["C13"]]}, "sectors: must be text"),
    ("partners", {"url": "javascript:alert(1)"}, "url: must be a web address"),
    ("partners", {"url": "http://"}, "url: must be a web address"),
    ("partners", {"contact": "x" * 501}, "contact: 501 characters"),
    ("partners", {"consent": "no"}, "consent: must be true or false"),
    ("partners", {"owner": "nadie"}, "no organisation has the id 'nadie'"),
    ("partners", {"id": "a/../b"}, "id: an id has"),
    ("partners", {"id": 7}, "id: an id has"),
    ("partners", {"id": " a"}, "id: an id has"),
    ("evidence", {"id": "a/matches"}, "id: an id has"),
    ("evidence", {"text": "x" * 20_001}, "text: 20001 characters; the most is 20000"),
    ("evidence", {"text": "a\x07"}, "text: control characters are not allowed"),
    ("evidence", {"language": "xx"}, "language 'xx' is not known"),
    ("evidence", {"date": "31/02/2025"}, "date: '31/02/2025' is no date"),
    ("evidence", {"fields": ["9.99"]}, "field of science '9.99' is not known"),
    ("evidence", {"partners": []}, "partners: empty"),
    ("evidence", {"confidential": True}, "'e' is confidential and needs a summary"),
    ("outcomes", {"stage": "married"}, "stage: 'married' is not one of"),
]
GOOD = {
    "partners": LAB,
    "evidence": {"partners": ["lab"], "kind": "need", "text": "Texto."},
    "outcomes": {"partner": "lab", "stage": "met"},
}


def test_a_record_with_a_fault_is_refused_by_name(client: Client, offices: Store) -> None:
    before = offices.counts(), offices.version()
    for kind, given, says in BAD:
        response = client(EVERYTHING).post(f"/v1/{kind}", json={"id": "e"} | GOOD[kind] | given)
        assert detail(response, 422).startswith(says), (given, response.text)
    assert (offices.counts(), offices.version()) == before


def test_what_is_no_json_object_is_refused(client: Client) -> None:
    own, typed = client(OWN), {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'"x"', b'{"name": "\xff"}', b"1" * 5000):
        detail(own.post("/v1/partners", content=body, headers=typed), 422)
    deep = b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert detail(own.post("/v1/partners", content=deep, headers=typed), 422) == "the JSON is nested too deeply"
    assert detail(own.post("/v1/partners", content=b"{}", headers={"Content-Type": "text/plain"}), 415)
    assert "at once" in detail(own.post("/v1/partners", content=b" " * 200_001, headers=typed), 413)
    surrogate = own.post("/v1/partners", content=json.dumps(LAB | {"name": "a\ud800"}), headers=typed)
    assert detail(surrogate, 422) == "name: control characters are not allowed"


def test_only_contributors_write(client: Client) -> None:
    for method in ("post", "put", "patch", "delete"):
        path = "/v1/partners" if method == "post" else "/v1/partners/lab"
        body = {} if method == "delete" else {"json": LAB}
        assert "role contributor" in detail(client(READER).request(method, path, **body), 403)
    typed = {"Content-Type": "application/x-ndjson"}
    assert client(READER).post("/v1/bulk", content=b"", headers=typed).status_code == 403


def test_nobody_writes_what_is_anothers(client: Client, offices: Store) -> None:
    other, before = client(OTHER), offices.get(Partner, "lab")
    any_version = {"If-Match": "*"}
    assert "another organisation's" in detail(other.put("/v1/partners/lab", json=LAB, headers=any_version), 403)
    assert detail(other.patch("/v1/partners/lab", json={"owner": "otra"}, headers=any_version), 403)
    assert detail(other.delete("/v1/evidence/n"), 403)
    assert detail(other.patch("/v1/partners/unsaac", json={"city": "x"}, headers=any_version), 403)  # nobody's
    assert "organisation 'uni'" in detail(other.post("/v1/partners", json=LAB | {"owner": "uni"}), 403)
    assert detail(client(FAR_OFFICER).delete("/v1/partners/lab"), 403)
    given = {"kind": "project", "text": "Texto."}
    attached = other.post("/v1/evidence", json=given | {"partners": ["lab", "unsaac"]})
    assert "names none of your organisation's partners" in detail(attached, 403)
    assert offices.get(Partner, "lab") == before


def test_an_own_partner_lets_others_be_named_beside_it(client: Client, offices: Store) -> None:
    given = {"kind": "project", "text": "De dos.", "partners": ["unsaac", "lab"]}
    assert client(OWN).post("/v1/evidence", json=given | {"id": "dos"}).status_code == 201
    assert (
        client(OWN)
        .post("/v1/outcomes", json={"id": "x", "partner": "unsaac", "counterpart": "lab", "stage": "reunion"})
        .status_code
        == 201
    )
    assert offices.get(Evidence, "dos").record.partners == ("unsaac", "lab")
    assert offices.get(Outcome, "x").record == Outcome("x", "unsaac", Stage.MET, "lab", owner="uni")


def test_an_officer_writes_for_those_they_serve_and_an_admin_for_all(client: Client, offices: Store) -> None:
    assert client(OFFICER).post("/v1/partners", json=LAB | {"id": "a", "owner": "uni"}).status_code == 201
    assert client(OFFICER).post("/v1/partners", json=LAB | {"id": "b"}).status_code == 201
    assert (
        client(OFFICER).patch("/v1/partners/lab", json={"city": "Anta"}, headers={"If-Match": "*"}).status_code == 200
    )
    assert client(EVERYTHING).post("/v1/partners", json=LAB | {"id": "c"}).status_code == 201
    assert [offices.get(Partner, id_).record.owner for id_ in ("a", "b", "c", "lab")] == ["uni", "oficina", None, "uni"]


def test_every_write_is_in_the_audit_log_and_nothing_of_its_words(client: Client, offices: Store) -> None:
    own = client(OWN)
    own.post("/v1/partners", json=LAB | {"id": "x"})
    own.patch("/v1/partners/x", json={"city": "Anta"}, headers={"If-Match": "*"})
    own.patch("/v1/partners/x", json={"city": "Anta"}, headers={"If-Match": "*"})  # changes nothing
    own.delete("/v1/partners/lab")
    with offices.reading() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        told = [(r.key, r.organisation, r.action, r.kind, r.record) for r in rows]
    assert told == [
        ("k-uni", "uni", action, kind, id_)
        for action, kind, id_ in (
            ("create", "partner", "x"), ("change", "partner", "x"), ("delete", "partner", "lab"),
            ("delete", "evidence", "n"), ("delete", "outcome", "o"),
        )
    ]  # fmt: skip


# Many at once


def bulk(client: TestClient, rows: list, query: str = "", **headers: str) -> tuple[int, list[dict]]:
    body = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    headers = {"Content-Type": "application/x-ndjson"} | headers
    response = client.post(f"/v1/bulk{query}", content=body.encode(), headers=headers)
    assert response.headers["content-type"].startswith("application/x-ndjson"), response.text
    return response.status_code, [json.loads(line) for line in response.text.splitlines()]


ROWS = [
    {"type": "partner", "id": "nuevo", "side": "demand", "name": "Nuevo", "region": "Puno"},
    {"type": "evidence", "id": "nuevo-n1", "partners": ["nuevo"], "kind": "need", "text": "Secar quinua."},
    {"type": "partner", "id": "lab", "city": "Anta"},
    {"type": "partner", "id": "lab", "city": "Anta"},
    "",
    "{",
    {"type": "evidence", "id": "x", "partners": ["nadie"], "kind": "need", "text": "Nada."},
    {"type": "partner", "id": "unsaac", "city": "Anta"},
    {"type": "planeta", "id": "x"},
    {"type": "outcome", "id": "o", "delete": True},
    {"type": "outcome", "id": "o", "delete": True},
    {"type": "partner", "id": "lab", "city": "Puno", "version": 1},
]


def test_each_row_stands_for_itself(client: Client, offices: Store) -> None:
    before = offices.version()
    status, told = bulk(client(OWN), ROWS)
    assert status == 200
    assert [(r["row"], r["type"], r["id"], r["effect"]) for r in told] == [
        (1, "partner", "nuevo", "added"), (2, "evidence", "nuevo-n1", "added"), (3, "partner", "lab", "changed"),
        (4, "partner", "lab", "unchanged"), (6, None, None, "refused"), (7, "evidence", "x", "refused"),
        (8, "partner", "unsaac", "refused"), (9, None, "x", "refused"), (10, "outcome", "o", "deleted"),
        (11, "outcome", "o", "refused"), (12, "partner", "lab", "refused"),
    ]  # fmt: skip
    assert [r.get("version") for r in told[:4]] == [before + 1] * 4  # one transaction
    reasons = [r["reason"] for r in told if "reason" in r]
    assert [r.split(":")[0] for r in reasons] == [
        "this cannot be read as JSON",
        "'x' names partner 'nadie', which does not exist",
        "'unsaac' is another organisation's",
        "type",
        "no outcome has the id 'o'",
        f"'lab' was changed meanwhile (it is at {before + 1}, not at 1)",
    ]
    lab = offices.get(Partner, "lab").record
    assert (lab.city, lab.contact, lab.name) == ("Anta", "ana@uni.example", "Laboratorio Ñandú")
    assert offices.get(Partner, "nuevo").record == Partner(
        "nuevo", Side.DEMAND, "Nuevo", "other", "PE", "PE-PUN", owner="uni"
    )


def test_all_rows_or_none(client: Client, offices: Store) -> None:
    before = offices.version(), offices.counts()
    status, told = bulk(client(OWN), [*ROWS[:3], "{"], "?atomic=true")
    assert status == 422
    assert [r["effect"] for r in told] == ["refused"] * 4
    assert told[0]["reason"] == "not written, since all were to be or none, and row 4 was refused"
    assert (offices.version(), offices.counts()) == before
    status, told = bulk(client(OWN), ROWS[:3], "?atomic=true")
    assert (status, [r["effect"] for r in told]) == (200, ["added", "added", "changed"])


BAD_ROWS = [
    ("[]", "this is no JSON object"),
    ('{"a":' + "[" * 90_000, "the JSON is nested too deeply"),
    ('{"type": "partner", "id": "' + "x" * 200_000, "the row has 200027 bytes; the most is 200000"),
    ({"type": "partner", "id": "x", "side": "supply", "name": "X", "nada": 1}, "nada: no field of this record"),
    ({"type": "partner", "side": "supply", "name": "X"}, "id: an id has"),
    ({"type": ["partner"], "id": "x"}, "type: must be one of partner, evidence, outcome"),
    ({"type": "partner", "id": "x", "name": "X"}, "side: empty"),
    ({"type": "partner", "id": "lab", "name": None}, "name: empty"),
    ({"type": "partner", "id": "lab", "delete": "yes"}, "delete: must be true or false"),
    ({"type": "partner", "id": "lab", "delete": True, "name": "X"}, "name: a row that deletes has no other field"),
    ({"type": "partner", "id": "lab", "version": "1"}, "version: must be a whole number"),
    ({"type": "evidence", "id": "n", "summary": None}, "'n' is confidential and needs a summary"),
]


def test_a_row_with_a_fault_says_which(client: Client) -> None:
    good = {"type": "partner", "id": "lab", "city": "Anta"}
    _, told = bulk(client(OWN), [row for bad, _ in BAD_ROWS for row in (bad, good)])
    for (row, says), answer in zip(BAD_ROWS, told[::2], strict=True):
        assert answer["reason"].startswith(says), row
    assert [r["effect"] for r in told[1::2]] == ["changed"] + ["unchanged"] * (len(BAD_ROWS) - 1)


def test_a_row_refused_leaves_nothing_to_the_next_of_its_id(client: Client, offices: Store) -> None:
    rows = [
        {"type": "evidence", "id": "x", "partners": ["lab"], "kind": "need", "text": "Secreto.", "confidential": True},
        {"type": "evidence", "id": "x", "summary": "Resumen."},
    ]
    _, told = bulk(client(OWN), rows)
    assert [r["reason"].split(":")[0] for r in told] == [
        "'x' is confidential and needs a summary that everybody may read", "partners, kind, text"
    ]  # fmt: skip
    assert offices.get(Evidence, "x") is None


def test_more_rows_than_a_batch_and_more_than_are_taken(client: Client, offices: Store) -> None:
    partners = [{"type": "partner", "id": f"p{i:04}", "side": "supply", "name": f"Grupo {i}"} for i in range(700)]
    texts = [
        {"type": "evidence", "id": f"e{i:04}", "partners": [f"p{i:04}"], "kind": "project", "text": f"Texto {i}", "language": "es"}
        for i in range(700)
    ]  # fmt: skip
    _, told = bulk(client(OWN), partners + texts)
    assert [r["effect"] for r in told] == ["added"] * 1400
    assert offices.get(Evidence, "e0699").record.partners == ("p0699",)
    with offices.reading() as session:
        assert len(session.scalars(select(AuditRow)).all()) == 1400
    typed = {"Content-Type": "application/x-ndjson"}
    assert "10000 rows" in detail(client(OWN).post("/v1/bulk", content=b"{}\n" * 10_001, headers=typed), 413)
    assert "20000000 bytes" in detail(client(OWN).post("/v1/bulk", content=b" " * 20_000_001, headers=typed), 413)
    assert detail(client(OWN).post("/v1/bulk", content=b"{}", headers={"Content-Type": "text/plain"}), 415)


def test_a_partner_that_is_shown_as_another_names_it(offices, client):
    with offices.writing() as writer:
        writer.join("pucp", "unsaac")
    seen = client(READER).get("/v1/partners/pucp")
    assert (seen.status_code, seen.headers["link"]) == (200, '</v1/partners/unsaac>; rel="canonical"')
    assert seen.json()["partner"]["id"] == "pucp"
    assert "link" not in client(READER).get("/v1/partners/unsaac").headers
