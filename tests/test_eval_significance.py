"""Paired tests, against every sign pattern counted and Holm's procedure worked by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from eval.significance import holm, randomisation


def exact(differences: list[float]) -> float:
    """Share of all sign patterns whose sum is at least as far from 0."""
    seen = abs(sum(differences))
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    return sum(each >= seen - 1e-12 for each in sums) / len(sums)


def test_three_equal_gains_leave_two_patterns_of_eight() -> None:
    # only + + + and - - - are as far: 2 / 8
    assert exact([1, 1, 1]) == 0.25
    assert randomisation([1, 1, 1]) == pytest.approx(0.25, abs=0.015)


def test_ties_change_nothing_and_no_difference_is_certain() -> None:
    assert randomisation([0, 0, 0]) == 1.0
    assert randomisation([]) == 1.0
    assert randomisation([1, 0, 1, 0, 0, 1]) == randomisation([1, 1, 1])


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_every_pattern_counted(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.4, 1, 10).round(1).tolist()
    assert randomisation(differences) == pytest.approx(exact(differences), abs=0.02)


def test_it_agrees_with_scipy() -> None:
    values = np.random.default_rng(9).normal(0.4, 1, 60)
    other = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=9999, rng=3)
    assert randomisation(values) == pytest.approx(other.pvalue, abs=0.02)


def test_the_order_of_systems_does_not_matter_and_the_seed_decides() -> None:
    values = np.random.default_rng(2).normal(0.3, 1, 30)
    assert randomisation(values) == randomisation(-values) == randomisation(values)


def test_no_p_is_zero() -> None:
    assert randomisation([1.0] * 50) == 1 / 10_001


def test_holm_by_hand() -> None:
    # sorted: .01 x 4 = .04, .02 x 3 = .06, .03 x 2 = .06, .5 x 1; none below the one before it
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


def test_holm_never_falls_and_never_passes_one() -> None:
    # .3 x 3 = .9; then .4 x 2 = .8, raised to .9; .9 x 1
    assert holm([0.3, 0.4, 0.9]) == pytest.approx([0.9, 0.9, 0.9])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
