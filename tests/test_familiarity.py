"""Familiarity, its contrast and its spelling, by hand."""

import math

import numpy as np
import pytest

from matcher.familiarity import Familiarity, as_meant, closeness
from matcher.index.contrast import Contrast
from matcher.records import Query, Side, Verdict
from matcher.spelling import Sounds, by_sound, mended, sound
from matcher.weights import AbstainWeights


@pytest.mark.parametrize(
    ("best", "typical", "expected"),
    [
        (0.80, (0.90, 0.05), -2),  # two deviations below what is usual
        (0.99, (0.90, 0.05), 0),  # nearer than usual earns nothing
        (0.10, (0.00, 0.00), -1),  # too few texts to know what is usual: one deviation below is assumed
    ],
)
def test_closeness_by_hand(best, typical, expected):
    assert closeness(best, typical) == pytest.approx(expected)


def test_familiarity_is_the_sum_of_its_three_terms():
    home = Familiarity(-2, 0.5, 0.25, ("queso",), ("xyz",))
    assert home.value(AbstainWeights(words=4, contrast=6, familiarity=0)) == -2 + 4 * 0.5 + 6 * 0.25


@pytest.mark.parametrize(
    ("threshold", "shared", "silent", "candidates", "expected"),
    [
        (1.5, ("queso",), (), 1, Verdict.MATCHES),  # exactly at the threshold
        (1.51, ("queso",), (), 1, Verdict.NO_GOOD_MATCH),
        (1.5, (), ("xyz",), 1, Verdict.MATCHES),  # the other terms may carry an unknown word
        (-9, (), (), 1, Verdict.NO_GOOD_MATCH),  # it says nothing
        (-9, ("queso",), (), 0, Verdict.NO_GOOD_MATCH),  # nobody passes the filters
    ],
)
def test_a_list_is_worth_showing_from_the_threshold(threshold, shared, silent, candidates, expected):
    home = Familiarity(-2, 0.5, 0.25, shared, silent)
    assert home.verdict(AbstainWeights(4, 6, threshold), candidates) is expected


def unit(degrees: float) -> np.ndarray:
    return np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))], np.float32)


# On a circle: needs at 0, 10 and 20 degrees, what is asked elsewhere at 90, 100 and 110.
CIRCLE = Contrast(np.stack([unit(a) for a in (0, 10, 20)]), np.stack([unit(a) for a in (90, 100, 110)]))


def cosine(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def test_margin_by_hand():
    # Each example's two nearest of either kind, without itself, in degrees away.
    ours = [
        ((10, 20), (90, 100)), ((10, 10), (80, 90)), ((10, 20), (70, 80)),
        ((70, 80), (10, 20)), ((80, 90), (10, 10)), ((90, 100), (10, 20)),
    ]  # fmt: skip
    margins = [(cosine(a) + cosine(b) - cosine(c) - cosine(d)) / 2 for (a, b), (c, d) in ours]
    spread = math.sqrt(sum(m * m for m in margins) / 6 - (sum(margins) / 6) ** 2)
    assert CIRCLE.spread == pytest.approx(spread, abs=1e-6)
    # A question at 30 degrees: needs 10 and 20 away, others 60 and 70.
    margin = (cosine(10) + cosine(20) - cosine(60) - cosine(70)) / 2
    assert CIRCLE.margin(CIRCLE.likeness(unit(30)), 0.2) == pytest.approx(margin / spread, abs=1e-5)
    # A text nearer than those needs takes their place.
    margin = 0.999 - (cosine(60) + cosine(70)) / 2
    assert CIRCLE.margin(CIRCLE.likeness(unit(30)), 0.999) == pytest.approx(margin / spread, abs=1e-5)


def test_half_way_between_both_kinds_the_margin_is_nought():
    assert CIRCLE.margin(CIRCLE.likeness(unit(55)), -1) == pytest.approx(0, abs=1e-5)


def test_too_few_examples_say_nothing():
    few = Contrast(CIRCLE.needs[:2], CIRCLE.elsewhere)
    assert few.margin(few.likeness(unit(0)), 0.5) == 0


def test_a_contrast_survives_the_disk(tmp_path):
    CIRCLE.save(tmp_path)
    loaded = Contrast.load(tmp_path)
    np.testing.assert_array_equal(loaded.needs, CIRCLE.needs)
    np.testing.assert_array_equal(loaded.elsewhere, CIRCLE.elsewhere)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("kezo", "queso"), ("nesesito", "necesito"), ("quinwa", "quinua"), ("kinua", "quinua"), ("bacas", "vacas"),
        ("aseite", "aceite"), ("ojuelas", "hojuelas"), ("ensallo", "ensayo"), ("ajente", "agente"), ("oregano", "orégano"),
    ],
)  # fmt: skip
def test_what_sounds_the_same(typed, right):
    assert sound(typed) == sound(right)


@pytest.mark.parametrize(("one", "other"), [("queso", "quiso"), ("cacho", "caco"), ("gato", "jato"), ("pago", "vago")])
def test_what_sounds_different(one, other):
    assert sound(one) != sound(other)


def test_only_unknown_words_are_replaced():
    sounds = by_sound(["El queso y la quinua de vaca. Otro queso, una baca."])
    assert (sounds.get("keso", ""), sounds.get("baka", "")) == ("queso", "baca")  # once each: the first by the alphabet

    def known(word):
        return word in {"mi", "vaca"}

    assert mended("Mi kezo, la kinua y mi vaca XK7!", known, sounds) == "Mi queso, la quinua y mi vaca XK7!"
    assert mended("pa q salga", lambda _: True, Sounds()) == "para que salga"
    assert mended("", known, sounds) == ""


def test_a_question_is_read_as_meant_only_where_it_is_spanish(engine):
    side = engine.snapshot.sides[Side.SUPPLY]
    asked = Query("zekado de horegano", Side.SUPPLY, title="Tenyido", language="es")
    assert as_meant(side, asked).text == "secado de orégano"
    assert as_meant(side, Query("zekado", Side.SUPPLY, language="en")).text == "zekado"
