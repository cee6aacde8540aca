"""`python -m eval encoders`: two encoders of one model side by side."""

import json

import pytest
from click.testing import CliRunner
from conftest import FakeEncoder

from eval import encoders_cli
from eval.encoders_cli import IN_USE, encoders_command
from eval.speed.encoding import PLAIN
from matcher.settings import CHECKOUT


class Plain(FakeEncoder):
    """One that makes nothing of any text."""

    revision = "plain"

    def encode(self, texts, role, progress=None):
        return super().encode(["nada"] * len(texts), role, progress)


@pytest.fixture
def folder(tmp_path):
    """A benchmark of two questions, each with one right answer that has its words; a third has no answer."""
    lines = {
        "partners": [{"id": name, "name": name, "kind": "laboratory"} for name in ("lana", "cacao", "torno")],
        "evidence": [
            {"id": f"e-{name}", "partners": [name], "kind": "project", "text": text, "language": "es"}
            for name, text in (("lana", "teñido de lana"), ("cacao", "secado de cacao"), ("torno", "piezas de torno"))
        ],
        "queries": [
            {"id": "q1", "text": "teñido de lana", "language": "es"},
            {"id": "q2", "text": "secado de cacao", "language": "es"},
            {"id": "q3", "text": "astronomía", "language": "es", "expect": "no_good_match"},
        ],
    }
    for name, rows in lines.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (tmp_path / "qrels.txt").write_text("q1 0 lana 1\nq2 0 cacao 1\n")
    about = {"name": "small", "seeks": "supply", "language": "es", "primary": "RR"}
    (tmp_path / "benchmark.json").write_text(json.dumps(about))
    return tmp_path


def test_figures_of_both_and_their_difference(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TINKUY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(encoders_cli.SentenceTransformerEncoder, "load", lambda name, cache: Plain())
    monkeypatch.setattr("matcher.parts.open_model", lambda settings: FakeEncoder())
    found = tmp_path / "found.json"
    done = CliRunner().invoke(encoders_command, [str(folder), "--json", str(found)], catch_exceptions=False)
    assert done.exit_code == 0
    (told,) = json.loads(found.read_text())["folders"]
    dense = {each["measure"]: each for each in told["dense"]}
    assert dense["RR"][IN_USE] == dense["P@1"][IN_USE] == 1
    assert dense["RR"][PLAIN] < 1
    assert dense["RR"]["mean"] == pytest.approx(1 - dense["RR"][PLAIN])
    assert set(told["declined"]) == {PLAIN, IN_USE}
    assert f"{PLAIN}: plain" in done.output
    assert f"{IN_USE}: fake-1" in done.output
    assert "| RR |" in done.output


def test_it_is_a_command():
    from subprocess import run
    from sys import executable

    done = run(
        [executable, "-m", "eval", "encoders", "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert "sentence-transformers itself" in done.stdout
