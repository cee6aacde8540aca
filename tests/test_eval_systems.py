"""Baselines and ablations are sets of weights: what each ranks by, in a world that can be overseen."""

from dataclasses import replace

import pytest

from eval.systems import FULL, RANDOM, ablations, baselines, standard, without
from matcher.engine import Engine
from matcher.errors import BadInput
from matcher.records import Query, Side
from matcher.weights import RULE_OF, Weights

SHIPPED = Weights.load()
QUESTION = Query("secado de orégano y desgaste de ejes de acero", Side.SUPPLY, language="es", region="PE-CUS")


def orders(engine: Engine, query: Query) -> dict[str, list[str]]:
    systems = [system for system in standard(SHIPPED) if system.weights]
    rankings = engine.rank(query, [system.weights for system in systems])
    return {
        system.name: [partner for partner, _ in engine.ids_and_scores(ranking)]
        for system, ranking in zip(systems, rankings, strict=True)
    }


def test_simple_baselines_rank_by_what_they_are_named_for(engine: Engine) -> None:
    found = orders(engine, QUESTION)
    # unsaac has two texts, the others one; equals stand by id
    assert found["popularity"] == ["unsaac", "lejos", "pucp", "unjbg"]
    assert found["same region, popularity"] == ["unsaac", "pucp", "unjbg", "lejos"]  # Cusco, Peru, nowhere
    from_tacna = orders(engine, replace(QUESTION, region="PE-TAC"))
    assert from_tacna["same region, popularity"] == ["unjbg", "unsaac", "pucp", "lejos"]
    assert from_tacna["same region, track record"] == ["unjbg", "unsaac", "pucp", "lejos"]


def test_the_country_stands_in_where_no_region_is_known(engine: Engine) -> None:
    found = orders(engine, replace(QUESTION, region=None, countries=("PE",)))
    assert found["same region, popularity"] == ["unsaac", "pucp", "unjbg", "lejos"]
    abroad = orders(engine, replace(QUESTION, region=None, countries=("CL",)))
    assert abroad["same region, popularity"] == abroad["popularity"]


def test_a_huge_file_never_passes_one_of_the_region() -> None:
    weights = next(s.weights for s in baselines(SHIPPED) if s.name == "same region, popularity")
    assert weights is not None
    # ln(1 + a million texts) is below 14
    assert weights.signals["same_region"] > weights.signals["same_country"] + 14
    assert weights.signals["same_country"] > 14


def test_baselines_take_over_no_caps_but_the_hybrid_those_of_the_text() -> None:
    shipped = replace(SHIPPED, caps=SHIPPED.caps | {"text": 7.0, "experience": 1.0})
    found = {system.name: system.weights for system in standard(shipped) if system.weights}
    assert {name: weights.caps for name, weights in found.items()} == {
        "popularity": {},
        "same region, popularity": {},
        "same region, track record": {},
        "BM25": {},
        "dense": {},
        "hybrid": {"text": 7.0},
        FULL: shipped.caps,
    }
    assert (found["BM25"].text.lexical_share, found["BM25"].text.lexical_cap) == (1, float("inf"))
    assert found["dense"].text.lexical_share == 0
    assert found["hybrid"].text == shipped.text
    terms = {name: {s for s, weight in found[name].signals.items() if weight} for name in ("BM25", "dense", "hybrid")}
    assert terms == {"BM25": {"text"}, "dense": {"text"}, "hybrid": {"text", "profile"}}
    assert next(s for s in standard(shipped) if s.name == RANDOM).weights is None


def test_leaving_out_a_rule_takes_all_its_signals_and_a_signal_only_itself() -> None:
    some = replace(SHIPPED, signals=dict.fromkeys(RULE_OF, 1.0))
    place = without(some, ["place"]).signals
    assert {name for name, weight in place.items() if not weight} == {n for n, r in RULE_OF.items() if r == "place"}
    assert {name for name, weight in without(some, ["same_region"]).signals.items() if not weight} == {"same_region"}
    sector = {name for name, rule in RULE_OF.items() if rule == "sector"}
    assert {name for name, weight in without(some, ["sector"]).signals.items() if not weight} == sector
    with pytest.raises(BadInput, match="unknown rule 'mood'"):
        without(some, ["mood"])


def test_ablations_leave_out_each_rule_and_each_signal_once() -> None:
    signals = dict.fromkeys(RULE_OF, 0.0) | {"text": 1.0, "distance": 2.0, "same_region": 3.0, "experience": 0.5}
    found = {s.name: s.weights.signals for s in ablations(replace(SHIPPED, signals=signals)) if s.weights}
    # experience is the only signal of its rule; what weighs nothing is not worth leaving out
    assert list(found) == [
        FULL,
        "without rule place",
        "without rule experience",
        "without text",
        "without distance",
        "without same_region",
    ]
    assert found["without rule place"] == signals | {"distance": 0.0, "same_region": 0.0}
    assert found["without distance"] == signals | {"distance": 0.0}
