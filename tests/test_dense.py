"""DenseIndex against brute force: every cosine worked out with a plain matrix product."""

import numpy as np
import pytest

from matcher.index.dense import MIN_GROUP, DenseIndex, products


def unit(rows: int, dimensions: int = 16, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = unit(300)
QUERY = unit(1, seed=1)[0]
COSINES = VECTORS.astype(np.float64) @ QUERY.astype(np.float64)
INDEX = DenseIndex.build(VECTORS, ["es"] * 300)


@pytest.mark.parametrize("count", [1, 10, 300])
def test_search_equals_brute_force(count):
    rows, scores = INDEX.search(QUERY, count)
    expected = np.argsort(-COSINES)[:count]
    assert rows.tolist() == expected.tolist()
    np.testing.assert_allclose(scores, COSINES[expected], atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_search_among_allowed_rows_equals_brute_force(seed):
    allowed = np.random.default_rng(seed).random(300) < 0.3
    rows, scores = INDEX.search(QUERY, 20, allowed)
    expected = np.argsort(np.where(allowed, -COSINES, np.inf))[:20]
    assert rows.tolist() == expected.tolist()
    np.testing.assert_allclose(scores, COSINES[expected], atol=1e-6)


def test_fewer_allowed_rows_than_asked_for_gives_just_those_best_first():
    allowed = np.zeros(300, bool)
    allowed[[3, 70, 299]] = True
    rows, _ = INDEX.search(QUERY, 10, allowed)
    assert rows.tolist() == sorted([3, 70, 299], key=lambda row: -COSINES[row])


def test_no_allowed_row_gives_nothing():
    rows, scores = INDEX.search(QUERY, 10, np.zeros(300, bool))
    assert (rows.tolist(), scores.tolist()) == ([], [])


def test_more_asked_for_than_rows_gives_every_row_once():
    rows, _ = INDEX.search(QUERY, 1000)
    assert rows.tolist() == np.argsort(-COSINES).tolist()


def test_an_index_without_rows_finds_nothing():
    rows, scores = DenseIndex.build(np.zeros((0, 16), np.float32), []).search(QUERY, 5)
    assert (rows.tolist(), scores.tolist()) == ([], [])


def test_scores_are_the_cosines_of_the_rows_in_the_order_given():
    rows = np.array([250, 3, 3, 17])
    np.testing.assert_allclose(INDEX.scores(QUERY, rows), COSINES[rows], atol=1e-6)
    assert INDEX.scores(QUERY, np.empty(0, np.int64)).tolist() == []


def test_standardise_takes_mean_and_deviation_over_the_rows_of_the_group():
    groups = np.array(["es"] * 180 + ["en"] * 90 + ["pt"] * 30)[np.random.default_rng(2).permutation(300)]
    index = DenseIndex.build(VECTORS, groups.tolist())
    expected = np.empty(300)
    for row, group in enumerate(groups):
        like = COSINES if group == "pt" else COSINES[groups == group]  # pt is below MIN_GROUP: all rows
        expected[row] = (COSINES[row] - like.mean()) / like.std()
    rows = np.arange(300)
    np.testing.assert_allclose(index.standardise(index.by_chance(QUERY), rows, COSINES), expected, atol=1e-5)
    np.testing.assert_allclose(
        index.standardise(index.by_chance(QUERY), rows[40:50], COSINES[40:50]), expected[40:50], atol=1e-5
    )


@pytest.mark.parametrize("size", [MIN_GROUP - 1, MIN_GROUP])
def test_a_group_has_moments_of_its_own_from_min_group_rows(size):
    groups = ["en"] * size + ["es"] * (300 - size)
    like = COSINES[:size] if size >= MIN_GROUP else COSINES
    index = DenseIndex.build(VECTORS, groups)
    found = index.standardise(index.by_chance(QUERY), np.array([0]), COSINES[:1])
    np.testing.assert_allclose(found, [(COSINES[0] - like.mean()) / like.std()], atol=1e-5)


def test_a_single_group_has_the_moments_of_all_rows_however_small():
    index = DenseIndex.build(VECTORS[:5], ["es"] * 5)
    few = COSINES[:5]
    np.testing.assert_allclose(
        index.standardise(index.by_chance(QUERY), np.arange(5), few), (few - few.mean()) / few.std(), atol=1e-5
    )


def test_equal_vectors_are_all_average():
    index = DenseIndex.build(np.repeat(VECTORS[:1], 4, axis=0), ["es"] * 4)
    rows = np.arange(4)
    assert index.standardise(index.by_chance(QUERY), rows, index.scores(QUERY, rows)).tolist() == [0, 0, 0, 0]


def test_a_saved_index_answers_as_before(tmp_path):
    index = DenseIndex.build(VECTORS, ["es"] * 200 + ["en"] * 100)
    index.save(tmp_path)
    loaded = DenseIndex.load(tmp_path)
    rows, scores = loaded.search(QUERY, 25)
    assert rows.tolist() == np.argsort(-COSINES)[:25].tolist()
    assert loaded.scores(QUERY, rows).tolist() == index.scores(QUERY, rows).tolist()
    assert (
        loaded.standardise(loaded.by_chance(QUERY), rows, scores).tolist()
        == index.standardise(index.by_chance(QUERY), rows, scores).tolist()
    )


def _grown(seed: int, different: int) -> tuple[DenseIndex, DenseIndex]:
    """Return an index as it is after a change of one that was loaded, and one of the same rows built anew."""
    rng = np.random.default_rng(seed)
    vectors = unit(different, seed=seed)[rng.integers(0, different, 3000)]  # most texts are there several times
    new = np.concatenate([vectors[:50], unit(50, seed=seed + 1)])
    slots = rng.permutation(np.concatenate([np.flatnonzero(rng.random(3000) < 0.97), np.arange(3000, 3100)]))
    built = DenseIndex.build(vectors, ["es"] * 3000)
    loaded = DenseIndex(built.extra, built.base, built.kinds, built.sums, built.slots)
    return loaded.updated(slots, new, ["es"] * 100), DenseIndex.build(
        np.concatenate([vectors, new])[slots], ["es"] * len(slots)
    )


@pytest.mark.parametrize("different", [3000, 300, 10])  # of the last, hundreds tie with the last one wanted
@pytest.mark.parametrize("share", [None, 0.98, 0.5])
@pytest.mark.parametrize("count", [1, 20, 400])
def test_after_a_change_search_finds_the_same_to_the_last_bit_ties_included(different, share, count):
    for seed in range(5):
        grown, anew = _grown(seed, different)
        allowed = None if share is None else np.random.default_rng(seed).random(len(grown.slots)) < share
        rows = np.arange(len(anew.slots)) if allowed is None else np.flatnonzero(allowed)
        question = unit(1, seed=99 + seed)[0]
        cosines = anew.scores(question, rows)
        expected = rows[np.argsort(-cosines, kind="stable")[:count]]  # every row is looked at; of equals the first
        for index in (grown, anew):
            found, scores = index.search(question, count, allowed)
            assert found.tolist() == expected.tolist()
            assert scores.tolist() == np.sort(cosines)[::-1][:count].tolist()


def test_products_are_those_of_the_rows_asked_for_and_never_beyond_them():
    rows = np.array([3, 0, 3, 7])
    np.testing.assert_allclose(products(VECTORS, rows, QUERY), [VECTORS[row] @ QUERY for row in rows], atol=1e-6)
    assert products(VECTORS, rows[:0], QUERY).shape == (0,)
    for beyond in (len(VECTORS), -1):
        with pytest.raises(IndexError, match=f"of {len(VECTORS)} vectors"):
            products(VECTORS, np.array([0, beyond]), QUERY)
    with pytest.raises(IndexError, match="beside vectors"):
        products(VECTORS, rows, QUERY[:5])


def test_a_product_is_the_same_to_the_last_bit_wherever_its_row_lies():
    whole = products(VECTORS, np.arange(300), QUERY)
    for start in range(1, 20):
        assert products(VECTORS[start:].copy(), np.arange(300 - start), QUERY).tolist() == whole[start:].tolist()
        assert products(VECTORS, np.arange(start, 300, 7), QUERY).tolist() == whole[start::7].tolist()
