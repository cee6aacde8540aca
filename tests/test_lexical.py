"""LexicalIndex against BM25 in its Lucene variant, written out (Kamphuis et al. 2020, table 1)."""

import math

import bm25s
import numpy as np
import pytest

from matcher.index.lexical import K1, B, LexicalIndex
from matcher.text import stems

# Words that no stemmer confuses with each other, and none a stop word.
TEXTS = ["alpaca lana alpaca tinte", "lana oveja", "queso leche vaca leche cuajo sal", "acero torno"]
SPANISH = ["es"] * len(TEXTS)


def bm25(question: list[str], texts: list[list[str]]) -> list[float]:
    average = sum(map(len, texts)) / len(texts)
    scores = [0.0] * len(texts)
    for word in question:
        frequency = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - frequency + 0.5) / (frequency + 0.5))
        for row, text in enumerate(texts):
            count = text.count(word)
            scores[row] += idf * count / (count + K1 * (1 - B + B * len(text) / average))
    return scores


@pytest.mark.parametrize("question", ["alpaca", "lana", "leche vaca lana", "torno alpaca queso sal", "lana violin"])
def test_scores_are_bm25(question):
    expected = bm25(question.split(), [text.split() for text in TEXTS])
    np.testing.assert_allclose(LexicalIndex.build(TEXTS, SPANISH).scores(question), expected, rtol=1e-5)


def test_one_text_by_hand():
    # N = 1, df = 1: idf = ln(1 + .5 / 1.5) = ln(4/3); the text is of average length: 1 / (1 + 1.5)
    assert LexicalIndex.build(["alpaca"], ["es"]).scores("alpaca")[0] == pytest.approx(math.log(4 / 3) / 2.5)


def test_stop_words_do_not_lengthen_a_text():
    index = LexicalIndex.build(["la alpaca de los de la", "alpaca"], ["es", "es"])
    np.testing.assert_allclose(index.scores("la alpaca"), bm25(["alpaca"], [["alpaca"], ["alpaca"]]), rtol=1e-5)


@pytest.mark.parametrize(
    ("question", "row"),
    [("OREGANO", 0), ("orégano", 0), ("exportaciones", 0), ("exportacion", 0), ("Ñandúes", 1), ("tejida", 1)],
)
def test_accents_capitals_and_inflection_meet(question, row):
    texts = ["Exportación de orégano", "Tejidos con plumas de nandu"]
    scores = LexicalIndex.build(texts, ["es", "es"]).scores(question)
    # Two stems in the first text, three in the second (de, con are stop words); the question has one of them.
    stemmed = [["export", "oregan"], ["tej", "plum", "nandu"]]
    assert scores[row] == pytest.approx(bm25([stemmed[row][0]], stemmed)[row], rel=1e-5)
    assert scores[1 - row] == 0


def test_an_english_text_is_found_by_its_own_inflection():
    index = LexicalIndex.build(["Shafts and gears", "Queso de cabra"], ["en", "es"])
    assert index.known_stems("the shaft of a gear") == ["shaft", "gear"]
    np.testing.assert_allclose(
        index.scores("gear shaft"), bm25(["shaft", "gear"], [["shaft", "gear"], ["queso", "cabra"]]), rtol=1e-5
    )


@pytest.mark.parametrize("question", ["¿Quién repara relojes suizos?", "de la que el", "", "需要染色"])
def test_nothing_in_common_scores_zero_everywhere(question):
    index = LexicalIndex.build(TEXTS, SPANISH)
    assert index.known_stems(question) == []
    assert index.scores(question).tolist() == [0, 0, 0, 0]


def test_a_saved_index_answers_as_before(tmp_path):
    index = LexicalIndex.build(TEXTS, SPANISH)
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path)
    for question in ("alpaca", "leche lana", "violin"):
        np.testing.assert_allclose(
            loaded.scores(question), bm25(question.split(), [text.split() for text in TEXTS]), rtol=1e-5
        )


@pytest.mark.parametrize("texts", [[], ["de la que", "el"]])
def test_texts_without_a_word_score_zero_before_and_after_saving(tmp_path, texts):
    index = LexicalIndex.build(texts, ["es"] * len(texts))
    index.save(tmp_path)
    for each in (index, LexicalIndex.load(tmp_path)):
        assert each.scores("alpaca").tolist() == [0.0] * len(texts)
        assert each.known_stems("alpaca") == []


def test_rarity_is_the_logarithm_of_one_and_rows_per_row_that_has_the_stem():
    index = LexicalIndex.build(["alpaca alpaca queso", "alpaca", "yogur"], ["es"] * 3)
    assert index.rarity("alpac") == pytest.approx(math.log(1 + 3 / 2))
    assert index.rarity("ques") == pytest.approx(math.log(4))
    assert index.rarity("acer") == 0.0
    assert LexicalIndex.build([], []).rarity("alpac") == 0.0


def test_scores_are_those_of_bm25s():
    theirs = bm25s.BM25(k1=K1, b=B)
    theirs.index([stems(text, "es") for text in TEXTS], show_progress=False)
    for question in ("alpaca", "leche vaca lana", "torno alpaca queso sal"):
        expected = theirs.get_scores(stems(question, "es"))
        np.testing.assert_allclose(LexicalIndex.build(TEXTS, SPANISH).scores(question), expected, rtol=1e-5)


@pytest.mark.parametrize("question", ["alpaca lana", "leche leche queso", "violin", "lana"])
def test_what_is_standardised_and_best_is_that_of_all_rows_after_a_change(question):
    texts = [*TEXTS, "lana lana tinte", "lana oveja", "torno de lana"]
    built = LexicalIndex.build(texts[:5], ["es"] * 5)
    grown = built.updated(np.array([0, 5, 2, 3, 6]), texts[5:], ["es", "es"])  # rows 1 and 4 went, two came
    now = [texts[0], texts[5], texts[2], texts[3], "torno lana"]  # `de` is no word to it
    scores = np.array(bm25(question.split(), [text.split() for text in now]))
    found = grown.weigh(question)
    rows = np.arange(5)
    np.testing.assert_allclose(found.at(rows), scores, rtol=1e-9)
    spread = scores.std() or 1.0
    np.testing.assert_allclose(found.standardised(rows, found.moments()), (scores - scores.mean()) / spread, atol=1e-9)
    ranked = [row for row in np.argsort(-scores, kind="stable").tolist() if scores[row] > 0]
    for count in (1, 2, 5):
        assert sorted(found.best(count).tolist()) == sorted(ranked[:count])
    odd = np.array([False, True, False, True, True])
    assert sorted(found.best(2, odd).tolist()) == sorted([row for row in ranked if odd[row]][:2])


def test_of_equal_texts_the_first_are_the_best():
    index = LexicalIndex.build(["lana", "lana", "queso", "lana"], SPANISH)
    assert sorted(index.weigh("lana").best(2).tolist()) == [0, 1]


def test_scores_that_are_no_longer_kept_are_worked_out_again(monkeypatch):
    monkeypatch.setattr("matcher.index.lexical.KEPT", 2)
    index = LexicalIndex.build(TEXTS, SPANISH)
    for question in ("alpaca", "lana", "queso leche", "alpaca"):
        expected = bm25(question.split(), [text.split() for text in TEXTS])
        np.testing.assert_allclose(index.scores(question), expected, rtol=1e-9)
        assert sum(len(slots) for slots, _ in index._kept.values()) == index._kept_size
