"""Which partners are one organisation: identifiers, names and places, blocks, groups; and how well, on judged pairs."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from eval.identity import figures, read
from matcher.identity import NEAR, SAME, Pair, candidates, compare, groups, leader, pairs
from matcher.records import Partner, Side

SHEETS = Path(__file__).resolve().parents[1] / "data" / "identity"


def partner(id_: str, name: str, country: str | None = "PE", region: str | None = None, *identifiers: str) -> Partner:
    return Partner(id_, Side.SUPPLY, name, "university", country, region, identifiers=identifiers)


def verdict(a: Partner, b: Partner) -> str:
    return compare(a, b).verdict


def test_an_identifier_that_both_have_says_more_than_their_names():
    a = partner("a", "Tecnológico de Monterrey", "MX", "MX-NLE", "ror:03ayjn504")
    b = partner("b", "Instituto de Estudios Superiores", "MX", "MX-CMX", "ror:03ayjn504")
    assert compare(b, a) == Pair("a", "b", 1.0, "identifier")


def test_two_values_of_one_register_are_two_organisations_whatever_their_names():
    a = partner("a", "Universidad de Lima", "PE", "PE-LIM", "ruc:20107798049")
    b = partner("b", "Universidad de Lima", "PE", "PE-LIM", "ruc:20147897406")
    assert verdict(a, b) == "different"


def test_where_registers_contradict_each_other_a_person_is_asked():
    a = partner("a", "Uno", "PE", None, "ror:00013q465", "ruc:20155945860")
    b = partner("b", "Uno", "PE", None, "ror:00013q465", "ruc:20148092282")
    assert verdict(a, b) == "near"


def test_a_faculty_shares_its_universitys_tax_number():
    a = partner("a", "Pontificia Universidad Católica del Perú", "PE", None, "ruc:20155945860")
    b = partner("b", "Facultad de Ciencias, Pontificia Universidad Católica del Perú", "PE", None, "ruc:20155945860")
    assert verdict(a, b) == "near"


def test_several_values_of_one_register_agree_if_one_is_shared():
    a = partner("a", "Uno", "PE", None, "wikidata:Q1", "wikidata:Q2")
    b = partner("b", "Dos", "PE", None, "wikidata:Q2")
    assert verdict(a, b) == "same"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("CO", None), ("CL", None), "different"),
        (("CO", "CO-DC"), ("CO", "CO-DC"), "same"),
        (("CO", "CO-DC"), (None, None), "same"),  # 0.95 is left
        (("CO", "CO-DC"), ("CO", "CO-ANT"), "same"),  # 0.92 is left
    ],
)
def test_places(one, other, expected):
    assert (
        verdict(partner("a", "Universidad de los Andes", *one), partner("b", "Universidad de los Andes", *other))
        == expected
    )


def test_an_acronym_alone_is_told_by_its_country():
    full = partner("a", "Universidad Nacional de San Antonio Abad del Cusco", "PE", "PE-CUS")
    assert verdict(full, partner("b", "UNSAAC", "PE", "PE-CUS")) == "same"
    assert verdict(full, partner("b", "UNSAAC", "AR")) == "different"
    assert verdict(full, partner("b", "UNSA", "PE", "PE-CUS")) != "same"


def some() -> list[Partner]:
    judged = [each for path in sorted(SHEETS.glob("*.csv")) for each in read(path)]
    found: dict[tuple[str, str | None, str | None], Partner] = {}
    for n, each in enumerate(judged):
        for side, p in (("a", each.a), ("b", each.b)):
            found.setdefault(
                (p.name, p.country, p.region),
                Partner(f"{n}{side}", p.side, p.name, p.kind, p.country, p.region, p.city, identifiers=p.identifiers),
            )
    return list(found.values())[:260]


def test_blocks_lose_no_pair_that_a_comparison_of_all_would_find():
    partners = some()
    by_all = {p for a, b in combinations(partners, 2) if (p := compare(a, b)).likeness >= NEAR}
    by_blocks = set(pairs(partners))
    assert by_blocks <= by_all
    lost = by_all - by_blocks
    assert len(lost) <= 0.02 * len(by_all), lost
    assert len(by_all) > 40


def test_many_of_one_name_are_chained_not_compared_each_with_each():
    partners = [partner(f"{n:03}", "Universidad de Lima") for n in range(200)]
    met = list(candidates(partners))
    assert len(met) == 199
    assert groups(partners, pairs(partners)) == [tuple(f"{n:03}" for n in range(200))]


def test_groups_are_chains_but_never_join_what_a_register_tells_apart():
    a = partner("a", "Universidad de Lima", "PE", None, "ruc:20107798049")
    b = partner("b", "Universidad de Lima")
    c = partner("c", "Universidad de Lima", "PE", None, "ruc:20147897406")
    found = [Pair("a", "b", 1.0, "name"), Pair("b", "c", 0.95, "name"), Pair("a", "c", NEAR, "name")]
    assert groups([a, b, c], found) == [("a", "b")]


def test_what_an_organisation_offers_and_what_it_needs_stay_apart():
    a, b = partner("a", "Universidad de Lima"), partner("b", "Universidad de Lima")
    found = pairs([a, b])
    assert groups([a, b], found) == [("a", "b")]
    assert groups([a, replace(b, side=Side.DEMAND)], found) == []


def test_a_group_is_shown_under_who_is_known_best():
    short = partner("a", "UNMSM")
    loud = partner("b", "UNIVERSIDAD NACIONAL MAYOR DE SAN MARCOS")
    full = partner("c", "Universidad Nacional Mayor de San Marcos")
    assert leader([short, loud, full], {"a": 9, "b": 9}) == full
    assert leader([short, loud], {"a": 9}) == loud
    known = replace(short, identifiers=("ror:006vs7897",))
    assert leader([known, loud, full], {}) == known
    assert leader([full, replace(full, id="d")], {"d": 1}).id == "d"
    assert leader([replace(full, id="d"), full], {}).id == "c"


def test_what_is_near_joins_nothing():
    assert groups([partner("a", "Uno"), partner("b", "Dos")], [Pair("a", "b", SAME - 0.01, "name")]) == []


@pytest.mark.parametrize("half", ["choose", "held_out", "proinnovate", "proinnovate-sunedu"])
def test_judged_pairs_are_told_with_a_precision_of_98_and_a_recall_of_85_in_a_hundred(half):
    judged = [each for path in sorted(SHEETS.glob("*.csv")) for each in read(path) if each.half == half]
    found = figures(judged, SAME)
    assert found.said >= 6
    assert found.precision >= 0.98
    assert found.recall >= 0.85


def test_the_sheet_has_two_hundred_pairs_half_of_them_held_out():
    rows = (SHEETS / "pairs.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) == 200
    assert sum(row.startswith("held_out") for row in rows) in range(98, 103)
