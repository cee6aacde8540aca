"""Texts mended: encodings, markup, LaTeX, boilerplate, capitals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.latex import without_latex
from matcher.mending import in_capitals, mended, mended_title, sentence_case


@pytest.mark.parametrize(
    ("given", "mended_to"),
    [
        ("MÃ¡s informaciÃ³n sobre nÃºcleos", "Más información sobre núcleos"),
        ("<p>Uno</p><p>dos</p>", "Uno\ndos"),
        ("Resumen: Se estudia el secado.", "Se estudia el secado."),
        ("ABSTRACT - Drying of oregano.", "Drying of oregano."),
        ("Resumen de actividades del año", "Resumen de actividades del año"),  # no label
        ("Secado solar. © 2019 Elsevier Ltd. All rights reserved.", "Secado solar."),
        ("Secado solar. Copyright (c) 2020 Universidad Uno", "Secado solar."),
        ("Secado solar. Todos los derechos reservados.", "Secado solar."),
        ("Incluye (a) sensores; (b) redes; (c) tableros.", "Incluye (a) sensores; (b) redes; (c) tableros."),
        ("El señor dijo “hola”", "El señor dijo “hola”"),
        ("Copyright 2020", "Copyright 2020"),  # nothing else would be left
        ("", ""),
    ],
)
def test_a_text_as_one_would_have_typed_it(given, mended_to):
    assert mended(given) == mended_to


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        ("H$_{2}$O", "H2O"),
        ("CO$_2$ at 25 $^{\\circ}$C", "CO2 at 25 °C"),
        ("\\textit{Zea mays}", "Zea mays"),
        ("Caf\\'{e} de Per\\'u, ma\\~{n}ana", "Café de Perú, mañana"),
        ("$\\alpha$-amylase \\cite{one}", "α-amylase "),
        ("$\\frac{a}{b}$", "a/b"),
        ("Cuesta $5 y $7", "Cuesta $5 y $7"),
        ("C:\\temp\\notes", "C:\\temp\\notes"),
        ("snake_case y x^2", "snake_case y x^2"),
    ],
)
def test_latex_as_people_read_it(latex, plain):
    assert without_latex(latex) == plain


@pytest.mark.parametrize(
    ("capitals", "calm"),
    [
        ("SECADO SOLAR DE ORÉGANO", "Secado solar de orégano"),
        ("SISTEMA IOT PARA MEDIR CO2 Y PH EN CUSCO", "Sistema IoT para medir CO2 y pH en Cusco"),
        ("RED DE SENSORES (RESEAL) - FASE II. APLICACIÓN WEB", "Red de sensores (RESEAL) - fase II. Aplicación web"),
        ("PROTOTIPO 3D, ETAPA I, CON VITAMINA C Y RAYOS X", "Prototipo 3D, etapa I, con vitamina C y rayos X"),
        ("NORMA ISO 9001:2015 EN UNO S.A.C.", "Norma ISO 9001:2015 en uno S.A.C."),
        ('CALIDAD EN LA EMPRESA "TRES AGUAS S.R.L."', 'Calidad en la empresa "Tres Aguas S.R.L."'),
        ("EXTRACTO DE ASPERGILLUS SP. Y OTROS", "Extracto de aspergillus sp. Y otros"),
        ("Secado Solar de ORÉGANO", "Secado Solar de ORÉGANO"),  # not all in capitals
        ("UNSAAC", "UNSAAC"),  # a name
        ("¿CÓMO SECAR CAFÉ? MÉTODOS", "¿Cómo secar café? Métodos"),
    ],
)
def test_capitals_calmed_with_acronyms_kept(capitals, calm):
    assert sentence_case(capitals) == calm


def test_a_title_is_one_line():
    assert mended_title("<b>SECADO\nSOLAR</b> DE CAFÉ") == "Secado solar de café"


def test_what_is_written_in_capitals():
    assert in_capitals("SECADO DE CAFÉ s")
    assert not in_capitals("Secado de CAFÉ")
    assert not in_capitals("ABC 123")


@given(st.text(max_size=200))
def test_what_is_mended_stays_as_it_is(text):
    once = mended_title(text)
    assert not in_capitals(once) or sentence_case(once) == once


@given(st.text(st.characters(categories=["Lu", "Nd", "Zs", "Po"]), max_size=80))
def test_calming_changes_no_letter_but_its_size(text):
    assert sentence_case(text).casefold() == text.casefold()


def test_the_stop_of_an_abbreviation_ends_no_sentence():
    given = "SISTEMA DE GESTIÓN EN LA EMPRESA PIEDRA S.A. CON EL FIN DE EXPORTAR. SEGUNDA FASE, PIEDRA S.A.C. Y OTROS"
    assert sentence_case(given) == (
        "Sistema de gestión en la empresa piedra S.A. con el fin de exportar. Segunda fase, piedra S.A.C. y otros"
    )
