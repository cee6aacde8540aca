"""Each signal by hand, in the small world of conftest."""

import datetime as dt
import math

import numpy as np
import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import signals
from matcher.candidates import Candidates
from matcher.encode import Role
from matcher.index.columns import Codes
from matcher.index.side import SideIndex
from matcher.places import locate
from matcher.records import Evidence, Outcome, Query, Side, Stage
from matcher.sectors import closest
from matcher.signals import Signals, asked_countries, by_partner, nearness, on_record

SIDES = {s: SideIndex.build([p for p in PARTNERS if p.side is s], EVIDENCE, FakeEncoder(), None) for s in Side}
TEXT = [0.5, -1.0, 2.0, 3.0]
CODES = ("C13", "C1311", "C131", "C10", "C", "A01", "A02", "M72")


VECTOR = FakeEncoder().encode(["hilo de alpaca"], Role.QUERY)[0]


def measured(seeks=Side.SUPPLY, outcomes=OUTCOMES, **question) -> dict[str, dict[str, float]]:
    """Return signal -> partner id -> value."""
    return named(computed(seeks, outcomes, **question), seeks)


def computed(seeks=Side.SUPPLY, outcomes=OUTCOMES, **question) -> Signals:
    side = SIDES[seeks]
    rows = np.arange(len(side.partners))
    none = np.empty(0, np.int64)
    found = Candidates(rows, np.array(TEXT[: len(rows)]), np.zeros(len(rows)), none > 0, none, none, np.empty(0))
    recorded = on_record(side, rows, Query("x", seeks, **question), by_partner(tuple(outcomes), seeks, {}))
    return recorded.with_texts(found, side.profiles.standardised(VECTOR, rows))


def named(signals: Signals, seeks: Side) -> dict[str, dict[str, float]]:
    ids = [p.id for p in SIDES[seeks].partners]
    return {name: dict(zip(ids, column.tolist(), strict=True)) for name, column in signals.columns.items()}


def arc(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle kilometres by the law of cosines, on a sphere of 6,371.0088 km."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (a, b))
    return 6371.0088 * math.acos(
        math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)
    )


def test_the_text_signal_is_the_pooled_fit():
    assert measured()["text"] == {"lejos": 0.5, "pucp": -1.0, "unjbg": 2.0, "unsaac": 3.0}


# experience


def test_experience_is_the_logarithm_of_one_and_the_texts_on_record():
    # unsaac has two texts, the others one
    assert measured()["experience"] == pytest.approx(
        {"lejos": math.log(2), "pucp": math.log(2), "unjbg": math.log(2), "unsaac": math.log(3)}
    )


def test_a_text_of_two_partners_is_on_the_record_of_both_whoever_asks():
    texts = [Evidence("s", ("unjbg", "pucp", "taller"), "project", "Secado de queso."), *EVIDENCE]
    side = SideIndex.build([p for p in PARTNERS if p.side is Side.SUPPLY], texts, FakeEncoder(), None)
    # Whatever filters let through of them.
    values = named(on_record(side, np.arange(4), Query("x", Side.SUPPLY), {}), Side.SUPPLY)["experience"]
    assert values == pytest.approx(
        {"lejos": math.log(2), "pucp": math.log(3), "unjbg": math.log(3), "unsaac": math.log(3)}
    )


# place


def test_nearness_by_hand():
    # ln(1100 / 100), ln(1100 / 200), ln(1100 / 1100), ln(1100 / 2200)
    expected = [math.log(11), math.log(5.5), 0, -math.log(2)]
    np.testing.assert_allclose(nearness(np.array([0, 100, 1000, 2100])), expected, atol=1e-12)


def test_in_the_askers_region_the_distance_is_nothing():
    signals = computed(region="PE-CUS")
    assert signals.kilometres[3] == 0
    assert named(signals, Side.SUPPLY)["distance"]["unsaac"] == pytest.approx(math.log(11))


def test_the_distance_is_that_between_the_partners_city_and_the_askers_region():
    km = arc(locate("PE", "PE-TAC", "Tacna"), locate(None, "PE-CUS", None))
    signals = computed(region="PE-CUS")
    # 5.5 degrees of latitude, 613 km, and 2.25 of longitude, 241 km at 15 degrees south
    assert km == pytest.approx(math.hypot(613, 241), abs=3)
    assert signals.kilometres[2] == pytest.approx(km)
    assert named(signals, Side.SUPPLY)["distance"]["unjbg"] == pytest.approx(math.log(1100 / (100 + km)))


def test_a_partner_without_a_place_is_neutral():
    signals = computed(region="PE-CUS")
    assert math.isnan(signals.kilometres[0])
    found = named(signals, Side.SUPPLY)
    assert (found["distance"]["lejos"], found["same_region"]["lejos"], found["same_country"]["lejos"]) == (0, 0, 0)


def test_a_question_without_a_place_has_no_place_signal():
    found = measured()
    for name in ("distance", "same_region", "same_country"):
        assert set(found[name].values()) == {0}


def test_same_region_and_same_country():
    found = measured(region="PE-TAC")
    assert found["same_region"] == {"lejos": 0, "pucp": 0, "unjbg": 1, "unsaac": 0}
    assert found["same_country"] == {"lejos": 0, "pucp": 1, "unjbg": 1, "unsaac": 1}


def test_of_several_countries_the_nearest_counts():
    tacna = locate("PE", "PE-TAC", "Tacna")
    capitals = {country: arc(tacna, locate(country, None, None)) for country in ("PE", "BO", "DE")}
    assert min(capitals, key=capitals.get) == "BO"
    assert computed(countries=("DE", "PE", "BO")).kilometres[2] == pytest.approx(capitals["BO"])
    assert computed(countries=("DE", "PE")).kilometres[2] == pytest.approx(capitals["PE"])
    assert measured(countries=("DE", "BO"))["same_country"]["unjbg"] == 0
    assert measured(countries=("DE", "PE"))["same_country"]["unjbg"] == 1


def test_the_countries_asked_from_are_those_given_else_the_regions():
    assert asked_countries(Query("x", Side.SUPPLY, countries=("CL", "AR"), region="PE-CUS")) == ("CL", "AR")
    assert asked_countries(Query("x", Side.SUPPLY, region="PE-CUS")) == ("PE",)
    assert asked_countries(Query("x", Side.SUPPLY)) == ()


# sector


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # the same division; another of the same section: .2; without sectors: 0
        (("C13",), {"unsaac": (1.0, "C13"), "unjbg": (0.2, "C10"), "pucp": (0.2, "C25"), "lejos": (0.0, None)}),
        # a class inside the partner's division: .8
        (("C1311",), {"unsaac": (0.8, "C13"), "unjbg": (0.2, "C10"), "pucp": (0.2, "C25"), "lejos": (0.0, None)}),
        # the best of several counts
        (("J62", "A01", "C28"), {"unsaac": (0.2, "C13"), "unjbg": (1.0, "A01"), "pucp": (1.0, "C28"), "lejos": (0.0, None)}),
        ((), {"unsaac": (0.0, None), "unjbg": (0.0, None), "pucp": (0.0, None), "lejos": (0.0, None)}),
    ],
)  # fmt: skip
def test_sector_is_the_greatest_likeness(asked, expected):
    signals = computed(sectors=asked)
    values = named(signals, Side.SUPPLY)["sector"]
    codes = dict(zip(values, signals.sector, strict=True))
    assert {id_: (value, codes[id_]) for id_, value in values.items()} == expected


def test_the_sectors_of_a_partners_texts_are_its_own_too():
    # taller is C14 and so is its text; oregano's text adds nothing to A01
    assert measured(Side.DEMAND, sectors=("C14",))["sector"] == {"oregano": 0.0, "taller": 1.0}


# track record


def test_stages_count_in_part_and_are_damped():
    outcomes = [Outcome(stage, "pucp", stage) for stage in Stage]
    # 1 + .8 + .4 + .2 + 0; the declined one is not counted as work done
    signals = computed(outcomes=outcomes)
    assert named(signals, Side.SUPPLY)["track_record"]["pucp"] == pytest.approx(math.log(1 + 2.4))
    assert signals.outcomes.tolist() == [0, 4, 0, 0]


@pytest.mark.parametrize(
    ("date", "value", "count"),
    [
        (None, math.log(1 + 1 + 0.4), 2),
        (dt.date(2025, 5, 2), math.log(1 + 1 + 0.4), 2),
        (dt.date(2025, 5, 1), math.log(1 + 1), 1),  # the day itself is not known yet
        (dt.date(2023, 5, 1), 0.0, 0),
    ],
)
def test_outcomes_on_or_after_the_day_of_the_question_do_not_count(date, value, count):
    signals = computed(date=date)
    assert named(signals, Side.SUPPLY)["track_record"]["unsaac"] == pytest.approx(value)
    assert signals.outcomes[3] == count


def test_an_outcome_without_a_date_always_counts():
    found = measured(outcomes=[Outcome("o", "pucp", Stage.PROJECT)], date=dt.date(1990, 1, 1))
    assert found["track_record"]["pucp"] == pytest.approx(math.log(2))


def test_the_record_near_is_that_in_the_askers_region_else_country():
    assert measured(region="PE-CUS")["track_record_near"]["unsaac"] == pytest.approx(math.log(2.4))
    assert measured(region="PE-TAC")["track_record_near"]["unsaac"] == 0
    assert measured(countries=("PE",))["track_record_near"]["unsaac"] == pytest.approx(math.log(2.4))
    assert measured(countries=("CL",))["track_record_near"]["unsaac"] == 0
    assert measured()["track_record_near"]["unsaac"] == 0


def test_the_record_in_the_sector_is_weighed_by_likeness():
    # both outcomes are of C14: the same sector, another division of manufacturing (.2), another section
    assert measured(sectors=("C14",))["track_record_sector"]["unsaac"] == pytest.approx(math.log(1 + 1.4))
    assert measured(sectors=("C13",))["track_record_sector"]["unsaac"] == pytest.approx(math.log(1 + 0.2 * 1.4))
    assert measured(sectors=("A01",))["track_record_sector"]["unsaac"] == 0


def test_on_the_side_of_demand_the_counterpart_has_the_record():
    signals = computed(Side.DEMAND)
    # taller: a project and a meeting; oregano declined
    assert named(signals, Side.DEMAND)["track_record"] == {"oregano": 0.0, "taller": pytest.approx(math.log(2.4))}
    assert signals.outcomes.tolist() == [0, 2]


def test_an_outcome_without_counterpart_belongs_to_nobody_on_the_side_of_demand():
    lone = Outcome("o", "pucp", Stage.PROJECT)
    assert by_partner((lone,), Side.DEMAND, {}) == {}
    assert by_partner((lone, OUTCOMES[0]), Side.SUPPLY, {}) == {"pucp": [lone], "unsaac": [OUTCOMES[0]]}


def test_an_outcome_takes_place_and_sectors_from_its_counterpart_where_it_gives_none():
    taller = next(p for p in PARTNERS if p.id == "taller")
    bare = Outcome("o", "pucp", Stage.PROJECT, "taller")
    given = Outcome("p", "pucp", Stage.PROJECT, "taller", None, "CL", "CL-RM", ("A01",))
    found = by_partner((bare, given), Side.SUPPLY, {"taller": taller})["pucp"]
    assert [(o.country, o.region, o.sectors) for o in found] == [("PE", "PE-CUS", ("C14",)), ("CL", "CL-RM", ("A01",))]


# profile


def test_profile_is_likeness_to_the_mean_of_all_texts_smoothed_by_their_number():
    side = SIDES[Side.SUPPLY]
    encoder = FakeEncoder()
    vectors = encoder.encode([e.full_text for e in side.evidence], Role.PASSAGE).astype(float)
    centred = vectors - vectors.mean(axis=0)
    likeness = []
    for partner in side.partners:
        own = [row for row, e in enumerate(side.evidence) if partner.id in e.partners]
        own = own if len(own) > 1 else []  # one text alone is no profile
        likeness.append(centred[own].sum(axis=0) @ VECTOR.astype(float) / (len(own) + 5))
    expected = (np.array(likeness) - np.mean(likeness)) / np.std(likeness)
    found = measured()["profile"]
    assert [found[p.id] for p in side.partners] == pytest.approx(expected.tolist(), abs=1e-4)
    assert max(found, key=found.get) == "unsaac"  # both of its texts are about alpaca


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.frozensets(st.sampled_from(CODES), max_size=4), min_size=1, max_size=5),
    st.lists(st.sampled_from(CODES), max_size=3, unique=True),
)
def test_of_many_sets_of_sectors_the_closest_is_that_of_each_by_itself(sets, asked):
    found, codes = signals._closest(Codes.of(sets), asked, np.arange(len(sets)))
    expected = [closest(asked, codes) for codes in sets]
    assert found.tolist() == [alike for alike, _ in expected]
    assert list(codes) == [code if alike else None for alike, code in expected]
