"""Names of organisations taken apart, and how alike two are."""

import pytest

from matcher.name_likeness import Place, likeness
from matcher.organisation_names import is_short_for, parse


@pytest.mark.parametrize(
    ("name", "tokens", "legal"),
    [
        ("Gloria S.A.", ("gloria",), "sa"),
        ("GLORIA S A", ("gloria",), "sa"),
        ("CAMPOSOL SOCIEDAD ANONIMA", ("camposol",), "sa"),
        ("QUINUANDINA SOCIEDAD ANONIMA CERRRADA", ("quinuandina",), "sac"),
        ("TUMIMED S.R. LTDA", ("tumimed",), "srl"),
        ("BODES SOCIEDAD COMERCIAL DE RESPONSABIILIDAD LIMITADA", ("bode",), "srl"),
        ("ARAD EIRL", ("arad",), "eirl"),
        ("Laboratorios Uno S.A. de C.V.", ("laboratorio", "uno"), "sadecv"),
        ("WT SOURCING S.A.C. BIC", ("wt", "sourcing"), "sac"),
        ("Univ. Nac. de Trujillo", ("universidad", "nacional", "trujillo"), None),
        ("University of São Paulo", ("universidad", "sao", "paulo"), None),
        ("CITEagroindustrial Ica", ("cite", "agroindustrial", "ica"), None),
        ("R&amp;D Perú", ("r", "d", "peru"), None),
        ("S.A.C.", ("sac",), None),  # nothing else: it is the name
        ("()", (), None),
    ],
)
def test_a_name_without_its_legal_form_in_one_spelling(name, tokens, legal):
    found = parse(name)
    assert (found.tokens, found.legal) == (tokens, legal)


@pytest.mark.parametrize(
    ("name", "acronyms"),
    [
        ("Universidad Nacional Mayor de San Marcos (UNMSM)", {"unmsm"}),
        ("UIS - Universidad Industrial de Santander", {"uis"}),
        ("UNIVERSIDAD NACIONAL DE INGENIERIA UNI", {"uni"}),
        ("Universidad Autónoma de Nuevo León, UANL", {"uanl"}),
        ("INDUSTRIAS ELECTROQUIMICAS S.A. IEQSA", {"ieqsa"}),
        ("UNSAAC", {"unsaac"}),
        ("Quesería artesanal, Ayaviri", set()),  # a place
        ("Universidad de Lima", set()),
    ],
)
def test_acronyms_beside_a_name(name, acronyms):
    assert parse(name).acronyms == acronyms


def test_a_second_name_after_a_legal_form_is_another_name():
    found = parse("SUCESORES OLAZABAL S.A.C. - SOLAR REPRESENTACIONES S.A.C.")
    assert (found.tokens, found.others) == (("sucesor", "olazabal"), (("solar", "representacion"),))


def test_a_faculty_keeps_its_university_in_its_name():
    found = parse("Facultad de Ciencias, Universidad Nacional de Ingeniería (UNI)")
    assert found.head == ("facultad", "ciencia")
    assert found.tokens == ("facultad", "ciencia", "universidad", "nacional", "ingenieria")


@pytest.mark.parametrize(
    ("acronym", "words", "fits"),
    [
        ("embrapa", ("empresa", "brasileira", "pesquisa", "agropecuaria"), True),
        ("espol", ("escuela", "superior", "politecnica", "litoral"), True),
        ("unicamp", ("universidade", "estadual", "campinas"), True),
        ("embrapa", ("instituto", "brasileira", "pesquisa"), False),
        ("xy", ("xenon", "yodo"), False),  # too short
    ],
)
def test_acronyms_of_syllables(acronym, words, fits):
    assert is_short_for(acronym, words) is fits


def test_the_share_of_words_that_both_have():
    a, b = parse("Universidade de São Paulo"), parse("Universidade Federal de São Paulo")
    assert likeness(a, b) == pytest.approx(3 / 4)


def test_a_word_that_only_says_where_counts_a_quarter_beside_one_that_says_more():
    a, b = parse("Universidad Nacional del Altiplano"), parse("Universidad Nacional del Altiplano Puno")
    assert likeness(a, b) == pytest.approx(3 / 4)
    assert likeness(a, b, Place(frozenset({"puno"}))) == pytest.approx(3 / 3.25)


def test_beside_generic_words_alone_a_place_is_the_name():
    a, b = parse("Universidad de Chile"), parse("Universidad de Santiago de Chile")
    assert likeness(a, b, Place(frozenset({"chile", "santiago"}))) == pytest.approx(2 / 3)


def test_two_places_are_two():
    a, b = parse("Quesería artesanal, Cangallo"), parse("Quesería artesanal, Ayaviri")
    assert likeness(a, b, Place(frozenset({"cangallo", "ayaviri"}))) == pytest.approx(2 / 4)


def test_a_part_is_not_the_whole():
    a = parse("Escuela de Posgrado de la Universidad de Piura")
    assert likeness(a, parse("Universidad de Piura")) <= 0.5


def test_a_name_of_one_word_must_be_spelt_alike():
    assert likeness(parse("Ategia S.A.C."), parse("Attegia S.A.C.")) == 0.85
    assert likeness(parse("Tecnofood S.A.C."), parse("Tecnofish S.A.C.")) == 0.0


@pytest.mark.parametrize(("a", "b", "alike"), [("S.A.", "S.A.C.", 0.93), ("S.R.L.", "S.A.C.", 0.87), ("", "S.A.C.", 1)])
def test_legal_forms(a, b, alike):
    assert likeness(parse(f"Molino San Nicolás {a}"), parse(f"Molino San Nicolás {b}")) == pytest.approx(alike)
