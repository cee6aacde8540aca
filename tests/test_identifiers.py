import pytest

from matcher.errors import NotFound
from matcher.identifiers import find_identifier, page_of, read

# Values with the check digits that their registers give.
CASES = (
    ("https://ror.org/03yczjf25", "ror:03yczjf25"),
    ("ROR: 03YCZJF25", "ror:03yczjf25"),
    ("ruc:20131369124", "ruc:20131369124"),
    ("wikidata:q42", "wikidata:Q42"),
    ("https://www.wikidata.org/entity/Q42", "wikidata:Q42"),
    ("grid.10800.39", "grid:grid.10800.39"),
    ("isni:0000 0001 2150 090x", "isni:000000012150090X"),
    ("https://openalex.org/I12", "openalex:I12"),
    ("https://doi.org/10.13039/501100000781", "fundref:501100000781"),
    ("pic:999984059", "pic:999984059"),
)


@pytest.mark.parametrize(("text", "found"), CASES)
def test_an_identifier_has_one_form(text, found):
    assert find_identifier(text) == found
    assert find_identifier(found) == found


@pytest.mark.parametrize(
    "text", ["", "ror:03yczjf26", "ruc:20131369125", "ruc:2013", "isni:0000000121500909", "x:1", "Q42", "12"]
)
def test_what_no_register_gave_is_refused(text):
    with pytest.raises(NotFound, match="is no identifier"):
        find_identifier(text)


def test_a_value_is_read_in_the_scheme_that_its_source_names():
    assert read("ruc", "20131369124") == "ruc:20131369124"
    assert read("ruc", "Q42") is None


def test_a_register_shows_what_it_knows():
    assert page_of("ror:03yczjf25") == "https://ror.org/03yczjf25"
    assert page_of("ruc:20131369124") is None
