"""What no program should send: each is refused with what is wrong, on both databases, and nothing breaks."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from fastapi.testclient import TestClient

from api.app import create_app
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.store.store import Store
from matcher.weights import Weights

JSON = {"Content-Type": "application/json", "Accept-Language": "en"}
HALF = "\ud83e"
DEEP = "[" * 200_000 + "]" * 200_000
RECORDS = ["/v1/partners", "/v1/evidence", "/v1/outcomes"]
BODIES = [("POST", path) for path in [*RECORDS, "/v1/matches", "/v1/introductions", "/v1/searches", "/v1/inbox/read"]] + [
    ("PUT", "/v1/partners/unsaac"), ("PATCH", "/v1/evidence/taller-1"), ("POST", "/v1/evidence/taller-1/matches"),
    ("PUT", "/v1/shortlists/taller-1/partners/unsaac"), ("POST", "/v1/introductions/1/steps"), ("PUT", "/v1/searches/1"),
]  # fmt: skip
LISTS = [*RECORDS, "/v1/shortlists", "/v1/introductions", "/v1/inbox", "/v1/searches"]


@pytest.fixture
def client(filled: Store, tmp_path: Path) -> Iterator[TestClient]:
    encoder = FakeEncoder()
    Snapshot.build(tmp_path / "home", PARTNERS, EVIDENCE, OUTCOMES, encoder)
    live = LiveEngine(tmp_path / "home", encoder, Weights.load(), filled, watch=False)
    with TestClient(create_app(live=live, store=filled)) as client:  # an error that nobody caught is raised here
        yield client


def refused(response: object, *statuses: int) -> dict:
    """Make sure that a request was refused, in words that can be read; return them."""
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()


def test_bodies_that_are_no_json(client: TestClient) -> None:
    broken = (b"{", b"\xff\xfe{}", b'{"text": ' + b"9" * 5_000 + b"}", b"\x00", b"nul", b'"\xed\xa0\x80"')
    others = ("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded")
    for method, path in BODIES:
        for content in broken:
            refused(client.request(method, path, content=content, headers=JSON), 422)
        refused(client.request(method, path, content=DEEP, headers=JSON), 413, 422)
        for other in others:
            refused(client.request(method, path, content=b"{}", headers={"Content-Type": other}), 415)


def test_values_that_no_field_can_hold(client: TestClient) -> None:
    fields = ("id", "text", "date", "owner", "evidence", "ids", "k", HALF)
    values = (HALF, "\0", 10**400, "9999-12-31T99", {"": {}})
    for (method, path), field, value in product(BODIES, fields, values):
        body = {"side": "demand", "name": "X", "kind": "need", "text": "alpaca", field: value}
        refused(client.request(method, path, content=json.dumps(body), headers=JSON), 404, 422, 428)


def test_addresses_that_nobody_gave(client: TestClient) -> None:
    names = ("cursor", "text", "partner", "owner", "organisation", "region", "since", "changed_since")
    values = ("%00", "%ff", "%ed%a0%80", "9" * 4_000, "a%00b", "%F0%9F%A6%99")
    for path, value in product(LISTS, values):
        for name in names:
            response = client.get(f"{path}?{name}={value}")
            assert response.status_code in (200, 404, 422), response.text
        for inner in (f"{path}/{value}", f"{path}/{value}/matches", f"{path}/{value}/partners/{value}"):
            assert client.get(inner).status_code in (200, 404, 405, 422)
            assert client.delete(inner).status_code in (204, 404, 405, 422)


def test_headers_that_mean_nothing(client: TestClient) -> None:
    names = ("If-Match", "If-None-Match", "Idempotency-Key", "Accept-Language", "Accept", "X-Request-ID", "Cookie")
    values = (b"\xff\xfe", b"x" * 5_000, b'"' + b"9" * 30 + b'"', b"", b"\xc3\xb1,;q=a")
    asked = (("PUT", "/v1/partners/unsaac"), ("GET", "/v1/partners/unsaac"), ("DELETE", "/v1/searches/x"))
    for name, value, (method, path) in product(names, values, asked):
        headers = {"Content-Type": "application/json", name: value}
        response = client.request(method, path, content=b'{"name": "Otra", "side": "supply"}', headers=headers)
        assert response.status_code in (200, 404, 412, 422, 428), response.text


def test_a_wrong_method_is_told_which_there_are(client: TestClient) -> None:
    for method, path, allow in (
        ("PUT", "/v1/evidence/taller-1/matches", "GET, POST"),
        ("DELETE", "/v1/partners/a/b/erasure", "POST"),
        ("GET", "/v1/partners/unsaac/erasure", "POST"),
        ("POST", "/v1/partners/unsaac", "DELETE, GET, PATCH, PUT"),
        ("DELETE", "/v1/partners", "GET, POST"),
        ("TRACE", "/v1/matches", "POST"),
        ("PATCH", "/healthz", "GET"),
    ):
        response = client.request(method, path)
        refused(response, 405)
        assert response.headers["Allow"] == allow


def test_a_date_is_written_as_one(client: TestClient) -> None:
    for date in (0, 1e9, "0", "20240102", "2024-01-02T00:00:00", True, "٢٠٢٤-٠١-٠٢"):
        found = refused(client.post("/v1/matches", json={"text": "alpaca", "date": date}), 422)
        assert found["detail"] == "body.date: Value error, write a date as 2025-03-31"


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day(client: TestClient, date: str) -> None:
    question = {"text": "alpaca", "date": date, "filters": {"since": date, "until": date}}
    assert client.post("/v1/matches", json=question).status_code == 200
    for path in ("/v1/evidence", "/v1/outcomes"):
        assert client.get(path, params={"since": date, "until": date}).json() == {"items": [], "next": None}
    record = {"partners": ["unsaac"], "kind": "project", "text": "Lana.", "date": date}
    assert client.post("/v1/evidence", json=record).status_code == 201


def test_rows_that_are_no_records_are_refused_one_by_one(client: TestClient) -> None:
    rows = ["{", "[]", '"\\ud800"', '{"type": "partner", "id": "\\ud800", "side": "supply"}', '{"\\ud800": 1}', DEEP[:1_000],
            '{"type": "partner", "id": "\\u0000"}', "9" * 5_000]  # fmt: skip
    response = client.post(
        "/v1/bulk", content="\n".join(rows).encode() + b"\n\xff\xfe", headers={"Content-Type": "application/x-ndjson"}
    )
    assert response.status_code == 200
    told = [json.loads(line) for line in response.text.splitlines()]
    assert [(row["row"], row["effect"]) for row in told] == [(n, "refused") for n in range(1, len(rows) + 2)]
