"""Copies of very many vectors: they find what the vectors themselves find, filters and changes included."""

import numpy as np
import pytest

from matcher.index import dense
from matcher.index.dense import DenseIndex
from matcher.index.near import Near


def unit(count: int, seed: int, dimensions: int = 32) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS, QUESTIONS = unit(3000, 1), unit(20, 2)


def nearest(vectors, question, rows, count) -> list[int]:
    return rows[np.argsort(-(vectors[rows] @ question), kind="stable")[:count]].tolist()


def alike(found, expected) -> float:
    return len(set(found.tolist()) & set(expected)) / len(expected)


@pytest.fixture
def copied(tmp_path, monkeypatch) -> DenseIndex:
    """An index that was saved and opened with copies."""
    monkeypatch.setattr(dense, "FROM", 3000)
    DenseIndex.build(VECTORS, ["es"] * 3000).save(tmp_path)
    return DenseIndex.load(tmp_path)


def test_nearly_all_of_the_nearest_are_found_and_the_same_after_saving(tmp_path):
    near = Near.build(VECTORS)
    near.save(tmp_path)
    shares = []
    for question in QUESTIONS:
        found = near.search(question, 100, 3000)
        assert len(set(found.tolist())) == len(found) == 400  # four times as many as wanted
        shares.append(len(set(nearest(VECTORS, question, np.arange(3000), 100)) & set(found.tolist())) / 100)
        assert Near.load(tmp_path).search(question, 100, 3000).tolist() == found.tolist()
    assert np.mean(shares) > 0.95


def test_the_fewer_may_be_found_the_more_are_looked_at():
    near = Near.build(VECTORS)
    assert len(near.search(QUESTIONS[0], 100, 1500)) == 800
    assert len(near.search(QUESTIONS[0], 100, 3)) == 3000  # there are no more


def test_where_nothing_was_saved_there_is_nothing(tmp_path):
    assert Near.load(tmp_path) is None


def test_few_vectors_are_not_copied(tmp_path):
    DenseIndex.build(VECTORS, ["es"] * 3000).save(tmp_path)
    assert DenseIndex.load(tmp_path).copies is None


@pytest.mark.parametrize("share", [1.0, 0.7, 0.2, 0.01])
def test_search_with_copies_finds_what_every_row_gives(copied, share):
    assert copied.copies is not None
    for seed, question in enumerate(QUESTIONS):
        allowed = np.random.default_rng(seed).random(3000) < share
        rows, cosines = copied.search(question, 100, None if share == 1 else allowed)
        expected = nearest(VECTORS, question, np.flatnonzero(allowed), 100)
        assert len(rows) == len(expected)
        assert alike(rows, expected) >= (0.9 if share > 0.3 else 1)  # where few may be found, all are scored
        np.testing.assert_allclose(cosines, VECTORS[rows] @ question, atol=1e-6)


def test_after_a_change_copies_serve_and_what_came_is_found_and_what_went_is_not(copied):
    gone = np.arange(0, 3000, 7)
    new = unit(200, 3)
    slots = np.concatenate([np.setdiff1d(np.arange(3000), gone), np.arange(3000, 3200)])
    grown = copied.updated(slots, new, ["es"] * 200)
    assert grown.copies is copied.copies
    now = np.concatenate([VECTORS, new])[slots]
    for question in [*QUESTIONS, new[0]]:
        rows, cosines = grown.search(question, 100)
        assert alike(rows, nearest(now, question, np.arange(len(now)), 100)) >= 0.9
        np.testing.assert_allclose(cosines, now[rows] @ question, atol=1e-6)


def test_products_with_what_is_usual_are_those_of_the_rows(copied):
    grown = copied.updated(np.arange(1, 3100), unit(100, 4), ["es"] * 100)
    rows = np.array([0, 2998, 3098, 5])
    expected = np.concatenate([VECTORS, unit(100, 4)])[rows + 1] @ QUESTIONS[0]
    for index in (grown, grown):  # worked out, and remembered
        np.testing.assert_allclose(index.usual_scores(QUESTIONS[0], rows), expected, atol=1e-6)
