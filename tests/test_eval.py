"""The offline evaluation: files that TREC tools read as we mean them, and figures that can be checked by hand."""

import json
import math
import runpy
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.abstention import Asked, counts, threshold
from eval.answers import Answer, run
from eval.measures import Figure, bootstrap, figures
from eval.trec import falling, write_run
from matcher import parts
from matcher.errors import BadInput
from matcher.records import Verdict
from matcher.weights import Weights

# Log-odds lie well within: from 512 on, neighbours among 32-bit floats near the step of 1e-4.
SCORES = st.lists(st.floats(-400, 400), max_size=300)


@given(SCORES)
@settings(max_examples=50)
def test_written_scores_fall_strictly_as_32_bit_floats(scores: list[float]) -> None:
    written = np.array([f"{s:.4f}" for s in falling(sorted(scores, reverse=True))], np.float32)
    assert (np.diff(written) < 0).all()


def test_scores_apart_are_only_rounded_and_ties_fall_by_a_step() -> None:
    assert falling([3.14159, 2.0, -1.00004]) == [3.1416, 2.0, -1.0]
    assert falling([1.0, 1.0, 1.0, 0.99975]) == [1.0, 0.9999, 0.9998, 0.9997]


def test_run_file_has_the_six_columns_of_trec(tmp_path: Path) -> None:
    answers = [
        Answer("q1", (("b", 2.0), ("a", 2.0), ("c", -0.5)), Verdict.MATCHES),
        Answer("q2", (), Verdict.NO_GOOD_MATCH),
        Answer("q3", (("c", 0.25),), Verdict.MATCHES),
    ]
    path = tmp_path / "runs" / "x.run"
    write_run(path, answers, "tinkuy")
    assert path.read_text() == (
        "q1 Q0 b 1 2.0000 tinkuy\nq1 Q0 a 2 1.9999 tinkuy\nq1 Q0 c 3 -0.5000 tinkuy\nq3 Q0 c 1 0.2500 tinkuy\n"
    )


def _ranked(question: str, *partners: str) -> Answer:
    return Answer(question, tuple((p, -float(i)) for i, p in enumerate(partners)), Verdict.MATCHES)


def test_figures_are_those_worked_out_by_hand() -> None:
    qrels = {"q1": {"a": 3, "b": 1, "z": 0}, "q2": {"a": 1}, "q3": {"c": 2, "d": 1, "e": 1}}
    # q1: nothing, b (1), a (3). q2 is missing from the run. q3: c (2), three strangers, d (1); e not found.
    # q4 is answered but not judged.
    answers = [_ranked("q1", "x", "b", "a", "z"), _ranked("q3", "c", "x", "y", "w", "d"), _ranked("q4", "a")]
    found = {f.name: f for f in figures(answers, qrels)}
    q1 = (1 / math.log2(3) + 3 / math.log2(4)) / (3 + 1 / math.log2(3))
    q3 = (2 + 1 / math.log2(6)) / (2 + 1 / math.log2(3) + 1 / math.log2(4))
    expected = {
        "P@1": {"q1": 0, "q2": 0, "q3": 1},
        "P@5": {"q1": 2 / 5, "q2": 0, "q3": 2 / 5},
        "nDCG@10": {"q1": q1, "q2": 0, "q3": q3},
        "RR": {"q1": 1 / 2, "q2": 0, "q3": 1},
        "R@100": {"q1": 1, "q2": 0, "q3": 2 / 3},
    }
    assert set(found) == set(expected)
    for name, per_question in expected.items():
        assert found[name].per_question == pytest.approx(per_question), name
        assert found[name].mean == pytest.approx(sum(per_question.values()) / 3), name


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_partners_of_equal_score_keep_their_order(names: str) -> None:
    # trec_eval breaks ties by name; whichever way, the one that was ranked first must count as first.
    first, second = names
    answer = Answer("q", ((first, 1.0), (second, 1.0)), Verdict.MATCHES)
    found = {f.name: f.mean for f in figures([answer], {"q": {first: 1}})}
    assert (found["P@1"], found["RR"]) == (1, 1)


def test_bootstrap_of_a_constant_has_no_width() -> None:
    assert bootstrap(np.full(7, 0.25)) == (0.25, 0.25)


def test_bootstrap_is_deterministic_and_near_the_normal_interval() -> None:
    sample = np.array([0.0, 1.0] * 200)
    low, high = bootstrap(sample)
    assert (low, high) == bootstrap(sample)
    # mean 0.5, deviation 0.5, n 400: 0.5 -+ 1.96 x 0.5 / 20
    assert low == pytest.approx(0.451, abs=0.005)
    assert high == pytest.approx(0.549, abs=0.005)


PARTNERS = [
    {"id": "tintes", "name": "Laboratorio de tintes", "country": "PE", "region": "PE-LIM"},
    {"id": "secado", "name": "Grupo de secado", "country": "PE", "region": "PE-CUS"},
    {"id": "acero", "name": "Taller de acero", "country": "PE", "region": "PE-PIU"},
    {"id": "clima", "name": "Instituto del clima", "country": "PE", "region": "PE-TAC"},
]
EVIDENCE = [
    {"id": "e1", "partners": ["tintes"], "text": "Tintes firmes para lana.", "language": "es"},
    {"id": "e2", "partners": ["secado"], "text": "Secado de hierbas.", "language": "es"},
    {"id": "e3", "partners": ["acero"], "text": "Engranajes gastados.", "language": "es"},
    {"id": "e4", "partners": ["clima"], "text": "Pronóstico de heladas.", "language": "es"},
]
QUESTIONS = [
    {"id": "q1", "text": "tintes para lana", "country": "PE", "region": "PE-CUS"},
    {"id": "q2", "text": "secado de hierbas", "country": "PE", "region": "PE-CUS"},
]


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "benchmark.json").write_text('{"name": "tiny", "seeks": "supply"}')
    for name, lines in (("partners", PARTNERS), ("evidence", EVIDENCE), ("queries", QUESTIONS)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels.txt").write_text("q1 0 tintes 2\nq2 0 secado 1\n")
    return folder


def _orders(answers: list[Answer]) -> dict[str, list[str]]:
    return {a.question: [partner for partner, _ in a.ranking] for a in answers}


def test_text_alone_decides_where_the_rule_of_place_is_off(bench: Path) -> None:
    # Of four texts one has the words: its fit is sqrt(3), the others' -1/sqrt(3), 2.3 apart; an asker's own
    # region weighs more than that.
    near, alone = (run(bench, FakeEncoder(), Weights.load(), depth=4, without=w)[1] for w in ([], ["place"]))
    assert _orders(near)["q1"][:2] == ["secado", "tintes"]
    assert _orders(alone)["q1"][0] == "tintes"
    assert _orders(near)["q2"][0] == _orders(alone)["q2"][0] == "secado"
    assert sorted(_orders(alone)["q1"][1:]) == ["acero", "clima", "secado"]


def test_depth_cuts_the_ranking(bench: Path) -> None:
    _, answers = run(bench, FakeEncoder(), Weights.load(), depth=1, without=["place"])
    assert _orders(answers) == {"q1": ["tintes"], "q2": ["secado"]}


def test_a_run_leaves_no_trace(bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TINKUY_HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = sorted(bench.iterdir())
    run(bench, FakeEncoder(), Weights.load(), depth=4)
    assert list(home.iterdir()) == list(temporary.iterdir()) == []
    assert sorted(bench.iterdir()) == before


@pytest.mark.parametrize("name", ["partners", "evidence"])
def test_a_bad_record_is_left_out_with_a_warning_that_names_it(bench: Path, name: str, caplog) -> None:
    path = bench / f"{name}.jsonl"
    whole = [a.ranking for a in run(bench, FakeEncoder(), Weights.load(), depth=4)[1]]
    path.write_text(path.read_text(encoding="utf-8") + '{"id": "x"}\n', encoding="utf-8")
    assert [a.ranking for a in run(bench, FakeEncoder(), Weights.load(), depth=4)[1]] == whole
    (warning,) = caplog.messages
    assert f"{name}.jsonl, line " in warning
    assert "is missing" in warning


def test_an_overlong_question_is_cut_not_fatal(bench: Path, caplog) -> None:
    path = bench / "queries.jsonl"
    text = "teñido de alpaca " * 2000  # 34,000 characters
    lines = [{"id": "cut", "text": text[:20_000], "language": "es"}, {"id": "long", "text": text, "language": "es"}]
    path.write_text(
        path.read_text(encoding="utf-8") + "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"
    )
    answers = run(bench, FakeEncoder(), Weights.load(), depth=4)[1]
    assert [a.question for a in answers[-2:]] == ["cut", "long"]
    assert answers[-1].ranking == answers[-2].ranking
    (warning,) = caplog.messages
    assert "long is cut by 13999 characters" in warning  # white space at the end is not counted


@pytest.mark.parametrize("name", ["queries"])
@pytest.mark.parametrize("line", ['{"id": "x"', '{"id": "x"}', "[]"])
def test_a_bad_line_is_named_with_its_file(bench: Path, name: str, line: str) -> None:
    path = bench / f"{name}.jsonl"
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(f"{first}\n{line}\n{rest}", encoding="utf-8")
    with pytest.raises(BadInput, match=rf"tiny.{name}\S*, line 2: "):
        run(bench, FakeEncoder(), Weights.load(), depth=4)


def test_a_bad_judgement_is_named_with_its_line(bench: Path) -> None:
    (bench / "qrels.txt").write_text("q1 0 tintes 2\nq2 0 secado\n")
    with pytest.raises(BadInput, match=r"qrels\.txt, line 2: "):
        run(bench, FakeEncoder(), Weights.load(), depth=4)


def _command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *arguments: str) -> int:
    monkeypatch.setenv("TINKUY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TINKUY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())
    monkeypatch.setattr(sys, "argv", ["eval", *arguments])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("eval", run_name="__main__")
    return stopped.value.code


def test_command_prints_figures_and_writes_run_and_report(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report, trec = tmp_path / "report.json", tmp_path / "tiny.run"
    options = ["--without", "place", "--json", str(report), "--run", str(trec)]
    assert _command(monkeypatch, tmp_path, "run", str(bench), *options) == 0
    out = capsys.readouterr().out
    assert out.startswith("tiny: 2 judged questions, primary nDCG@10, model fake-1\n")
    # both right partners come first: four measures are 1, P@5 is one in five
    one, fifth = "1.000 [1.000, 1.000]", "0.200 [0.200, 0.200]"
    assert f"| {one} | {fifth} | {one} | {one} | {one} |" in out
    measures = json.loads(report.read_text(encoding="utf-8"))["measures"]
    assert measures["RR"]["per_question"] == {"q1": 1.0, "q2": 1.0}
    assert trec.read_text().startswith("q1 Q0 tintes 1 ")
    assert not (tmp_path / "home").exists()


def test_command_names_what_is_missing_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _command(monkeypatch, tmp_path, "run", str(tmp_path)) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("eval: ")
    assert "benchmark.json" in last


def test_figure_holds_its_mean() -> None:
    found = figures([_ranked("q", "a")], {"q": {"a": 1}})[0]
    assert found == Figure("P@1", 1.0, 1.0, 1.0, {"q": 1.0})


def test_declined_questions_are_counted_by_folder_half_and_kind_and_a_threshold_keeps_the_target():
    asked = [Asked("one", "", False, "", value, value < 0) for value in (-1.0, 0.5, 1.0, 2.0)]
    asked += [Asked("one", "", True, "", -2.0, True), Asked("two", "development", False, "", 0.75, False)]
    asked += [Asked("two", "test", False, "", -5.0, True)]
    assert counts(asked) == [
        ("one", "", "real", 4, 1), ("one", "", "hopeless", 1, 1), ("two", "development", "real", 1, 0),
        ("two", "test", "real", 1, 1),
    ]  # fmt: skip
    assert threshold(asked, 0.25) == 0.5  # one of four may fall; the other folder allows 0.75; test halves do not count
    assert threshold(asked, 0.0) == -1.0
