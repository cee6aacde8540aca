"""Codes guessed from texts: by hand on vectors that are told apart at sight."""

import numpy as np
import pytest

from eval.coding import Guessed, by_others, cut_for, from_one_to_other, section
from matcher.index.text_guess import FEW, TextGuess, Titles, shares_of
from matcher.records import Evidence

AXES = np.eye(3, dtype=np.float32)
TITLES = Titles(("A01", "C10", "C13"), AXES, (0, 1, 2))


def test_each_code_has_its_share_and_deeper_codes_count_as_their_division():
    found = shares_of([("A01", "C1311"), ("C13",), ("Z99",), ()], TITLES.codes)
    assert found.tolist() == [[0.5, 0, 0.5], [0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_titles_alone_tell_a_text_that_lies_beside_one():
    texts = np.array([[1, 0.1, 0], [0, 1, 0.1], [0.1, 0, 1]], np.float32)
    assert [code for code, _ in TextGuess.learn(TITLES).best(texts)] == ["A01", "C10", "C13"]


def test_confidences_add_up_to_one():
    found = TextGuess.learn(TITLES).confidences(AXES)
    assert found.sum(axis=1) == pytest.approx(1)


def test_texts_with_codes_teach_what_the_titles_do_not_say():
    taught = np.tile(-AXES[:2], (FEW, 1))  # here the opposite of a title's direction means its code
    coded = [("A01",), ("C10",)] * FEW
    asked = -AXES[:2]
    assert [code for code, _ in TextGuess.learn(TITLES, taught, coded).best(asked)] == ["A01", "C10"]
    few = TextGuess.learn(TITLES, taught[: FEW - 1], coded[: FEW - 1])
    assert np.array_equal(few.factors, TextGuess.learn(TITLES).factors)


def test_sections():
    assert [section(code) for code in ("C13", "A01", "2.11", "5.1")] == ["C", "A", "2", "5"]


def guessed(*pairs: tuple[float, bool]) -> list[Guessed]:
    return [Guessed(sure, right, right) for sure, right in pairs]


@pytest.mark.parametrize(
    ("some", "cut"),
    [
        (guessed((0.9, True), (0.8, True), (0.7, True), (0.6, True), (0.5, False), (0.4, False)), 0.5),  # 4 of 5
        (guessed((0.9, False), (0.8, True)), None),
        (guessed((0.9, True), (0.9, False), (0.9, False)), None),  # equal ones are in or out together
        ([], None),
    ],
)
def test_the_lowest_confidence_that_keeps_the_precision(some, cut):
    assert cut_for(some) == cut


def evidence(n: int) -> Evidence:
    return Evidence(f"e{n}", (f"p{n}",), "project", "x")


def test_a_text_is_never_guessed_from_its_own_partners_texts():
    # All texts are one partner's: nothing but the titles can have taught.
    texts = [Evidence(f"e{n}", ("one",), "project", "x") for n in range(2 * FEW)]
    vectors = np.tile(-AXES[:2], (FEW, 1))
    coded = [("A01",), ("C10",)] * FEW
    assert not any(g.code for g in by_others(TITLES, texts, vectors, coded))
    others = [evidence(n) for n in range(2 * FEW)]
    assert all(g.code for g in by_others(TITLES, others, vectors, coded))


def test_one_kind_is_guessed_from_the_other_alone():
    vectors = np.vstack([np.tile(-AXES[:2], (FEW, 1)), -AXES[:2]])
    coded = [("A01",), ("C10",)] * FEW + [("A01",), ("C13",)]
    found = from_one_to_other(TITLES, vectors, coded, [True] * (2 * FEW) + [False] * 2)
    assert [(g.code, g.section) for g in found] == [(True, True), (False, True)]
