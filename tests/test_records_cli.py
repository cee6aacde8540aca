"""`tinkuy record`: what the API does, for who has the machine."""

import io
import json
import sys
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS
from test_cli import Run, tinkuy  # noqa: F401 - a fixture

from matcher import parts
from matcher.records import Evidence, Partner, Side
from matcher.settings import Settings
from matcher.store.store import Store

LAB = Partner("lab", Side.SUPPLY, "Laboratorio Ñandú", "laboratory", contact="ana@uni.example")
GONE = Partner("ido", Side.SUPPLY, "Se fue", "group", consent=False)
NEED = Evidence("n", ("lab",), "need", "Texto secreto.", "Título", "es", confidential=True, summary="Resumen.")


@pytest.fixture
def here(tmp_path: Path, tinkuy: Run, database, monkeypatch: pytest.MonkeyPatch) -> Store:  # noqa: F811
    """The database of the command line, with the small world in it."""
    monkeypatch.setenv("TINKUY_DATABASE_URL", database.render_as_string(hide_password=False))
    store = Store.open(database)
    with store.writing() as writer:
        writer.upsert([*PARTNERS, LAB, GONE, *EVIDENCE, NEED, *OUTCOMES])
    yield store
    store.close()


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch):
    """Give the command line something on its standard input."""

    def given(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return given


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_lists_are_filtered_and_public(tinkuy: Run, here: Store) -> None:  # noqa: F811
    done = tinkuy("record", "list", "partner", "--side", "oferta", "--json")
    found = {p["id"]: p for p in lines(done.out)}
    assert list(found) == ["lab", "lejos", "pucp", "unjbg", "unsaac"]
    assert "contact" not in found["lab"]
    shown = tinkuy("record", "list", "evidence", "--partner", "lab", "--json")
    assert [(e["text"], e["title"]) for e in lines(shown.out)] == [("Resumen.", None)]
    table = tinkuy("record", "list", "partner", "--text", "nandu").out
    assert "Laboratorio Ñandú" in table
    assert "Facultad" not in table
    assert [o["id"] for o in lines(tinkuy("record", "list", "outcome", "--stage", "met", "--json").out)] == ["o2"]
    assert tinkuy("record", "list", "partner", "--region", "Narnia").code == 2


def test_who_has_the_machine_may_see_all(tinkuy: Run, here: Store) -> None:  # noqa: F811
    found = {p["id"]: p for p in lines(tinkuy("record", "list", "partner", "--private", "--json").out)}
    assert (found["lab"]["contact"], found["ido"]["consent"]) == ("ana@uni.example", False)
    assert "contact: ana@uni.example" in tinkuy("record", "show", "partner", "lab", "--private").out.splitlines()
    assert "ana@" not in tinkuy("record", "show", "partner", "lab").out
    assert "text: Resumen." in tinkuy("record", "show", "evidence", "n").out.splitlines()
    spanish = tinkuy("record", "show", "evidence", "n", "--private", "--lang", "es").out.splitlines()
    assert {"texto: Texto secreto.", "resumen: Resumen.", "titulo: Título"} <= set(spanish)
    assert tinkuy("record", "show", "partner", "ido").err == ["tinkuy: no partner has the id 'ido'"]


def test_a_list_goes_on_after_an_id(tinkuy: Run, here: Store) -> None:  # noqa: F811
    first = tinkuy("record", "list", "partner", "--limit", "2")
    assert first.out.splitlines()[-1] == "There are more: add --after 'lejos' or a greater --limit."
    rest = lines(tinkuy("record", "list", "partner", "--after", "lejos", "--json").out)
    assert [p["id"] for p in rest] == ["oregano", "pucp", "taller", "unjbg", "unsaac"]


def test_what_is_listed_privately_can_be_put_back(tinkuy: Run, here: Store, say) -> None:  # noqa: F811
    before = {
        kind: tinkuy("record", "list", kind, "--private", "--json").out for kind in ("partner", "evidence", "outcome")
    }
    say("".join(before.values()))
    done = tinkuy("record", "put")
    assert (done.code, done.err) == (0, [])
    assert done.out == "0 records added, 0 changed, 19 unchanged, 0 deleted; 0 rows refused\n"
    assert {kind: tinkuy("record", "list", kind, "--private", "--json").out for kind in before} == before


def test_put_accounts_for_every_row(tinkuy: Run, here: Store, tmp_path: Path) -> None:  # noqa: F811
    rows = [
        {"type": "partner", "id": "lab", "city": "Anta", "contact": None},
        {"type": "partner", "id": "nuevo", "side": "demanda", "name": "Nuevo", "region": "Puno"},
        {"type": "outcome", "id": "o1", "delete": True},
        {"type": "partner", "id": "pucp", "size": "xl"},
    ]
    file = tmp_path / "rows.ndjson"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    atomic = tinkuy("record", "put", file, "--atomic", "--json")
    assert (atomic.code, [r["effect"] for r in lines(atomic.out)]) == (1, ["refused"] * 4)
    assert here.get(Partner, "lab").record == LAB
    done = tinkuy("record", "put", file)
    assert done.code == 1
    assert done.out == "1 records added, 1 changed, 0 unchanged, 1 deleted; 1 rows refused\n"
    assert done.err == ["row 4: size: 'xl' is not one of micro, small, medium, large"]
    lab = here.get(Partner, "lab").record
    assert (lab.city, lab.contact, lab.name) == ("Anta", None, LAB.name)


@pytest.mark.parametrize("form", ["object", "list"])
def test_json_over_several_lines_is_read_too(tinkuy: Run, here: Store, say, form: str) -> None:  # noqa: F811
    row = {"type": "partner", "id": "lab", "city": "Anta"}
    say(json.dumps(row if form == "object" else [row], indent=2))
    assert tinkuy("record", "put", "-").out.startswith("0 records added, 1 changed")
    assert here.get(Partner, "lab").record.city == "Anta"


def test_what_cannot_be_read_is_one_line(tinkuy: Run, here: Store, tmp_path: Path, say) -> None:  # noqa: F811
    missing = tinkuy("record", "put", tmp_path / "nada.json")
    assert (missing.code, len(missing.err)) == (2, 1)
    say("[1, {}]")
    assert tinkuy("record", "put").err == [
        "row 1: this is no JSON object",
        "row 2: type: must be one of partner, evidence, outcome",
    ]


def test_delete_asks_first(tinkuy: Run, here: Store, say) -> None:  # noqa: F811
    say("n\n")
    assert tinkuy("record", "delete", "partner", "unsaac").code == 130
    assert here.get(Partner, "unsaac") is not None
    done = tinkuy("record", "delete", "partner", "unsaac", "--yes")
    assert (done.code, done.out) == (0, "'unsaac' is deleted.\n")
    assert [e.id for e in here.evidence() if "unsaac" in e.partners] == []
    assert tinkuy("record", "delete", "partner", "unsaac", "--yes").err == ["tinkuy: no partner has the id 'unsaac'"]


def test_the_database_of_the_tests_is_that_of_the_command_line(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    store = parts.open_store(Settings.read(os.environ))
    assert store.partner_names() == here.partner_names()
    store.close()
