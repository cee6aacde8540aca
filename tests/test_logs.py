"""Logs: one line a request, and nothing of what people wrote, whatever goes wrong."""

import io
import json
import logging

import pytest
from conftest import FakeEncoder
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.app import create_app
from matcher import logs
from matcher.errors import BadQuery
from matcher.live import LiveEngine
from matcher.records import Evidence, Partner, Side
from matcher.store.store import Store
from matcher.weights import Weights

MARK = "zarzaparrilla"  # in whatever people send


@pytest.fixture
def lines():
    """All that leaves through our logs at DEBUG, and all records of every logger, as others might format them."""
    out, records = io.StringIO(), []

    class Keep(logging.Handler):
        def emit(self, record):
            records.append(record)

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*logs.OURS, *logs.QUIET, "uvicorn.error")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", out)
        logs.configure("json", "debug")
    root.addHandler(Keep())
    yield out, records
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    logging.getLogger("uvicorn.access").disabled = False


@pytest.fixture
def client(home, filled):
    with TestClient(create_app(LiveEngine(home, FakeEncoder(), Weights.load()), filled)) as client:
        yield client


def nothing_of(lines) -> list[dict]:
    """Make sure that the mark is nowhere, and return what was logged."""
    out, records = lines
    formatter = logging.Formatter()  # with the whole traceback and its messages
    everything = out.getvalue() + "".join(f"{formatter.format(r)} {r.__dict__}" for r in records)
    assert MARK not in everything.lower()
    assert "@oficina" not in everything
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_request_is_one_line_with_the_id_of_its_answer(lines, client):
    answer = client.post("/v1/matches", json={"text": "alpaca"})
    (line,) = [found for found in nothing_of(lines) if found["message"] == "request"]
    assert list(line)[:3] == ["time", "level", "logger"]
    assert line["request"].pop("ms") > 0
    assert line["request"] == {
        "id": answer.headers["x-request-id"], "method": "POST", "route": "/v1/matches", "status": 200, "key": None,
    }  # fmt: skip


def test_nothing_that_people_send_is_logged(lines, client):
    seen = [
        client.post("/v1/matches", json={"text": f"{MARK} de alpaca", "region": "Cusco"}),
        client.post("/v1/matches", json={"text": "alpaca", "region": MARK}),
        client.post("/v1/matches", json={"text": "alpaca", MARK: 1}),
        client.post("/v1/matches", content=f'{{"text": "{MARK}'.encode(), headers={"Content-Type": "application/json"}),
        client.post("/v1/matches", json={"text": "alpaca", "k": MARK}),
        client.get(f"/v1/partners/{MARK}?q={MARK}", headers={"X-Request-ID": f"{MARK} {MARK}", "User-Agent": MARK, "Referer": MARK}),
        client.get(f"/v1/regions?country={MARK}", headers={"Authorization": f"Bearer {MARK}", "Cookie": MARK}),
        client.get(f"/{MARK}"),
        client.request(MARK.upper(), "/v1/matches"),
        client.get("/readyz"),
    ]  # fmt: skip
    assert [response.status_code for response in seen] == [200, 422, 422, 422, 422, 404, 401, 404, 405, 200]
    found = [line["request"]["status"] for line in nothing_of(lines) if line["message"] == "request"]
    assert found == [response.status_code for response in seen]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(f"cannot read {MARK}"),
        ValueError(MARK, {"text": MARK}),
        KeyError(MARK),
        UnicodeDecodeError("utf-8", MARK.encode(), 0, 1, MARK),
        OSError(2, "No such file", f"/home/{MARK}"),
        DBAPIError(f"SELECT '{MARK}'", {"text": MARK}, RuntimeError(MARK)),
    ],
)
def test_an_error_nobody_foresaw_is_told_by_type_and_place(lines, client, monkeypatch, error):
    def broken(*_: object, **__: object) -> None:
        try:
            raise LookupError(MARK)
        except LookupError as cause:
            raise error from cause

    monkeypatch.setattr("matcher.engine.Engine.match", broken)
    response = client.post("/v1/matches", json={"text": MARK})
    assert response.status_code == 500
    assert MARK not in response.text
    (line,) = [found for found in nothing_of(lines) if found["level"] == "error"]
    assert type(error).__name__ in line["message"]
    assert "LookupError" in line["message"]
    assert "in broken" in line["message"]
    assert line["request"]["id"] == response.headers["x-request-id"]


def test_what_the_database_refuses_carries_no_values(lines, filled):
    """A constraint that fails, and a statement that cannot be run: SQLAlchemy's own errors hide what was given."""
    row = {"id": MARK, "v": "x"}
    for statement in (
        "INSERT INTO partner (id, side, name, kind, sectors, version, contact) VALUES (:id, NULL, :id, :id, :v, 1, :id)",
        "SELECT nothing FROM partner WHERE id = :id OR id = :v",
    ):
        with pytest.raises(Exception) as caught, filled.engine.begin() as connection:
            connection.execute(text(statement), row)
        logging.getLogger("matcher.x").error("failed", exc_info=caught.value)
    out, _ = lines
    assert MARK not in out.getvalue()
    assert out.getvalue().count("\n") == 2


def test_statements_rows_and_parameters_are_not_logged(lines, store: Store):
    with store.writing() as writer:
        writer.upsert([Partner(MARK, Side.SUPPLY, MARK, "group", contact="a@oficina.example")])
        writer.upsert([Evidence(f"{MARK}-1", (MARK,), "need", MARK, confidential=True, summary=MARK)])
    assert [p.id for p in store.partners()] == [MARK]
    nothing_of(lines)


def test_an_error_of_ours_is_told_without_its_values():
    try:
        raise BadQuery("region {name!r} is not known", name=MARK)
    except BadQuery as error:
        told = logs.told((type(error), error, error.__traceback__))
    assert told.startswith("BadQuery (region {name!r} is not known) at ")
    assert MARK not in told


def test_a_chain_of_errors_that_goes_in_circles_ends():
    one, two = ValueError(MARK), KeyError(MARK)
    one.__cause__, two.__cause__ = two, one
    assert logs.told((ValueError, one, None)) == "builtins.ValueError <- builtins.KeyError"


def test_text_for_people(monkeypatch):
    record = logging.LogRecord("api.requests", logging.INFO, "", 1, "request", (), None)
    record.request = {"id": "a1", "status": 200}
    assert logs._Text().format(record).endswith(" INFO api.requests: request id=a1 status=200")
    try:
        raise RuntimeError(MARK)
    except RuntimeError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    assert MARK not in logs._Text().format(record)
