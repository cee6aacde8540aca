"""What the table of an answer says."""

import io

import pytest
from rich.console import Console

from matcher.records import Contribution, Highlight, Match, MatchList, Partner, Passage, Query, Side, Verdict
from matcher.render import answer_table


@pytest.fixture
def shown(engine):
    def show(**question) -> str:
        answer = engine.match(Query("Wear tests of steel shafts and gears", Side.SUPPLY, k=1, **question), reader="en")
        assert [m.partner.id for m in answer.matches] == ["pucp"]  # in Lima, the capital
        console = Console(file=io.StringIO(), width=200)
        console.print(answer_table(answer, str, "en"))
        return console.file.getvalue()

    return show


def test_a_partner_in_the_capital_is_not_in_the_region_of_who_names_only_a_country(shown):
    table = shown(countries=("PE",), language="en")
    assert "in your region" not in table
    assert "in your country's capital" in table


def test_a_partner_in_the_askers_region_is_said_to_be(shown):
    table = shown(region="PE-LIM", language="en")
    assert "in your region" in table
    assert " km" not in table


TEXT = "Primera frase. Diseño de calzado para niños."
PASSAGE = Passage(
    "e",
    "Hormas",
    TEXT,
    (
        Highlight(0, 7, "word"),
        Highlight(15, 44, "sentence"),
        Highlight(25, 32, "meaning", "zapato"),
        Highlight(38, 43, "word"),
    ),
    2.0,
)


def table(contributions=(), rank=4, without_rules=4, passage=PASSAGE, **rank_without) -> str:
    partner = Partner("p", Side.SUPPLY, "CITE", "technology_centre")
    match = Match(rank, partner, 0.0, 0.5, None, tuple(contributions), (passage,), without_rules, rank_without)
    answer = MatchList((match,), Verdict.MATCHES, (), Query("zapato de niños", Side.SUPPLY), 0.0, 9, "s", 1.0)
    console = Console(file=io.StringIO(), width=200)
    console.print(answer_table(answer, str, "en"))
    return console.file.getvalue()


def test_a_word_of_like_meaning_names_the_word_that_it_answers():
    assert "Hormas: Diseño de calzado (≈ zapato) para niños." in table()


def test_the_rule_that_moves_a_match_most_is_named():
    moved = table(place=13, sector=2, track_record=4, experience=5)  # three times as far, half as far
    assert "without counting place: no. 13" in moved
    assert "without counting sector" not in moved


def test_a_small_move_is_not_worth_a_line():
    assert "no. " not in table(rank=4, place=5, sector=3, track_record=4, experience=4)
    assert "no. " not in table(rank=1, without_rules=2, place=2, sector=1, track_record=1, experience=1)


def test_the_rank_by_the_texts_alone_is_told_where_no_rule_alone_moves_it():
    assert "by its texts alone: no. 9" in table(without_rules=9, place=5, sector=4, track_record=4, experience=4)
    assert "no. " not in table(without_rules=9)  # every rule is off: the rank is that already


def test_the_weightiest_reason_of_each_rule_and_no_weak_one():
    told = [
        Contribution("text", 2, 1, 2.0, "TEXT"),
        Contribution("distance", 2, 0.1, 0.2, "DISTANCE"),
        Contribution("same_region", 1, 2.6, 2.6, "REGION"),
        Contribution("same_country", 1, 0.6, 0.6, "COUNTRY"),
        Contribution("sector", 0, 1.2, 0.0, "SECTOR"),
        Contribution("track_record", 0.5, 0.1, 0.05, "WEAK"),
    ]
    shown = table(told)
    assert [word for word in ("REGION", "TEXT", "DISTANCE", "COUNTRY", "SECTOR", "WEAK") if word in shown] == [
        "REGION", "TEXT"
    ]  # fmt: skip
    assert shown.index("REGION") < shown.index("TEXT")
