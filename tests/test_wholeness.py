"""Partners joined, fields filled, texts mended; all of it taken back by leaving the rows out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.wholeness import Derived, Records, Same, canonical, fingerprint, shown

A = Partner("a", Side.SUPPLY, "Universidad Uno", "university", "PE", sectors=("P85",), identifiers=("ror:00013q465",))
B = Partner(
    "b", Side.SUPPLY, "UNIVERSIDAD UNO", "university", "PE", "PE-CUS", "Cusco", ("M72",), url="https://uno.example"
)
C = Partner("c", Side.DEMAND, "Firma Tres", "firm")
E1 = Evidence("e1", ("b", "a"), "project", "SECADO SOLAR DE ORÉGANO")
E2 = Evidence("e2", ("b",), "project", "Curtido sin cromo", language="es", sectors=("C15",))
O1 = Outcome("o1", "b", Stage.MET, "c")
ALL = Records((A, B, C), (E1, E2), (O1,))


def test_without_rows_records_are_as_they_were_given():
    assert shown(ALL, [], []) == ALL


def test_a_partner_that_is_the_same_is_shown_as_the_other_with_what_that_lacked():
    found = shown(ALL, [Same("b", "a", "name", 0.97)], [])
    whole = replace(A, region="PE-CUS", city="Cusco", sectors=("P85", "M72"), url="https://uno.example")
    assert found.partners == (whole, C)
    assert [e.partners for e in found.evidence] == [("a",), ("a",)]
    assert found.outcomes == (replace(O1, partner="a"),)


def test_what_was_given_is_never_overwritten_by_the_others_values():
    found = shown(Records((replace(A, region="PE-LIM", city="Lima"), B)), [Same("b", "a", "name", 1.0)], [])
    assert (found.partners[0].region, found.partners[0].city) == ("PE-LIM", "Lima")


def test_a_region_of_another_country_is_not_taken():
    chilean = replace(B, country="CL", region="CL-RM", city="Santiago")
    found = shown(Records((A, chilean)), [Same("b", "a", "identifier", 1.0)], [])
    assert (found.partners[0].country, found.partners[0].region, found.partners[0].city) == ("PE", None, None)


def test_chains_are_followed_and_rings_and_strangers_count_for_nothing():
    rows = [Same("a", "b", "name", 1), Same("b", "c", "name", 1)]
    assert canonical(rows, ["a", "b", "c"]) == {"a": "c", "b": "c"}
    assert canonical(rows, ["a", "b"]) == {"a": "b"}
    assert canonical([*rows, Same("c", "a", "name", 1)], ["a", "b", "c"]) == {}
    assert canonical([Same("a", "a", "name", 1)], ["a"]) == {}


def derived(
    field: str, value: str | tuple[str, ...], confidence: float = 0.9, record: str = "e1", given: str | None = None
) -> Derived:
    return Derived("evidence", record, field, value, confidence, "test", given)


def test_an_empty_field_is_filled_by_the_surest_value_above_the_cut():
    rows = [derived("sectors", ("C10",), 0.75), derived("sectors", ("C13",), 0.8), derived("language", "es", 0.69)]
    found = shown(ALL, [], rows).evidence[0]
    assert (found.sectors, found.language) == (("C13",), None)


def test_a_given_value_stays():
    rows = [derived("sectors", ("C10",), record="e2"), derived("language", "pt", record="e2")]
    assert shown(ALL, [], rows) == ALL


def test_a_text_is_shown_mended_until_it_is_given_anew():
    row = derived("text", "Secado solar de orégano", 1.0, given=fingerprint(E1.text))
    assert shown(ALL, [], [row]).evidence[0].text == "Secado solar de orégano"
    changed = replace(ALL, evidence=(replace(E1, text="Secado al sol"), E2))
    assert shown(changed, [], [row]) == changed


def test_a_value_derived_from_words_that_are_no_longer_there_counts_no_more():
    row = derived("sectors", ("C10",), given=fingerprint(E1.full_text))
    assert shown(ALL, [], [row]).evidence[0].sectors == ("C10",)
    changed = replace(ALL, evidence=(replace(E1, text="Otra cosa"), E2))
    assert shown(changed, [], [row]) == changed


@pytest.mark.parametrize("field", ["kind", "partners", "source", "owner", "consent", "contact"])
def test_other_fields_are_never_touched(field):
    assert shown(ALL, [], [derived(field, "x", 1.0)]) == ALL


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=6))
def test_nobodys_texts_are_lost_and_nobody_is_shown_twice(steps):
    partners = tuple(Partner(id_, Side.SUPPLY, id_, "firm") for id_ in "abcd")
    texts = tuple(Evidence(f"e{id_}", (id_,), "project", id_) for id_ in "abcd")
    found = shown(Records(partners, texts), [Same(a, b, "name", 1.0) for a, b in steps], [])
    there = [p.id for p in found.partners]
    assert len(set(there)) == len(there) >= 1
    assert [e.id for e in found.evidence] == ["ea", "eb", "ec", "ed"]
    assert {id_ for e in found.evidence for id_ in e.partners} == set(there)
