"""What is found out about records whose fields are empty."""

from conftest import FakeEncoder

from matcher.completing import codes_of, places_of, texts_of
from matcher.index.text_guess import FEW
from matcher.records import Evidence, Partner, Side
from matcher.wholeness import Derived, Records, fingerprint, shown


def partner(**given: str) -> Partner:
    return Partner("p", Side.SUPPLY, "Uno", "firm", **given)


def test_a_region_names_its_country_and_a_city_its_region():
    assert list(places_of([partner(region="PE-CUS")])) == [
        Derived("partner", "p", "country", "PE", 1.0, "region", fingerprint("|PE-CUS|"))
    ]
    (found,) = places_of([partner(country="PE", city="Juliaca")])
    assert (found.field, found.value, found.method) == ("region", "PE-PUN", "city")
    assert [d.field for d in places_of([partner(city="Arequipa")])] == ["region", "country"]


def test_what_is_given_is_not_asked():
    assert list(places_of([partner(country="PE", region="PE-LIM", city="Juliaca"), partner(country="PE")])) == []


def test_titles_are_mended_and_languages_told():
    text = Evidence("e", ("p",), "project", "Se seca el orégano al sol en la sierra.", title="SECADO DE ORÉGANO")
    found = {d.field: d.value for d in texts_of([text])}
    assert found == {"title": "Secado de orégano", "language": "es"}
    whole = shown(Records((partner(),), (text,)), [], texts_of([text])).evidence[0]
    assert (whole.title, whole.text, whole.language) == ("Secado de orégano", text.text, "es")


def test_confidential_texts_are_left_alone():
    text = Evidence("e", ("p",), "need", "SECADO DE ORÉGANO AL SOL", confidential=True, summary="Secado")
    assert list(texts_of([text])) == []
    assert list(codes_of([text], FakeEncoder())) == []


def test_two_words_tell_no_language():
    assert list(texts_of([Evidence("e", ("p",), "project", "Sol y", language=None)])) == []


def test_codes_go_only_to_texts_that_have_none():
    words = {"A01": "papa quinua riego suelo", "C14": "tela costura molde prenda"}
    texts = [
        Evidence(f"{code}{n}", ("p",), "project", f"{some} {some}", sectors=(code,))
        for code, some in words.items()
        for n in range(FEW)
    ]
    asked = Evidence("x", ("p",), "project", f"{words['A01']} {words['A01']}")
    found = [d for d in codes_of([*texts, asked], FakeEncoder()) if d.field == "sectors"]
    assert [(d.record, d.value) for d in found] == [("x", ("A01",))]
