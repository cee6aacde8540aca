"""Delimited tables: what is cut at once is what the csv module reads."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.sources.delimited import Broken, Table, _rows, read_rows
from matcher.sources.reading import read_text, slug
from matcher.text import clean, fold, is_clean

PIECES = ['"', '""', '";"', ";", "a", "ñ", " ", "\\", '\\"', "\n", "\r", "\r\n", '"\n', '"\n"', "\0", "\u2028"]


def by_csv(text, escape):
    """Read as the csv module does, empty rows left out, each with its first line."""
    reader, before, found = csv.reader(io.StringIO(text, newline=""), delimiter=";", escapechar=escape), 0, []
    for values in reader:
        if values:
            found.append((before + 1, values))
        before = reader.line_num
    return found


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.sampled_from([None, "\\"]))
def test_rows_are_those_of_the_csv_module(text, escape):
    assert list(_rows(iter(io.StringIO(text, newline="")), ";", escape)) == by_csv(text, escape)


def test_a_table_whose_quotes_are_never_closed_tells_it_and_plain_ones_go_on(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b'\xef\xbb\xbf"a";"b"\r\n"1";"two\nlines"\n\n"3";"x;y"\n"4";"' + b"z" * 200_000 + b'"\n"5";""\n')
    found = list(read_rows(Table(path), ";"))
    assert [(number, values) for number, values in found if not isinstance(values, Broken)] == [
        (1, ["a", "b"]), (2, ["1", "two\nlines"]), (5, ["3", "x;y"]), (7, ["5", ""]),
    ]  # fmt: skip
    ((number, broken),) = [each for each in found if isinstance(each[1], Broken)]
    assert (number, "field larger" in broken.reason) == (6, True)


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("año;ñandú\r\n", "utf-8"),
        ("año;ñandú\n", "utf-8-sig"),
        ("año;ñandú\n", "utf-16"),
        ("año; “ñandú”\n", "cp1252"),
        ("x" * 2**18 + "ñ", "cp1252"),  # told by what stands behind the first part that is read
        ("x" * (2**18 - 1) + "ñ", "utf-8"),  # a letter of two bytes lies on the border
        ("", "utf-8"),
    ],
)
def test_a_text_is_read_in_its_encoding_with_its_line_ends(tmp_path, written, encoding):
    path = tmp_path / "text.csv"
    path.write_bytes(written.encode(encoding))
    assert read_text(path) == written


def test_a_text_cut_in_the_midst_of_a_letter_is_no_utf_8(tmp_path):
    (path := tmp_path / "text.csv").write_bytes("añ".encode()[:2])
    assert read_text(path) == "aÃ"


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(list("aB1 -_ñÁß/.\n²")), max_size=12))
def test_a_slug_has_one_hyphen_for_all_else_than_letters_and_digits(text):
    expected, gap = "", False
    for c in fold(text):
        if c in "abcdefghijklmnopqrstuvwxyz0123456789":
            expected += ("-" if gap and expected else "") + c
        gap = c not in "abcdefghijklmnopqrstuvwxyz0123456789"
    assert slug(text) == expected


@settings(max_examples=500, deadline=None)
@given(st.text(st.one_of(st.sampled_from(list("ab <&;é\n\t\xa0\xad\u0301\u2013\ud800")), st.characters()), max_size=12))
def test_what_is_clean_stays_and_white_space_around_a_text_changes_nothing(text):
    if is_clean(text):
        assert clean(text) == text
        assert text.isprintable()
        assert "  " not in text
        assert not {"<", "&"} & set(text)
    assert clean(f" \n{text}\t ") == clean(text)
