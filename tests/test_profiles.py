"""Profiles against their definition, partner by partner."""

import numpy as np
import pytest

from matcher.index.profiles import UNSEEN, Profiles

RNG = np.random.default_rng(5)
COUNTS = np.array([3, 1, 0, 7, 2, 4])
SUMS = RNG.normal(size=(6, 4)).astype(np.float32) * COUNTS[:, None]
GROUPS = np.column_stack([COUNTS // 2, COUNTS - COUNTS // 2]).astype(float)
USUAL = RNG.normal(size=(2, 4))
QUESTION = np.array([0.5, -0.5, 0.5, 0.5], np.float32)


def likeness() -> np.ndarray:
    found = []
    for total, count, groups in zip(SUMS, COUNTS, GROUPS, strict=True):
        apart = total - groups[0] * USUAL[0] - groups[1] * USUAL[1]
        found.append(apart @ QUESTION / (count + UNSEEN) if count > 1 else 0.0)
    return np.array(found)


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 5], [4, 0], []])
def test_standardised_is_beside_all_partners_whoever_is_asked_for(rows):
    profiles, expected = Profiles.of(SUMS, COUNTS, GROUPS, USUAL), likeness()
    rows = np.array(rows, np.int64)
    np.testing.assert_allclose(profiles.like(QUESTION, rows), expected[rows], atol=1e-6)
    standard = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(profiles.standardised(QUESTION, rows), standard[rows], atol=1e-5)


def test_where_nobody_has_two_texts_nobody_has_a_profile():
    one = np.ones(6, np.int64)
    profiles = Profiles.of(SUMS, one, GROUPS, USUAL)
    assert profiles.standardised(QUESTION, np.arange(6)).tolist() == [0.0] * 6
