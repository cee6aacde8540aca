"""Words before anything is compared."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.text import calm_capitals, clean, detect_language, fold, query_stems, sentences, stems, words

# Characters that markup, entities, line ends and accents are made of, so that hypothesis meets them.
TRICKY = st.text(st.sampled_from(list("<>&;/!-#= \n\t\r\x00\x07\u200b\u2028\u0301ab<pbligtamqux3é.?¿")), max_size=40)
MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b>", "<br/>", "<!--", "-->", "&lt;", "&gt;", "&amp;", "<xmp>", "<textarea>", "<", ">", "b", "é", " ", "\n", "<script>", "</script>"]
    ),
    max_size=15,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  dos   espacios\ty\u00a0tabulador ", "dos espacios y tabulador"),
        ("uno\r\n\r\n  dos\n\ntres\n", "uno\ndos\ntres"),
        ("Ca\u0301lculo", "Cálculo"),  # letter and combining accent become one character
        ("timbre\x07 y\u200bcero", "timbre y cero"),  # control and zero-width characters part words
        ("", ""),
        (" \n\t ", ""),
        ("a < b y c > d", "a < b y c > d"),  # comparisons are no markup
        ("1 <2 y 3> 2", "1 <2 y 3> 2"),
        ("I&D; R&D &amp; más", "I&D; R&D & más"),  # only what is an entity
        ("cultivo de &QUOT;YUYO&QUOT;", 'cultivo de "YUYO"'),
    ],
)
def test_clean_leaves_plain_text_with_single_spaces(raw, expected):
    assert clean(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<b>Fibra</b> de <i>alpaca</i>", "Fibra de alpaca"),
        ("H<sub>2</sub>O", "H2O"),  # inline tags do not part a word
        ("<p>Uno</p><p>dos</p>", "Uno\ndos"),  # tags of blocks do
        ("Hola<br>mundo<BR/>hoy", "Hola\nmundo\nhoy"),
        ("<ul><li>hilado<li>tejido</ul>", "hilado\ntejido"),
        ("<tr><td>lana</td><td>tinte</td></tr>", "lana\ntinte"),
        ("<b>I&amp;D</b> &lt; 5 &ntilde;", "I&D < 5 ñ"),
        ("antes<script>alert('x')</script> después", "antes después"),
        ('<a href="javascript:x" onclick="y">enlace</a>', "enlace"),
        ("a<!-- oculto -->b", "ab"),
        ("<div>&lt;p&gt;escapado&lt;/p&gt;</div>", "escapado"),  # markup inside markup
    ],
)
def test_clean_takes_markup_out(raw, expected):
    assert clean(raw) == expected


@settings(max_examples=50, deadline=None)
@given(st.one_of(TRICKY, MARKUP, st.text(max_size=40)))
def test_clean_twice_is_clean_once(raw):
    once = clean(raw)
    assert clean(once) == once
    assert not re.search(r"[^\S\n ]|  |^[ \n]|[ \n]$|\n\n", once)  # nothing doubled, nothing at the edges


def test_capitals_are_calmed_only_in_texts_written_all_in_capitals():
    assert calm_capitals("MEJORA DEL TEÑIDO DE ÑANDÚ") == "mejora del teñido de ñandú"
    assert calm_capitals("Mejora del TEÑIDO") == "Mejora del TEÑIDO"
    assert calm_capitals("PUCP 2024") == "PUCP 2024"  # 4 letters: an acronym
    assert calm_capitals("ABCDEFGHij") == "abcdefghij"  # 8 of 10 letters: just enough
    assert calm_capitals("ABCDEFGhij") == "ABCDEFGhij"  # 7 of 10
    assert calm_capitals("") == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ñandú", "nandu"),
        ("ÁÉÍÓÚ Üü", "aeiou uu"),
        ("Straße", "strasse"),
        ("pi\u0301o", "pio"),
        ("C13; 5 %", "c13; 5 %"),
    ],
)
def test_fold_drops_case_and_accents(raw, expected):
    assert fold(raw) == expected


def test_words_keep_inner_hyphens_and_apostrophes():
    text = "Café-bar d'Ayacucho, 3.5 kg_x"
    assert [text[a:b] for a, b in words(text)] == ["Café-bar", "d'Ayacucho", "3", "5", "kg", "x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Teñimos lana. Medimos color.", ["Teñimos lana.", "Medimos color."]),
        ("¿Qué pasa? ¡Se corre! ¿Y ahora?", ["¿Qué pasa?", "¡Se corre!", "¿Y ahora?"]),
        ("Pesa 3.5 kg. aprox. y encoge", ["Pesa 3.5 kg. aprox. y encoge"]),  # a small letter follows
        ("Lava; Seca; 3 veces", ["Lava;", "Seca;", "3 veces"]),
        ("línea uno\n\n línea dos ", ["línea uno", "línea dos "]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, expected):
    assert [text[a:b] for a, b in sentences(text)] == expected


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from(list("aAáÑ1.!?;… \n\t\u00a0\u2003¿-")), max_size=60))
def test_sentences_cover_every_character_that_is_no_space_once_and_in_order(text):
    spans = sentences(text)
    covered = [i for a, b in spans for i in range(a, b)]
    assert covered == sorted(set(covered))  # in order, no overlap
    assert {i for i, c in enumerate(text) if not c.isspace()} <= set(covered)
    assert all(text[a:b].strip() for a, b in spans)


def test_stems_meet_across_accents_and_endings_and_drop_words_of_asking():
    assert stems("exportación", "es") == stems("EXPORTACION", "es") == ["export"]
    # Snowball Spanish: fibra -> fibr, textiles -> textil; "necesito", "de", "y", "los" say nothing
    assert stems("Necesito fibra de alpaca y los textiles", "es") == ["fibr", "alpac", "textil"]
    # Porter2: dry, drying -> dri; leaves -> leav; "I", "need", "to" say nothing
    assert stems("I need to dry, drying leaves", "en") == ["dri", "dri", "leav"]
    # Porter2: materials -> materi, bags -> bag; pronouns of English say nothing either
    assert stems("We test our materials; my bags, your bags and you", "en") == [
        "test",
        "materi",
        "bag",
        "bag",
    ]
    assert stems("What do they have? I am looking for us all", "en") == []
    assert stems("x 5 C13", "es") == ["5", "c13"]  # single letters go, digits stay
    assert stems("Wasser fließt", "de") == ["wasser", "fliesst"]  # no stemmer: folded only


def test_query_stems_give_both_languages_and_one_where_they_agree():
    # Spanish leaves "drying" and makes "fibr"; Porter2 makes "dri" and leaves "fibra"; "lana" in both: lan / lana
    assert query_stems("drying fibra") == ["drying", "dri", "fibr", "fibra"]
    assert query_stems("color 2024") == ["color", "2024"]
    assert query_stems("necesito") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Se corren los colores de mis chompas de alpaca al lavarlas", "es"),
        ("We look for somebody who can dry oregano leaves without losing colour", "en"),
        ("Precisamos secar as folhas e não sabemos como fazer isso", "pt"),
        ("NECESITAMOS TEÑIR LANA SIN QUE PIERDA COLOR", "es"),
        ("2024: 35 % / 7", None),
        ("", None),
    ],
)
def test_language_is_detected_among_three(text, expected):
    assert detect_language(text) == expected
