"""Words of like meaning, with vectors that were drawn by hand among random ones."""

import zlib
from dataclasses import dataclass, field

import numpy as np
import pytest

from matcher.encode import Role
from matcher.index.side import SideIndex
from matcher.meanings import MIN_SAMPLE, Echo, Meanings, QuestionWords, Sentence
from matcher.records import Evidence, Partner, Side
from matcher.text import EMPTY

DIMENSIONS = 64
LIKE = {"zapato": "calzado", "saco": "seco", "madera": "tablas"}  # each pair has one vector


def unit(name: str) -> np.ndarray:
    vector = np.random.default_rng(zlib.crc32(name.encode())).normal(size=DIMENSIONS)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@dataclass
class Words:
    """A text's vector is the mean of its words'; alike words share one."""

    revision: str = "words"
    dimensions: int = DIMENSIONS
    asked: list[tuple[str, Role]] = field(default_factory=list)

    def windows(self, text):
        return [text]

    def encode(self, texts, role, progress=None):
        self.asked += [(text, role) for text in texts]
        sums = [np.sum([unit(LIKE.get(word, word)) for word in text.lower().split()], axis=0) for text in texts]
        return np.array([each / np.linalg.norm(each) for each in sums], np.float32).reshape(-1, DIMENSIONS)


LETTERS = "bcdfglmnprst"
USUAL = [f"{a}u{b}i{c}o" for a in LETTERS for b in "lmn" for c in "rst"]  # 108 words that mean nothing to anybody


@pytest.fixture
def encoder() -> Words:
    return Words()


@pytest.fixture
def meanings(encoder) -> Meanings:
    return over(encoder, USUAL)


# What the side's texts say besides; in another language, so that their words are not usual ones.
SAID = """Taller de calzado
Taller de zapatos
Curtido de cuero
Grano seco
Taller en Calzado
Calzado de cuero"""


def over(encoder: Words, usual: list[str]) -> Meanings:
    partner = Partner("p", Side.SUPPLY, "P", "faculty")
    texts = [
        Evidence("e", ("p",), "project", " ".join(usual), None, "es"),
        Evidence("f", ("p",), "project", SAID, None, "pt"),
    ]
    meanings = Meanings(SideIndex.build([partner], texts, encoder, None), QuestionWords(encoder))
    encoder.asked.clear()
    return meanings


def echoes(meanings: Meanings, question: str, *texts: str, language: str = "es") -> list[tuple[Echo, ...]]:
    encoder = Words()
    vector = encoder.encode([question], Role.QUERY)[0]
    told = [Sentence(text, language, encoder.encode([text], Role.PASSAGE)[0]) for text in texts]
    return meanings.echoes(meanings.words.read(question), "es", vector, told)


def test_a_word_of_like_meaning_is_found_with_the_word_that_it_answers(meanings):
    found = echoes(meanings, "zapato escolar", "Taller de calzado", "Curtido de cuero")
    assert found == [(Echo(10, 17, "zapato"),), ()]


def test_a_word_that_the_question_has_too_is_no_echo(meanings):
    assert echoes(meanings, "zapato escolar", "Taller de zapatos") == [()]


def test_words_that_only_look_alike_are_no_echo(meanings):
    assert echoes(meanings, "saco escolar", "Grano seco") == [()]  # though their vectors are the same


def test_a_name_is_no_echo(meanings):
    assert echoes(meanings, "zapato escolar", "Taller en Calzado") == [()]
    assert echoes(meanings, "zapato escolar", "Calzado de cuero") == [(Echo(0, 7, "zapato"),)]  # a sentence begins so


def test_words_of_asking_have_no_echo(meanings):
    assert "cuanto" in EMPTY
    assert echoes(meanings, "cuánto", "Taller de calzado") == [()]
    assert echoes(meanings, "¿?", "Taller de calzado") == [()]


def test_where_too_few_words_are_known_nothing_is_marked(encoder):
    few = over(encoder, USUAL[: MIN_SAMPLE - 1])
    assert echoes(few, "zapato escolar", "Taller de calzado") == [()]
    enough = over(encoder, USUAL[:MIN_SAMPLE])
    assert echoes(enough, "zapato escolar", "Taller de calzado") == [(Echo(10, 17, "zapato"),)]


def test_a_sentence_in_a_language_without_words_is_left_alone(meanings):
    assert echoes(meanings, "zapato escolar", "Taller de calzado", language="qu") == [()]


def test_only_the_words_of_a_question_are_encoded_and_those_as_questions(meanings, encoder):
    # A server keeps no vectors of questions, so a word that somebody asked with must not become a passage.
    echoes(meanings, "zapato escolar", "Taller de calzado")
    assert encoder.asked == [("zapato", Role.QUERY), ("escolar", Role.QUERY)]


def test_a_word_that_was_asked_lately_is_not_encoded_again(encoder, monkeypatch):
    monkeypatch.setattr("matcher.meanings.REMEMBERED", 2)
    words = QuestionWords(encoder)
    for question in ("zapato escolar", "escolar barato", "zapato caro"):
        words.read(question)
    # `zapato` was the one to give way when `barato` came.
    assert [word for word, _ in encoder.asked] == ["zapato", "escolar", "barato", "zapato", "caro"]
    told, vectors = words.read("zapato caro")
    assert told == {"zapato": (0, 6), "caro": (7, 11)}
    np.testing.assert_allclose(vectors, [unit("calzado"), unit("caro")], atol=1e-6)
    assert len(encoder.asked) == 5


def test_what_is_usual_serves_again_where_it_has_not_changed(meanings, encoder):
    meanings.prepare()
    before = dict(meanings._usual)
    assert before
    assert all(Meanings(meanings.side, meanings.words, meanings)._usual[key] is usual for key, usual in before.items())
    other = over(encoder, USUAL[:70])  # other words stand for all
    assert ("es", Role.QUERY) not in Meanings(other.side, other.words, meanings)._usual
