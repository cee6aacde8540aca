"""The HTTP service's errors: RFC 9457 problem details, in the reader's language."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FakeEncoder
from fastapi.testclient import TestClient

from api.app import create_app
from matcher.live import LiveEngine
from matcher.weights import Weights

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app(live=LiveEngine(home, FakeEncoder(), Weights.load()))) as client:
        yield client


def _problem(response: object, status: int, title: str, kind: str, instance: str) -> str:
    """Assert that a response is this problem, and return its detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:tinkuy:problem:{kind}"
    assert body["title"] == title
    assert body["status"] == status
    assert body["instance"] == instance
    return body["detail"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_unknown_evidence_is_not_found(client: TestClient, method: str) -> None:
    path = "/v1/evidence/nadie/matches"
    response = client.request(method, path, headers=ENGLISH)
    assert _problem(response, 404, "Not Found", "NotFound", path) == "no evidence or need has the id 'nadie'"


def test_unknown_records_are_not_found(client: TestClient) -> None:
    partner = client.get("/v1/partners/nadie", headers=ENGLISH)
    assert _problem(partner, 404, "Not Found", "NotFound", "/v1/partners/nadie") == "no partner has the id 'nadie'"
    text = client.get("/v1/evidence/nadie", headers=ENGLISH)
    detail = _problem(text, 404, "Not Found", "NotFound", "/v1/evidence/nadie")
    assert detail == "no evidence has the id 'nadie'"
    country = client.get("/v1/regions", params={"country": "Narnia"}, headers=ENGLISH)
    assert _problem(country, 404, "Not Found", "NotFound", "/v1/regions").startswith("country 'Narnia' is not known")


@pytest.mark.parametrize("text", ["", "  \n ", "¿?!", "<p></p>", "<script>alert(1)</script>"])
def test_a_question_that_says_nothing_is_refused(client: TestClient, text: str) -> None:
    response = client.post("/v1/matches", json={"text": text}, headers=ENGLISH)
    detail = _problem(response, 422, "Unprocessable Entity", "BadQuery", "/v1/matches")
    assert detail == "the text is empty: describe in a few words what you need or offer"


def test_a_question_of_more_than_20000_characters_is_refused(client: TestClient) -> None:
    assert client.post("/v1/matches", json={"text": "a" * 20_000}).status_code == 200
    response = client.post("/v1/matches", json={"text": "a" * 20_001}, headers=ENGLISH)
    detail = _problem(response, 422, "Unprocessable Entity", "BadQuery", "/v1/matches")
    assert detail.startswith("the text has 20001 characters, the most is 20000")


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ({"region": "Narnia"}, "region 'Narnia' is not known"),
        ({"sectors": ["quidditch"]}, "sector 'quidditch' is not known"),
        ({"countries": ["Narnia"]}, "country 'Narnia' is not known"),
        ({"filters": {"regions": ["Narnia"]}}, "region 'Narnia' is not known"),
    ],
)
def test_unknown_codes_are_refused_by_name(client: TestClient, given: dict, begins: str) -> None:
    response = client.post("/v1/matches", json={"text": "alpaca", **given}, headers=ENGLISH)
    detail = _problem(response, 422, "Unprocessable Entity", "BadQuery", "/v1/matches")
    assert detail.startswith(begins)


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({"text": "alpaca", "regoin": "Cusco"}, "body.regoin", "Extra inputs are not permitted"),
        ({"text": "alpaca", "filters": {"region": "Cusco"}}, "body.filters.region", "Extra inputs are not permitted"),
        ({"seeks": "supply"}, "body.text", "Field required"),
        ({"text": 5}, "body.text", "Input should be a valid string"),
        ({"text": "alpaca", "k": 0}, "body.k", "Input should be greater than or equal to 1"),
        ({"text": "alpaca", "k": 1001}, "body.k", "Input should be less than or equal to 1000"),
        ({"text": "alpaca", "sectors": "C13"}, "body.sectors", "Input should be a valid list"),
        ({"text": "alpaca", "seeks": "both"}, "body.seeks", "Input should be 'supply' or 'demand'"),
        ({"text": "alpaca", "without": ["size"]}, "body.without.0", "Input should be 'place', 'sector', 'track_record' or 'experience'"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(client: TestClient, body: dict, where: str, what: str) -> None:
    response = client.post("/v1/matches", json=body)
    detail = _problem(response, 422, "Unprocessable Entity", "BadRequest", "/v1/matches")
    assert detail == f"{where}: {what}"
    assert response.json()["errors"] == [{"where": where, "what": what}]


@pytest.mark.parametrize("body", [b"{", b"text", b'{"text": "alpaca",}'])
def test_malformed_json_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/matches", content=body, headers={"Content-Type": "application/json"})
    assert "JSON decode error" in _problem(response, 422, "Unprocessable Entity", "BadRequest", "/v1/matches")


@pytest.mark.parametrize("body", [{"text": "\ud800"}, {"text": "alpaca", "\ud800": 1}])
def test_text_that_is_no_unicode_is_refused(client: TestClient, body: dict) -> None:
    response = client.post("/v1/matches", content=json.dumps(body), headers={"Content-Type": "application/json"})
    detail = _problem(response, 422, "Unprocessable Entity", "BadRequest", "/v1/matches")
    assert detail.endswith("unable to parse raw data as a unicode string")


def test_unknown_path_and_wrong_method_are_problems_too(client: TestClient) -> None:
    assert _problem(client.get("/v1/nada"), 404, "Not Found", "Http", "/v1/nada") == "Not Found"
    wrong = client.delete("/v1/matches")
    assert _problem(wrong, 405, "Method Not Allowed", "Http", "/v1/matches") == "Method Not Allowed"
    assert wrong.headers["allow"] == "POST"  # RFC 9110, 15.5.6: a 405 must say what is allowed


@pytest.mark.parametrize("languages", ["en", "EN", "en-GB,en;q=0.9,es;q=0.5"])
def test_details_are_in_english_where_that_is_preferred(client: TestClient, languages: str) -> None:
    response = client.get("/v1/partners/nadie", headers={"Accept-Language": languages})
    assert response.json()["detail"] == "no partner has the id 'nadie'"


def test_without_a_snapshot_the_server_lives_but_is_not_ready(tmp_path: Path) -> None:
    with TestClient(create_app(live=LiveEngine(tmp_path, FakeEncoder(), Weights.load()))) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        response = client.get("/readyz", headers=ENGLISH)
        detail = _problem(response, 503, "Service Unavailable", "SnapshotMissing", "/readyz")
        assert "no snapshot in" in detail
        question = client.post("/v1/matches", json={"text": "alpaca"})
        _problem(question, 503, "Service Unavailable", "SnapshotMissing", "/v1/matches")


def test_an_unexpected_error_shows_nothing_of_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveEngine(home, FakeEncoder(), Weights.load())
    app = create_app(live=live)

    def broken() -> None:
        raise RuntimeError("password=1234")

    with TestClient(app, raise_server_exceptions=False) as client:
        monkeypatch.setattr(live, "current", broken)
        response = client.get("/readyz")
    detail = _problem(response, 500, "Internal Server Error", "Unexpected", "/readyz")
    assert "1234" not in response.text
    assert detail == "unexpected error; the server's log has the details"
