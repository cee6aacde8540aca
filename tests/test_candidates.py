"""From a question to partners: filters, fit, pool."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher import candidates
from matcher.candidates import by_chance, completed, look_ahead, pool, pooled, search
from matcher.encode import Role
from matcher.index.side import SideIndex
from matcher.records import Evidence, Filters, Partner, Query, Side
from matcher.weights import TextWeights

WEIGHTS = TextWeights(lexical_share=0.5, lexical_cap=6.0, temperature=1.0, texts=5, background=0.0)
BACKGROUND = FakeEncoder().encode(["orégano y color de fibra"], Role.QUERY)[0]
SUPPLY = [p for p in PARTNERS if p.side is Side.SUPPLY]


@pytest.fixture(scope="module")
def side() -> SideIndex:
    return SideIndex.build(SUPPLY, EVIDENCE, FakeEncoder(), None)


def ask(side, text="teñir fibra de alpaca", filters=None, weights=WEIGHTS, **more):
    query = Query(text, Side.SUPPLY, language=more.pop("language", "es"), filters=filters or Filters(), **more)
    hits = found_hits(side, query)
    return pooled(side, hits, query, weights, chance_of(side, hits, weights))


def chance_of(side, hits, weights=WEIGHTS):
    share = weights.background
    return {share: by_chance(side, hits.asked.vector, BACKGROUND, share)}


def found_hits(side, query):
    return search(side, query, look_ahead(side, query), FakeEncoder().encode([query.text], Role.QUERY)[0], BACKGROUND)


def found_ids(side, **question) -> list[str]:
    return [side.partners[row].id for row in ask(side, **question).partners]


# pool

NONE = np.zeros(3, int)  # texts that were not looked at


def test_pool_by_hand():
    # t = 1: ln(e^1 + e^2) = 2 + ln(1 + 1/e); an owner of one text has that text's fit
    found = pool(np.array([1.0, 5.0, 2.0]), np.array([0, 1, 0]), NONE[:2], 1.0, 5)
    np.testing.assert_allclose(found, [2 + math.log(1 + math.exp(-1)), 5.0])


def test_pool_with_another_temperature_by_hand():
    # t = 2: 2 ln(e^(1/2) + e^(3/2) + e^(-1))
    expected = 2 * math.log(math.exp(0.5) + math.exp(1.5) + math.exp(-1))
    np.testing.assert_allclose(pool(np.array([1.0, 3.0, -2.0]), np.zeros(3, int), NONE[:1], 2.0, 5), [expected])


def test_only_the_best_texts_of_each_owner_are_pooled():
    # two an owner at t = 1: the first keeps 3 and 2, the second 1 and 1, the third has but one
    found = pool(np.array([0.0, 1.0, 3.0, 1.0, 2.0, 0.5, -7.0]), np.array([0, 1, 0, 1, 0, 1, 2]), NONE, 1.0, 2)
    np.testing.assert_allclose(found, [3 + math.log(1 + math.exp(-1)), 1 + math.log(2), -7.0])


def test_a_hundred_fair_texts_count_for_no_more_than_the_best_five():
    # t ln sum of five e^0 = ln 5, under one text of fit 2
    found = pool(np.array([0.0] * 100 + [2.0]), np.array([0] * 100 + [1]), NONE[:2], 1.0, 5)
    np.testing.assert_allclose(found, [math.log(5), 2.0])


def test_a_low_temperature_leaves_the_best_text_alone():
    found = pool(np.array([1.0, 3.0, 2.9, -4.0]), np.array([0, 0, 0, 1]), NONE[:2], 0.001, 5)
    np.testing.assert_allclose(found, [3.0, -4.0], atol=1e-9)


def test_a_high_temperature_counts_every_text_alike():
    # t log sum exp(f / t) -> t ln n + mean as t grows
    found = pool(np.array([1.0, 3.0, -1.0]), np.zeros(3, int), NONE[:1], 1e6, 5)
    np.testing.assert_allclose(found, [1e6 * math.log(3) + 1.0], atol=1e-4)


@settings(max_examples=50)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8), st.floats(0.05, 5), st.floats(-50, 50), st.integers(1, 9))
def test_pool_lies_between_the_best_text_and_that_plus_t_ln_n_and_grows_with_a_text(fits, temperature, another, texts):
    def pooled(values):
        return pool(np.array(values), np.zeros(len(values), int), NONE[:1], temperature, texts)[0]

    one, counted = pooled(fits), min(len(fits), texts)
    assert max(fits) - 1e-9 <= one <= max(fits) + temperature * math.log(counted) + 1e-9
    assert pooled([*fits, another]) >= one - 1e-9


def test_texts_that_were_not_looked_at_count_as_the_average_one():
    # t = 1: ln(e^2 + 3 e^0); two of them alone: ln 2; at t = 2: 2 ln(e^(-1/2) + 1)
    found = pool(np.array([2.0]), np.array([0]), np.array([3, 2]), 1.0, 5)
    np.testing.assert_allclose(found, [math.log(math.exp(2) + 3), math.log(2)])
    np.testing.assert_allclose(
        pool(np.array([-1.0]), np.array([0]), np.array([1]), 2.0, 5), [2 * math.log(math.exp(-0.5) + 1)]
    )


# find


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("cap", "best"), [(0.5, 1), (6.0, 1), (6.0, 5)])
@pytest.mark.parametrize("language", ["es", "pt"])
@pytest.mark.parametrize("background", [0.0, 0.5])
def test_fit_is_a_mix_of_standardised_cosines_and_words_pooled_by_partner(side, share, cap, best, language, background):
    text = "solidez del color del hilo de alpaca"
    found = ask(side, text, weights=TextWeights(share, cap, 0.7, best, background), language=language)
    encoder = FakeEncoder()
    texts = [e.full_text for e in side.evidence]
    vectors = encoder.encode(texts, Role.PASSAGE).astype(float)
    plain = vectors @ encoder.encode([text], Role.QUERY)[0].astype(float)
    cosines = plain - background * vectors @ BACKGROUND.astype(float)  # what the question says beyond any question
    words = side.lexical.scores(text)
    capped = np.minimum((words - words.mean()) / words.std(), cap)
    used = share if language == "es" else 0.0  # no text is in Portuguese: words in common are accidents
    expected = (1 - used) * (cosines - cosines.mean()) / cosines.std() + used * capped
    np.testing.assert_allclose(found.fit, expected[found.pair_text], atol=1e-4)
    for row, fit in zip(found.partners, found.text, strict=True):
        own = [expected[i] for i, e in enumerate(side.evidence) if side.partners[row].id in e.partners]
        own = sorted(own)[-best:]  # unsaac has two texts
        assert fit == pytest.approx(0.7 * math.log(sum(math.exp(f / 0.7) for f in own)), abs=1e-4)
    hits = found_hits(side, Query(text, Side.SUPPLY, language=language))
    assert hits.best_cosine == pytest.approx(plain.max(), abs=1e-6)


def test_a_text_of_two_partners_counts_for_both():
    shared = Evidence("s", ("unjbg", "pucp"), "project", "Secado solar de queso.")
    side = SideIndex.build(SUPPLY, [shared, *EVIDENCE], FakeEncoder(), None)
    found = ask(side, "queso", Filters())
    row = [e.id for e in side.evidence].index("s")
    owners = found.pair_partner[found.pair_text == row]
    assert sorted(side.partners[owner].id for owner in owners) == ["pucp", "unjbg"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["lejos", "pucp", "unjbg", "unsaac"]),
        (Filters(countries=frozenset({"PE"})), ["pucp", "unjbg", "unsaac"]),
        (Filters(regions=frozenset({"PE-TAC", "PE-LIM"})), ["pucp", "unjbg"]),
        (Filters(kinds=frozenset({"institute"})), ["lejos"]),
        (Filters(sectors=frozenset({"C"})), ["pucp", "unjbg", "unsaac"]),
        (Filters(sectors=frozenset({"C10"})), ["unjbg"]),
        (Filters(languages=frozenset({"en"})), ["pucp"]),
        (Filters(since=dt.date(2021, 3, 1)), ["unjbg", "unsaac"]),
        (Filters(until=dt.date(2020, 1, 1)), ["lejos", "pucp", "unsaac"]),
        (Filters(since=dt.date(2018, 1, 2), until=dt.date(2019, 12, 31)), ["pucp"]),
        (Filters(countries=frozenset({"CL"})), []),
    ],
)
@pytest.mark.parametrize("depth", [1, 2, 4096])
def test_filters_come_before_the_best_are_picked(side, monkeypatch, filters, expected, depth):
    monkeypatch.setattr(candidates, "WHOLE", 0)
    monkeypatch.setattr(candidates, "DEPTH", depth)
    assert found_ids(side, filters=filters) == expected


def test_a_date_filter_leaves_out_texts_and_keeps_the_partner(side):
    found = ask(side, filters=Filters(since=dt.date(2022, 1, 1)))
    assert [side.evidence[row].id for row in found.pair_text] == ["unsaac-1"]


def test_a_text_without_a_date_passes_no_date_filter():
    undated = [replace(e, date=None) for e in EVIDENCE]
    side = SideIndex.build(SUPPLY, undated, FakeEncoder(), None)
    assert found_ids(side, filters=Filters(until=dt.date(2030, 1, 1))) == []


def test_the_asker_is_left_out(side):
    assert found_ids(side, exclude=frozenset({"unsaac"})) == ["lejos", "pucp", "unjbg"]


@pytest.fixture(scope="module")
def crowd() -> SideIndex:
    """Thirty partners of ten regions; the first has as many texts that fit as all others together."""
    partners = [
        Partner(f"p{i:02}", Side.SUPPLY, f"P{i}", "faculty", "PE", f"PE-{'ABCDEFGHIJ'[i % 10]}") for i in range(30)
    ]
    texts = [Evidence(f"a{i:02}", ("p00",), "service", f"alpaca lana {i}", language="es") for i in range(30)]
    texts += [
        Evidence(f"b{i:02}", (f"p{i:02}",), "service", f"torno{i} fresa{i % 7}", language="es") for i in range(30)
    ]
    return SideIndex.build(partners, texts, FakeEncoder(), None)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from("ABCDEFGHIJ")), st.integers(1, 40), st.integers(1, 8))
def test_a_filter_never_yields_fewer_partners_than_exist(crowd, monkeypatch, letters, k, depth):
    regions = frozenset(f"PE-{letter}" for letter in letters)
    exist = {p.id for p in crowd.partners if not regions or p.region in regions}
    with monkeypatch.context() as patch:
        patch.setattr(candidates, "WHOLE", 0)
        patch.setattr(candidates, "DEPTH", depth)
        found = set(found_ids(crowd, text="alpaca lana", filters=Filters(regions=regions), k=k))
    assert found <= exist
    assert len(found) >= min(k, len(exist))


def test_the_depth_does_not_change_the_fit_of_what_is_proposed(crowd, monkeypatch):
    whole = ask(crowd, "alpaca lana 3")
    fit = dict(zip(whole.pair_text.tolist(), whole.fit.tolist(), strict=True))
    monkeypatch.setattr(candidates, "WHOLE", 0)
    monkeypatch.setattr(candidates, "DEPTH", 3)
    few = ask(crowd, "alpaca lana 3", k=1)
    assert set(few.pair_text.tolist()) < set(fit)
    np.testing.assert_allclose(few.fit, [fit[row] for row in few.pair_text.tolist()], atol=1e-6)


def test_the_more_texts_the_more_are_proposed_and_the_more_partners_looked_at_whole(crowd, monkeypatch):
    monkeypatch.setattr(candidates, "WHOLE", 0)
    monkeypatch.setattr(candidates, "DEPTH", 2)
    monkeypatch.setattr(candidates, "SHARE", 5)
    monkeypatch.setattr(candidates, "LOOKED_AT", 3)
    hits = found_hits(crowd, Query("alpaca lana 3", Side.SUPPLY, language="es"))
    assert (hits.asked.ahead.depth, hits.looked_at) == (12, 4)  # of sixty texts
    assert 12 <= len(hits.texts) <= 24
    few = Filters(regions=frozenset({"PE-B"}))
    assert (
        found_hits(crowd, Query("alpaca", Side.SUPPLY, language="es", filters=few)).asked.ahead.depth == 2
    )  # of three


@pytest.mark.parametrize("filters", [Filters(), Filters(regions=frozenset({"PE-A", "PE-B"}))])
def test_who_is_looked_at_whole_has_the_fit_that_all_texts_give(crowd, monkeypatch, filters):
    question = {"text": "alpaca lana 3 torno", "filters": filters, "sectors": ("C13",)}
    whole = ask(crowd, **question)
    monkeypatch.setattr(candidates, "WHOLE", 0)
    monkeypatch.setattr(candidates, "DEPTH", 2)
    query = Query("alpaca lana 3 torno", Side.SUPPLY, language="es", filters=filters, sectors=("C13",))
    hits = found_hits(crowd, query)
    few = pooled(crowd, hits, query, WEIGHTS, chance_of(crowd, hits))
    assert few.partners.tolist() == whole.partners.tolist()
    assert few.open.any()
    assert few.text.tolist() != whole.text.tolist()
    found = completed(crowd, hits, few, query, WEIGHTS, chance_of(crowd, hits), np.array([2, 0, 1]))
    np.testing.assert_allclose(found.text[:3], whole.text[:3], atol=1e-6)
    np.testing.assert_allclose(found.in_sector, whole.in_sector, atol=1e-6)
    assert found.text[3:].tolist() == few.text[3:].tolist()
    assert found.open.tolist() == [False] * 3 + few.open[3:].tolist()
    theirs = np.isin(found.pair_partner, found.partners[:3])
    pairs = zip(found.pair_text[theirs].tolist(), found.pair_partner[theirs].tolist(), strict=True)
    ours = np.isin(whole.pair_partner, whole.partners[:3])
    assert sorted(pairs) == sorted(zip(whole.pair_text[ours].tolist(), whole.pair_partner[ours].tolist(), strict=True))


def test_what_texts_of_the_askers_sector_add_when_they_count_for_more(side):
    plain, asked = ask(side), ask(side, sectors=("A02",))
    assert asked.text.tolist() == plain.text.tolist()
    assert plain.in_sector.tolist() == [0, 0, 0, 0]
    gain = {side.partners[row].id: more for row, more in zip(asked.partners, asked.in_sector, strict=True)}
    # the text on oregano is of A01, which shares A02's section (.2); no other text is of section A
    assert gain == pytest.approx({"unjbg": 0.2, "unsaac": 0, "pucp": 0, "lejos": 0})
