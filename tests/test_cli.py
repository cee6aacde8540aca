"""The command line, from import to answer, and its errors: one line on standard error and exit code 2."""

import csv
import json
import math
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from conftest import FakeEncoder
from openpyxl import load_workbook

from matcher import cli, parts
from matcher.settings import CHECKOUT

DEMO = CHECKOUT / "data" / "demo"
SECRET = "secreto@oficina.example"
TABLES = {
    "partners": f"""id,side,name,kind,region,city,sectors,size,url,contact
tintes,supply,Laboratorio de tintes,laboratory,Cusco,Cusco,C13,,https://tintes.example,{SECRET}
secado,supply,Grupo de secado,group,Tacna,Tacna,C10,,,{SECRET}
taller,demand,Taller de chompas,firm,Cusco,,C14,micro,,{SECRET}
secadora,demand,Secadora de orégano,cooperative,Tacna,,C10,small,,{SECRET}
""",
    "evidence": """id,partners,kind,title,text,language,date,sectors,source
tintes-e1,tintes,capability,Tintes,Teñido firme de fibra de alpaca.,es,2024-05-01,C13,prueba
secado-e1,secado,project,Bandejas,Secado de orégano en bandejas.,es,2022-05-01,C10,prueba
""",
    "needs": """id,partners,kind,text,language,date,sectors
taller-n1,taller,need,El teñido de mis chompas de alpaca no es firme.,es,2025-01-01,C14
secadora-n1,secadora,need,El orégano pierde color en el secado.,es,2025-01-01,C10
""",
    "outcomes": """id,partner,counterpart,date,region,sectors,stage
o1,tintes,taller,2025-02-01,Cusco,C14,met
""",
}


class Result(NamedTuple):
    """What a command left: exit code, standard output, lines of standard error."""

    code: int
    out: str
    err: list[str]


Run = Callable[..., Result]


@pytest.fixture
def tinkuy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command line in an empty home, in English, on a wide terminal."""
    settings = {"HOME": str(tmp_path / "home"), "CACHE": str(tmp_path / "cache"), "LANG": "en"}
    for name in ("MODEL", "WEIGHTS"):
        monkeypatch.delenv(f"TINKUY_{name}", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(f"TINKUY_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return Result(stopped.value.code, out, err.splitlines())

    return run


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return [tmp_path / f"{name}.csv" for name in TABLES]


@pytest.fixture
def small(tinkuy: Run, files: list[Path]) -> Run:
    """The command line over the small tables above, imported and indexed."""
    assert tinkuy("import", "table", *files).code == 0
    assert tinkuy("index").code == 0
    return tinkuy


def test_demonstration_data_is_imported_once_and_counted(tinkuy: Run) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (DEMO / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    tables = {name: rows(name) for name in TABLES}
    total = sum(map(len, tables.values()))
    first = tinkuy("import", "table", *sorted(DEMO.glob("*.csv")))
    assert first.code == 0
    assert f"{total} rows read: {total} records added, 0 changed, 0 unchanged; 0 rows refused" in first.out
    again = tinkuy("import", "table", *sorted(DEMO.glob("*.csv")))
    assert f"{total} rows read: 0 records added, 0 changed, {total} unchanged; 0 rows refused" in again.out
    sides = Counter(row["side"] for row in tables["partners"])
    known = json.loads(tinkuy("status", "--json").out)
    assert [known[f"{side}_partners"] for side in ("supply", "demand")] == [sides["supply"], sides["demand"]]
    assert (known["supply_evidence"], known["demand_evidence"]) == (len(tables["evidence"]), len(tables["needs"]))
    assert known["outcomes"] == len(tables["outcomes"])


def test_refused_rows_are_shown_and_written_to_a_file(tinkuy: Run, tmp_path: Path) -> None:
    path, refused = tmp_path / "socios.csv", tmp_path / "refused.csv"
    path.write_text("lado,nombre,region\noferta,Grupo A,Cusco\noferta,Grupo B,Narnia\n", encoding="utf-8")
    result = tinkuy("import", "table", path, "--refusals", refused)
    assert result.code == 0
    assert "2 rows read: 1 records added, 0 changed, 0 unchanged; 1 rows refused" in result.out
    assert "socios.csv, row 3: region 'Narnia' is not known" in result.out
    with refused.open(encoding="utf-8-sig", newline="") as file:
        header, row = csv.reader(file)
    assert header == ["file", "row", "reason"]
    assert row[:2] == ["socios.csv", "3"]
    assert row[2].startswith("region 'Narnia' is not known")


def test_status_tells_counts_and_the_snapshot_that_serves(small: Run, tmp_path: Path) -> None:
    serving = (tmp_path / "home" / "CURRENT").read_text()
    lines = small("status").out.splitlines()
    assert lines[:6] == [
        f"Folder: {tmp_path / 'home'}", "Supply partners: 2", "Demand partners: 2", "Evidence of supply: 2",
        "Needs: 2", "Outcomes: 1",
    ]  # fmt: skip
    assert f"Snapshot: {serving}" in lines
    assert "Model: fake-1" in lines


def test_index_names_the_snapshot_that_serves_from_now_on(small: Run, tmp_path: Path) -> None:
    result = small("index")
    assert result.out == f"Snapshot {(tmp_path / 'home' / 'CURRENT').read_text()} serves.\n"


def test_table_shows_partner_place_reasons_and_passage(small: Run) -> None:
    result = small("match", "teñido firme de alpaca", "--region", "Cusco", "--sector", "textiles", "-k", "1")
    assert result.code == 0
    for part in (
        "Partner who can help", "Laboratorio de tintes", "tintes", "in your region, Cusco",
        "works in your sector: manufacture of", "Tintes: Teñido firme de fibra de alpaca.",
    ):  # fmt: skip
        assert part in result.out, part
    assert "Grupo de secado" not in result.out  # -k 1


def test_json_understands_names_and_adds_up(small: Run) -> None:
    options = ("--region", "departamento de Cusco", "--sector", "textiles", "--country", "Perú", "--json")
    answer = json.loads(small("match", "orégano", *options, "--without", "track_record,sector").out)
    query = answer["query"]
    assert (query["region"], query["sectors"], query["countries"]) == ("PE-CUS", ["C13"], ["PE"])
    assert query["without"] == ["sector", "track_record"]
    for match in answer["matches"]:
        assert match["score"] == math.fsum([answer["bias"], *(c["contribution"] for c in match["contributions"])])
        signals = {"text", "profile", "distance", "same_region", "same_country", "experience", "collaboration"}
        assert {c["signal"] for c in match["contributions"]} == signals


def test_spreading_counts_recorded_introductions_and_tells_it(small: Run) -> None:
    question = ("match", "teñido de alpaca", "--sector", "textiles")
    assert "proposed lately" not in small(*question).out
    table = " ".join(small(*question, "--spread").out.split())
    assert "not proposed lately" in table  # secado; tintes met the workshop on the newest day on record
    answer = json.loads(small(*question, "--spread", "--json").out)
    reasons = {m["partner"]["id"]: m["contributions"][-1]["reason"] for m in answer["matches"]}
    assert reasons == {"tintes": "times proposed lately: 1; it keeps its place", "secado": "not proposed lately"}


def test_filters_leave_only_what_passes(small: Run) -> None:
    def ids(*options: str) -> list[str]:
        return [m["partner"]["id"] for m in json.loads(small("match", "teñido", "--json", *options).out)["matches"]]

    assert ids() == ["tintes", "secado"]
    assert ids("--only-region", "tacna") == ["secado"]
    assert ids("--only-sector", "alimentos") == ["secado"]
    assert ids("--only-kind", "laboratory") == ["tintes"]
    assert ids("--since", "2023-01-01") == ["tintes"]
    assert ids("--until", "2023-01-01") == ["secado"]
    assert ids("--only-language", "en") == []
    assert ids("--seeks", "demanda") == ["taller", "secadora"]
    assert "No partner passes these filters." in small("match", "teñido", "--only-language", "en").out


def test_stored_text_asks_for_the_other_side(small: Run) -> None:
    need = json.loads(small("match", "--evidence", "taller-n1", "--json").out)
    assert need["query"]["seeks"] == "supply"
    assert need["query"]["region"] == "PE-CUS"
    assert need["matches"][0]["partner"]["id"] == "tintes"
    offer = small("match", "--evidence", "secado-e1", "-k", "1")
    assert "Partner who may need it" in offer.out
    assert "Secadora de orégano" in offer.out


def test_partner_and_text_are_shown(small: Run) -> None:
    page = small("show", "tintes").out
    for part in ("Laboratorio de tintes", "Cusco, Peru", "C13 Manufacture of textiles", "Teñido firme de fibra"):
        assert part in page, part
    text = small("show", "taller-n1").out
    assert "El teñido de mis chompas de alpaca no es firme." in text
    assert "Taller de chompas (taller)" in text
    assert json.loads(small("show", "secado-e1", "--json").out)["evidence"]["date"] == "2022-05-01"


def test_contact_is_never_shown(small: Run) -> None:
    store = parts.open_store(cli.Settings.read(os.environ))
    assert {p.contact for p in store.partners()} == {SECRET}  # it is there to be leaked
    commands = [("show", "tintes"), ("show", "taller-n1"), ("match", "teñido"), ("match", "--evidence", "tintes-e1")]
    for command in commands:
        for tail in ((), ("--json",)):
            result = small(*command, *tail)
            assert result.code == 0
            assert "secreto" not in result.out
            assert "contact" not in result.out


def test_template_is_a_workbook_or_a_folder_and_can_be_imported(tinkuy: Run, tmp_path: Path) -> None:
    assert tinkuy("template", tmp_path / "t.xlsx").out.strip() == str(tmp_path / "t.xlsx")
    book = load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames[:4] == ["partners", "evidence", "needs", "outcomes"]
    assert [c.value for c in book["partners"][1]][:3] == ["id", "side", "name"]
    written = tinkuy("template", tmp_path / "folder").out.split()
    assert written == [str(tmp_path / "folder" / f"{name}.csv") for name in TABLES]
    for given in ([tmp_path / "t.xlsx"], written):
        assert "0 rows read: 0 records added" in tinkuy("import", "table", *given).out


def test_completion_is_a_script_for_the_shell(tinkuy: Run) -> None:
    script = tinkuy("completion", "bash").out
    assert "_TINKUY_COMPLETE=bash_complete" in script
    assert "_tinkuy_completion tinkuy" in script


def test_help_is_in_full_sentences(tinkuy: Run) -> None:
    # In whichever language: a command's help is translated where it stands.
    for name, command in cli.commands.commands.items():
        shown = " ".join(tinkuy(name, "--help").out.split())
        options = [p for p in command.params if isinstance(p, click.Option) and p.name != "help"]
        for text in (command.help, *(o.help for o in options)):
            assert text[0].isupper(), text
            assert text.endswith("."), text
            assert " ".join(text.split()).split()[0] in shown
        for option in options:
            assert option.opts[0] in shown
