"""`python -m eval run`, `compare`, `ablate`: what is printed and written."""

import json
import runpy
import sys
from pathlib import Path

import pytest
from conftest import FakeEncoder
from tiny import make_bench

from matcher import parts

ONE, FIFTH = "1.000 [1.000, 1.000]", "0.200 [0.200, 0.200]"


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return make_bench(tmp_path / "tiny")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("TINKUY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TINKUY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())

    def call(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_module("eval", run_name="__main__")
        return stopped.value.code

    return call


def rows(out: str) -> dict[str, list[str]]:
    """First cell -> the others, of the first table that has it."""
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        if line.startswith("| "):
            first, *cells = line.strip("| ").split(" | ")
            found.setdefault(first, cells)
    return found


def test_run_prints_figures_beside_baselines_and_writes_run_and_report(bench, tmp_path, command, capsys) -> None:
    report, trec = tmp_path / "report.json", tmp_path / "tiny.run"
    assert command("run", bench, "--without", "place", "--json", report, "--run", trec) == 0
    out = capsys.readouterr().out
    assert out.startswith("tiny: 2 judged questions, primary nDCG@10, model fake-1\n")
    found = rows(out)
    assert found["system"] == ["P@1", "P@5", "Hit@5", "nDCG@10", "RR", "R@100", "Judged@10"]
    # both right partners come first; of four partners shown one is judged
    assert found["full without place"] == [ONE, FIFTH, ONE, ONE, ONE, ONE, "0.250 [0.250, 0.250]"]
    # secado is the only one of the region: right for one question, not for the other
    assert found["same region, popularity"][0] == "0.500 [0.000, 1.000]"
    assert found["**full without place over the best baseline**"][0] == "**+0.000 (+0%)** BM25"
    assert "declined: 0 of 2 judged questions\n" in out
    written = json.loads(report.read_text(encoding="utf-8"))
    assert written["systems"]["full without place"]["measures"]["RR"]["per_question"] == {"q1": 1.0, "q2": 1.0}
    assert (written["subject"], written["model"], written["depth"]) == ("full without place", "fake-1", 1000)
    assert written["systems"]["popularity"]["exposure"]["times"] == [2, 2, 2, 2]
    assert trec.read_text().startswith("q1 Q0 tintes 1 ")
    assert not (tmp_path / "home").exists()


def test_compare_tests_weights_files_runs_and_baselines_against_the_first(bench, tmp_path, command, capsys) -> None:
    (tmp_path / "theirs.run").write_text("q1 Q0 clima 1 3 x\nq1 Q0 tintes 2 2 x\nq2 Q0 secado 1 3 x\n")
    shipped = Path(parts.__file__).with_name("weights.toml").read_text(encoding="utf-8")
    (tmp_path / "copy.toml").write_text(shipped, encoding="utf-8")
    report = tmp_path / "compare.json"
    systems = [tmp_path / "copy.toml", tmp_path / "theirs.run", "BM25"]
    assert command("compare", bench, *systems, "--measure", "RR", "--baseline", "BM25", "--json", report) == 0
    gaps = {d["name"]: d for d in json.loads(report.read_text(encoding="utf-8"))["differences"]}
    assert list(gaps) == ["full", "copy", "theirs"]
    # BM25 is right twice; the region's partner comes before the right one in q1; theirs is second in q1
    assert {name: gap["mean"] for name, gap in gaps.items()} == {"full": -0.25, "copy": -0.25, "theirs": -0.25}
    assert {gap["reference"] for gap in gaps.values()} == {"BM25"}
    assert gaps["full"]["p_holm"] == 1.0
    assert "| theirs | -0.250 [-0.500, +0.000] | 1.000 | 1.000 |" in capsys.readouterr().out


def test_spread_prints_what_it_costs_and_brings(bench, tmp_path, command, capsys) -> None:
    report = tmp_path / "spread.json"
    assert command("spread", bench, "--shuffle", "1", "--json", report) == 0
    found = rows(capsys.readouterr().out)
    # four partners, all shown by both questions: nothing to spread
    assert found["full, spread"] == ["1.1", "2%", "0.815", "-0.0%", "0.000", "-0.0%", "1.000"]
    (folder,) = json.loads(report.read_text(encoding="utf-8"))["folders"]
    assert [each["label"] for each in folder["spread"]] == [""] + 5 * ["as shipped"] + 5 * ["without limit"]


def test_compare_knows_the_formula_with_spreading(bench, command, capsys) -> None:
    assert command("compare", bench, "full, spread") == 0
    assert "| full, spread | +0.000 [+0.000, +0.000] | 1.000 | 1.000 |" in capsys.readouterr().out


def test_compare_without_names_takes_all_baselines(bench, command, capsys) -> None:
    assert command("compare", bench) == 0
    out = capsys.readouterr().out
    assert "compared with full by nDCG@10" in out
    assert {"random", "popularity", "BM25", "dense", "hybrid"} <= rows(out).keys()


def test_ablate_shows_what_each_rule_is_worth(bench, tmp_path, command, capsys) -> None:
    report = tmp_path / "ablate.json"
    assert command("ablate", bench, "--json", report) == 0
    gaps = {d["name"]: d["mean"] for d in json.loads(report.read_text(encoding="utf-8"))["differences"]}
    # with place the right partner of q1 is second: 1 / log2(3) instead of 1
    assert gaps["without rule place"] == pytest.approx((1 - 0.6309298) / 2)
    assert gaps["without rule experience"] == 0
    assert "| without rule place | +0.185 [" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "{bench}", "nobody"], "'nobody' is no file and no baseline; baselines are random, popularity"),
        (["compare", "{bench}", "--baseline", "nobody"], "no system is named 'nobody'; there are full, random"),
        (["compare", "{bench}", "BM25", "BM25"], "two systems are named 'BM25'"),
        (["compare", "{bench}", "--measure", "MAP"], "unknown measure 'MAP'; measures are P@1, P@5"),
        (["run", "{bench}", "--without", "mood"], "unknown rule 'mood'; rules are place"),
        (["run", "{bench}/.."], "benchmark.json"),
    ],
)
def test_a_slip_is_named_in_one_line(bench, command, capsys, arguments: list[str], said: str) -> None:
    assert command(*[a.format(bench=bench) for a in arguments]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("eval: ")
    assert said in last
