"""Coverage, inequality and nearness of the first tens, counted by hand."""

import numpy as np
import pytest

from eval.answers import Answer
from eval.exposure import exposure, gini
from matcher.records import Partner, Query, Side, Verdict


def partner(id_: str, country: str | None = None, region: str | None = None) -> Partner:
    return Partner(id_, Side.SUPPLY, id_, "institute", country, region)


def ranked(question: str, *partners: str) -> Answer:
    return Answer(question, tuple((p, -float(i)) for i, p in enumerate(partners)), Verdict.MATCHES)


def test_gini_by_hand() -> None:
    assert gini(np.array([5, 5, 5])) == 0
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(3 / 4)  # one of n has all: (n - 1) / n
    # mean absolute difference of 1, 2, 3 over all nine pairs: 8 / 9; over twice the mean: 8 / 36
    assert gini(np.array([3, 1, 2])) == pytest.approx(8 / 36)
    assert gini(np.zeros(4, int)) == 0


def test_who_is_shown_and_how_often() -> None:
    partners = [partner(name) for name in "abcd"]
    found = exposure([ranked("1", "a", "b"), ranked("2", "a", "c")], partners)
    assert found.times == (2, 1, 1, 0)
    assert found.coverage == 3 / 4
    assert found.most_shown == 2 / 4  # 1 % of four is one partner
    assert found.gini == pytest.approx((-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / (4 * 4))
    assert found.local is None


def test_only_ten_are_seen() -> None:
    names = [f"p{i:02}" for i in range(12)]
    found = exposure([ranked("1", *names)], [partner(name) for name in names])
    assert found.times == (1,) * 10 + (0, 0)


def test_nearness_is_by_region_where_the_question_has_one_else_by_country() -> None:
    partners = [partner("cus", "PE", "PE-CUS"), partner("lim", "PE", "PE-LIM"), partner("cl", "CL"), partner("x")]
    queries = {
        "region": Query("t", Side.SUPPLY, region="PE-CUS"),
        "countries": Query("t", Side.SUPPLY, countries=("PE", "CL")),
        "nowhere": Query("t", Side.SUPPLY),
    }
    everybody = ["cus", "lim", "cl", "x"]
    answers = [ranked(q, *everybody) for q in ("region", "countries", "nowhere", "not judged")]
    found = exposure(answers, partners, queries)
    assert found.local == (1 + 3) / 8  # of 4 by region 1, of 4 by country 3; the others say no place
    assert found.times == (3, 3, 3, 3)  # questions that are not asked for do not count
