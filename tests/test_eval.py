"""The offline evaluation: files that TREC tools read as we mean them, and figures that can be checked by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval.abstention import Asked, counts, threshold
from eval.answers import Answer
from eval.measures import Figure, bootstrap, figures, interval
from eval.trec import falling, read_run, write_run
from matcher.records import Verdict

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
    found = figures(answers, qrels)
    q1 = (1 / math.log2(3) + 3 / math.log2(4)) / (3 + 1 / math.log2(3))
    q3 = (2 + 1 / math.log2(6)) / (2 + 1 / math.log2(3) + 1 / math.log2(4))
    expected = {
        "P@1": {"q1": 0, "q2": 0, "q3": 1},
        "P@5": {"q1": 2 / 5, "q2": 0, "q3": 2 / 5},
        "Hit@5": {"q1": 1, "q2": 0, "q3": 1},
        "nDCG@10": {"q1": q1, "q2": 0, "q3": q3},
        "RR": {"q1": 1 / 2, "q2": 0, "q3": 1},
        "R@100": {"q1": 1, "q2": 0, "q3": 2 / 3},
        "Judged@10": {"q1": 3 / 4, "q2": 0, "q3": 2 / 5},  # of the partners that are shown
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
    found = figures([answer], {"q": {first: 1}})
    assert (found["P@1"].mean, found["RR"].mean) == (1, 1)


def test_interval_of_a_constant_has_no_width() -> None:
    assert interval([0.25] * 7) == (0.25, 0.25)


def test_bootstrap_is_deterministic_and_near_the_normal_interval() -> None:
    sample = np.array([0.0, 1.0] * 200)
    low, high = interval(sample)
    assert (low, high) == interval(sample)
    # mean 0.5, deviation 0.5, n 400: 0.5 -+ 1.96 x 0.5 / 20
    assert low == pytest.approx(0.451, abs=0.005)
    assert high == pytest.approx(0.549, abs=0.005)


def test_bootstrap_of_many_columns_is_that_of_each() -> None:
    samples = np.random.default_rng(5).random((30, 3))
    assert pytest.approx(np.array([interval(column) for column in samples.T])) == np.array(bootstrap(samples)).T


def test_bootstrap_agrees_with_scipy() -> None:
    sample = np.random.default_rng(6).random(40)
    other = stats.bootstrap((sample,), np.mean, method="percentile", n_resamples=10_000, random_state=7)
    assert interval(sample) == pytest.approx(tuple(other.confidence_interval), abs=0.005)


def test_figure_holds_its_mean() -> None:
    found = figures([_ranked("q", "a")], {"q": {"a": 1}})["P@1"]
    assert found == Figure("P@1", 1.0, 1.0, 1.0, {"q": 1.0})


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    answers = [Answer("q1", (("b", 2.0), ("a", 1.5)), Verdict.MATCHES), Answer("q2", (("c", 0.25),), Verdict.MATCHES)]
    write_run(tmp_path / "x.run", answers, "x")
    assert read_run(tmp_path / "x.run") == answers


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
