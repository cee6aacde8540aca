"""The Spanish catalogue: whole, and with the same fields as the English messages."""

import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from matcher.errors import NotFound
from matcher.language import LOCALE, languages, translator

ROOT = Path(__file__).resolve().parent.parent


def messages() -> set[str]:
    keywords = {"N_": None, "_": None}
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    found = set()
    for package in ("matcher", "api", "eval"):
        found |= {text for _, _, text, _, _ in extract_from_dir(str(ROOT / package), methods, keywords=keywords)}
    return found


def spanish() -> dict[str, str]:
    with (LOCALE / "es.po").open("rb") as file:
        return {m.id: m.string for m in read_po(file, locale="es") if m.id and not m.fuzzy}


def test_every_message_is_in_the_catalogue_and_no_other():
    assert set(spanish()) == messages()


def test_every_message_is_translated():
    assert [english for english, text in spanish().items() if not text] == []


@pytest.mark.parametrize(("english", "text"), sorted(spanish().items()))
def test_a_translation_has_the_fields_of_its_message(english, text):
    def fields(template):
        return sorted((name, conversion) for _, name, _, conversion in string.Formatter().parse(template) if name)

    assert fields(text) == fields(english)


def test_an_error_speaks_the_readers_language_and_is_logged_in_english():
    error = NotFound("no {kind} has the id {id!r}", kind="partner", id="nadie")
    assert error.text(translator("es")) == "ningún registro de tipo partner tiene el id 'nadie'"
    assert str(error) == "no partner has the id 'nadie'"


def test_spanish_comes_first_and_an_unknown_language_is_english():
    assert languages() == ("es", "en")
    assert translator("fr")("supply") == "supply"
