"""What the table of an answer says of places."""

import io

import pytest
from rich.console import Console

from matcher.records import Query, Side
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
    assert "0 km" in table


def test_a_partner_in_the_askers_region_is_said_to_be(shown):
    table = shown(region="PE-LIM", language="en")
    assert "in your region" in table
    assert " km" not in table
