"""What a person can mend is one line on standard error and exit code 2; nothing is half done."""

# ruff: noqa: F811 - fixtures of test_cli are named as arguments

from pathlib import Path

import pytest
from test_cli import Run, files, small, tinkuy  # noqa: F401 - the fixtures

from matcher.settings import CHECKOUT

NEEDS = CHECKOUT / "data" / "demo" / "needs.csv"


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (("match", "alpaca", "--region", "Narnia"), "tinkuy: region 'Narnia' is not known"),
        (("match", "alpaca", "--only-region", "Narnia"), "tinkuy: region 'Narnia' is not known"),
        (("match", "alpaca", "--sector", "quidditch"), "tinkuy: sector 'quidditch' is not known"),
        (("match", "alpaca", "--country", "Narnia"), "tinkuy: country 'Narnia' is not known"),
        (("match", "alpaca", "--without", "size"), "tinkuy: unknown rule 'size'; rules are place, sector, track_record"),
        (("match", "alpaca", "-k", "0"), "tinkuy: k is 0; it must lie between 1 and 1000"),
        (("match", " \n"), "tinkuy: the text is empty"),
        (("match", "alpaca", "--evidence", "taller-n1"), "tinkuy: give either TEXT or --evidence ID"),
        (("match",), "tinkuy: give either TEXT or --evidence ID"),
        (("match", "--evidence", "nadie"), "tinkuy: no evidence or need has the id 'nadie'"),
        (("show", "nadie"), "tinkuy: no partner, evidence or need has the id 'nadie'"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_one_line(small: Run, arguments: tuple[str, ...], begins: str) -> None:
    result = small(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert len(result.err) == 1
    assert result.err[0].startswith(begins)


@pytest.mark.parametrize("arguments", [("match", "alpaca"), ("match", "--evidence", "x"), ("serve",)])
def test_without_a_snapshot_the_line_says_how_to_get_one(tinkuy: Run, arguments: tuple[str, ...]) -> None:
    result = tinkuy(*arguments)
    assert (result.code, result.out, len(result.err)) == (2, "", 1)
    assert result.err[0].startswith("tinkuy: no snapshot in ")
    assert result.err[0].endswith("then run `tinkuy index`")


def test_unknown_language_of_the_interface(tinkuy: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINKUY_LANG", "xx")
    result = tinkuy("status")
    assert (result.code, result.out) == (2, "")
    assert result.err == ["tinkuy: TINKUY_LANG is 'xx'; allowed: es, en"]


def test_unreadable_weights(small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINKUY_WEIGHTS", str(tmp_path / "none.toml"))
    result = small("match", "alpaca")
    assert (result.code, len(result.err)) == (2, 1)
    assert result.err[0].startswith(f"tinkuy: weights file {tmp_path / 'none.toml'} cannot be read")


def _import_error(run: Run, *arguments: object) -> str:
    """Return the error of an import: the only line besides that of progress."""
    result = run("import", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err[:-1] in ([], ["Importing …"])
    return result.err[-1]


def test_files_that_cannot_be_imported(tinkuy: Run, tmp_path: Path) -> None:
    missing, page, strange, empty = (tmp_path / n for n in ("none.csv", "page.pdf", "strange.csv", "empty.csv"))
    page.write_bytes(b"%PDF")
    strange.write_text("colour,shape\nred,round\n")
    empty.write_text("")
    assert _import_error(tinkuy, "table", missing) == f"tinkuy: {missing} does not exist"
    assert _import_error(tinkuy, "table", page).startswith(f"tinkuy: {page} is neither .csv nor .xlsx")
    assert "columns colour, shape are none of the tables" in _import_error(tinkuy, "table", strange)
    assert _import_error(tinkuy, "table", empty) == f"tinkuy: {empty} is empty"
    assert _import_error(tinkuy, "proinnovate", NEEDS).startswith(f"tinkuy: {NEEDS} is no ProInnóvate portfolio")
    assert "benchmark.json" in _import_error(tinkuy, "benchmark", tmp_path)


def test_nothing_is_imported_where_one_of_the_files_is_missing(tinkuy: Run, files: list[Path]) -> None:
    _import_error(tinkuy, "table", *files, files[0].with_name("none.csv"))
    assert "Supply partners: 0" in tinkuy("status").out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("import", "tables", "x.csv"), "'tables' is not one of 'table', 'proinnovate', 'cordis', 'ocds', "),
        (("completion", "tcsh"), "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
        (("match", "x", "--lang", "xx"), "'xx' is not one of 'es', 'en'"),
        (("match", "x", "-k", "many"), "'many' is not a valid integer"),
        (("matsch", "x"), "No such command 'matsch'"),
    ],
)
def test_a_misspelt_command_line_names_what_is_known(tinkuy: Run, arguments: tuple[str, ...], named: str) -> None:
    result = tinkuy(*arguments)
    assert (result.code, result.out) == (2, "")
    assert named in result.err[-1]


def test_a_template_never_empties_a_file(tinkuy: Run, tmp_path: Path) -> None:
    kept = tmp_path / "mine.xlsx"
    kept.write_bytes(b"a year's work")
    result = tinkuy("template", kept)
    assert (result.code, len(result.err)) == (2, 1)
    assert result.err[0].startswith(f"tinkuy: {kept} exists")
    assert kept.read_bytes() == b"a year's work"
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "outcomes.csv").write_text("mine")
    assert tinkuy("template", folder).code == 2
    assert [p.name for p in folder.iterdir()] == ["outcomes.csv"]  # none of the others was written either
