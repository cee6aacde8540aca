"""Who is let in, what every answer carries, and how much and how often one may ask."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PARTNERS, FakeEncoder
from fastapi.testclient import TestClient

from api.app import create_app
from api.limits import subnet
from matcher.access import Role
from matcher.live import LiveEngine
from matcher.store import keys, organisations
from matcher.store.store import Store
from matcher.weights import Weights

ENGLISH = {"Accept-Language": "en"}
ELSEWHERE = ("203.0.113.7", 40_000)
Open = Callable[..., TestClient]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "records.db")
    with store.noting() as session:
        organisations.add(session, "ott", "OTT")
        organisations.add(session, "firma", "Firma", "ott")
    with store.writing() as writer:
        writer.upsert(PARTNERS)
    yield store
    store.close()


@pytest.fixture
def ask(home: Path, base: Store, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a client of a new application; settings by name, `client` the address that it asks from."""

    def opened(client: tuple[str, int] = ("127.0.0.1", 50_000), url: str = "http://testserver", **settings: object):
        for name, value in settings.items():
            monkeypatch.setenv(f"TINKUY_{name.upper()}", str(value))
        app = create_app(live=LiveEngine(home, FakeEncoder(), Weights.load()), store=base)
        app.state.store, app.state.live = base, LiveEngine(home, FakeEncoder(), Weights.load())
        return TestClient(app, client=client, base_url=url, headers=ENGLISH, raise_server_exceptions=False)

    return opened


def make(store: Store, role: Role = Role.ADMIN, organisation: str | None = None) -> str:
    with store.noting() as session:
        return keys.make(session, role, organisation)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def detail(response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()["detail"]


def test_a_fresh_installation_is_open_on_its_own_machine(ask: Open) -> None:
    assert ask().get("/v1/whoami").json() == {"role": "admin", "organisation": None, "serves": [], "key": None}


@pytest.mark.parametrize("path", ["/v1/whoami", "/v1/partners/unsaac", "/docs", "/openapi.json"])
def test_a_fresh_installation_answers_nobody_else_and_says_why(ask: Open, path: str) -> None:
    refused = detail(ask(client=ELSEWHERE).get(path), 403)
    assert refused.startswith("this service has no keys yet, and so answers only on its own machine")


def test_whoever_watches_over_the_service_needs_no_key(ask: Open) -> None:
    client = ask(client=ELSEWHERE, public_reading="no")
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ready"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_what_comes_through_a_proxy_does_not_come_from_this_machine(ask: Open, name: str) -> None:
    assert ask().get("/v1/whoami", headers={name: "127.0.0.1"}).status_code == 403


def test_a_proxy_is_believed_only_where_there_is_said_to_be_one(ask: Open) -> None:
    client = ask(proxy="1")
    assert client.get("/v1/whoami", headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}).status_code == 403
    assert client.get("/v1/whoami").status_code == 403  # it does not say for whom it speaks
    assert client.get("/v1/whoami", headers={"X-Forwarded-For": "203.0.113.7, 127.0.0.1"}).status_code == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_page_of_another_site_open_on_this_machine_may_not_act(ask: Open, headers: dict[str, str]) -> None:
    refused = detail(ask().post("/v1/partners/unsaac/erasure", headers=headers), 403)
    assert refused.startswith("a page of another web site may not act here")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "tinkuy.localhost:8000", "equipo"])
def test_our_own_page_may(ask: Open, host: str) -> None:
    own = {"Host": host, "Origin": f"http://{host}"}
    assert ask().get("/v1/whoami", headers=own).json()["role"] == "admin"


def test_from_the_first_key_on_nobody_is_admin_without_one(ask: Open, base: Store) -> None:
    token = make(base)
    for client in (ask(), ask(client=ELSEWHERE)):
        reader = {"role": "reader", "organisation": None, "serves": [], "key": None}
        assert client.get("/v1/whoami").json() == reader
        assert client.get("/v1/whoami", headers=bearer(token)).json()["role"] == "admin"
        assert client.get("/v1/whoami", headers={"X-API-Key": token}).json()["role"] == "admin"
        assert client.get("/v1/partners/unsaac").status_code == 200
        assert client.post("/v1/matches", json={"text": "alpaca"}).status_code == 200


def test_a_key_tells_its_organisation_and_whom_it_serves(ask: Open, base: Store) -> None:
    token = make(base, Role.OFFICER, "ott")
    found = ask(client=ELSEWHERE).get("/v1/whoami", headers=bearer(token)).json()
    assert found == {"role": "officer", "organisation": "ott", "serves": ["firma", "ott"], "key": token.split("_")[1]}


def test_once_all_keys_are_revoked_the_machine_is_not_open_again(ask: Open, base: Store) -> None:
    token = make(base)
    with base.noting() as session:
        keys.revoke(session, token.split("_")[1])
    assert ask().get("/v1/whoami").json()["role"] == "reader"
    assert ask(client=ELSEWHERE).get("/v1/whoami").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer tk_000000000000_" + "a" * 43}, {"Authorization": "Bearer"}, {"Authorization": ""},
        {"Authorization": "Basic dGlua3V5OnNlY3JldG8="}, {"X-API-Key": "tk_nada"}, {"X-API-Key": ""},
    ],
)  # fmt: skip
def test_a_bad_key_is_never_taken_for_none(ask: Open, base: Store, headers: dict[str, str]) -> None:
    for _ in ("before there is any key", "and after"):
        response = ask().get("/v1/whoami", headers=headers)
        assert "key" in detail(response, 401)
        assert response.headers["www-authenticate"] == 'Bearer realm="tinkuy"'
        make(base)


def test_a_revoked_key_is_refused_at_the_next_request(ask: Open, base: Store) -> None:
    token, client = make(base), ask(client=ELSEWHERE)
    assert client.get("/v1/whoami", headers=bearer(token)).status_code == 200
    with base.noting() as session:
        keys.revoke(session, token.split("_")[1])
    assert detail(client.get("/v1/whoami", headers=bearer(token)), 401).endswith("misspelt or was revoked")


@pytest.mark.parametrize("path", ["/v1/whoami", "/v1/partners/unsaac", "/v1/sectors", "/docs", "/openapi.json"])
def test_without_public_reading_everything_needs_a_key(ask: Open, base: Store, path: str) -> None:
    token = make(base, Role.READER, "firma")
    client = ask(public_reading="no")
    assert detail(client.get(path), 401).startswith("a key is needed")
    assert client.get(path, headers=bearer(token)).status_code == 200


def test_an_address_that_tries_keys_is_stopped_and_good_keys_go_on(ask: Open, base: Store, caplog) -> None:
    token, client = make(base), ask(client=ELSEWHERE)
    good, wrong = bearer(token), bearer("tk_000000000000_" + "a" * 43)
    assert client.get("/v1/whoami", headers=good).status_code == 200
    caplog.set_level(logging.WARNING)
    assert [client.get("/v1/whoami", headers=wrong).status_code for _ in range(12)] == [401] * 10 + [429] * 2
    assert client.get("/v1/whoami", headers=good).status_code == 200
    assert client.get("/v1/whoami", headers=bearer(make(base))).status_code == 429  # not seen before: not looked at
    assert caplog.text.count("a key that is not valid came from 203.0.113.7") == 10
    assert "a" * 43 not in caplog.text


def test_without_a_key_an_address_has_its_share_and_is_told(ask: Open, base: Store) -> None:
    make(base)
    client = ask(client=ELSEWHERE, rate_questions="3/minute")
    answers = [client.post("/v1/matches", json={"text": "alpaca"}) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"address";q=3;w=60'
    assert [a.headers["ratelimit"].split(";")[1] for a in answers[:3]] == ["r=2", "r=1", "r=0"]
    assert detail(answers[3], 429).startswith("too many requests (3 per 1 minute): try again in ")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    assert client.get("/healthz").status_code == 200


def test_a_key_has_five_times_that_and_another_address_its_own(ask: Open, base: Store) -> None:
    token, other = make(base), make(base)
    client = ask(client=ELSEWHERE, rate_questions="2/minute")
    asked = [client.get("/v1/whoami", headers=bearer(token)).status_code for _ in range(11)]
    assert asked == [200] * 10 + [429]
    assert client.get("/v1/whoami", headers=bearer(other)).status_code == 200
    assert client.get("/v1/whoami").status_code == 200


def test_writes_have_a_limit_of_their_own_and_questions_are_none(ask: Open, base: Store) -> None:
    client = ask(client=ELSEWHERE, rate_writes="1/minute")
    good = bearer(make(base))
    assert client.post("/v1/partners/nadie/erasure", headers=good).status_code == 404
    assert client.post("/v1/partners/nadie/erasure", headers=good).status_code == 429
    assert client.post("/v1/matches", json={"text": "alpaca"}, headers=good).status_code == 200


def test_addresses_of_one_customer_count_as_one() -> None:
    assert subnet("2001:db8:1:2::1") == subnet("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert subnet("::1") == "::/64"
    assert subnet("::ffff:203.0.113.7") == subnet("203.0.113.7") == "203.0.113.7"
    assert subnet("unknown") == "unknown"


def test_a_request_that_is_too_long_is_refused_before_it_is_read(ask: Open, base: Store) -> None:
    client = ask(max_body=1024)
    fits = json.dumps({"text": "alpaca " * 130}).encode()
    assert client.post("/v1/matches", content=fits, headers={"Content-Type": "application/json"}).status_code == 200
    response = client.post("/v1/matches", content=b"x" * 1025)
    assert detail(response, 413) == "the request has more than 1024 bytes, which is the most that is read"
    assert client.post("/v1/bulk", content=b"x" * (20 * 1024 + 1)).status_code == 413
    assert client.post("/v1/bulk", content=b"x" * (20 * 1024)).status_code != 413


def test_a_request_that_hides_its_length_is_stopped_where_it_is_too_long(ask: Open) -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        for number in range(10_000):
            sent.append(number)
            yield b"x" * 100

    response = ask(max_body=1024).post("/v1/matches", content=endless(), headers={"Content-Type": "application/json"})
    assert detail(response, 413).startswith("the request has more than 1024 bytes")


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/whoami", 200), ("/v1/partners/nadie", 404), ("/v1/nada", 404), ("/healthz", 200)]
)
def test_every_answer_carries_the_headers_that_browsers_heed(ask: Open, path: str, status: int) -> None:
    response = ask().get(path)
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in response.headers
    assert "access-control-allow-origin" not in response.headers


def test_the_documentation_may_run_its_own_scripts_and_no_others(ask: Open) -> None:
    policy = ask().get("/docs").headers["content-security-policy"]
    assert "script-src 'self' 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_behind_tls_browsers_are_told_to_stay_there(ask: Open, base: Store) -> None:
    make(base)
    secure = ask(url="https://testserver").get("/v1/whoami")
    assert secure.headers["strict-transport-security"] == "max-age=31536000"
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    assert "strict-transport-security" not in ask().get("/v1/whoami", headers=said).headers
    assert "strict-transport-security" in ask(proxy="yes").get("/v1/whoami", headers=said).headers


def test_a_request_has_an_id_its_own_where_it_is_well_formed(ask: Open) -> None:
    given = ask().get("/v1/whoami", headers={"X-Request-ID": "pedido-2024.05_01"})
    assert given.headers["x-request-id"] == "pedido-2024.05_01"
    made = [ask().get("/v1/whoami", headers={"X-Request-ID": bad}).headers["x-request-id"] for bad in ("corto", "a b" * 9, "x" * 65)]  # fmt: skip
    assert all(len(id_) == 32 and int(id_, 16) for id_ in made)
    assert len(set(made)) == 3


def test_other_sites_pages_are_kept_out_unless_named(ask: Open, base: Store) -> None:
    make(base)
    asking = {"Origin": "https://red.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    assert "access-control-allow-origin" not in ask().options("/v1/matches", headers=asking).headers
    named = ask(cors_origins="https://red.example", public_reading="no")
    allowed = named.options("/v1/matches", headers=asking)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://red.example")
    assert allowed.headers["x-content-type-options"] == "nosniff"
    refused = named.options("/v1/matches", headers=asking | {"Origin": "https://otra.example"})
    assert "access-control-allow-origin" not in refused.headers
    answer = named.get("/v1/whoami", headers={"Origin": "https://red.example"})  # a refusal can be read there too
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "https://red.example")


def test_an_unexpected_error_is_dressed_too_and_its_text_is_not_logged(ask: Open, monkeypatch, caplog) -> None:
    client, quoted = ask(), "secret record"

    def broken() -> None:
        raise RuntimeError(quoted)

    monkeypatch.setattr(client.app.state.live, "current", broken)
    response = client.get("/readyz", headers={"X-Request-ID": "pedido-77"})
    assert detail(response, 500) == "unexpected error; the server's log has the details"
    assert response.headers["x-request-id"] == "pedido-77"
    assert response.headers["x-content-type-options"] == "nosniff"
    (told,) = [r for r in caplog.records if r.levelno == logging.ERROR and r.name.startswith(("api", "matcher"))]
    assert told.getMessage().startswith("unexpected error: builtins.RuntimeError at ")
    assert told.request == {"id": "pedido-77"}
    assert "in broken" in caplog.text
    assert "secret record" not in caplog.text
