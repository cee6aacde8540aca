"""The benchmark that compares a commit with its parent: what it calls slower, and that it does."""

import shutil
import subprocess
from pathlib import Path

import pytest

from eval.speed import against_parent
from eval.speed.against_parent import Stage, Verdict, compare, judge

ROOT = Path(__file__).resolve().parents[1]


class Measured:
    """Gives the seconds of one measurement after the other, and notes what was asked."""

    def __init__(self, *found: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]) -> None:
        self.found = list(found)
        self.asked: list[dict[str, int]] = []

    def __call__(self, turns):
        self.asked.append(dict(turns))
        now = self.found.pop(0)
        return [Stage(name, *now.get(name, ((1.0,), (1.0,)))) for name in turns]


def test_the_least_of_the_turns_counts():
    # 1.9 and 3.0 are what else ran on the machine
    assert Stage("open", (1.0, 1.9, 1.5), (3.0, 1.2, 1.1)).ratio == pytest.approx(1.1)


def test_slower_by_a_fifth_passes_and_by_more_does_not():
    assert not Stage("open", (1.0,), (1.2,)).slower
    assert Stage("open", (1.0,), (1.21,)).slower


def test_nothing_is_measured_again_where_nothing_looks_slower():
    measure = Measured({"open": ((1.0,), (1.1,))})
    verdict = judge(measure, "")
    assert (verdict.failed, measure.asked) == (False, [dict.fromkeys(against_parent.STAGES, 4)])


def test_what_looks_slower_fails_only_if_it_is_so_again():
    noise = Measured({"open": ((1.0,), (1.5,))}, {"open": ((1.0,), (1.0,)), "index": ((1.0,), (9.0,))})
    verdict = judge(noise, "")
    # the second measurement of `index` was one turn that only made what `open` opens
    assert (verdict.failed, noise.asked[1]) == (False, {"index": 1, "open": 8})
    assert [(s.name, s.ratio) for s in verdict.stages] == [(name, 1.0) for name in against_parent.STAGES]
    slower = {"open": ((1.0,), (1.5,))}
    verdict = judge(Measured(slower, slower), "Faster than ever")
    assert verdict.failed
    assert verdict.lines()[1] == "open: 1.50 times the parent's time (1.000 s of the processor), above 1.2"


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("Sentences are read too\n\nSlower: every sentence is read\n", "every sentence is read"),
        ("slower:  two words \nmore", "two words"),
        ("Slower:\nnothing said", None),
        ("It is slower: on purpose", None),
    ],
)
def test_a_reason_in_the_message_lets_it_pass(message, meant):
    slower = {"questions": ((1.0,), (2.0,))}
    verdict = judge(Measured(slower, slower), message)
    assert (verdict.meant, verdict.failed) == (meant, meant is None)
    assert (f"slower on purpose: {meant}" in verdict.lines()) == (meant is not None)


def test_what_the_parent_cannot_do_is_said_and_fails_nothing():
    verdict = Verdict((Stage("delta", why_not="the parent says ImportError: no Changes"),))
    assert not verdict.failed
    assert verdict.lines() == ["delta: not comparable (the parent says ImportError: no Changes)"]


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org", *words], check=True
    )


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)


def test_a_first_commit_has_nothing_to_be_compared_with(tmp_path):
    git(tmp_path, "init", "-q")
    commit(tmp_path, "first")
    verdict = compare(tmp_path)
    assert (verdict.failed, verdict.stages) == (False, ())
    assert verdict.lines() == ["nothing compared: there is no HEAD^ here (a first commit, or a shallow clone)"]


@pytest.mark.slow
def test_a_slow_commit_fails_and_a_parent_that_lacks_something_does_not(tmp_path, monkeypatch):
    """Our own `matcher` in a repository of its own: first without an engine, then with it, then with a slow one."""
    monkeypatch.setattr(against_parent, "STAGES", ("index", "open", "questions"))
    monkeypatch.setattr(against_parent, "TURNS", 1)
    checkout, engine = tmp_path / "checkout", tmp_path / "checkout" / "matcher" / "engine.py"
    shutil.copytree(ROOT / "matcher", checkout / "matcher", ignore=shutil.ignore_patterns("__pycache__"))
    whole = engine.read_text(encoding="utf-8")
    git(checkout, "init", "-q")
    engine.unlink()
    commit(checkout, "without an engine")
    engine.write_text(whole, encoding="utf-8")
    commit(checkout, "with one")
    # Of a stage that both have in full, one turn says nothing sure: whether it looks slower is not asked here.
    verdict = compare(checkout)
    assert [each.why_not for each in verdict.stages] == [
        None,
        None,
        "the parent says ModuleNotFoundError: No module named 'matcher.engine'",
    ]
    slow = "        started = time.perf_counter()\n"
    assert slow in whole
    engine.write_text(whole.replace(slow, slow + "        sum(range(2_000_000))\n", 1), encoding="utf-8")
    commit(checkout, "a slow one")
    verdict = compare(checkout)
    assert verdict.failed
    assert "questions" in [each.name for each in verdict.stages if each.slower]
    git(checkout, "commit", "-q", "--amend", "-m", "a slow one\n\nSlower: it counts to two million")
    assert judge(lambda turns: verdict.stages, _message(checkout)).meant == "it counts to two million"


def _message(checkout: Path) -> str:
    return subprocess.run(
        ["git", "-C", str(checkout), "log", "-1", "--format=%B"], check=True, capture_output=True, text=True
    ).stdout
