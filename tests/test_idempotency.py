"""A write that is sent again with its key: done once, answered twice."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import FakeEncoder
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api import idempotency, state
from api.app import create_app
from matcher.access import Caller, Role
from matcher.live import LiveEngine
from matcher.records import Evidence, Partner
from matcher.store.store import Store
from matcher.store.tables import AuditRow, OrganisationRow, ReplyRow
from matcher.weights import Weights

LAB = {"side": "supply", "name": "Laboratorio", "kind": "laboratory", "contact": "ana@uni.example"}
KEY = {"Idempotency-Key": "clave-1", "Accept-Language": "en"}


@pytest.fixture
def client(tmp_path: Path, filled: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    with filled.writing() as writer:
        writer.session.add_all([OrganisationRow(id=id_, name=id_, office=None) for id_ in ("uni", "otra")])
    app = create_app(live=LiveEngine(tmp_path, FakeEncoder(), Weights.load()), store=filled)

    def caller_of(request: Request) -> Caller:
        organisation = request.headers.get("x-test", "uni")
        return Caller(Role.CONTRIBUTOR, organisation, frozenset({organisation}), f"k-{organisation}")

    monkeypatch.setattr(state, "caller_of", caller_of)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def replies(store: Store) -> list[ReplyRow]:
    with store.reading() as session:
        return list(session.scalars(select(ReplyRow)))


def test_a_post_sent_again_makes_nothing_and_is_answered_the_same(client: TestClient, filled: Store) -> None:
    first = client.post("/v1/partners", json=LAB, headers=KEY)
    version = filled.version()
    again = client.post("/v1/partners", json=LAB, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert filled.version() == version
    assert [p.id for p in filled.partners() if p.name == "Laboratorio"] == [first.json()["id"]]
    assert client.get(first.headers["location"]).status_code == 200


def test_all_kinds_of_write_are_answered_again(client: TestClient, filled: Store) -> None:
    path = "/v1/partners/lab"
    client.put(path, json=LAB)
    tag = client.get(path).headers["etag"]
    for method, body, status in (
        ("put", LAB | {"city": "Anta"}, 200),
        ("patch", {"city": "Calca"}, 200),
        ("delete", None, 204),
    ):
        headers = {"Idempotency-Key": method, "If-Match": tag}
        sent = {"json": body} if body else {}
        first, again = (client.request(method, path, headers=headers, **sent) for _ in range(2))
        assert (first.status_code, again.status_code, again.content) == (status, status, first.content)
        assert again.headers.get("idempotent-replayed") == "true"
        tag = first.headers.get("etag")
    assert filled.get(Partner, "lab") is None


def test_a_bulk_is_answered_again_row_by_row(client: TestClient, filled: Store) -> None:
    rows = [{"type": "partner", "id": "lab", **LAB}, {"type": "partner", "id": "x"}]
    headers = KEY | {"Content-Type": "application/x-ndjson"}
    body = "\n".join(map(json.dumps, rows))
    first, again = (client.post("/v1/bulk", content=body, headers=headers) for _ in range(2))
    assert [json.loads(line)["effect"] for line in first.text.splitlines()] == ["added", "refused"]
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    other = client.post("/v1/bulk?atomic=true", content=body, headers=headers)
    assert other.status_code == 422


def test_the_key_with_another_request_is_refused(client: TestClient, filled: Store) -> None:
    client.post("/v1/partners", json=LAB, headers=KEY)
    other = client.post("/v1/partners", json=LAB | {"city": "Anta"}, headers=KEY)
    assert other.status_code == 422
    assert other.json()["detail"].startswith("this Idempotency-Key came before with another request")
    assert client.put("/v1/partners/lab", json=LAB, headers=KEY).status_code == 422
    assert filled.get(Partner, "lab") is None


def test_keys_of_callers_do_not_meet(client: TestClient, filled: Store) -> None:
    first = client.post("/v1/partners", json=LAB, headers=KEY)
    second = client.post("/v1/partners", json=LAB, headers=KEY | {"x-test": "otra"})
    assert first.json()["id"] != second.json()["id"]
    assert filled.get(Partner, second.json()["id"]).record.owner == "otra"


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "clave-ñ".encode()])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str | bytes) -> None:
    response = client.post("/v1/partners", json=LAB, headers={"Idempotency-Key": key, "Accept-Language": "en"})
    assert response.status_code == 422
    assert response.json()["detail"].startswith("Idempotency-Key: 1 to 200")


def test_a_refused_write_is_not_remembered(client: TestClient, filled: Store) -> None:
    text = {"partners": ["lab"], "kind": "need", "text": "Texto."}
    assert client.put("/v1/evidence/n", json=text, headers=KEY).status_code == 404
    assert replies(filled) == []
    client.put("/v1/partners/lab", json=LAB)
    assert client.put("/v1/evidence/n", json=text, headers=KEY).status_code == 201


def test_of_many_at_once_with_one_key_one_is_done(client: TestClient, filled: Store) -> None:
    together = threading.Barrier(6)

    def post(_: int) -> tuple[str, bool]:
        together.wait(timeout=30)
        answer = client.post("/v1/partners", json=LAB, headers=KEY)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], "idempotent-replayed" in answer.headers

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert len({id_ for id_, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 5
    assert sum(p.name == "Laboratorio" for p in filled.partners()) == 1


@pytest.mark.parametrize("where", ["_keep", "_find"])
def test_answer_and_write_are_kept_together_or_not_at_all(
    client: TestClient, filled: Store, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    real = getattr(idempotency.Once, where)

    def power_cut(self, session, *rest):
        real(self, session, *rest)
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(idempotency.Once, where, power_cut)
        assert client.put("/v1/partners/lab", json=LAB, headers=KEY).status_code == 500
    assert replies(filled) == []
    assert filled.get(Partner, "lab") is None
    done = client.put("/v1/partners/lab", json=LAB, headers=KEY)
    assert (done.status_code, "idempotent-replayed" in done.headers) == (201, False)


def test_after_a_day_a_key_is_forgotten(client: TestClient, filled: Store) -> None:
    client.put("/v1/partners/lab", json=LAB, headers=KEY)
    long_ago = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(hours=24, minutes=1)
    with filled.writing() as writer:
        writer.session.execute(update(ReplyRow).values(at=long_ago))
    tag = client.get("/v1/partners/lab").headers["etag"]
    text = {"partners": ["lab"], "kind": "need", "text": "Texto."}
    assert client.put("/v1/evidence/n", json=text, headers=KEY | {"If-None-Match": "*"}).status_code == 201
    assert [r.status for r in replies(filled)] == [201]  # the old one went
    assert filled.get(Evidence, "n") is not None
    assert client.get("/v1/partners/lab").headers["etag"] != tag  # a text came, the page is another


def test_what_is_kept_names_records_and_never_holds_them(client: TestClient, filled: Store) -> None:
    client.put("/v1/partners/lab", json=LAB, headers=KEY)
    (kept,) = replies(filled)
    version = filled.get(Partner, "lab").version
    assert json.loads(kept.body) == {"id": "lab", "effect": "added", "version": version}
    assert "ana@" not in f"{kept.body} {kept.headers} {kept.digest}"
    with filled.reading() as session:
        assert session.scalars(select(AuditRow.record)).all() == ["lab"]
