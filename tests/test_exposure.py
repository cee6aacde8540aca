"""Spreading introductions: who yields, at what price, and that nothing happens unasked."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine import Engine
from matcher.exposure import Tally, capacity, open_introductions, spread
from matcher.index.snapshot import Snapshot
from matcher.language import translator
from matcher.reasons import exposure_reason
from matcher.records import Outcome, Query, Side, Stage
from matcher.scoring import Scored
from matcher.weights import ExposureWeights, Weights

SHIPPED = Weights.load()
QUESTION = Query("secado de orégano y desgaste de ejes de acero", Side.SUPPLY, language="es", k=2)
DAY = dt.date(2025, 6, 1)


def scored(*scores: float) -> Scored:
    """Return candidates whose only term is their score."""
    values = np.array(scores, float)
    return Scored(("text",), (1.0,), (values,), values)


def weights(strength: float, price: float) -> Weights:
    return replace(SHIPPED, bias=0.0, exposure=ExposureWeights(strength, price))


def spread_of(found: Scored, shown: list[float], strength: float, price: float = 1.0, places: int = 2) -> Scored:
    return spread(found, np.array(shown), np.ones(len(shown)), weights(strength, price), places)


def test_the_most_shown_yields_by_the_term_and_those_that_stay_keep_their_score() -> None:
    # 2.0 less 1 x ln(1 + 6 / 1) = 1.95 is 0.05: behind 1.5 and 1.0
    found = spread_of(scored(2.0, 1.5, 1.0, 0.5), [6, 0, 0, 3], 1.0)
    assert found.order.tolist() == [1, 2, 0, 3]
    assert found.names == ("text", "exposure")
    assert found.weights == (1.0, 1.0)
    assert found.columns[1].tolist() == [-math.log(7), 0, 0, -math.log(4)]
    assert found.scores.tolist() == [2.0 - math.log(7), 1.5, 1.0, 0.5 - math.log(4)]


def test_who_stays_keeps_its_order_however_often_it_was_shown() -> None:
    # 5 less ln 4 is 3.61, below 4, and yet among the first two
    found = spread_of(scored(5.0, 4.0, 1.0), [3, 0, 0], 1.0)
    assert found.order.tolist() == [0, 1, 2]
    assert found.columns[1].tolist() == [0, 0, 0]


def test_a_list_gives_up_no_more_than_its_price() -> None:
    def p(score: float) -> float:
        return 1 / (1 + math.exp(-score))

    whole, then = p(2.0) + p(1.5) / math.log2(3), p(1.5) + p(1.0) / math.log2(3)
    loss = 1 - then / whole
    assert loss == pytest.approx(0.0843, abs=1e-4)  # by hand: 1 - (0.8176 + 0.4612) / (0.8808 + 0.5158)
    start, shown = scored(2.0, 1.5, 1.0), [6, 0, 0]
    assert spread_of(start, shown, 1.0, loss + 1e-9).order.tolist() == [1, 2, 0]
    refused = spread_of(start, shown, 1.0, loss - 1e-9)
    assert refused.order.tolist() == [0, 1, 2]
    assert refused.scores.tolist() == start.scores.tolist()


def test_of_two_that_would_leave_the_more_often_shown_goes_while_the_price_lasts() -> None:
    start = scored(0.02, 0.01, 0.0, -0.01)
    both = spread_of(start, [40, 90, 0, 0], 1.0)
    assert both.order.tolist() == [2, 3, 0, 1]
    worth = [1 / (1 + math.exp(-s)) for s in (0.02, 0.01, 0.0, -0.01)]
    one = (worth[0] + worth[2] / math.log2(3)) / (worth[0] + worth[1] / math.log2(3))
    two = (worth[2] + worth[3] / math.log2(3)) / (worth[0] + worth[1] / math.log2(3))
    found = spread_of(start, [40, 90, 0, 0], 1.0, 1 - (one + two) / 2)
    assert found.order.tolist() == [0, 2, 3, 1]
    assert found.columns[1].tolist() == [0, -math.log(91), 0, 0]


def test_capacity_grows_with_the_texts_on_record_and_halves_what_weighs() -> None:
    assert capacity(np.array([0, 1, 99])).tolist() == pytest.approx([1, 1 + math.log(2), 1 + math.log(100)])
    # 5 times shown of a capacity of 5 is ln 2, of one is ln 6
    found = spread(scored(1.0, 0.9), np.array([5.0, 0.0]), np.array([5.0, 1.0]), weights(1.0, 1.0), 1)
    assert found.columns[1][0] == -math.log(2)


@given(
    st.lists(st.tuples(st.floats(-6, 6), st.integers(0, 50)), min_size=1, max_size=30),
    st.floats(0, 5),
    st.floats(0, 1),
    st.integers(1, 12),
)
def test_terms_add_up_and_the_price_is_kept(candidates, strength, price, places) -> None:
    start = scored(*(score for score, _ in candidates))
    found = spread_of(start, [shown for _, shown in candidates], strength, price, places)
    terms = found.terms(np.arange(len(candidates)))
    for row, score in enumerate(found.scores.tolist()):
        assert score == math.fsum([0.0, *terms[row].tolist()])
        assert terms[row, 1] == pytest.approx(strength * found.columns[1][row])
    first = found.order[:places]
    assert (np.diff(found.scores[found.order]) <= 1e-9).all()  # what differs by less is equal
    assert (terms[first, 1] == 0).all()  # nobody who stands among the first has lost anything
    discounts = 1 / np.log2(np.arange(2, len(first) + 2))
    worth = discounts @ (1 / (1 + np.exp(-start.scores[first])))
    before = discounts @ (1 / (1 + np.exp(-start.scores[start.order[:places]])))
    assert worth >= (1 - price) * before - 1e-9


def outcome(id_: str, partner: str, stage: Stage, counterpart: str | None, date: str | None) -> Outcome:
    return Outcome(id_, partner, stage, counterpart, dt.date.fromisoformat(date) if date else None)


def test_open_introductions_are_recent_and_nothing_further_is_on_record() -> None:
    record = {
        "a": [
            outcome("1", "a", Stage.INTRODUCED, "x", "2025-01-10"),
            outcome("2", "a", Stage.MET, "x", "2025-02-10"),  # the same two: once
            outcome("3", "a", Stage.INTRODUCED, "y", "2025-03-01"),
            outcome("4", "a", Stage.PROJECT, "y", "2025-04-01"),  # came of it: closed
            outcome("5", "a", Stage.PROJECT, "z", "2023-01-01"),
            outcome("6", "a", Stage.INTRODUCED, "z", "2025-03-01"),  # again, after an old project: open
            outcome("7", "a", Stage.INTRODUCED, "w", "2024-05-31"),  # 366 days ago
            outcome("8", "a", Stage.INTRODUCED, "v", "2025-06-01"),  # on the day of the question: not known
            outcome("9", "a", Stage.INTRODUCED, "u", None),
        ],
        "b": [
            outcome("10", "b", Stage.INTRODUCED, None, "2024-06-01"),  # 365 days ago
            outcome("11", "b", Stage.MET, None, "2025-01-01"),
            outcome("12", "b", Stage.INTRODUCED, "x", "2025-02-01"),
            outcome("13", "b", Stage.DECLINED, "x", "2025-02-01"),
        ],
    }
    assert open_introductions(record, Side.SUPPLY, DAY) == {"a": 2, "b": 2}
    # no day: the newest outcome's, 2025-06-01 too, and that one counts
    assert open_introductions(record, Side.SUPPLY, None) == {"a": 3, "b": 2}
    assert open_introductions({}, Side.SUPPLY, None) == {}


def test_for_demand_the_other_one_is_the_partner() -> None:
    record = {
        "firm": [
            outcome("1", "lab", Stage.INTRODUCED, "firm", "2025-05-01"),
            outcome("2", "lab", Stage.MET, "firm", "2025-05-02"),
            outcome("3", "institute", Stage.MET, "firm", "2025-05-03"),
        ]
    }
    assert open_introductions(record, Side.DEMAND, DAY) == {"firm": 2}


def test_a_tally_counts_the_first_ten_and_may_forget() -> None:
    tally = Tally(kept=0.5)
    tally.add(f"p{i}" for i in range(12))
    tally.add(["p0", "new"])
    assert tally.times == {"p0": 1.5, "new": 1.0} | {f"p{i}": 0.5 for i in range(1, 10)}


def ids(engine: Engine, query: Query, tally: Tally | None = None) -> list[str]:
    return [match.partner.id for match in engine.match(query, tally=tally).matches]


def eager(engine: Engine) -> Engine:
    """Return the engine with spreading that minds no price, and sure of every answer."""
    sure = replace(engine.weights.abstain, familiarity=-1e9)
    numbers = replace(engine.weights, abstain=sure, exposure=ExposureWeights(9.0, 1.0))
    return Engine(engine.snapshot, engine.encoder, numbers)


def test_off_by_default_changes_nothing(engine: Engine) -> None:
    tally = Tally()
    tally.add(["unjbg", "pucp"])
    plain, fed = eager(engine).match(QUESTION), eager(engine).match(QUESTION, tally=tally)
    assert fed.matches == plain.matches == engine.match(QUESTION).matches
    assert [m.partner.id for m in plain.matches] == ["unjbg", "lejos"]
    assert {c.signal for m in plain.matches for c in m.contributions}.isdisjoint({"exposure"})
    assert tally.times == {"unjbg": 2, "lejos": 1, "pucp": 1}  # counted, though not asked for


def test_the_batch_takes_turns_each_tally_for_itself(engine: Engine) -> None:
    asked, tally = eager(engine), Tally()
    query = replace(QUESTION, spread=True, date=dt.date(2023, 1, 1))  # before any outcome on record
    first = ids(asked, query, tally)
    second = ids(asked, query, tally)
    assert first == ids(asked, replace(query, spread=False)) == ["unjbg", "lejos"]
    assert set(second) == {"pucp", "unsaac"}
    assert tally.times == dict.fromkeys(["unjbg", "pucp", "lejos", "unsaac"], 1)
    assert ids(asked, query) == ids(asked, query, Tally()) == first  # nothing leaks from one batch into another answer
    again = Tally()
    assert [ids(asked, query, again) for _ in range(2)] == [first, second]


def test_an_answer_that_says_no_good_match_counts_for_nobody(engine: Engine) -> None:
    weights = replace(engine.weights, abstain=replace(engine.weights.abstain, familiarity=1e9))
    tally = Tally()
    Engine(engine.snapshot, engine.encoder, weights).match(QUESTION, tally=tally)
    assert tally.times == {}


def test_recorded_introductions_count_without_a_tally_and_tell_why(tmp_path, encoder: FakeEncoder) -> None:
    record = [outcome(f"i{n}", "unjbg", Stage.INTRODUCED, f"firm{n}", "2025-03-01") for n in range(3)]
    Snapshot.build(tmp_path, PARTNERS, EVIDENCE, record, encoder)
    exposed = replace(SHIPPED, exposure=ExposureWeights(9.0, 1.0))
    engine = Engine(Snapshot.open_current(tmp_path, encoder), encoder, exposed)
    query = replace(QUESTION, k=1)
    assert ids(engine, query) == ["unjbg"]
    assert ids(engine, replace(query, spread=True)) == ["lejos"]
    assert ids(engine, replace(query, spread=True, date=dt.date(2025, 3, 1))) == ["unjbg"]  # not yet known
    (ranking,) = engine.rank(replace(query, k=1, spread=True), [exposed])
    row = [engine.snapshot.sides[Side.SUPPLY].partners[i].id for i in ranking.found.partners.tolist()].index("unjbg")
    assert ranking.shown is not None
    assert ranking.shown[row] == 3
    # one text on record: a capacity of 1 + ln 2
    assert ranking.scored.columns[-1][row] == pytest.approx(-math.log(1 + 3 / (1 + math.log(2))))
    (match,) = engine.match(replace(query, spread=True), reader="en").matches
    assert match.contributions[-1].reason == "not proposed lately"
    assert match.score == math.fsum([SHIPPED.bias, *(c.contribution for c in match.contributions)])


@pytest.mark.parametrize(
    ("value", "shown", "said"),
    [
        (0.0, 0.0, "not proposed lately"),
        (0.0, 2.0, "times proposed lately: 2; it keeps its place"),
        (-0.4, 0.5, "already proposed once lately: others get a turn"),
        (-2.0, 14.0, "already proposed 14 times lately: others get a turn"),
    ],
)
def test_the_reason_says_what_happened(value: float, shown: float, said: str) -> None:
    assert exposure_reason(value, shown, translator("en")) == said
