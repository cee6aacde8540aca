"""JSON files of every make, element by element; packed, damaged, and made to do harm."""

import gzip
import json
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.errors import BadInput
from matcher.sources import json_files, json_text
from matcher.sources.json_files import read
from matcher.sources.shapes import cleaned
from matcher.text import clean

TWO = [{"a": 1}, {"a": "é"}]


def _limit(monkeypatch, name, value):
    for module in (json_files, json_text):
        monkeypatch.setattr(module, name, value, raising=False)


def written(tmp_path, content, name="file.json"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def told(*paths):
    return [(e.number, str(e.value) if isinstance(e.value, BadInput) else e.value) for e in read(paths)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(TWO),
        json.dumps(TWO, indent=2),
        json.dumps({"meta": {"count": 2}, "results": TWO, "group_by": []}, indent=1),
        json.dumps({"number_of_results": 2, "items": TWO}, indent=1, ensure_ascii=False),
        "\ufeff" + json.dumps(TWO),
    ],
)
def test_members_of_arrays_and_replies_are_counted(tmp_path, content):
    assert told(written(tmp_path, content)) == [(1, {"a": 1}), (2, {"a": "é"})]


def test_lines_have_their_numbers_and_broken_ones_are_told(tmp_path):
    lines = '{"a": 1}\n\n{"a": \n[1]\n{"results": [{"a": 2}, {"a": 3}]}\n' + "[" * 100_000 + '\n{"a": 4}'
    (one, broken, other, two, three, deep, last) = told(written(tmp_path, lines))
    assert (one, other, two, three, last) == ((1, {"a": 1}), (4, [1]), (5, {"a": 2}), (5, {"a": 3}), (7, {"a": 4}))
    assert broken[0] == 3
    assert broken[1].startswith("this cannot be read as JSON")
    assert deep == (6, "the JSON is nested too deeply")


def test_an_object_over_several_lines_is_an_element(tmp_path):
    assert told(written(tmp_path, '{\n "a": 1,\n "b": {"results": []}\n}')) == [(1, {"a": 1, "b": {"results": []}})]


@pytest.mark.parametrize("content", ["[]", '{\n"results": []}', '{"results": []}'])
def test_nothing_is_nothing(tmp_path, content):
    assert told(written(tmp_path, content)) == []


def test_numbers_are_not_cut_where_a_part_ends(tmp_path):
    numbers = list(range(100_000, 160_000))
    assert [value for _, value in told(written(tmp_path, json.dumps(numbers)))] == numbers


def test_a_reply_in_one_long_line_is_read(tmp_path, monkeypatch):
    _limit(monkeypatch, "MAX_ELEMENT", 1000)
    content = json.dumps({"meta": {}, "results": [{"a": "x" * 50}] * 100})
    assert len(told(written(tmp_path, content))) == 100


@pytest.mark.parametrize("content", [b'[{"a": "' + b"x" * 5000 + b'"}]', b'{\n"a": "' + b"x" * 5000 + b'"}'])
def test_an_element_without_measure_is_refused(tmp_path, monkeypatch, content):
    _limit(monkeypatch, "MAX_ELEMENT", 1000)
    with pytest.raises(BadInput, match="one element is larger"):
        told(written(tmp_path, content + b" " * 100_000))


def test_a_line_without_measure_is_refused_alone(tmp_path, monkeypatch):
    _limit(monkeypatch, "MAX_ELEMENT", 1000)
    path = written(tmp_path, b'{"a": 1}\n{"a": "' + b"x" * 5000 + b'"}\n{"a": 3}\n')
    assert told(path) == [(1, {"a": 1}), (2, "the line is longer than 0 MiB"), (3, {"a": 3})]


def test_packed_files_and_folders(tmp_path):
    folder = tmp_path / "snapshot" / "works" / "updated_date=2024-01-01"
    folder.mkdir(parents=True)
    (folder / "part_000.gz").write_bytes(gzip.compress(b'{"a": 1}\n{"a": 2}\n'))
    (folder / "part_001.gz").write_bytes(gzip.compress(b'{"a": 3}\n'))
    (tmp_path / "snapshot" / "works" / "manifest").write_text("{}")
    (tmp_path / "snapshot" / "manifest.json").write_text("{}")
    (tmp_path / "snapshot" / "merged.csv.gz").write_bytes(gzip.compress(b"a,b"))
    found = list(read([tmp_path / "snapshot"]))
    assert [(e.file, e.number, e.value["a"]) for e in found] == [
        ("works/updated_date=2024-01-01/part_000.gz", 1, 1),
        ("works/updated_date=2024-01-01/part_000.gz", 2, 2),
        ("works/updated_date=2024-01-01/part_001.gz", 1, 3),
    ]


def test_of_a_zip_in_two_versions_the_newer_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "dump.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("v1-ror-data.json", '[{"a": 1}]')
        packed.writestr("v1-ror-data_schema_v2.json", '[{"a": 2}]')
        packed.writestr("v1-ror-data.csv", "a\n1")
    assert [(e.file, e.value) for e in read([tmp_path / "dump.zip"])] == [
        ("dump.zip/v1-ror-data_schema_v2.json", {"a": 2})
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"a,b\n1,2\n", "no JSON"),
        ('[{"a": 1}]'.encode("utf-16"), "no JSON"),
        (b'[{"a": 1}, {"a": 2', "behind element 1"),
        (b'[{"a": 1} {"a": 2}]', "behind element 1"),
        (b'[{"a": 1}] [', "behind element 1"),
        (b'[{"a": "\xff\xfe"}]', "damaged"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":\n' * 100_000, "nested too deeply"),
        (gzip.compress(b'{"a": 1}\n' * 5000)[:-20], "cut off, or damaged"),
        (b"\x1f\x8bnonsense", "cut off, or damaged"),
        (b"PK\x03\x04nonsense", "cut off, or damaged"),
        (gzip.compress(b"x" * 1000), "no JSON"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, content, message):
    with pytest.raises(BadInput, match=message) as caught:
        told(written(tmp_path, content))
    assert "file.json" in str(caught.value)


@pytest.mark.parametrize("start", [b"\n", b"[ ", b'{"a": "', b'[{"a": "', b'{"a": 1}\n'])
def test_what_unpacks_without_measure_is_refused(tmp_path, monkeypatch, start):
    _limit(monkeypatch, "MAX_FILE", 100_000)
    content = gzip.compress(start * (300_000 if len(start) == 9 else 1) + start[-1:] * 3_000_000)
    with pytest.raises(BadInput, match=r"unpacks to more than|empty lines|damaged|no JSON"):
        told(written(tmp_path, content))


def test_a_zip_that_unpacks_without_measure_is_refused(tmp_path, monkeypatch):
    _limit(monkeypatch, "MAX_FILE", 100_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.json", '[{"a":"' + "x" * 20_000_000)
    with pytest.raises(BadInput, match="unpacks to more than"):
        told(tmp_path / "bomb.zip")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300),
    head=st.sampled_from([b"", b"[", b"{", b'{"results": [', b"\x1f\x8b", b"PK\x03\x04"]),
)
def test_any_bytes_are_elements_or_an_error_that_tells(tmp_path, content, head):
    path = written(tmp_path, head + content)
    try:
        found, told = list(read([path])), "file.json"
    except BadInput as error:
        found, told = [], str(error)
    assert "file.json" in told
    assert all(each.file == "file.json" for each in found)


@settings(max_examples=300, deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
    indent=st.sampled_from([None, 0, 2]),
)
def test_an_array_is_read_as_the_standard_parser_reads_it(tmp_path_factory, value, indent):
    path = tmp_path_factory.getbasetemp() / "array.json"
    path.write_text(json.dumps([value, value], indent=indent), encoding="utf-8")
    assert [e.value for e in read([path])] == [value, value]


@given(st.text() | st.text(alphabet=" ab<>&;é\u0301\n\t\u00a0"))
def test_what_is_cleaned_quickly_is_cleaned_alike(text):
    assert cleaned(text) == clean(text)
