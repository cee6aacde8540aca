"""What spreading costs and brings, worked out on four partners and two questions."""

import json
from dataclasses import replace

import pytest
from conftest import FakeEncoder
from tiny import make_bench

from eval import spreading
from eval.answers import Answer, Answered, run
from eval.systems import FULL, SPREAD, System, spread
from matcher.records import Partner, Query, Side, Verdict
from matcher.sources.benchmark import Benchmark, Question
from matcher.weights import ExposureWeights, Weights

SHIPPED = Weights.load()


def test_price_and_gain_are_relative_to_not_spreading() -> None:
    partners = tuple(Partner(id_, Side.SUPPLY, id_, "institute") for id_ in "abcd")
    questions = tuple(Question(q, Query("t", Side.SUPPLY), False) for q in ("q1", "q2"))
    bench = Benchmark("b", Side.SUPPLY, "RR", questions, {"q1": {"a": 1}, "q2": {"b": 1}})

    def ranked(*lists: str) -> list[Answer]:
        return [
            Answer(q, tuple((p, -float(i)) for i, p in enumerate(each)), Verdict.MATCHES)
            for q, each in zip(("q1", "q2"), lists, strict=True)
        ]

    answered = Answered(bench, {FULL: ranked("ab", "ab"), SPREAD: ranked("ab", "cb")}, partners, {})
    plain, turns = spreading.spreads(answered, [spread(SHIPPED)])
    # RR: (1 + 1/2) / 2 either way. Gini of 2, 2, 0, 0: (1 x 2 + 3 x 2) / (4 x 4); of 1, 2, 1, 0: (-1 + 1 + 3 x 2) / 16
    assert (plain.mean, plain.gini, plain.coverage, plain.label) == (0.75, 0.5, 0.5, "")
    assert (turns.mean, turns.gini, turns.coverage) == (0.75, 0.375, 0.75)
    assert (turns.lost, turns.fall, turns.strength, turns.limit) == (0, 0.25, SHIPPED.exposure.strength, 0.02)
    assert spreading.table([plain, turns], "RR").splitlines()[2:] == [
        "| full | - | - | 0.750 | - | 0.500 | - | 0.500 |",
        "| full, spread | 1.1 | 2% | 0.750 | -0.0% | 0.375 | -25.0% | 0.750 |",
    ]
    assert list(spreading.without_spreading(answered, [spread(SHIPPED)]).answers) == [FULL]


def test_the_shipped_way_is_among_those_of_the_curve() -> None:
    ways = {way.name: way.weights.exposure for way in spreading.systems(SHIPPED) if way.weights}
    assert ways[SPREAD] == SHIPPED.exposure
    assert ways["full, spread x2 without limit"] == ExposureWeights(2 * SHIPPED.exposure.strength, 1.0)
    assert len(ways) == 10


@pytest.mark.parametrize("seed", [None, 1])
def test_a_batch_takes_turns_in_the_order_of_its_questions_and_only_where_asked(tmp_path, seed) -> None:
    # Depth 1: one place a question. With no price to mind, whoever was shown yields the second question's place.
    bench = make_bench(tmp_path / "tiny")
    (bench / "queries.jsonl").write_text(
        "".join(json.dumps({"id": q, "text": "tintes para lana", "language": "es"}) + "\n" for q in ("q1", "q2")),
        encoding="utf-8",
    )
    eager = replace(SHIPPED, exposure=ExposureWeights(99.0, 1.0))
    systems = [System(FULL, eager), spread(eager)]
    found = run(bench, FakeEncoder(), systems, depth=1, shuffle=seed).answers
    assert [a.ranking[0][0] for a in found[FULL]] == ["tintes", "tintes"]
    first, second = found[SPREAD]
    assert first.ranking[0][0] == "tintes"
    assert second.ranking[0][0] != "tintes"
    assert {first.question, second.question} == {"q1", "q2"}


def test_a_shuffle_is_another_order_of_the_same_questions(tmp_path) -> None:
    bench = make_bench(tmp_path / "tiny")
    orders = {
        tuple(q.id for q in run(bench, FakeEncoder(), [System(FULL, SHIPPED)], depth=1, shuffle=seed).bench.questions)
        for seed in range(6)
    }
    assert orders == {("q1", "q2"), ("q2", "q1")}
