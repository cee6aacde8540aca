"""Health, readiness and figures: each part told by name, nothing private, nothing without bounds."""

import datetime as dt
import re
from pathlib import Path

import pytest
from conftest import FakeEncoder
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from api import metrics
from api.app import create_app
from matcher.access import Role
from matcher.errors import DatabaseAway
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Partner, Query, Side
from matcher.stopwatch import STAGES, Stopwatch, current, timed
from matcher.store import database, keys, organisations
from matcher.store.store import Store
from matcher.weights import Weights

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def live(home: Path) -> LiveEngine:
    return LiveEngine(home, FakeEncoder(), Weights.load())


@pytest.fixture
def client(live, filled):
    with TestClient(create_app(live, filled)) as client:
        yield client


def figures(client: TestClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.status_code == 200, response.text
    return {
        " ".join([s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))]): s.value
        for family in text_string_to_metric_families(response.text)
        for s in family.samples
    }


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items() if value != before.get(name, 0.0)}


def test_readiness_names_each_part_with_its_state(client, live, filled):
    checks = client.get("/readyz").json()["checks"]
    snapshot = live.current().snapshot
    assert checks["database"] == {"ok": True, "step": database.head(), "version": filled.version()}
    assert checks["model"] == {"ok": True, "id": "fake-1"}
    assert checks["snapshot"] | {"age_s": 0} == {"ok": True, "id": snapshot.id, "version": 0, "age_s": 0}
    assert 0 <= checks["snapshot"]["age_s"] < 3600


def test_a_database_of_another_shape_is_not_ready_and_says_how_to_mend_it(client, filled):
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    response = client.get("/readyz", headers=ENGLISH)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    body = response.json()
    assert body["type"] == "urn:tinkuy:problem:DatabaseOutdated"
    assert body["checks"]["snapshot"]["ok"] is True
    assert body["checks"]["database"] == {
        "ok": False,
        "why": f"the database is at step 0001, this version needs {database.head()}: run `tinkuy db upgrade`",
    }  # fmt: skip
    assert client.get("/healthz").json() == {"status": "ok"}


def test_several_failing_parts_are_all_told(tmp_path, filled, monkeypatch):
    live = LiveEngine(tmp_path, FakeEncoder(), Weights.load())
    with TestClient(create_app(live, filled)) as client:
        monkeypatch.setattr(Store, "version", _away)
        body = client.get("/readyz", headers=ENGLISH).json()
        assert {name: check["ok"] for name, check in body["checks"].items()} == {
            "snapshot": False, "database": False, "model": True,
        }  # fmt: skip
        assert "no snapshot in" in body["detail"]
        assert "does not answer" in body["detail"]
        found = figures(client)
    assert (found["tinkuy_up part=database"], found["tinkuy_up part=snapshot"]) == (0, 0)


def _away(self: Store) -> int:
    raise DatabaseAway("the database does not answer or cannot be written now: {reason}", reason="gone")


def test_a_question_is_counted_by_stage_verdict_and_candidates(client):
    before = figures(client)
    question = {"text": "Se corren los colores de las chompas de alpaca al lavado"}
    answer = client.post("/v1/matches", json=question).json()
    client.post("/v1/matches", json={"text": ""})
    changed = difference(before, figures(client))
    assert changed[f"tinkuy_answers_total verdict={answer['verdict']}"] == 1
    assert changed["tinkuy_candidates_count"] == 1
    assert changed["tinkuy_candidates_sum"] == answer["candidates"] == 4
    assert changed["tinkuy_requests_total method=POST route=/v1/matches status=200"] == 1
    assert changed["tinkuy_requests_total method=POST route=/v1/matches status=422"] == 1
    assert {name for name in changed if name.startswith("tinkuy_stage_seconds_count")} == {
        f"tinkuy_stage_seconds_count stage={stage}" for stage in STAGES
    }
    stages = sum(v for name, v in changed.items() if name.startswith("tinkuy_stage_seconds_sum"))
    assert 0 < stages <= changed["tinkuy_request_seconds_sum route=/v1/matches"]


def test_a_declined_answer_is_counted(client):
    before = figures(client)
    answer = client.post("/v1/matches", json={"text": "zzz qqq xxx"}).json()
    assert answer["verdict"] == "no_good_match"
    assert difference(before, figures(client))["tinkuy_answers_total verdict=no_good_match"] == 1


def test_labels_are_of_templates_whatever_is_sent(client):
    for path in ("/v1/partners/marca-9876", "/v1/evidence/marca-9876/matches?x=marca-9876", "/marca-9876"):
        client.get(path)
    client.request("MARCA", "/v1/matches")
    found = figures(client)
    assert "marca" not in " ".join(found).lower()
    assert found["tinkuy_requests_total method=GET route=/v1/partners/{partner_id:path} status=404"] >= 1
    assert found["tinkuy_requests_total method=other route=/v1/matches status=405"] >= 1


def test_age_versions_and_pending_writes(home, filled, monkeypatch):
    Snapshot.build_alone(home, filled.everything().partners, (), (), FakeEncoder(), None, state=filled.state())
    live = LiveEngine(home, FakeEncoder(), Weights.load())
    with TestClient(create_app(live, filled)) as client:
        first = figures(client)
        served = filled.version()
        assert first["tinkuy_index_version"] == first["tinkuy_database_version"] == served
        assert first["tinkuy_pending_writes"] == 0
        # Frozen here: the engine of this test does not follow writes.
        monkeypatch.setattr(client.app.state, "live", _Frozen(live))
        with filled.writing() as writer:
            writer.upsert([Partner("x", Side.SUPPLY, "x", "group")])
        assert figures(client)["tinkuy_pending_writes"] == 1


class _Frozen:
    def __init__(self, live):
        self.engine, self.encoder = live.current(), live.encoder

    def current(self):
        return self.engine

    def close(self):
        pass


def test_an_age_is_never_below_zero_when_the_clock_goes_back(live):
    engine = live.current()
    built = dt.datetime.now(dt.UTC)
    engine.snapshot.built = built + dt.timedelta(hours=2)
    assert metrics.age_s(engine) == 0
    engine.snapshot.built = built - dt.timedelta(hours=2)
    assert 7200 <= metrics.age_s(engine) < 7300


@pytest.mark.parametrize(
    ("host", "headers", "proxy", "status"),
    [
        ("127.0.0.1", {}, "false", 200),
        ("::1", {}, "false", 200),
        ("::ffff:127.0.0.1", {}, "false", 200),
        ("127.0.0.1", {}, "true", 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, "true", 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, "false", 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, "false", 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, "false", 403),
        ("192.0.2.7", {}, "false", 403),
        ("testclient", {}, "false", 403),
    ],
)
def test_figures_are_for_this_machine_without_a_key_or_for_an_admin(
    live, filled, monkeypatch, host, headers, proxy, status
):
    monkeypatch.setenv("TINKUY_PROXY", proxy)
    with filled.noting() as session:
        organisations.add(session, "ott", "OTT")
        admin, officer = keys.make(session, Role.ADMIN, None), keys.make(session, Role.OFFICER, "ott")
    with TestClient(create_app(live, filled), client=(host, 5)) as client:
        for token, expected in ((None, status), (officer, status), (admin, 200)):
            key = {"Authorization": f"Bearer {token}"} if token else {}
            assert client.get("/metrics", headers=headers | key).status_code == expected


def test_prometheus_on_this_machine_is_neither_counted_nor_kept_out(live, filled, monkeypatch):
    monkeypatch.setenv("TINKUY_PUBLIC_READING", "no")
    monkeypatch.setenv("TINKUY_RATE_QUESTIONS", "2/minute")
    with filled.noting() as session:
        keys.make(session, Role.ADMIN, None)
    with TestClient(create_app(live, filled)) as client:
        assert [client.get("/metrics").status_code for _ in range(5)] == [200] * 5
        assert client.get("/v1/sectors").status_code == 401


def test_a_watch_counts_laps_and_nobodys_counts_nothing(engine):
    assert current().seconds == {}
    engine.match(Query("alpaca", Side.SUPPLY))
    assert current().seconds == {}
    with timed() as watch:
        assert current() is watch
        watch.lap("a")
        watch.lap("b")
        watch.lap("a")
    assert set(watch.seconds) == {"a", "b"}
    assert type(current()) is not Stopwatch


def test_every_request_has_an_id_of_ours(client):
    ids = [client.get("/healthz", headers={"X-Request-ID": "theirs"}).headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", id_) for id_ in ids)
