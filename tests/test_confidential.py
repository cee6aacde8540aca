"""What is confidential leaves by no path: every endpoint, command, export, log, error and file is looked through.

A path that is new must be added to ASKED (or to FILES and the commands), else the first test fails.
"""

import datetime as dt
import gzip
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from network import (
    CALLERS,
    CONTACT,
    GONE,
    HIDDEN,
    INSIDERS,
    NEED,
    REACHING,
    SECRET,
    SUMMARY,
    TOLD,
    WITHDRAWN,
    Network,
    endpoints,
    network,
)
from sqlalchemy.exc import IntegrityError

from matcher import cli, parts
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store import organisations
from matcher.store.store import Store

PARTNER_IDS = ("taller", "oregano", "unsaac", "retirado", "nadie")
EVIDENCE_IDS = ("taller-1", "taller-2", "retirado-1", "unsaac-1", "nadie")
Asked = list[tuple[str, dict[str, object]]]  # (URL, further arguments of the client)


def _questions() -> Asked:
    """Questions in both directions, in words of the summary and of the secret itself."""
    texts = (SUMMARY, NEED.text, f"{SECRET} {CONTACT} {GONE}")
    return [
        ("/v1/matches", {"json": {"text": text, "seeks": seeks, "k": 50, "lang": lang}})
        for text in texts
        for seeks in ("supply", "demand")
        for lang in ("es", "en")
    ]


# (method, path) -> what is asked of it. Feeds, desk exports and record pages: add them here as they come.
ASKED: dict[tuple[str, str], Callable[[], Asked]] = {
    ("GET", "/"): lambda: [("/", {})],
    ("GET", "/healthz"): lambda: [("/healthz", {})],
    ("GET", "/readyz"): lambda: [("/readyz", {})],
    ("GET", "/docs"): lambda: [("/docs", {})],
    ("GET", "/docs/oauth2-redirect"): lambda: [("/docs/oauth2-redirect", {})],
    ("GET", "/openapi.json"): lambda: [("/openapi.json", {})],
    ("GET", "/v1/whoami"): lambda: [("/v1/whoami", {})],
    ("GET", "/v1/regions"): lambda: [("/v1/regions", {})],
    ("GET", "/v1/sectors"): lambda: [("/v1/sectors", {})],
    ("POST", "/v1/matches"): _questions,
    ("GET", "/v1/partners/{partner_id:path}"): lambda: [(f"/v1/partners/{id_}", {}) for id_ in PARTNER_IDS],
    ("GET", "/v1/evidence/{evidence_id:path}"): lambda: [(f"/v1/evidence/{id_}", {}) for id_ in EVIDENCE_IDS],
    ("GET", "/v1/evidence/{evidence_id:path}/matches"): lambda: [
        (f"/v1/evidence/{id_}/matches", {"params": {"k": 50}}) for id_ in EVIDENCE_IDS
    ],
    ("POST", "/v1/evidence/{evidence_id:path}/matches"): lambda: [
        (f"/v1/evidence/{id_}/matches", {"json": {"k": 50, "spread": True}}) for id_ in EVIDENCE_IDS
    ],
    # Erasing what is there is test_erasure's; here only its refusals could tell something.
    ("POST", "/v1/partners/{partner_id:path}/erasure"): lambda: [("/v1/partners/nadie/erasure", {})],
}
# Record pages, which show what is private to those who may see it; nobody else's answer may hold it.
PRIVATE: set[tuple[str, str]] = set()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as found:
        yield found


def test_every_endpoint_is_looked_through(installation: Network) -> None:
    assert set(ASKED) == endpoints(installation.app.routes)


def test_the_secrets_are_there_to_be_leaked(installation: Network) -> None:
    texts = {e.id: e for e in installation.store.evidence()}
    partners = {p.id: p for p in installation.store.partners()}
    outcomes = {o.id: o for o in installation.store.outcomes()}
    assert all(SECRET in part for part in (texts[NEED.id].text, texts[NEED.id].title, texts[NEED.id].source))
    assert SECRET in outcomes[TOLD.id].text
    assert CONTACT in partners["taller"].contact
    assert GONE in partners[WITHDRAWN.id].name
    assert GONE in texts[HIDDEN.id].text


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), sorted(ASKED), ids=lambda part: part)
def test_no_answer_holds_what_its_reader_may_not_see(
    installation: Network, method: str, path: str, caller: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = (method, path) in PRIVATE
    for url, more in ASKED[method, path]():
        response = installation.client().request(method, url, headers=installation.keys[caller], **more)
        assert response.status_code < 500, response.text
        told = response.text + str(response.headers)
        asked = json.dumps(more.get("json"))  # an answer repeats its question
        if SECRET not in asked:
            assert SECRET not in told or (shown and caller in INSIDERS), url
        else:
            assert told.count(SECRET) == _repeated(response.json()), url
        if CONTACT not in asked:
            assert CONTACT not in told or (shown and caller in REACHING), url
            assert GONE not in told or (shown and caller in INSIDERS), url
    logged = caplog.text + "".join(str(r.__dict__) for r in caplog.records if r.name.startswith(("api", "matcher")))
    assert SECRET not in logged
    assert CONTACT not in logged
    assert GONE not in logged


def _repeated(answer: dict) -> int:
    """Return how often an answer's own question says the secret: there it may stand, and nowhere else."""
    return json.dumps(answer["query"], ensure_ascii=False).count(SECRET) if "query" in answer else 0


def test_a_withdrawn_partner_and_its_texts_are_found_by_nobody(installation: Network) -> None:
    for caller in CALLERS:
        headers = installation.keys[caller]
        client = installation.client()
        assert client.get("/v1/evidence/retirado-1/matches", headers=headers).status_code == 404
        answer = client.post("/v1/matches", json={"text": HIDDEN.text, "seeks": "demand", "k": 50}, headers=headers)
        assert [m["partner"]["id"] for m in answer.json()["matches"]] == ["taller", "oregano"]


def test_a_confidential_need_is_matched_and_matches_by_its_summary_alone(installation: Network) -> None:
    client, before = installation.client(), len(installation.inner.encoded)
    need = client.get("/v1/evidence/taller-2/matches").json()
    assert need["query"]["text"] == SUMMARY
    assert need["query"]["title"] is None
    assert need["matches"][0]["partner"]["id"] == "unsaac"
    offer = client.get("/v1/evidence/unsaac-1/matches").json()
    workshop = next(m for m in offer["matches"] if m["partner"]["id"] == "taller")
    passage = next(p for p in workshop["passages"] if p["evidence_id"] == "taller-2")
    assert (passage["text"], passage["title"]) == (SUMMARY, None)
    assert SECRET not in " ".join(installation.inner.encoded[before:])


def test_another_secret_gives_the_same_answers(installation: Network, tmp_path: Path) -> None:
    def answers(found: Network) -> list[object]:
        client, told = found.client(), []
        for url, more in [*_questions(), ("/v1/evidence/taller-2/matches", {})]:
            answer = client.post(url, **more).json()
            told.append([(m["partner"]["id"], m["score"], m["passages"]) for m in answer["matches"]])
        return told

    with network(tmp_path) as other:
        other.write(replace(NEED, text="Algo muy distinto de drones.", title="Otro", source="otra"))
        other.index()
        assert answers(other) == answers(installation)


def test_no_file_of_a_snapshot_nor_of_the_cache_holds_it(installation: Network) -> None:
    folders = [installation.home / "snapshots", installation.encoder.path.parent]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(SUMMARY.encode() in path.read_bytes() for path in files)
    for path in files:
        for marker in (SECRET, CONTACT, GONE):
            assert marker.encode() not in path.read_bytes(), (path, marker)


def test_no_text_of_it_was_ever_encoded(tmp_path: Path) -> None:
    with network(tmp_path) as found:
        encoded = " ".join(found.inner.encoded)
    assert SUMMARY in encoded
    assert not any(marker in encoded for marker in (SECRET, CONTACT, GONE))


COMMANDS = (
    ("match", SUMMARY, "--json"),
    ("match", SUMMARY, "--seeks", "demand"),
    ("match", "--evidence", "taller-2", "--json"),
    ("match", "--evidence", "unsaac-1"),
    ("show", "taller", "--json"),
    ("show", "taller"),
    ("show", "taller-2", "--json"),
    ("show", "taller-2"),
    ("show", "retirado"),
    ("show", "retirado-1"),
    ("status", "--json"),
    ("status",),
    ("audit", "--json"),
    ("key", "list", "--json"),
    ("organisation", "list", "--json"),
    ("index",),
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_prints_it(installation: Network, arguments, monkeypatch, capsys, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TINKUY_HOME", str(installation.home))
    monkeypatch.setenv("TINKUY_LANG", "en")
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: installation.encoder)
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    assert stopped.value.code == (2 if "retirado" in "".join(arguments) else 0)
    told = "".join(capsys.readouterr()) + caplog.text
    for marker in (SECRET, CONTACT, GONE):
        assert marker not in told


def test_no_export_holds_it(tmp_path: Path, monkeypatch) -> None:
    with network(tmp_path / "network") as found:
        day = dt.date(2024, 6, 1)
        firms = [Partner(f"firma{i}", Side.DEMAND, f"Firma {i}", "firm") for i in range(5)]
        needs = [Evidence(f"n{i}", (f"firma{i}",), "need", f"Necesidad {i}.", date=day) for i in range(5)]
        found.write(*firms, *needs, replace(NEED, date=day))
        served = [Outcome(f"s{i}", "unsaac", Stage.MET, f"firma{i}", dt.date(2024, 7, 1)) for i in range(5)]
        found.write(*served, replace(TOLD, date=dt.date(2024, 7, 1)))
        monkeypatch.setenv("TINKUY_HOME", str(found.home))
        with pytest.raises(SystemExit) as stopped:
            cli.main(["export", "benchmark", str(tmp_path / "out"), "--since", "2024-05-01"])
    assert stopped.value.code == 0
    exported = b"".join(
        gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in (tmp_path / "out").iterdir()
    )
    assert SUMMARY.encode() in exported
    for marker in (SECRET, CONTACT, GONE):
        assert marker.encode() not in exported


def test_an_error_of_the_database_does_not_quote_what_was_written(store: Store) -> None:
    broken = replace(NEED, kind=None)  # the database refuses it
    partner = Partner("taller", Side.DEMAND, "Taller", "firm")
    with store.noting() as session:
        organisations.add(session, "tejedoras", "Tejedoras")
    with store.writing() as writer:
        writer.put(partner)
    with pytest.raises(IntegrityError, match="kind") as error, store.writing() as writer:
        writer.put(broken)
    told = "".join(traceback.format_exception(error.value)) + repr(error.value)
    assert SECRET not in told
    assert SUMMARY not in told
