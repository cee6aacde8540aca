"""What is read of texts when they are indexed: their sentences and words, so that no question waits for them."""

from pathlib import Path

import numpy as np
import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder

from matcher.encode import Role
from matcher.engine import Engine
from matcher.index.packed import Packed, pack, unpack
from matcher.index.read_ahead import ReadAhead
from matcher.index.sentence_vectors import MAX_SENTENCES
from matcher.index.snapshot import Snapshot
from matcher.index.word_counts import WordCounts
from matcher.records import Changes, Evidence, Query, Side, State
from matcher.weights import Weights

ONE = Evidence("one", ("p",), "project", "Fibra de alpaca. Calzado fino.", "Un Nombre", "es")
TWO = Evidence("two", ("p",), "project", "Hilado de fibra.", None, "es")


class Roles(FakeEncoder):
    """Tells in which role each text was read."""

    def __init__(self) -> None:
        super().__init__()
        self.roles: list[tuple[str, Role]] = []

    def encode(self, texts, role, progress=None):
        self.roles += [(text, role) for text in texts]
        return super().encode(texts, role, progress)


def read(encoder: FakeEncoder, *texts: Evidence) -> ReadAhead:
    return ReadAhead.empty(encoder.dimensions).updated([], texts, texts, WordCounts().updated([], texts), encoder)


def passages(*texts: str) -> np.ndarray:
    return FakeEncoder().encode(texts, Role.PASSAGE)


def test_a_vector_keeps_its_direction_in_a_quarter_of_the_room():
    vectors = np.array([[0.6, 0.8], [0.0, -1.0]], np.float32)
    packed = pack(vectors)
    assert packed.tolist() == [[95, 127], [0, -127]]  # .6 / .8 * 127 = 95.25
    assert packed.nbytes == vectors.nbytes // 4
    length = (95**2 + 127**2) ** 0.5
    np.testing.assert_allclose(unpack(packed), [[95 / length, 127 / length], [0, -1]], rtol=1e-6)


def test_no_vector_is_near_any_other_by_packing_it():
    drawn = np.random.default_rng(1).normal(size=(200, 384)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    assert np.vecdot(drawn, unpack(pack(drawn))).min() > 0.9999


@pytest.mark.parametrize("count", [0, 3, 5000])
def test_packed_vectors_are_written_in_the_order_wanted_and_found_again(tmp_path: Path, count: int):
    drawn = np.random.default_rng(2).normal(size=(count, 8)).astype(np.float32)
    half = Packed(pack(drawn[: count // 2]), pack(drawn[count // 2 :]))
    slots = np.arange(count)[::-1]
    half.save(tmp_path / "v.npy", slots)
    found = Packed.load(tmp_path / "v.npy")
    assert len(found) == count
    np.testing.assert_array_equal(found.base, pack(drawn)[::-1])
    np.testing.assert_array_equal(found.at(np.arange(count)), half.at(slots))


def test_each_sentence_has_its_place_and_the_vector_of_itself_alone(encoder):
    spans, vectors = read(encoder, ONE, TWO).sentences.of({7: 1, 3: 0})
    assert spans == {7: [(0, 16)], 3: [(0, 16), (17, 30)]}
    np.testing.assert_allclose(vectors[7], passages("Hilado de fibra."), atol=0.005)
    np.testing.assert_allclose(vectors[3], passages("Fibra de alpaca.", "Calzado fino."), atol=0.005)


def test_of_a_long_text_the_first_sentences_are_read(encoder):
    long = Evidence("e", ("p",), "project", "Uno dos. " * (MAX_SENTENCES + 5))
    empty = Evidence("f", ("p",), "project", " ")
    spans, vectors = read(encoder, long, empty).sentences.of({0: 0, 1: 1})
    assert (len(spans[0]), vectors[0].shape) == (20, (20, 64))
    assert (spans[1], vectors[1].shape) == ([], (0, 64))


def test_words_are_those_of_the_sentences_where_the_first_one_is_no_name(encoder):
    words = read(encoder, ONE).words
    assert sorted(words.slot_of) == ["alpaca", "calzado", "fibra", "fino"]
    np.testing.assert_allclose(words.at(["fino", "alpaca"]), passages("fino", "alpaca"), atol=0.005)


def test_a_word_stays_while_a_text_has_it_and_is_read_once():
    encoder = Roles()
    both = read(encoder, ONE, TWO)
    assert encoder.roles.count(("alpaca", Role.PASSAGE)) == 2  # as a word of a text, and as a usual one
    encoder.roles.clear()
    left = both.updated([ONE], [], [], WordCounts().updated([], [TWO]), encoder)
    assert sorted(left.words.slot_of) == ["fibra", "hilado"]
    assert encoder.roles == []
    again = left.updated([], [ONE], [ONE], WordCounts().updated([], [ONE, TWO]), encoder)
    assert sorted(again.words.slot_of) == ["alpaca", "calzado", "fibra", "fino", "hilado"]
    assert ("fibra", Role.PASSAGE) not in encoder.roles
    np.testing.assert_allclose(again.words.at(["fibra", "fino"]), passages("fibra", "fino"), atol=0.005)
    gone = again.updated([ONE, TWO], [], [], WordCounts(), encoder)
    assert (gone.words.slot_of, gone.words.usual) == ({}, {})


def test_what_was_read_is_found_again_without_what_is_gone(tmp_path: Path, encoder):
    both = read(encoder, ONE, TWO)
    left = both.updated([ONE], [], [], WordCounts().updated([], [TWO]), encoder)
    left.save(tmp_path, np.array([1]))  # the slot of TWO
    found = ReadAhead.load(tmp_path)
    expected = read(encoder, TWO)
    assert found.sentences.spans.tolist() == [[0, 16]]
    assert (found.words.slot_of, found.words.texts.tolist()) == ({"fibra": 0, "hilado": 1}, [1, 1])
    np.testing.assert_array_equal(found.sentences.of({0: 0})[1][0], expected.sentences.of({0: 0})[1][0])
    np.testing.assert_array_equal(found.words.at(["hilado", "fibra"]), expected.words.at(["hilado", "fibra"]))
    assert found.words.usual.keys() == {("es", Role.QUERY), ("es", Role.PASSAGE)}
    for key, (picked, vectors) in expected.words.usual.items():
        assert found.words.usual[key][0] == picked
        np.testing.assert_array_equal(found.words.usual[key][1], vectors)


def test_at_a_question_nothing_of_the_texts_is_read():
    encoder = Roles()
    snapshot = Snapshot.of("s", Changes(State(), tuple(PARTNERS), tuple(EVIDENCE), (), frozenset()), encoder)
    engine = Engine(snapshot, encoder, Weights.load())
    engine.prepare()
    encoder.roles.clear()
    found = engine.match(Query("tinte de lana", Side.SUPPLY, language="es"))
    assert sum(len(match.passages) for match in found.matches) == 5  # all texts of that side
    assert encoder.roles == [("tinte de lana", Role.QUERY), ("tinte", Role.QUERY), ("lana", Role.QUERY)]
