"""Judging: a pool that tells nothing of who ranked whom, grades that are never lost, judgements out."""

import csv
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import FakeEncoder

from eval.judge_cli import judge_command
from eval.pool import MAX_TEXT, pool
from eval.pool_file import Pair, PoolFile, write_pool
from eval.trec import read_qrels
from matcher import parts
from matcher.engine import Engine
from matcher.errors import BadInput, TinkuyError
from matcher.records import Query, Side
from matcher.sources.benchmark import Question

# By words and by meaning unsaac is the first; in Tacna there is unjbg alone.
DYEING = Question("q1", Query("teñido de fibra de alpaca", Side.SUPPLY, language="es", region="PE-TAC"), False)
SPINNING = Question("q2", Query("torsión del hilo", Side.SUPPLY, language="es", countries=("PE",)), False)
ALL = {"unsaac", "unjbg", "pucp", "lejos"}


def pooled(engine: Engine, *questions: Question, **options: object) -> list[Pair]:
    settings = {"depth": 1, "chance": 0, "seed": 1, "language": "es"} | options
    return pool(engine, questions or (DYEING,), **settings)


def partners(pairs: list[Pair]) -> list[str]:
    return [pair.partner for pair in pairs]


def test_a_pool_holds_the_first_of_every_system(engine: Engine) -> None:
    assert set(partners(pooled(engine))) == {"unsaac", "unjbg"}
    assert set(partners(pooled(engine, depth=4))) == ALL


def test_other_systems_bring_their_first_ones_in(engine: Engine) -> None:
    runs = [{"q1": ["pucp", "lejos"], "q9": ["lejos"]}, {}]
    assert set(partners(pooled(engine, runs=runs))) == {"unsaac", "unjbg", "pucp"}


def test_a_run_of_strangers_is_refused(engine: Engine) -> None:
    with pytest.raises(BadInput, match="question 'q1': a run names partner 'nadie'"):
        pooled(engine, runs=[{"q1": ["nadie"]}])
    with pytest.raises(BadInput, match="question 'q1': a run names partner 'taller'"):  # of the other side
        pooled(engine, runs=[{"q1": ["taller"]}])


def test_partners_by_chance_are_others_and_the_same_at_each_call(engine: Engine) -> None:
    drawn = {seed: partners(pooled(engine, chance=1, seed=seed)) for seed in range(12)}
    for seed, found in drawn.items():
        assert found == partners(pooled(engine, chance=1, seed=seed))
        assert len(set(found)) == len(found) == 3
        assert set(found) > {"unsaac", "unjbg"}
    assert {(set(found) - {"unsaac", "unjbg"}).pop() for found in drawn.values()} == {"pucp", "lejos"}
    assert set(partners(pooled(engine, chance=99))) == ALL


def test_the_order_tells_nothing_of_ranks(engine: Engine) -> None:
    orders = {tuple(partners(pooled(engine, depth=4, seed=seed))) for seed in range(30)}
    assert {order[0] for order in orders} == ALL
    # Neither depth nor who found them matters once the same partners are in.
    one = partners(pooled(engine, runs=[{"q1": ["pucp", "lejos"]}], depth=2))
    assert set(one) == ALL
    assert (
        one == partners(pooled(engine, runs=[{"q1": ["lejos", "pucp"]}], depth=2)) == partners(pooled(engine, depth=4))
    )


def test_a_judge_sees_place_and_the_texts_that_fit_best(engine: Engine) -> None:
    pair = next(p for p in pooled(engine, SPINNING) if p.partner == "unsaac")
    assert pair == Pair(
        "q2",
        "torsión del hilo [Perú]",
        "unsaac",
        "Facultad textil, Cusco",
        "Cusco, Perú",
        (
            "Ensayos de hilado y torsión del hilo de alpaca.",
            "Tintes. Teñido de fibra de alpaca. Medimos la solidez del color al lavado.",
        ),
    )
    first = next(p for p in pooled(engine, DYEING) if p.partner == "unsaac")
    assert first.texts[0].startswith("Tintes. ")
    assert first.question_text == "teñido de fibra de alpaca [Tacna, Perú]"


def test_questions_must_have_ids_of_their_own_that_trec_can_hold(engine: Engine) -> None:
    with pytest.raises(BadInput, match="question 'q1' stands twice"):
        pooled(engine, DYEING, DYEING)
    with pytest.raises(BadInput, match="white space"):
        pooled(engine, Question("q 1", DYEING.query, False))


PAIRS = [
    Pair("q1", "=SUM(A1)", "-u1", "+Uno", "@Cusco", ("- una\tlínea", 'dos; "tres", cuatro', "=1")),
    Pair("q1", "¿Quién?", "u2", "Dos", "Puno", ()),
    Pair("q2", "Otra", "u2", "Dos", "Puno", ("texto",)),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_pool(tmp_path / "pool.csv", PAIRS, spanish=True)
    return tmp_path / "pool.csv"


def cells(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))


def test_no_cell_is_a_formula_and_ids_come_back_as_they_were(file: Path) -> None:
    header, first, second, third = cells(file)
    assert header == [
        "pregunta", "texto_pregunta", "socio", "nombre", "lugar", "texto_1", "texto_2", "texto_3", "nota", "comentario",
    ]  # fmt: skip
    assert first == [
        "q1", "'=SUM(A1)", "'-u1", "'+Uno", "'@Cusco", "'- una\tlínea", 'dos; "tres", cuatro', "'=1", "", "",
    ]  # fmt: skip
    assert (second[5:8], third[5:8]) == (["", "", ""], ["texto", "", ""])
    found = PoolFile.read(file)
    assert [found.cell(0, name) for name in ("question_text", "partner", "name")] == ["=SUM(A1)", "-u1", "+Uno"]


def test_a_pool_with_judgements_is_not_written_over(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(BadInput, match="may hold judgements"):
        write_pool(file, PAIRS, spanish=False)
    assert file.read_bytes() == before


def test_what_a_spreadsheet_saved_is_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    lines = ["Nota;Socio;Pregunta;Comentario;Mía", "3;u1;q1;señor;x", ";u2;q1;;", "0;u3;q1", ";;;;"]
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    found = PoolFile.read(path)
    assert found.qrels() == {"q1": {"u1": 3, "u3": 0}}
    found.put_grade(1, "2")
    assert PoolFile.read(path).qrels() == {"q1": {"u1": 3, "u2": 2, "u3": 0}}
    saved = path.read_bytes().decode("utf-8-sig")  # and still what that spreadsheet expects
    assert saved.splitlines() == ["Nota;Socio;Pregunta;Comentario;Mía", "3;u1;q1;señor;x", "2;u2;q1;;", "0;u3;q1;;"]


def test_a_write_that_fails_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def held(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(BadInput, match=r"pool\.csv cannot be written: in use"):
        PoolFile.read(file).put_grade(0, "1")
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == ["pool.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question,partner,grade\nq,a,1\nq,b,4\n", r"pool\.csv, line 3: grade '4' must be 0, 1, 2, 3 or empty"),
        ("question,partner,grade\nq,a,good\n", r"line 2: grade 'good'"),
        ("question,partner,grade\nq,a,1.5\n", r"line 2: grade '1.5'"),
        ('question,partner,grade,note\nq,a,1,"two\nlines"\nq,b,-1,\n', r"line 4: grade '-1'"),
        ("question,partner,grade\nq,a,1\nq,a,1\n", r"line 3: question 'q' and partner 'a': empty, or there before"),
        ("question,partner,grade\nq,,1\n", r"line 2: question 'q' and partner ''"),
        ("question,partner\nq,a\n", r"pool\.csv is no pool: it has no column grade / nota"),
        ("", r"is no pool: it has no column question / pregunta"),
        ('question,partner,grade\nq,"a,1\n', r"line 2: unexpected end of data"),
    ],
)
def test_nonsense_is_refused_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "pool.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        PoolFile.read(path)


def call(*arguments: object, typed: str = "") -> Result:
    return CliRunner().invoke(judge_command, [str(a) for a in arguments], input=typed)


def grades(file: Path) -> list[str]:
    return [row[8] for row in cells(file)[1:]]


def test_each_grade_is_on_disk_at_once_and_the_next_start_goes_on(file: Path) -> None:
    first = call("grade", file, typed="2\nq\n")
    assert first.exit_code == 0
    assert grades(file) == ["2", "", ""]
    assert "Pregunta q1 · 0 de 3 calificados" in first.output
    assert first.output.splitlines()[-1] == f"1 de 3 calificados: {file}"
    second = call("grade", file, typed="0\n")  # and then the input ends: as good as quitting
    assert second.exit_code == 0
    assert "· 0 de 3" not in second.output
    assert grades(file) == ["2", "0", ""]
    assert call("grade", file, typed="3\n").exit_code == 0
    assert grades(file) == ["2", "0", "3"]
    done = call("grade", file)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, f"3 de 3 calificados: {file}")


def test_back_changes_a_grade_and_skip_leaves_a_pair_for_later(file: Path) -> None:
    # 1 for the first; back to it, 3 instead; the second is skipped; nonsense is asked again; the third gets 0.
    result = call("grade", file, "--lang", "en", typed="1\nb\n3\ns\n7\n\n0\n")
    assert grades(file) == ["3", "", "0"]
    assert "Grade (now 1)" in result.output
    assert result.output.count("Please 0, 1, 2, 3, b, s or q") == 2
    again = call("grade", file, "--lang", "en", typed="b\n\ns\n")  # back shows the graded one; Enter keeps it
    assert grades(file) == ["3", "", "0"]
    assert "Grade (now 3)" in again.output


def test_a_judge_reads_spanish_errors_in_one_line(file: Path) -> None:
    file.write_text("question,partner,grade\nq,a,9\n", encoding="utf-8")
    result = call("grade", file)
    assert result.exit_code == 2
    assert result.output == f"eval: {file}, línea 2: la nota '9' debe ser 0, 1, 2, 3 o quedar vacía\n"


def test_grades_become_judgements(file: Path, tmp_path: Path) -> None:
    call("grade", file, typed="3\ns\n0\n")
    out = tmp_path / "qrels.txt"
    result = call("qrels", file, "--out", out)
    assert result.output == f"2 of 3 pairs are graded, over 2 questions: {out}\n"
    assert read_qrels(out) == {"q1": {"-u1": 3}, "q2": {"u2": 0}}
    again = call("qrels", file, "--out", out)
    assert isinstance(again.exception, TinkuyError)  # which `python -m eval` shows as one line


def test_without_a_grade_there_are_no_judgements(file: Path, tmp_path: Path) -> None:
    result = call("qrels", file, "--out", tmp_path / "qrels.txt")
    assert "no pair has a grade yet" in str(result.exception)
    assert not (tmp_path / "qrels.txt").exists()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark folder without judgements."""
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())
    folder = tmp_path / "tiny"
    folder.mkdir()
    names = ("tintes", "secado", "acero", "clima")
    lines = {
        "partners": [{"id": n, "name": f"Grupo de {n}", "country": "PE"} for n in names],
        "evidence": [{"id": f"e-{n}", "partners": [n], "text": f"{n} palabra " * 100, "language": "es"} for n in names],
        "queries": [{"id": "old", "text": "secado", "language": "es"}],
    }
    (folder / "benchmark.json").write_text('{"name": "tiny", "seeks": "supply"}', encoding="utf-8")
    for name, rows in lines.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def test_command_pools_new_questions(folder: Path, tmp_path: Path) -> None:
    new, run, out = tmp_path / "new.jsonl", tmp_path / "other.run", tmp_path / "pool.csv"
    new.write_text('{"id": "n1", "text": "tintes", "language": "es"}\n', encoding="utf-8")
    run.write_text("n1 Q0 clima 1 9.5 other\nn1 Q0 acero 2 9.4 other\n", encoding="utf-8")
    options = ["--questions", new, "--run", run, "--depth", "1", "--random", "0", "--lang", "en"]
    result = call("pool", folder, "--out", out, *options)
    assert result.exit_code == 0, result.exception
    assert f" of 1 questions in {out}" in result.output
    header, *rows = cells(out)
    assert header[:3] == ["question", "question_text", "partner"]
    asked = {row[2] for row in rows}
    assert {row[0] for row in rows} == {"n1"}
    assert asked == {"tintes", "acero", "clima"}  # by the text; the first of equals in no region; the run's
    text = next(row[5] for row in rows if row[2] == "tintes")
    assert len(text) <= MAX_TEXT + 2
    assert text.endswith(("palabra …", "tintes …"))
    before = out.read_bytes()
    assert "may hold judgements" in str(call("pool", folder, "--out", out).exception)
    assert out.read_bytes() == before


def test_command_pools_the_folders_own_questions_and_refuses_a_run_of_others(folder: Path, tmp_path: Path) -> None:
    out, run = tmp_path / "pool.csv", tmp_path / "other.run"
    run.write_text("n1 Q0 clima 1 9.5 other\n", encoding="utf-8")
    assert "answers none of the questions" in str(call("pool", folder, "--out", out, "--run", run).exception)
    assert not out.exists()
    assert call("pool", folder, "--out", out).exit_code == 0
    assert [row[0] for row in cells(out)[1:]] == ["old"] * 4
