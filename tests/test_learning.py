"""Learning weights: known ones are found again, signs hold, and left-out candidates are made up for."""

import math

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration

from eval.calibration import expected_calibration_error, reliability
from matcher.gains import Interval, calibration_error, figure, interval
from matcher.learning import Lesson, calibrate, fit, lesson

TRUE = np.array([1.5, 0.0, 0.7, 2.0])


def drawn(questions: int, candidates: int, weights: np.ndarray) -> list[Lesson]:
    """Questions each of which drew its two good candidates, one after the other, with chances in proportion to e^score."""
    rng = np.random.default_rng(questions)
    found = []
    for _ in range(questions):
        values = rng.normal(size=(candidates, len(weights))) * [1.0, 2.0, 0.5, 1.0][: len(weights)]
        odds = np.exp(values @ weights)
        grades = np.zeros(candidates)
        np.add.at(grades, rng.choice(candidates, 2, p=odds / odds.sum()), 1)  # the same one twice has grade 2
        found.append(Lesson(values, grades, np.ones(candidates)))
    return found


def test_weights_that_made_the_data_are_found_again():
    found = fit(drawn(1500, 40, TRUE), np.array([1.0, 1.0, 1.0, 1.0]), 0.0)
    assert found == pytest.approx(TRUE, abs=0.12)
    assert found[1] >= 0


def test_what_all_candidates_of_a_question_share_teaches_nothing():
    lessons = [
        Lesson(np.c_[x.values, np.full(40, i % 7)], x.grades, x.stands_for) for i, x in enumerate(drawn(300, 40, TRUE))
    ]
    found = fit(lessons, np.ones(5), 0.01)
    assert found[:4] == pytest.approx(fit(drawn(300, 40, TRUE), np.ones(4), 0.01), abs=1e-2)


def test_a_signal_that_speaks_against_partners_gets_no_weight_unless_it_starts_below_0():
    lessons = drawn(400, 40, np.array([1.0, -1.0]))
    positive = fit(lessons, np.array([1.0, 1.0]), 0.0)
    assert positive[1] == 0
    assert positive[0] > 0.5
    assert fit(lessons, np.array([1.0, 0.0]), 0.0)[1] == 0  # 0 may only grow
    free = fit(lessons, np.array([1.0, -0.1]), 0.0)
    assert free == pytest.approx([1.0, -1.0], abs=0.15)


def test_an_infinite_pull_keeps_proportions_and_finds_the_scale():
    lessons = drawn(1000, 40, 2 * TRUE)
    found = fit(lessons, TRUE, math.inf)
    assert found == pytest.approx(2 * TRUE, rel=0.1)
    assert found / found[0] == pytest.approx(TRUE / TRUE[0])


def test_the_stronger_the_pull_the_nearer_the_start():
    lessons = drawn(200, 40, TRUE)
    start = np.array([1.0, 1.0, 1.0, 1.0])
    anchor = fit(lessons, start, math.inf)
    away = [np.linalg.norm(fit(lessons, start, strength) - anchor) for strength in (0.001, 0.1, 10.0)]
    assert away[0] > away[1] > away[2]


def test_a_question_of_no_importance_teaches_nothing():
    right, wrong = drawn(200, 40, np.array([1.0, 0.5])), drawn(201, 40, np.array([0.5, 3.0]))
    start = np.array([1.0, 1.0])
    light = [Lesson(x.values, x.grades, x.stands_for, 1e-12) for x in wrong]
    assert fit([*right, *light], start, 0.01) == pytest.approx(fit(right, start, 0.01), rel=1e-2)


def test_a_lesson_keeps_the_good_the_best_others_and_a_sample_that_stands_for_the_rest():
    scores = -np.arange(700.0)  # candidate i has rank i
    grades = np.zeros(700)
    grades[[5, 650]] = [1, 3]
    grades[7] = -1  # judged, not good
    found = lesson(np.arange(700.0)[:, None], grades, scores, 1.0, np.random.default_rng(0))
    rows = found.values[:, 0].astype(int).tolist()
    assert rows[:2] == [5, 650]
    assert rows[2:102] == [i for i in range(101) if i != 5]
    assert len(set(rows)) == 302
    assert min(rows[102:]) > 100
    assert found.grades.tolist() == [1, 3] + [0] * 300
    assert found.stands_for.tolist() == [1] * 102 + [598 / 200] * 200


def test_a_sample_teaches_what_the_whole_does():
    rng = np.random.default_rng(3)
    whole = drawn(300, 1500, TRUE[[0, 2]])
    sampled = [lesson(x.values, x.grades, x.values @ [1.0, 1.0], 1.0, rng) for x in whole]
    assert max(len(x.grades) for x in sampled) < 400
    start = np.array([1.0, 1.0])
    assert fit(sampled, start, 0.0) == pytest.approx(fit(whole, start, 0.0), abs=0.1)
    careless = [Lesson(x.values, x.grades, np.ones(len(x.grades))) for x in sampled]
    assert abs(fit(careless, start, 0.0) - fit(whole, start, 0.0)).max() > 0.1


def test_calibration_is_platts():
    rng = np.random.default_rng(5)
    scores = rng.normal(3, 2, 500)
    good = (rng.random(500) < 1 / (1 + np.exp(-(0.5 * scores - 2)))).astype(float)
    theirs = _SigmoidCalibration().fit(scores, good)
    assert calibrate(scores, good, np.ones(500)) == pytest.approx((-theirs.a_, -theirs.b_), rel=1e-3)
    doubled = calibrate(np.r_[scores, 9.0], np.r_[good, 0.0], np.r_[np.ones(500), 1e-12])
    assert doubled == pytest.approx((-theirs.a_, -theirs.b_), rel=1e-2)


def test_what_separates_few_perfectly_is_not_sure():
    a, b = calibrate(np.array([0.0, 1.0] * 4), np.array([0.0, 1.0] * 4), np.ones(8))
    # four good and one more of six: 5/6; of the bad 1/6
    assert 1 / (1 + math.exp(-(a + b))) == pytest.approx(5 / 6, abs=1e-3)
    assert 1 / (1 + math.exp(-b)) == pytest.approx(1 / 6, abs=1e-3)


def test_expected_calibration_error_is_the_one_worked_out_by_hand():
    # Ten bins of two: the first at .05 and .15 with none right is .2 out, the next at .9 and .9 with one right .8,
    # the other eight at .5 with one right each 0; over 20 matches.
    probability = np.array([0.9, 0.05, 0.15, 0.9, *[0.5] * 16])
    good = np.array([1.0, 0, 0, 0, *[1.0, 0] * 8])
    assert calibration_error(probability, good) == pytest.approx((0.2 + 0.8) / 20)


def test_calibration_error_is_that_of_the_evaluation():
    draw = np.random.default_rng(3)
    probability = draw.random(137)
    good = draw.random(137) < probability
    expected = expected_calibration_error(reliability(probability, good))
    assert calibration_error(probability, good.astype(float)) == pytest.approx(expected)


def test_a_figure_is_ir_measures_own():
    assert figure("RR", [(["a", "b", "c"], {"c": 1, "z": 1})]) == pytest.approx(1 / 3)
    assert figure("nDCG@10", [(["a", "b"], {"b": 2, "z": 2})]) == pytest.approx(
        (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    )
    assert figure("RR", [(["a"], {"z": 1}), (["a"], {"a": 1})]) == 0.5


def test_each_sample_counts_equally_in_the_interval():
    few, many = np.array([0.0, 1.0]), np.zeros(1000)
    found = interval([few, many], 1)
    assert found == interval([few, many], 1)
    assert (found.mean, found.low, found.high) == (0.25, 0.0, 0.5)  # both draws 0, or both 1, one time in four each
    assert interval([np.full(9, 0.5)], 1) == Interval(0.5, 0.5, 0.5)
