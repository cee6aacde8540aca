"""Sectors of the economy (ISIC Rev. 4) and fields of science (OECD FORD)."""

import pytest

from matcher.errors import NotFound
from matcher.fields import find_field, names
from matcher.sectors import closest, find_sector, likeness, sector_name, tree

# The classification's own outline (UN, Series M No. 4 Rev. 4): section -> first and last division.
OUTLINE = {
    "A": (1, 3), "B": (5, 9), "C": (10, 33), "D": (35, 35), "E": (36, 39), "F": (41, 43), "G": (45, 47),
    "H": (49, 53), "I": (55, 56), "J": (58, 63), "K": (64, 66), "L": (68, 68), "M": (69, 75), "N": (77, 82),
    "O": (84, 84), "P": (85, 85), "Q": (86, 88), "R": (90, 93), "S": (94, 96), "T": (97, 98), "U": (99, 99),
}  # fmt: skip


def test_the_tree_is_the_classifications_outline_in_order():
    expected = [
        code
        for section, (first, last) in OUTLINE.items()
        for code in (section, *(f"{section}{n:02}" for n in range(first, last + 1)))
    ]
    assert list(tree()) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C13", "C13"),
        (" c13 ", "C13"),
        ("CIIU C 13", "C13"),
        ("ISIC C13", "C13"),
        ("13", "C13"),
        ("01", "A01"),
        ("1311", "C1311"),
        ("c1311", "C1311"),
        ("13.1", "C131"),
        ("C", "C"),
        ("textiles", "C13"),
        ("Confección", "C14"),
        ("FABRICACIÓN DE PRODUCTOS TEXTILES", "C13"),
        ("Manufacture of textiles", "C13"),
        ("minería", "B"),
        ("software", "J62"),
        ("Enseñanza", "P85"),  # title of the section and of its only division: the division wins
    ],
)
def test_a_sector_goes_by_code_title_or_everyday_name(text, code):
    assert find_sector(text) == code


@pytest.mark.parametrize("text", ["C99", "Z10", "34", "C1", "C13111", "", "zzzz"])
def test_what_is_no_sector_is_refused(text):
    with pytest.raises(NotFound):
        find_sector(text)


def test_a_slip_is_refused_with_the_nearest_name():
    with pytest.raises(NotFound, match=r"'textilles' is not known.*Nearest: textiles, textil, astilleros$"):
        find_sector("textilles")


def test_titles_in_both_languages_and_of_deeper_codes():
    assert sector_name("C13", "es") == "Fabricación de productos textiles"
    assert sector_name("C13", "en") == "Manufacture of textiles"
    assert sector_name("C1311", "en") == "Manufacture of textiles"
    assert sector_name("B", "es") == "Explotación de minas y canteras"
    assert sector_name("Z9", "es") == "Z9"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("C13", "C13", 1.0),
        ("C1311", "C1311", 1.0),
        ("C1311", "C1312", 0.9),  # one group, 131
        ("C131", "C1311", 0.9),
        ("C131", "C139", 0.8),  # one division, 13
        ("C13", "C1311", 0.8),
        ("C13", "C14", 0.2),  # one section
        ("C", "C14", 0.2),
        ("C", "C", 1.0),
        ("C13", "A01", 0.0),
        ("C10", "J10", 0.0),  # same digits, another section
    ],
)
def test_likeness_goes_by_the_deepest_level_shared(a, b, expected):
    assert likeness(a, b) == likeness(b, a) == expected


def test_closest_takes_the_best_pair_and_tells_whose():
    assert closest(["C13", "A01"], ["C14", "A01", "J62"]) == (1.0, "A01")
    assert closest(["C13"], ["C15", "C14"]) == (0.2, "C14")  # of equals the first in order
    assert closest(["C13"], []) == (0.0, None)
    assert closest([], ["C13"]) == (0.0, None)


def test_fields_are_the_six_areas_of_ford_with_their_fields():
    # Frascati Manual 2015, table 2.2
    counts = {"1": 7, "2": 11, "3": 5, "4": 5, "5": 9, "6": 5}
    assert list(names()) == [c for area, n in counts.items() for c in (area, *(f"{area}.{i}" for i in range(1, n + 1)))]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2.11", "2.11"),
        (" 2.1 ", "2.1"),
        ("2.10", "2.10"),
        ("ingenieria quimica", "2.4"),
        ("Chemical Engineering", "2.4"),
        ("Nanotecnología", "2.10"),
    ],
)
def test_a_field_goes_by_code_or_title(text, code):
    assert find_field(text) == code


@pytest.mark.parametrize("text", ["2.12", "7", "alquimia", ""])
def test_what_is_no_field_is_refused(text):
    with pytest.raises(NotFound, match="FORD"):
        find_field(text)
