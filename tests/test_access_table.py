"""Who may call what: every role at every endpoint, each cell tried. A new endpoint needs its rows here."""

import json
from collections.abc import Iterator

import pytest
from access_rows import (
    ALL_200,
    ANY,
    COLUMNS,
    CONTRIBUTORS,
    FREE,
    OFFICERS,
    TEXT,
    Row,
    a_feed,
    a_firm,
    a_search,
    an_entry,
    an_introduction,
    desk,
    own_desk,
    owners,
    some_news,
)  # fmt: skip
from fastapi.testclient import TestClient
from network import CALLERS, Network, endpoints, network
from page_rows import page_rows

from matcher.introductions import Standing

PARTNER = {"id": "NEW", "side": "demand", "name": "Nuevo", "kind": "firm", "owner": "tejedoras"}
NEED = {"id": "NEW", "partners": ["taller"], "kind": "need", "text": TEXT, "owner": "tejedoras"}
OUTCOME = {"id": "NEW", "partner": "unsaac", "counterpart": "taller", "stage": "met", "owner": "tejedoras"}
BULK = json.dumps({"type": "partner", **PARTNER}) + "\n" + json.dumps({"type": "evidence", **NEED, "id": "NEW-1"})
AT = "?organisation=ott-cusco"
SHORTLIST = "/v1/shortlists/{evidence_id:path}"
ENTRY = SHORTLIST + "/partners/{partner_id:path}"
SEARCH = {"name": "nuevo", "text": TEXT}


def _record_rows() -> Iterator[Row]:
    """Reading is everybody's, writing the weavers', their office's and admins'."""
    for name, known, body, there in (
        ("partners", "taller", PARTNER, "NEW"), ("evidence", "taller-2", NEED, "NEW-1"), ("outcomes", "o9", OUTCOME, "NEW-o"),
    ):  # fmt: skip
        path, one = f"/v1/{name}", f"/v1/{name}/{{id_:path}}"
        unowned = {k: v for k, v in body.items() if k not in ("owner", "partners", "partner", "counterpart")}
        yield Row("GET", path, ALL_200)
        yield Row("GET", path, CONTRIBUTORS, f"{path}?owner=tejedoras")
        singular = {"partners": "partner", "evidence": "evidence", "outcomes": "outcome"}[name]
        yield Row("GET", f"{path}/{{{singular}_id:path}}", ALL_200, f"{path}/{known}")
        yield Row("POST", path, owners(201), json=body)
        if name == "partners":  # without an owner it is the writer's own organisation's, of an admin's nobody's
            yield Row("POST", path, (403, 403, 201, 201, 201, 201, 201), json=unowned)
        else:  # what names none of one's own partners is nobody's to write but the admin's
            others = {"partners": ["unjbg"]} if name == "evidence" else {"partner": "unjbg", "counterpart": "pucp"}
            strange = body | {"owner": None} | others
            yield Row("POST", path, (403, 403, 403, 403, 403, 403, 201), json=strange)
        yield Row("PUT", one, owners(201), f"{path}/NEW", body)
        yield Row("PUT", one, owners(200), f"{path}/{there}", body | {"id": there}, a_firm, ANY)
        yield Row("PATCH", one, owners(200), f"{path}/{there}", {"region": "PE-CUS"}, a_firm, ANY)
        given = (403, 403, 403, 403, 403, 403, 200)  # away to another office's organisation
        yield Row("PATCH", one, given, f"{path}/{there}", {"owner": "secadores"}, a_firm, ANY)
        yield Row("DELETE", one, owners(204), f"{path}/{there}", before=a_firm)


def _desk_rows() -> Iterator[Row]:
    """Each office has its own desk, which is its officers', and admins' who name it."""
    for path in ("/v1/shortlists", "/v1/introductions", "/v1/searches", "/v1/inbox"):
        yield Row("GET", path, OFFICERS, fresh=200)
        yield Row("GET", path, desk(), path + AT)
    yield Row("GET", SHORTLIST, OFFICERS, "/v1/shortlists/taller-2", fresh=200)
    yield Row("GET", SHORTLIST, desk(), "/v1/shortlists/taller-2" + AT)
    entry = "/v1/shortlists/NEW-1/partners/unsaac"
    yield Row("GET", ENTRY, own_desk(), entry, before=an_entry, fresh=404)
    yield Row("GET", ENTRY, desk(), entry + AT, before=an_entry)
    yield Row("PUT", ENTRY, (403, 403, 403, 403, 201, 201, 422), entry, {"note": "nota"}, a_firm, fresh=201)
    yield Row("PUT", ENTRY, desk(201), entry + AT, {"note": "nota"}, a_firm)
    yield Row("PUT", ENTRY, desk(), entry + AT, {"note": "nota"}, an_entry)
    yield Row("DELETE", ENTRY, (403, 403, 403, 403, 204, 404, 422), entry, before=an_entry, fresh=404)
    yield Row("DELETE", ENTRY, desk(204), entry + AT, before=an_entry)
    proposal = {"supply": "unsaac", "demand": "NEW"}
    proposed = (403, 403, 403, 403, 201, 201, 422)
    yield Row("POST", "/v1/introductions", proposed, json=proposal, before=a_firm, fresh=201)
    yield Row("POST", "/v1/introductions", desk(201), "/v1/introductions" + AT, proposal, a_firm)
    one = "/v1/introductions/{introduction_id}"
    yield Row("GET", one, own_desk(), "/v1/introductions/NEW", before=an_introduction, fresh=404)
    yield Row("GET", one, desk(), "/v1/introductions/NEW" + AT, before=an_introduction)
    step = {"to": Standing.SENT.value}
    yield Row("POST", one + "/steps", own_desk(), "/v1/introductions/NEW/steps", step, an_introduction, fresh=404)
    yield Row("POST", one + "/steps", desk(), f"/v1/introductions/NEW/steps{AT}", step, an_introduction)
    one = "/v1/searches/{search_id}"
    yield Row("POST", "/v1/searches", (403, 403, 403, 403, 201, 201, 422), json=SEARCH, fresh=201)
    yield Row("POST", "/v1/searches", desk(201), "/v1/searches" + AT, SEARCH)
    for method, path, body, done in (
        ("GET", one, None, 200), ("PUT", one, SEARCH, 200), ("DELETE", one, None, 204), ("POST", one + "/feed", None, 200),
    ):  # fmt: skip
        url = path.replace("{search_id}", "NEW")
        yield Row(method, path, (403, 403, 403, 403, done, 404, 422), url, body, a_search, fresh=404)
        yield Row(method, path, desk(done), url + AT, body, a_search)


def _read_rows() -> Iterator[Row]:
    """Mark news as read: their ids are numbers."""
    for url, status in (("/v1/inbox/read", (403, 403, 403, 403, 204, 404, 422)), ("/v1/inbox/read" + AT, desk(204))):
        fresh = 404 if AT not in url else None
        yield Row("POST", "/v1/inbox/read", status, url, json='{"ids": [NEW]}', before=some_news, fresh=fresh)


TABLE = (
    *(Row("GET", path, ALL_200) for path in (
        "/healthz", "/readyz", "/metrics", "/docs", "/docs/oauth2-redirect", "/openapi.json", "/v1/whoami",
        "/v1/regions", "/v1/sectors",
    )),
    Row("POST", "/v1/matches", ALL_200, json={"text": "tinte de alpaca"}),
    Row("GET", "/v1/evidence/{evidence_id:path}/matches", ALL_200, "/v1/evidence/taller-2/matches"),
    Row("POST", "/v1/evidence/{evidence_id:path}/matches", ALL_200, "/v1/evidence/taller-2/matches", {"k": 3}),
    *_record_rows(),
    Row("POST", "/v1/bulk", CONTRIBUTORS, json=BULK),  # each row is told its own refusal
    Row("POST", "/v1/bulk", (403, 403, 200, 422, 200, 422, 200), "/v1/bulk?atomic=true", BULK),
    Row("POST", "/v1/partners/{partner_id:path}/erasure", owners(200), "/v1/partners/NEW/erasure", before=a_firm),
    *_desk_rows(),
    *_read_rows(),
    Row("GET", "/v1/feeds/{feed}.json", ALL_200, "/v1/feeds/NEW.json", before=a_feed),  # the token opens it
    Row("GET", "/v1/feeds/{feed}.atom", ALL_200, "/v1/feeds/NEW.atom", before=a_feed),
    *page_rows(),
)  # fmt: skip
ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method}-{row.url or row.path}-{max(row.status)}")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as found:
        yield found


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("fresh"), fresh=True) as found:
        yield found


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("closed"), public_reading="no") as found:
        yield found


def test_every_endpoint_has_its_row_and_no_row_is_of_another(installation: Network) -> None:
    assert {(row.method, row.path) for row in TABLE} == endpoints(installation.app.routes)


def test_the_columns_are_the_callers(installation: Network) -> None:
    assert set(COLUMNS) == set(CALLERS)
    assert {len(row.status) for row in TABLE} == {len(COLUMNS)}


@ROWS
def test_each_role_is_answered_as_the_table_says(installation: Network, row: Row) -> None:
    found = [row.ask(installation, installation.client(), installation.keys[name]) for name in COLUMNS]
    assert dict(zip(COLUMNS, found, strict=True)) == dict(zip(COLUMNS, row.status, strict=True))


@ROWS
def test_a_bad_key_opens_nothing_but_what_watches_over_the_service(installation: Network, row: Row) -> None:
    bad = {"Authorization": "Bearer tk_000000000000_no", "X-Forwarded-For": "203.0.113.9"}
    status = row.ask(installation, installation.client(), bad)
    assert status in ((200,) if row.path in {"/healthz", "/readyz"} else (401, 429))


@ROWS
def test_without_public_reading_nobody_reads_without_a_key(closed: Network, row: Row) -> None:
    free = row.path in FREE or row.path.startswith("/v1/feeds/")
    assert row.ask(closed, closed.client(), {}) == (row.status[0] if free else 401)


@ROWS
def test_a_fresh_installation_is_open_on_its_own_machine_and_nowhere_else(fresh: Network, row: Row) -> None:
    assert row.ask(fresh, fresh.client(), {}) == (row.fresh or row.status[-1])
    elsewhere = TestClient(fresh.app, client=("203.0.113.9", 50_000), raise_server_exceptions=False)
    assert row.ask(fresh, elsewhere, {}) == (200 if row.path in {"/healthz", "/readyz"} else 403)


def test_contacts_and_confidential_texts_are_seen_by_whom_the_rules_name(installation: Network) -> None:
    contact, text = [], []
    for name in COLUMNS:
        client, key = installation.client(), installation.keys[name]
        contact.append("contact" in client.get("/v1/partners/taller", headers=key).json()["partner"])
        text.append("summary" in client.get("/v1/evidence/taller-2", headers=key).json())
    assert dict(zip(COLUMNS, contact, strict=True)) == dict(
        zip(COLUMNS, (False, False, True, False, True, True, True), strict=True)
    )
    assert dict(zip(COLUMNS, text, strict=True)) == dict(
        zip(COLUMNS, (False, False, True, False, True, False, True), strict=True)
    )
