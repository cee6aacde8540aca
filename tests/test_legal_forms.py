"""Spellings of one organisation's name, and names that are no spellings of each other."""

import pytest

from matcher.sources.legal_forms import key_of

SAME = [
    ("TELARES DEL SUR SOCIEDAD ANONIMA CERRADA - TELARES S.A.C.", "Telares del Sur SAC", "TELARES  DEL SUR S. A. C."),
    ("QUESERÍA ALTA E.I.R.L.", "QUESERIA ALTA EMPRESA INDIVIDUAL DE RESPONSABILIDAD LIMITADA - QUESERIA ALTA E.I.R.L"),
    ("QUESERIA ALTA EMPRESA INDIVIDUAL DE RESPONASABILIDAD LIMITADA", "QUESERIA ALTA EIRL,"),  # a typist's, a portal's
    ("HILOS & LANAS S.R.LTDA.", "HILOS Y LANAS SOCIEDAD COMERCIAL DE RESP. LIMITADA", "HILOS &AMP; LANAS S R L"),
    ("MADERAS TRES SOCIEDAD ANONIMA CERRAD", "MADERAS TRES S.A.C. EN LIQUIDACION", "MADERAS TRES S.A."),
    ("UNIVERSIDAD NACIONAL DE LAS SIERRAS", "Universidad Nac. de las Sierras", "UNIVERSIDAD NACIONAL DE LAS SIERRAS - UNS"),
    ("UNIVERSIDAD NACIONAL DE INDUSTRIAS UNI", "UNIVERSIDAD NACIONAL DE INDUSTRIAS"),
    ("COOPERATIVA AGRARIA EL CERRO LTDA.", "COOPERATIVA AGRARIA EL CERRO", "COOPERATIVA AGRARIA EL CERRO LIMITADA (COOCERRO)"),
    ("COORPORACION PESQUERA DOS S.A.C.", "CORPORACIÓN PESQUERA DOS S.A.C."),
    ("AGRO INDUSTRIAS D'CAMPO SAC", "AGROINDUSTRIAS DCAMPO S.A.C."),
    ('"LANAS UNO" S.A.', "LANAS UNO SA"),
    ("CIA. MINERA CERRO ALTO S A", "COMPAÑIA MINERA CERRO ALTO S.A.A."),
]  # fmt: skip
DIFFERENT = [
    ("TELARES DEL SUR S.A.C.", "TELARES DEL NORTE S.A.C."),
    ("TELARES DEL SUR S.A.C.", "TELARES DEL SUR E.I.R.L."),  # another register: perhaps another firm
    ("TELARES S.A.C.", "TELARES DEL SUR S.A.C."),
    ("N & A S.A.C.", "NA S.A.C."),
    ("UNIVERSIDAD DE SAN MARTIN", "UNIVERSIDAD NACIONAL DE SAN MARTIN"),
    ("ASOCIACION DE APICULTORES - PUNO", "ASOCIACION DE APICULTORES - CUSCO"),
    ("CARO HERMANOS S.A.", "CARRO HERMANOS S.A."),
    ("S.A.C.", "S.A."),
]


@pytest.mark.parametrize("spellings", SAME)
def test_spellings_of_one_name_share_a_key(spellings):
    assert len({key_of(name) for name in spellings}) == 1, [key_of(name) for name in spellings]


@pytest.mark.parametrize("names", DIFFERENT)
def test_other_names_have_other_keys(names):
    assert len({key_of(name) for name in names}) == len(names)


def test_a_key_is_legible_and_never_empty():
    assert key_of('Cía. Textil "El Sol" Sociedad Anónima Cerrada - El Sol S.A.C.') == "companiatextilsol sa"
    assert key_of("DE LA") == "dela"
    assert key_of("") == ""
