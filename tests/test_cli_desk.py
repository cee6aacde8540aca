"""The desk on the command line: introductions, shortlists, saved searches, inbox, files of lists."""

import csv
import json
import os
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from test_cli import SECRET, files, tinkuy  # noqa: F401 - fixtures

from matcher import parts
from matcher.settings import Settings
from matcher.store.tables import AuditRow, OrganisationRow


@pytest.fixture
def desk(tinkuy, files):  # noqa: F811
    assert tinkuy("import", "table", *files).code == 0
    return tinkuy


@pytest.fixture
def opened(desk):
    store = parts.open_store(Settings.read(os.environ))
    yield store
    store.close()


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_introduction_goes_its_way(desk, tmp_path):
    made = desk("introduction", "propose", "secado", "taller", "--evidence", "taller-n1", "--note", "=cmd()")
    assert made.code == 0
    id_ = re.match(r"([0-9a-f]{16}): Grupo de secado – Taller de chompas\n", made.out).group(1)
    assert made.out.endswith("Stage: proposed. Next it can be: sent, declined\n")
    assert desk("introduction", "step", id_, "sent", "--date", "03/02/2026").code == 0
    refused = desk("introduction", "step", id_, "declined")
    assert (refused.code, refused.err) == (2, ["tinkuy: give the reason why the introduction was declined"])
    spanish = desk("introduction", "step", id_, "project", "--lang", "es")
    assert spanish.err == [
        "tinkuy: una presentación en sent no puede pasar a project; desde ahí puede pasar a: met, declined, proposed"
    ]
    assert desk("introduction", "step", id_, "declined", "--reason", "Sin fondos").code == 0
    shown = desk("introduction", "list", id_).out
    assert "  2026-02-03 sent\n" in shown
    assert shown.endswith("declined: Sin fondos\nStage: declined. Next it can be: sent\n")
    assert id_ in desk("introduction", "list", "--stage", "declined").out
    assert desk("introduction", "list", "--stage", "met").out == "There is nothing here yet.\n"
    assert desk("export", "list", "introductions", tmp_path / "i.csv").code == 0
    (row,) = read_csv(tmp_path / "i.csv")
    assert (row["Id"], row["Stage"], row["Note"]) == (id_, "declined", "'=cmd()")
    assert desk("export", "list", "outcomes", tmp_path / "o.json").code == 0
    found = {o["id"]: o["stage"] for o in json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))}
    assert found == {"o1": "met", f"intro-{id_}": "declined"}


def test_a_shortlist_is_kept(desk):
    added = desk("shortlist", "add", "taller-n1", "tintes", "--note", "Llamar [/x] [red]\x1b[31m")
    assert added.code == 0
    listed = desk("shortlist", "list", "taller-n1").out
    assert "Laboratorio de tintes" in listed
    assert "Llamar [/x] [red][31m" in listed  # neither markup nor what a terminal obeys
    assert desk("shortlist", "remove", "taller-n1", "tintes").out == "Removed.\n"
    assert desk("shortlist", "list").out == "There is nothing here yet.\n"


def test_a_saved_search_fills_the_inbox(desk, tmp_path):
    saved = desk("search", "add", "Tintes", "Teñido firme de chompas de alpaca", "--threshold", "0")
    assert re.fullmatch(r"Saved as [0-9a-f]{16}\. Feeds: /v1/feeds/[\w-]{43}\.json and \.atom\n", saved.out)
    assert desk("search", "add", "x").err == [
        "tinkuy: give either TEXT or --evidence ID, see `tinkuy search add --help`"
    ]
    assert desk("search", "add", "x", "--evidence", "taller-n1", "--region", "Cusco").code == 2
    assert desk("search", "add", "x", "--evidence", "nada").err == ["tinkuy: no evidence or need has the id 'nada'"]
    (tmp_path / "evidence.csv").write_text(
        "id,partners,kind,text,language\nnuevo,secado,service,Teñido firme de lana y alpaca en chompas.,es\n",
        encoding="utf-8",
    )
    assert desk("import", "table", tmp_path / "evidence.csv").code == 0
    assert desk("index").code == 0
    assert desk("search", "check").out.strip().endswith("1 news.")
    assert desk("search", "check").out.strip().endswith("0 news.")
    assert "nuevo" in desk("inbox", "--read").out
    assert desk("inbox").out == "There is nothing here yet.\n"
    assert "nuevo" in desk("inbox", "--all").out
    (id_,) = re.findall(r"\b[0-9a-f]{16}\b", desk("search", "list").out)
    assert desk("search", "remove", id_).code == 0
    assert desk("inbox", "--all").out == "There is nothing here yet.\n"


def test_lists_are_written_without_contacts_unless_asked(desk, tmp_path, opened):
    assert desk("export", "list", "partners", tmp_path / "p.csv").out == f"4 rows written to {tmp_path / 'p.csv'}\n"
    assert SECRET not in (tmp_path / "p.csv").read_text(encoding="utf-8-sig")
    assert [r["Id"] for r in read_csv(tmp_path / "p.csv")] == ["secado", "secadora", "taller", "tintes"]
    assert desk("export", "list", "partners", tmp_path / "p.xlsx", "--private").code == 0
    sheet = load_workbook(tmp_path / "p.xlsx").active
    assert [row[-1].value for row in sheet.iter_rows()] == ["Contact", *[SECRET] * 4]
    with opened.reading() as session:
        log = [(a.action, a.kind) for a in session.scalars(select(AuditRow))]
    assert log == [("export", "partner")]
    assert desk("export", "list", "evidence", tmp_path / "e.csv", "--lang", "es").code == 0
    assert read_csv(tmp_path / "e.csv")[0]["Título"] == "Bandejas"
    assert desk("export", "list", "evidence", tmp_path / "e.csv", "--private").code == 2
    assert desk("export", "list", "evidence", tmp_path / "e.pdf").err == [
        f"tinkuy: {tmp_path / 'e.pdf'} must end in .csv, .xlsx or .json"
    ]
    wrong = desk("export", "list", "evidence", tmp_path / "no" / "e.csv")
    assert wrong.err == [f"tinkuy: {tmp_path / 'no' / 'e.csv'} cannot be written: No such file or directory"]
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.endswith(".part")) == []


def test_an_answer_is_written_to_a_file(desk, tmp_path):
    assert desk("index").code == 0
    done = desk("match", "Teñido de alpaca", "--output", tmp_path / "a.csv")
    assert done.out.endswith(f"2 rows written to {tmp_path / 'a.csv'}\n")
    rows = read_csv(tmp_path / "a.csv")
    assert [(r["Rank"], r["Partner"]) for r in rows] == [("1", "tintes"), ("2", "secado")]
    assert desk("match", "Teñido", "--output", tmp_path / "a.doc").code == 2


def test_with_several_organisations_the_desk_is_named(desk, opened):
    with opened.writing() as writer:
        writer.session.add_all([OrganisationRow(id=i, name=i, office=None) for i in ("uno", "dos")])
    assert desk("shortlist", "list").err == ["tinkuy: say whose desk is meant, with --organisation: dos, uno"]
    assert desk("shortlist", "add", "taller-n1", "tintes", "--organisation", "uno").code == 0
    assert "tintes" in desk("shortlist", "list", "--organisation", "uno").out
    assert desk("shortlist", "list", "--organisation", "dos").out == "There is nothing here yet.\n"
    assert desk("shortlist", "list", "--organisation", "nadie").code == 2
