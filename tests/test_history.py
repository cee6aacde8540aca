"""A database's history as questions: which need, who came of use, and what the asker could not know."""

import datetime as dt

from conftest import EVIDENCE, OUTCOMES, PARTNERS

from matcher.history import questions_from_outcomes
from matcher.records import Evidence, Outcome, Side, Stage


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def need(id_: str, date: str | None) -> Evidence:
    return Evidence(id_, ("taller",), "need", f"Texto de {id_}.", date=day(date) if date else None)


def outcome(id_: str, partner: str, stage: Stage, date: str | None) -> Outcome:
    return Outcome(id_, partner, stage, "taller", day(date) if date else None)


def test_a_need_younger_than_its_outcome_asked_for_nothing():
    # taller's only need is of 2024-02-01: o1 (2023) came before it, o2 (2025) after; oregano's is younger than o3.
    (found,) = questions_from_outcomes(PARTNERS, EVIDENCE, OUTCOMES)
    assert (found.query.evidence_id, found.grades, found.outcomes) == ("taller-1", {"unsaac": 1}, {"o2"})
    query = found.query
    assert (query.seeks, query.date, query.region, query.countries) == (
        Side.SUPPLY,
        day("2025-05-01"),
        "PE-CUS",
        ("PE",),
    )
    assert (query.sectors, query.size, query.exclude) == (("C14",), "micro", {"taller"})


def test_an_outcome_belongs_to_the_newest_need_before_it():
    needs = [need("old", "2023-01-01"), need("new", "2024-01-01"), need("undated", None)]
    record = [
        outcome("a", "unsaac", Stage.MET, "2023-06-01"),
        outcome("b", "pucp", Stage.PROJECT, "2024-01-01"),
        outcome("c", "unjbg", Stage.AGREED, "2022-06-01"),
    ]
    found = questions_from_outcomes(PARTNERS, needs, record)
    assert [(q.query.evidence_id, q.grades) for q in found] == [
        ("undated", {"unjbg": 2}), ("old", {"unsaac": 1}), ("new", {"pucp": 3}),
    ]  # fmt: skip


def test_a_need_asks_on_the_day_of_its_first_outcome_and_keeps_the_best_that_came_of_each():
    record = [
        outcome("a", "unsaac", Stage.INTRODUCED, "2024-02-01"),
        outcome("b", "unsaac", Stage.PROJECT, "2024-09-01"),
        outcome("c", "unsaac", Stage.MET, "2024-05-01"),
        outcome("d", "pucp", Stage.DECLINED, "2024-05-01"),
        outcome("e", "unjbg", Stage.INTRODUCED, "2024-05-01"),
    ]
    (found,) = questions_from_outcomes(PARTNERS, [need("n", "2024-01-01")], record)
    assert found.query.date == day("2024-02-01")
    assert found.grades == {"unsaac": 3, "pucp": 0}  # that unjbg was introduced says nothing yet
    assert found.outcomes == {"a", "b", "c", "d", "e"}


def test_since_takes_needs_first_served_from_that_day_on():
    needs = [need("old", "2023-01-01"), need("new", "2024-01-01")]
    record = [
        outcome("a", "unsaac", Stage.INTRODUCED, "2023-02-01"),
        outcome("b", "unsaac", Stage.MET, "2023-12-01"),
        outcome("c", "pucp", Stage.MET, "2024-03-01"),
        outcome("d", "pucp", Stage.MET, None),  # goes to the newest need; its group has a date
    ]
    assert [q.query.evidence_id for q in questions_from_outcomes(PARTNERS, needs, record, day("2023-06-01"))] == ["new"]
    undated = [outcome("u", "pucp", Stage.MET, None)]
    assert questions_from_outcomes(PARTNERS, needs, undated, day("2020-01-01")) == []
    assert questions_from_outcomes(PARTNERS, needs, undated)[0].query.date is None


def test_who_is_unknown_or_on_the_wrong_side_asks_and_answers_nothing():
    record = [
        Outcome("a", "nobody", Stage.MET, "taller"),
        Outcome("b", "unsaac", Stage.MET, "nobody"),
        Outcome("c", "unsaac", Stage.MET, None),
        Outcome("d", "oregano", Stage.MET, "taller"),
        Outcome("e", "unsaac", Stage.MET, "pucp"),
    ]
    assert questions_from_outcomes(PARTNERS, EVIDENCE, record) == []
