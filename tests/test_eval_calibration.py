"""Reliability and risk-coverage, worked out by hand."""

import math

import numpy as np
import pytest

from eval.answers import Answer
from eval.calibration import (
    Bin,
    by_confidence,
    expected_calibration_error,
    reliability,
    risk_coverage,
    shown,
    wilson,
)
from matcher.records import Verdict


def test_shown_matches_have_their_sigmoid_and_judgement() -> None:
    answers = [
        Answer("q1", (("a", math.log(3)), ("b", 0.0), ("c", -math.log(3))), Verdict.MATCHES),
        Answer("not judged", (("a", 5.0),), Verdict.MATCHES),
    ]
    probabilities, right = shown(answers, {"q1": {"a": 2, "b": 0, "c": 1}}, top=2)
    assert probabilities == pytest.approx([3 / 4, 1 / 2])
    assert right.tolist() == [True, False]


def test_bins_hold_equally_many_matches_by_rising_probability() -> None:
    probabilities = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.2])
    right = np.array([True, False, True, False, False, True])
    # sorted: .1 no, .2 yes | .3 no, .5 yes | .7 no, .9 yes
    found = reliability(probabilities, right, bins=3)
    assert [(b.matches, b.right) for b in found] == [(2, 0.5)] * 3
    assert [b.predicted for b in found] == pytest.approx([0.15, 0.4, 0.8])
    assert expected_calibration_error(found) == pytest.approx((0.35 + 0.1 + 0.3) / 3)


def test_large_bins_weigh_more() -> None:
    bins = [Bin(3, 0.5, 0.5, 0, 1), Bin(1, 0.9, 0.1, 0, 1)]
    assert expected_calibration_error(bins) == pytest.approx(0.8 / 4)
    assert expected_calibration_error([]) == 0


def test_fewer_matches_than_bins_make_fewer_bins() -> None:
    assert [b.matches for b in reliability(np.array([0.2, 0.4]), np.array([True, False]))] == [1, 1]


def test_wilson_interval_of_five_in_ten() -> None:
    # Wilson's own form at p = 1/2: 1/2 -+ z / (2 sqrt(n + z^2)), z = 1.96
    reach = 1.96 / (2 * math.sqrt(10 + 1.96**2))
    assert wilson(5, 10) == pytest.approx((0.5 - reach, 0.5 + reach))
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1


def test_the_surest_first() -> None:
    # sure and right, then wrong, right, wrong: 1, 1/2, 2/3, 1/2
    found = risk_coverage([0.1, 0.9, 0.4, 0.6], [0, 1, 1, 0])
    assert found.coverage == (0.25, 0.5, 0.75, 1.0)
    assert found.precision == pytest.approx((1, 1 / 2, 2 / 3, 1 / 2))
    assert found.area == pytest.approx((1 + 1 / 2 + 2 / 3 + 1 / 2) / 4)
    assert found.chance == 0.5


def test_equal_confidence_tells_nothing() -> None:
    assert risk_coverage([1, 1, 1, 1], [1, 0, 0, 0]).precision == pytest.approx([0.25] * 4)


def test_curves_by_familiarity_and_by_probability() -> None:
    answers = [
        Answer("q1", (("a", -1.0),), Verdict.MATCHES, familiar=2.0),
        Answer("q2", (("a", 3.0),), Verdict.MATCHES, familiar=1.0),
        Answer("q3", (), Verdict.NO_GOOD_MATCH, familiar=-4.0),
        Answer("not judged", (("a", 9.0),), Verdict.MATCHES, familiar=9.0),
    ]
    curves, answered = by_confidence(answers, {"q1": 1.0, "q2": 0.0, "q3": 0.0})
    assert answered == pytest.approx(2 / 3)
    assert curves["familiarity of the question"].precision == pytest.approx([1, 1 / 2, 1 / 3])
    assert curves["probability of the first match"].precision == pytest.approx([0, 1 / 2, 1 / 3])
