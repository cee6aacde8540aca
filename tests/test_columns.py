"""Fields of records as arrays: of all rows, after a change, and by what they are asked for."""

import datetime as dt

import numpy as np
import pytest

from matcher.index.columns import NO_DAY, Codes, Column, PartnerColumns, TextColumns
from matcher.index.rows import Kept
from matcher.places import locate
from matcher.records import Evidence, Partner, Side


def partner(id_: str, region: str | None, kind: str = "firm") -> Partner:
    return Partner(id_, Side.DEMAND, id_, kind, "PE" if region else None, region)


def test_a_column_tells_which_rows_have_a_wanted_value():
    column = Column.of(["PE-CUS", "", "PE-TAC", "PE-CUS"])
    assert column.among({"PE-CUS", "PE-LIM"}).tolist() == [True, False, False, True]
    assert column.among({"PE-TAC"}, np.array([2, 0])).tolist() == [True, False]
    assert column.among(()).tolist() == [False] * 4
    assert column.there == {"PE-CUS", "", "PE-TAC"}


def test_a_column_of_nothing_has_nothing():
    assert Column.of([]).among({"x"}).tolist() == []
    assert Column.of([]).there == frozenset()


def test_after_a_change_columns_of_partners_are_those_of_the_partners_there_now():
    before = [partner("a", "PE-CUS"), partner("b", "PE-TAC"), partner("d", None)]
    after = [partner("a", "PE-CUS"), partner("c", "PE-LIM", "institute"), partner("d", "PE-CUS")]
    kept = Kept.of(["a", "b", "d"], {"b": None, "c": after[1], "d": after[2]})
    columns = PartnerColumns.of(before).updated(kept)
    assert columns.region.among({"PE-CUS"}).tolist() == [True, False, True]
    assert columns.region.there == {"PE-CUS", "PE-LIM"}  # Tacna went with its only partner
    assert columns.kind.among({"institute"}).tolist() == [False, True, False]
    assert columns.country.among({"PE"}).tolist() == [True, True, True]
    places = [locate("PE", region, None) for region in ("PE-CUS", "PE-LIM", "PE-CUS")]
    assert [columns.point.values[number] for number in columns.point.rows] == places


def test_after_a_change_columns_of_texts_are_those_of_the_texts_there_now():
    day = dt.date(2020, 5, 1)
    before = [
        Evidence("a", ("p",), "need", "x", None, "es", day, ("C13",)),
        Evidence("b", ("p",), "need", "x", None, "en", None, ("A01",)),
    ]
    new = Evidence("c", ("p",), "need", "x", None, None, dt.date(2020, 5, 3), ("C13",))
    columns = TextColumns.of(before).updated(Kept.of(["a", "b"], {"b": None, "c": new}))
    assert columns.language.there == {"es", ""}
    assert (columns.day[1] - columns.day[0], NO_DAY in columns.day) == (2, False)
    assert [columns.sectors.values[number] for number in columns.sectors.rows] == [("C13",), ("C13",)]


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [({"C13"}, [True, False, False, True]), ({"A01", "M72"}, [False, False, True, True]), ((), [False] * 4)],
)
def test_sets_of_codes_tell_which_rows_have_one_of_some(wanted, rows):
    codes = Codes.of([{"C13"}, set(), {"M72"}, {"A01", "C13"}])
    assert codes.names == ("A01", "C13", "M72")
    assert codes.having(np.array([name in wanted for name in codes.names])).tolist() == rows
