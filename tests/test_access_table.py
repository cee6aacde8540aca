"""Who may call what: every role at every endpoint, each cell tried. A new endpoint needs its row here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from conftest import EVIDENCE, PARTNERS
from network import CALLERS, Network, endpoints, network

# The columns. "own" and "other": of the organisation whose record it is, or that office's; see network.py.
COLUMNS = (
    "anonymous", "reader", "contributor", "other contributor", "officer", "other officer", "admin",
)  # fmt: skip
ALL_200 = (200,) * 7
OWNERS_ONLY = (403, 403, 200, 403, 200, 403, 200)
OFFICERS_ONLY = (403, 403, 403, 403, 200, 200, 200)
ADMINS_ONLY = (403, 403, 403, 403, 403, 403, 200)


def nothing(_: Network) -> None:
    """Nothing needs to be there but the network itself."""


def workshop(found: Network) -> None:
    """A partner of the weavers, with a text, is there however often it was erased."""
    partner = replace(PARTNERS[4], id="borrable", name="Taller borrable", owner="tejedoras")
    found.write(partner, replace(EVIDENCE[5], id="borrable-1", partners=("borrable",), owner="tejedoras"))


@dataclass(frozen=True)
class Row:
    """A request and what it is answered with, one status a column. `before`: what must be there each time."""

    status: tuple[int, ...]
    url: str | None = None
    json: Any = None
    before: Callable[[Network], None] = nothing


TABLE: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row((307,) * 7),
    ("GET", "/healthz"): Row(ALL_200),
    ("GET", "/readyz"): Row(ALL_200),
    ("GET", "/docs"): Row(ALL_200),
    ("GET", "/docs/oauth2-redirect"): Row(ALL_200),
    ("GET", "/openapi.json"): Row(ALL_200),
    ("GET", "/v1/whoami"): Row(ALL_200),
    ("GET", "/v1/regions"): Row(ALL_200),
    ("GET", "/v1/sectors"): Row(ALL_200),
    ("POST", "/v1/matches"): Row(ALL_200, json={"text": "tinte de alpaca"}),
    ("GET", "/v1/partners/{partner_id:path}"): Row(ALL_200, "/v1/partners/taller"),
    ("GET", "/v1/evidence/{evidence_id:path}"): Row(ALL_200, "/v1/evidence/taller-2"),
    ("GET", "/v1/evidence/{evidence_id:path}/matches"): Row(ALL_200, "/v1/evidence/taller-2/matches"),
    ("POST", "/v1/evidence/{evidence_id:path}/matches"): Row(ALL_200, "/v1/evidence/taller-2/matches", {"k": 3}),
    ("POST", "/v1/partners/{partner_id:path}/erasure"): Row(
        OWNERS_ONLY, "/v1/partners/borrable/erasure", before=workshop
    ),
}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as found:
        yield found


def test_every_endpoint_has_its_row_and_no_row_is_of_another(installation: Network) -> None:
    assert set(TABLE) == endpoints(installation.app.routes)


def test_the_columns_are_the_callers(installation: Network) -> None:
    assert set(COLUMNS) == set(CALLERS)
    assert {len(row.status) for row in TABLE.values()} == {len(COLUMNS)}


@pytest.mark.parametrize(("method", "path"), sorted(TABLE), ids=lambda part: part)
def test_each_role_is_answered_as_the_table_says(installation: Network, method: str, path: str) -> None:
    row, found = TABLE[method, path], []
    for name in COLUMNS:
        row.before(installation)
        response = installation.client().request(
            method, row.url or path, json=row.json, headers=installation.keys[name], follow_redirects=False
        )
        found.append(response.status_code)
    assert dict(zip(COLUMNS, found, strict=True)) == dict(zip(COLUMNS, row.status, strict=True))


@pytest.mark.parametrize(("method", "path"), sorted(TABLE), ids=lambda part: part)
def test_a_bad_key_opens_nothing_but_what_watches_over_the_service(
    installation: Network, method: str, path: str
) -> None:
    row = TABLE[method, path]
    bad = {"Authorization": "Bearer tk_000000000000_no", "X-Forwarded-For": path}
    response = installation.client().request(method, row.url or path, json=row.json, headers=bad)
    assert response.status_code in ((200,) if path in {"/healthz", "/readyz"} else (401, 429))
