"""The formula by hand, with weights small enough to follow."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.records import probability
from matcher.scoring import DECIMALS, in_order, score, score_again
from matcher.signals import Signals
from matcher.weights import RULE_OF, RULES, Weights

NAMES = tuple(RULE_OF)
TINY = """
bias = -2
[text]
lexical_share = 0.5
lexical_cap = 6
temperature = 1
texts = 5
background = 0.5
[weights]
text = 1
profile = 0
distance = 0.5
same_region = 2
same_country = 0
sector = 3
sector_texts = 0
track_record = 0.25
track_record_near = 0
track_record_sector = 0
experience = 0.5
collaboration = 0
[caps]
track_record = 4
text = 10
[abstain]
words = 4
contrast = 6
familiarity = 0.6
[exposure]
strength = 1
price = 0.02
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Weights:
    path = tmp_path_factory.mktemp("weights") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return Weights.load(path)


def signals(*rows: dict[str, float]) -> Signals:
    columns = {name: np.array([row.get(name, 0.0) for row in rows], float) for name in NAMES}
    return Signals(columns, np.zeros(len(rows)), (None,) * len(rows), np.zeros(len(rows), np.int64))


def test_the_formula_by_hand(weights):
    found = score(
        signals(
            {"text": 1.5, "distance": 2, "sector": 0.2},  # -2 + 1.5 + 1 + .6 = 1.1
            {
                "text": 3,
                "distance": -1,
                "same_region": 1,
                "track_record": 2,
                "experience": 4,
            },  # -2 + 3 - .5 + 2 + .5 + 2 = 5
        ),
        weights,
        frozenset(),
    )
    assert found.scores.tolist() == pytest.approx([1.1, 5.0])
    assert found.order.tolist() == [1, 0]
    by_name = dict(zip(found.names, found.terms(np.array([1]))[0].tolist(), strict=True))
    assert by_name == {
        "text": 3, "distance": -0.5, "same_region": 2, "macro_region": 0, "same_country": 0, "profile": 0,
        "sector": 0, "sector_texts": 0,
        "track_record": 0.5, "track_record_near": 0, "track_record_sector": 0, "experience": 2, "collaboration": 0,
    }  # fmt: skip


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=6),
    st.sets(st.sampled_from(RULES)),
)
def test_contributions_and_bias_add_up_to_the_score(rows, without):
    shipped = Weights.load()
    found = score(signals(*(dict(zip(NAMES, row, strict=True)) for row in rows)), shipped, frozenset(without))
    every = np.arange(len(rows))
    parts = zip(found.terms(every).tolist(), found.values(every).tolist(), found.scores.tolist(), strict=True)
    for terms, values, total in parts:
        size = sum(abs(term) for term in terms) + abs(shipped.bias)
        assert total == pytest.approx(math.fsum([shipped.bias, *terms]), rel=0, abs=1e-14 * size)
        assert terms == [value * weight for value, weight in zip(values, found.weights, strict=True)]


def test_no_value_counts_for_more_than_its_cap_in_either_direction(weights):
    found = score(signals({"track_record": 40}, {"track_record": 3}, {"text": -25}), weights, frozenset())
    # -2 + .25 x 4; -2 + .25 x 3; -2 - 10
    assert found.scores.tolist() == [-1.0, -1.25, -12.0]
    assert found.columns[NAMES.index("track_record")].tolist() == [4, 3, 0]


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        (set(), -2 + 1 + 1 + 2 + 3 + 0.25 + 0.5),
        ({"place"}, -2 + 1 + 3 + 0.25 + 0.5),
        ({"sector"}, -2 + 1 + 1 + 2 + 0.25 + 0.5),
        ({"track_record"}, -2 + 1 + 1 + 2 + 3 + 0.5),
        ({"place", "sector", "track_record", "experience"}, -2 + 1),
    ],
)
def test_a_rule_that_is_off_takes_its_terms_with_it(weights, without, expected):
    given = {"text": 1, "distance": 2, "same_region": 1, "sector": 1, "track_record": 1, "experience": 1}
    found = score(signals(given), weights, frozenset(without))
    assert found.scores.tolist() == [expected]
    assert found.names == tuple(name for name in NAMES if RULE_OF[name] not in without)


def test_ties_stand_in_the_order_of_ids(weights):
    # The last is best; the others come to -1 in different ways and keep their order.
    found = score(
        signals({"text": 1}, {"distance": 2}, {"track_record": 4}, {"text": 1}, {"same_region": 1}),
        weights,
        frozenset(),
    )
    assert found.scores.tolist() == [-1, -1, -1, -1, 0]
    assert found.order.tolist() == [4, 0, 1, 2, 3]


def test_the_rank_without_rules_is_that_of_the_text_alone(weights):
    rows = signals({"text": 1, "same_region": 1}, {"text": 3}, {"text": 2, "sector": 1}, {"text": 3})
    for without in (frozenset(), frozenset(RULES)):
        assert score(rows, weights, without).rank_without_rules(np.arange(4)).tolist() == [4, 1, 3, 2]
        assert score(rows, weights, without).rank_without_rules(np.array([3, 0])).tolist() == [2, 4]
    assert score(rows, weights, frozenset()).order.tolist() == [2, 0, 1, 3]  # 3, 1, 1, 1


def test_without_rules_the_order_is_the_rank_without_rules(weights):
    found = score(signals({"text": 2}, {"text": 9, "sector": 1}, {"text": 5}), weights, frozenset(RULES))
    assert found.rank_without_rules(found.order).tolist() == [1, 2, 3]


def test_ranks_without_each_rule_alone_by_hand(weights):
    rows = signals(
        {"text": 1, "same_region": 1},  # -2 + 1 + 2 = 1; without place -1
        {"text": 0, "sector": 1, "experience": 1},  # -2 + 3 + .5 = 1.5; without sector -1.5; without experience 1
        {"text": 1, "track_record": 4, "distance": -2},  # -2 + 1 + 1 - 1 = -1; without place 0, without track record -2
    )
    found = score(rows, weights, frozenset())
    assert {rule: ranks.tolist() for rule, ranks in found.ranks_without(np.arange(3)).items()} == {
        "place": [3, 1, 2],  # -1, 1.5, 0
        "sector": [1, 3, 2],  # 1, -1.5, -1
        "track_record": [2, 1, 3],
        "experience": [1, 2, 3],  # 1 and 1: the first id first
    }
    assert score(rows, weights, frozenset(RULES)).ranks_without(np.arange(3)) == {}


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=8))
def test_ranks_without_a_rule_are_those_of_a_score_without_it(weights, rows):
    measured = signals(*(dict(zip(NAMES, row, strict=True)) for row in rows))
    for rule, ranks in score(measured, weights, frozenset()).ranks_without(np.arange(len(rows))).items():
        order = score(measured, weights, frozenset({rule})).order
        assert ranks[order].tolist() == list(range(1, len(rows) + 1))


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.integers(-2, 20), min_size=2 * len(NAMES), max_size=2 * len(NAMES)), min_size=1, max_size=8),
    st.data(),
)
def test_scoring_those_that_changed_again_is_scoring_all_anew(weights, rows, data):
    before, after = (
        signals(*(dict(zip(NAMES, row[start:], strict=False)) for row in rows)) for start in (0, len(NAMES))
    )
    changed = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1), unique=True)), np.int64)
    now = replace(before, columns={name: column.copy() for name, column in before.columns.items()})
    for name, column in now.columns.items():
        column[changed] = after.columns[name][changed]
    without = frozenset(data.draw(st.lists(st.sampled_from(sorted(RULES)), unique=True)))
    again = score_again(score(before, weights, without), now, weights, changed)
    anew = score(now, weights, without)
    assert again.scores.tolist() == anew.scores.tolist()
    assert np.array(again.columns).tolist() == np.array(anew.columns).tolist()


@given(st.lists(st.one_of(st.sampled_from([-1.0, 0.0, 0.5]), st.floats(-3, 3)), max_size=60))
def test_the_order_is_by_score_and_equals_by_number(scores):
    rounded = np.round(np.array(scores), DECIMALS).tolist()
    expected = sorted(range(len(scores)), key=lambda i: (-rounded[i], i))
    assert in_order(np.array(scores)).tolist() == expected
    for count in range(len(scores) + 2):
        assert in_order(np.array(scores), count).tolist() == expected[:count]


def test_no_candidates_give_no_scores(weights):
    found = score(signals(), weights, frozenset())
    assert (found.scores.tolist(), found.order.tolist(), found.rank_without_rules(found.order).tolist()) == ([], [], [])


def test_probability_by_hand():
    assert probability(0) == 0.5
    assert probability(math.log(3)) == pytest.approx(0.75)  # odds of three to one
    assert probability(-math.log(3)) == pytest.approx(0.25)
    assert (probability(1000), probability(-1000)) == (1.0, 0.0)  # and no overflow


@settings(max_examples=50)
@given(st.floats(-700, 700))
def test_probabilities_for_and_against_add_up(value):
    assert probability(value) + probability(-value) == pytest.approx(1.0)
