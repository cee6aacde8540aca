"""Records of other shapes than their formats promise: each is a row, passed over, or refused by name; nothing crashes."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.sources import openalex, orcid, ror
from matcher.sources.openalex_partners import Chosen
from matcher.sources.reading import Gone, Refusal, Row, Skipped

FIXTURES = Path(__file__).with_name("fixtures")
GOOD = {
    "openalex": [
        *json.loads((FIXTURES / "openalex" / "works.json").read_text(encoding="utf-8"))["results"][:2],
        json.loads((FIXTURES / "openalex" / "institution.json").read_text(encoding="utf-8")),
        json.loads((FIXTURES / "openalex" / "snapshot.jsonl").read_text(encoding="utf-8").splitlines()[0]),
    ],
    "ror": [
        *json.loads((FIXTURES / "ror" / "v2.json").read_text(encoding="utf-8"))[:2],
        *json.loads((FIXTURES / "ror" / "v1.json").read_text(encoding="utf-8")),
    ],
    "orcid": [json.loads((FIXTURES / "orcid" / "record.json").read_text(encoding="utf-8"))],
}
READ = {
    "openalex": lambda value: openalex.row("f", 1, value, Chosen(None, people=True)),
    "ror": lambda value: ror.row("f", 1, value, ()),
    "orcid": lambda value: orcid.row("f", 1, value, people=True),
}
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "https://openalex.org/W1", "https://openalex.org/I" + "9" * 400, "https://ror.org/", "PE", "\ud800", "9999-99-99"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8) | st.sampled_from(["value", "id", "name", "types", "all", "label"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def places(value, path=()):
    """Yield the way to every value inside a value, itself included."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


def exchanged(value, path, other):
    """Return a value with another in one place."""
    if not path:
        return other
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = exchanged(value[path[0]], path[1:], other)
    return made


@pytest.mark.parametrize("name", GOOD)
def test_the_records_of_these_tests_are_good_as_long_as_nothing_is_exchanged(name):
    assert all(isinstance(READ[name](value), Row) for value in GOOD[name])


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_refused(name, data):
    good = data.draw(st.sampled_from(GOOD[name]))
    path = data.draw(st.sampled_from(list(places(good))))
    row = READ[name](exchanged(good, path, data.draw(ANYTHING)))
    assert isinstance(row, Row | Refusal | Gone | Skipped)
    if isinstance(row, Refusal):
        assert row.reason
    if isinstance(row, Row):
        for record in (*row.records, *row.mentions):
            assert record.id.isascii()
            assert record.id == record.id.lower()
            str(record).encode()  # no half characters


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("wrong", [1, True, "x", ["x"], {"x": 1}, [[]], [{"x": []}], 1e308])
def test_the_wrong_type_in_every_place_is_read_or_refused(name, wrong):
    for good in GOOD[name]:
        for path in places(good):
            assert isinstance(READ[name](exchanged(good, path, wrong)), Row | Refusal | Gone | Skipped), path
