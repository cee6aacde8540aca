"""Texts of one partner that say the same."""

from matcher.duplicates import Twin, twins
from matcher.records import Evidence


def text(id_: str, title: str, partner: str = "p", language: str | None = "es") -> Evidence:
    return Evidence(id_, (partner,), "project", title, language=language)


def test_the_same_in_other_letters_is_found():
    a, b = text("a", "SECADO SOLAR DE ORÉGANO, EN PUNO"), text("b", "Secado solar de oregano en Puno")
    assert twins([b, a]) == [Twin("a", "b", 1.0)]


def test_one_slip_in_a_long_title_is_nearly_the_same():
    a = text("a", "Monitoreo de glaciares con drones en la cordillera")
    b = text("b", "Monitoreo de glaciares con dromes en la cordillera")
    assert twins([a, b]) == [Twin("a", "b", 0.98)]  # 49 of 50 letters


def test_numbers_phases_partners_and_languages_make_two():
    one = "Planta de secado de orégano en el valle, fase"
    assert twins([text("a", f"{one} I"), text("b", f"{one} II")]) == []
    assert twins([text("a", f"{one} 1"), text("b", f"{one} 2")]) == []
    assert twins([text("a", one), text("b", one, "q")]) == []
    assert twins([text("a", one), text("b", one, language="en")]) == []
    assert twins([text("a", one), text("b", one, language=None)]) == [Twin("a", "b", 1.0)]


def test_a_shared_partner_among_several_is_enough():
    a = Evidence("a", ("p", "q"), "project", "Curtido de cuero sin cromo en Arequipa")
    b = Evidence("b", ("r", "q"), "project", "Curtido de cuero sin cromo en Arequipa")
    assert twins([a, b]) == [Twin("a", "b", 1.0)]


def test_texts_without_words_are_met_by_what_they_are():
    assert twins([text("a", "3D"), text("b", "3D"), text("c", "4D")]) == [Twin("a", "b", 1.0)]
