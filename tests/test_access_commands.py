"""The commands about keys, organisations, the audit log and erasure, as a person types them."""

# ruff: noqa: F811 - fixtures of test_cli are named as arguments

import json
import re
from pathlib import Path

import pytest
from test_cli import Run, files, small, tinkuy  # noqa: F401 - the fixtures

from matcher.access import Caller, Role
from matcher.records import Partner
from matcher.settings import Settings
from matcher.store.keys import Keyring
from matcher.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The command line's own database."""
    return Store.open(tmp_path / "home" / "tinkuy.db")


def test_a_key_is_made_shown_once_listed_and_revoked(tinkuy: Run, store: Store) -> None:
    assert tinkuy("organisation", "add", "ott-cusco", "OTT Cusco").out == "Organisation ott-cusco is added.\n"
    made = tinkuy("key", "create", "--role", "officer", "--organisation", "ott-cusco", "--label", "Rosa")
    token = made.out.strip()
    assert made.err == [
        "Keep it now: it is stored nowhere and never shown again."
    ]  # so that `> file` holds the key alone
    id_ = token.split("_")[1]
    with store.reading() as session:
        assert Keyring().caller(session, token) == Caller(Role.OFFICER, "ott-cusco", frozenset({"ott-cusco"}), id_)
    (listed,) = json.loads(tinkuy("key", "list", "--json").out)
    assert {name: listed[name] for name in ("id", "role", "organisation", "label", "revoked")} == {
        "id": id_, "role": "officer", "organisation": "ott-cusco", "label": "Rosa", "revoked": None,
    }  # fmt: skip
    assert "hash" not in listed
    assert tinkuy("key", "revoke", id_).out == f"Key {id_} is revoked.\n"
    line = next(line for line in tinkuy("key", "list").out.splitlines() if id_ in line)
    assert re.search(r"officer +ott-cusco +Rosa +\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line)
    assert token.split("_", 2)[2] not in tinkuy("key", "list", "--json").out


def test_organisations_are_added_changed_and_listed(tinkuy: Run) -> None:
    tinkuy("organisation", "add", "ott-cusco", "OTT Cusco")
    tinkuy("organisation", "add", "tejedoras", "Tejedoras", "--office", "ott-cusco")
    assert tinkuy("organisation", "change", "tejedoras", "--name", "Tejedoras de Chinchero").code == 0
    listed = json.loads(tinkuy("organisation", "list", "--json").out)
    assert listed == [
        {"id": "ott-cusco", "name": "OTT Cusco", "office": None},
        {"id": "tejedoras", "name": "Tejedoras de Chinchero", "office": "ott-cusco"},
    ]
    tinkuy("organisation", "change", "tejedoras", "--office", "")
    assert json.loads(tinkuy("organisation", "list", "--json").out)[1]["office"] is None
    assert "Tejedoras de Chinchero" in tinkuy("organisation", "list").out


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (("key", "create", "--role", "reader"), "tinkuy: a key of role reader acts for an organisation"),
        (("key", "create", "--role", "officer", "--organisation", "x"), "tinkuy: no organisation has the id 'x'"),
        (("key", "revoke", "x"), "tinkuy: no key has the id 'x'"),
        (("organisation", "add", "A B", "Nombre"), "tinkuy: 'A B' is no id of an organisation"),
        (("organisation", "change", "x", "--name", "y"), "tinkuy: no organisation has the id 'x'"),
        (("erase", "nadie", "--yes"), "tinkuy: no partner has the id 'nadie'"),
        (("serve", "--host", "0.0.0.0"), "tinkuy: 0.0.0.0 is reached from other machines"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line(small: Run, arguments: tuple[str, ...], begins: str) -> None:
    result = small(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err[-1].startswith(begins)


def test_the_server_binds_elsewhere_once_there_is_a_key_and_says_where_it_is_open(
    small: Run, monkeypatch, caplog
) -> None:
    started: list[dict] = []
    monkeypatch.setattr("uvicorn.run", lambda app, **options: started.append(options))
    monkeypatch.setattr("matcher.logs.configure", lambda *_: None)  # of the tests' own process
    local = small("serve")
    assert local.code == 0
    warning = "No key was made yet: whoever uses this machine may read and change everything."
    assert caplog.messages == [warning]
    caplog.clear()
    small("key", "create", "--role", "admin")
    away = small("serve", "--host", "0.0.0.0")
    assert away.code == 0
    assert caplog.messages == []
    assert [options["host"] for options in started] == ["127.0.0.1", "0.0.0.0"]
    assert {options["proxy_headers"] for options in started} == {False}


def test_the_audit_log_tells_who_did_what(tinkuy: Run) -> None:
    tinkuy("organisation", "add", "ott", "OTT")
    id_ = tinkuy("key", "create", "--role", "admin").out.split("_")[1]
    tinkuy("key", "revoke", id_)
    found = json.loads(tinkuy("audit", "--json").out)
    assert [(e["action"], e["kind"], e["record"]) for e in found] == [
        ("create", "organisation", "ott"), ("make_key", "api_key", id_), ("revoke_key", "api_key", id_),
    ]  # fmt: skip
    assert [e["action"] for e in json.loads(tinkuy("audit", "--json", "--limit", "1").out)] == ["revoke_key"]
    assert json.loads(tinkuy("audit", "--json", "--since", "2999-01-01").out) == []
    assert "revoke_key" in tinkuy("audit").out


def test_erasing_asks_first_and_tells_what_went(small: Run, store: Store, monkeypatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: asked.append(text) or "n")
    assert small("erase", "taller").code == 130
    assert "Remove Taller de chompas (taller) for good?" in asked[0]
    assert store.get(Partner, "taller") is not None
    done = small("erase", "taller", "--yes")
    assert done.code == 0
    # by hand from the tables: the workshop with its one need; it is only counterpart of o1
    assert done.out.splitlines()[:2] == ["Partners: 1", "Texts: 1"]
    assert "Backups made before hold 'taller' still: delete them" in done.out
    assert store.get(Partner, "taller") is None
    assert small("show", "taller").code == 2
    assert "Chinchero" not in small("match", "chompas", "--seeks", "demand", "--json").out


def test_spanish_comes_first(tinkuy: Run, monkeypatch) -> None:
    monkeypatch.setenv("TINKUY_LANG", "")
    assert tinkuy("organisation", "add", "ott", "OTT").out == "Se añadió la organización ott.\n"
    assert tinkuy("key", "create", "--role", "admin").err[0].startswith("Guárdela ahora")
    assert "Crear, listar y revocar las claves" in tinkuy("--help").out


def test_the_settings_are_read() -> None:
    environment = {
        "TINKUY_PUBLIC_READING": "no", "TINKUY_RATE_QUESTIONS": "7/second", "TINKUY_RATE_WRITES": "8/hour",
        "TINKUY_MAX_BODY": "1025", "TINKUY_CORS_ORIGINS": "https://a.example,https://b.example", "TINKUY_PROXY": "1",
    }  # fmt: skip
    found = Settings.read(environment)
    assert (found.public_reading, found.rate_questions, found.rate_writes) == (False, "7/second", "8/hour")
    assert (found.max_body, found.proxy) == (1025, True)
    assert found.cors_origins == ("https://a.example", "https://b.example")
    default = Settings.read({})
    assert (default.public_reading, default.proxy, default.cors_origins, default.max_body) == (True, False, (), 2**20)
