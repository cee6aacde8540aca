"""Sources on the command line: listed, configured, run with exit codes for cron, removed."""

import re

import pytest
from script_source import Script, lab, put_format, refused, row, rows, skipped

from matcher.cli import main
from matcher.errors import BadInput
from matcher.store.run_lock import alone
from matcher.store.store import Store

ADDRESS = "https://repo.example/oai"


@pytest.fixture
def script(monkeypatch):
    found = Script([[*rows(1, 2), refused(3), skipped(4, "event")]])
    put_format(monkeypatch, found)
    return found


@pytest.fixture
def tinkuy(capsys, script):
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--lang", "en"])
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def home(tmp_path):
    return tmp_path / "own-home"


def store_of(home) -> Store:
    return Store.open(home / "tinkuy.db")


def test_formats_are_listed_with_what_they_expect_and_an_example(tinkuy):
    code, out, _ = tinkuy("sources")
    assert code == 0
    assert "proinnovate (files): ProInnóvate's project portfolio" in out
    assert "    tinkuy import benchmark data/questions" in out
    assert "script (files or address): pages of a test\n    tinkuy import script x\n    --option people=…: whom" in out
    assert "No source is configured" in out


def test_a_source_is_configured_shown_and_run(tinkuy, home):
    added = tinkuy("source", "add", "repo", "script", ADDRESS, "--option", "people=partners", "--shrink", "0.1")
    assert added[:2] == (0, "repo is configured; read it with `tinkuy sync repo`.\n")
    assert f"repo: script, {ADDRESS}\n    never read" in tinkuy("sources")[1]
    code, out, _ = tinkuy("sync")
    assert code == 0
    counts = "done; 4 rows read: 4 records added, 0 changed, 0 unchanged; 1 rows refused"
    assert re.search(rf"^repo: \d{{4}}-\d\d-\d\d \d\d:\d\d: {counts}$", out, re.M)
    assert "Read, and nothing for Tinkuy in it: event 1" in out
    assert "The refused rows are asked for again in the next run." in out
    assert (home / "refusals-repo.csv").read_text(encoding="utf-8-sig").splitlines()[1:] == [
        "pages,3,row 3 is nonsense"
    ]
    shown = tinkuy("source", "show", "repo")[1]
    for told in ("Options: people=partners", "May vanish at once: 10%", "Records that it gives: 4", counts, "pages, row 3: row 3 is nonsense"):  # fmt: skip
        assert told in shown
    assert counts in tinkuy("sources")[1]


def test_exit_codes_tell_cron_what_to_do(tinkuy, script, home):
    tinkuy("source", "add", "repo", "script", ADDRESS)
    assert tinkuy("sync")[0] == 0
    script.pages = [rows(1)]
    code, _, err = tinkuy("sync", "repo")
    assert (code, "2 of 4 records are missing; they are kept." in err) == (1, True)
    script.fails = 0
    code, _, err = tinkuy("sync")
    assert (code, err.splitlines()[-1]) == (2, "repo: page 0 is broken")
    store = store_of(home)
    with alone(store, "repo"):
        code, _, err = tinkuy("sync")
    assert (code, err.splitlines()[-1]) == (75, "repo: 'repo' is being read by another run")
    code, _, err = tinkuy("sync", "nada")
    assert (code, err) == (2, "tinkuy: no source is called 'nada'; there are: repo\n")
    code, _, err = tinkuy("sync", "--yes")
    assert code == 2
    assert "go with the names of sources" in err


def test_one_that_fails_keeps_no_other_from_being_read(tinkuy, script, home, monkeypatch):
    for name in ("uno", "dos"):
        tinkuy("source", "add", name, "script", f"https://{name}.example")
    read = script.read

    def choosy(asked):
        if "dos" in asked.url:
            raise BadInput("dos is away")
        return read(asked)

    monkeypatch.setattr(script, "read", choosy)
    put_format(monkeypatch, script)
    code, out, err = tinkuy("sync")
    assert code == 2
    assert "dos: dos is away" in err
    assert "uno: " in out
    assert [p.id for p in store_of(home).partners()] == ["lab-1", "lab-2"]


@pytest.mark.parametrize(("answer", "left"), [("--yes", ["lab-1"]), ("--keep", ["lab-1", "lab-2"])])
def test_a_source_that_asks_is_answered(tinkuy, script, home, answer, left):
    tinkuy("source", "add", "repo", "script", ADDRESS)
    tinkuy("sync")
    script.pages = [rows(1)]
    assert tinkuy("sync")[0] == 1
    assert "No longer there: Ensayos de fibra 2.; Laboratorio 2" in tinkuy("source", "show", "repo")[1]
    asked = len(script.asked)
    assert tinkuy("sync", "repo", answer)[0] == 0
    assert [p.id for p in store_of(home).partners()] == left
    assert len(script.asked) == asked  # nothing is read for that
    assert tinkuy("sync", "repo")[0] == 0


def test_a_dry_run_shows_names_and_writes_nothing(tinkuy, script, home):
    tinkuy("source", "add", "repo", "script", ADDRESS)
    tinkuy("sync")
    script.pages = [[row(1, lab(1, "Laboratorio de Lanas")), row(5, lab(5))]]
    code, out, _ = tinkuy("sync", "--dry-run")
    assert code == 1  # it would ask: three of four are missing
    told = "repo: would read 2 rows: 1 records added, 1 changed, 0 unchanged, 3 deleted; 0 rows refused"
    assert told in out
    for line in ("New: Laboratorio 5", "Changed: Laboratorio de Lanas", "No longer there: Ensayos de fibra 1.; Ensayos de fibra 2.; Laboratorio 2", "It would stop and ask"):  # fmt: skip
        assert line in out
    assert [p.name for p in store_of(home).partners()] == ["Laboratorio 1", "Laboratorio 2"]


@pytest.mark.parametrize(
    ("choice", "typed", "left"),
    [(["--with-records"], "", []), (["--keep-records"], "", 2), ([], "y\n", []), ([], "\n", 2)],
)
def test_a_source_is_removed_and_its_records_stay_unless_they_are_to_go(tinkuy, home, monkeypatch, choice, typed, left):
    tinkuy("source", "add", "repo", "script", ADDRESS)
    tinkuy("sync")
    monkeypatch.setattr("click.confirm", lambda text, default: typed == "y\n")
    code, out, _ = tinkuy("source", "remove", "repo", *choice)
    assert code == 0
    assert "'repo' is read no more." in out
    assert len(store_of(home).partners()) == (left or 0)
    assert tinkuy("source", "show", "repo")[0] == 2
    assert tinkuy("source", "add", "repo", "script", ADDRESS)[0] == 0
    assert tinkuy("sync")[0] == 0
    assert len(store_of(home).partners()) == 2


def test_an_import_streams_its_refusals_into_a_file(tinkuy, home, tmp_path):
    path = tmp_path / "socios.csv"
    path.write_text("lado,nombre\noferta,Uno\n" + "nada,Dos\n" * 300, encoding="utf-8")
    code, out, _ = tinkuy("import", "table", str(path))
    assert code == 0
    assert "301 rows read: 1 records added, 0 changed, 0 unchanged; 300 rows refused" in out
    assert len((home / "refusals.csv").read_text(encoding="utf-8-sig").splitlines()) == 301


def test_what_was_read_is_made_whole_unless_somebody_says_no(tinkuy, script, home, monkeypatch):
    script.pages = [[row(1, lab(1, "UNIVERSIDAD DE LA PIEDRA")), row(2, lab(2, "Universidad de la Piedra"))]]
    tinkuy("source", "add", "repo", "script", ADDRESS)
    assert "shown as another" not in tinkuy("sync", "--no-complete")[1]
    monkeypatch.setenv("TINKUY_COMPLETE_AFTER_SYNC", "no")
    assert "shown as another" not in tinkuy("sync")[1]
    assert "shown as another" not in tinkuy("sync", "--dry-run", "--complete")[1]
    assert "Partners shown as another: 1\n" in tinkuy("sync", "--complete")[1]
    monkeypatch.delenv("TINKUY_COMPLETE_AFTER_SYNC")
    assert "shown as another" not in tinkuy("sync")[1]  # nothing is told where nothing is found
