"""The cache of vectors: what was encoded once is never encoded again."""

import numpy as np
import pytest
from conftest import FakeEncoder

from matcher import vector_cache
from matcher.encode import Role
from matcher.errors import BadInput
from matcher.vector_cache import CachedEncoder

TEXTS = ["fibra de alpaca", "secado de orégano", "torno"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "vectors.sqlite"


def plain(texts):
    """What the encoder gives without a cache."""
    return FakeEncoder().encode(texts, Role.PASSAGE)


def test_a_text_is_encoded_once_and_its_vector_stays_the_same(path, encoder):
    cached = CachedEncoder(encoder, path)
    first = cached.encode(TEXTS, Role.PASSAGE)
    second = cached.encode(TEXTS, Role.PASSAGE)
    assert sorted(encoder.encoded) == sorted(TEXTS)
    np.testing.assert_array_equal(first, plain(TEXTS))
    np.testing.assert_array_equal(second, plain(TEXTS))
    assert first.dtype == np.float32


def test_another_instance_remembers(path, encoder):
    CachedEncoder(encoder, path).encode(TEXTS, Role.PASSAGE)
    later = FakeEncoder()
    vectors = CachedEncoder(later, path).encode([*reversed(TEXTS), "nuevo"], Role.PASSAGE)
    assert later.encoded == ["nuevo"]
    np.testing.assert_array_equal(vectors, plain([*reversed(TEXTS), "nuevo"]))


def test_vectors_come_in_the_order_of_the_texts_whatever_was_known(path, encoder):
    cached = CachedEncoder(encoder, path)
    cached.encode(["torno"], Role.PASSAGE)
    # Unknown, known, longer unknown, unknown again: encoded longest first, returned as asked.
    asked = ["a1", "torno", "un texto mucho más largo", "b2", "a1"]
    np.testing.assert_array_equal(cached.encode(asked, Role.PASSAGE), plain(asked))


def test_a_text_given_twice_is_encoded_once(path, encoder):
    vectors = CachedEncoder(encoder, path).encode(["torno", "fibra", "torno", "torno"], Role.PASSAGE)
    assert sorted(encoder.encoded) == ["fibra", "torno"]
    np.testing.assert_array_equal(vectors, plain(["torno", "fibra", "torno", "torno"]))


class OtherModel(FakeEncoder):
    """Another revision, whose vectors point the other way."""

    revision = "fake-2"

    def encode(self, texts, role, progress=None):
        return -super().encode(texts, role, progress)


def test_vectors_of_another_revision_are_not_mixed(path, encoder):
    CachedEncoder(encoder, path).encode(TEXTS, Role.PASSAGE)
    other = OtherModel()
    vectors = CachedEncoder(other, path).encode(TEXTS, Role.PASSAGE)
    assert sorted(other.encoded) == sorted(TEXTS)
    np.testing.assert_array_equal(vectors, -plain(TEXTS))
    # and the first model's are still there
    np.testing.assert_array_equal(CachedEncoder(FakeEncoder(), path).encode(TEXTS, Role.PASSAGE), plain(TEXTS))


class RoleModel(FakeEncoder):
    """Reads questions the other way round, as models with prompts do."""

    def encode(self, texts, role, progress=None):
        vectors = super().encode(texts, role, progress)
        return -vectors if role is Role.QUERY else vectors


def test_a_question_and_a_passage_of_the_same_words_have_their_own_vectors(path):
    model = RoleModel()
    cached = CachedEncoder(model, path)
    np.testing.assert_array_equal(cached.encode(["torno"], Role.PASSAGE), plain(["torno"]))
    np.testing.assert_array_equal(cached.encode(["torno"], Role.QUERY), -plain(["torno"]))
    assert model.encoded == ["torno", "torno"]


def test_slices_written_before_a_failure_are_kept(path, monkeypatch):
    monkeypatch.setattr(vector_cache, "SLICE", 2)

    class Dying(FakeEncoder):
        def encode(self, texts, role, progress=None):
            if self.encoded:
                raise KeyboardInterrupt
            return super().encode(texts, role, progress)

    texts = ["aaaaa", "bbbb", "ccc", "dd"]  # longest first: the first slice is aaaaa, bbbb
    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(Dying(), path).encode(texts, Role.PASSAGE)
    later = FakeEncoder()
    np.testing.assert_array_equal(CachedEncoder(later, path).encode(texts, Role.PASSAGE), plain(texts))
    assert later.encoded == ["ccc", "dd"]


def test_more_texts_than_one_lookup_takes(path, encoder, monkeypatch):
    monkeypatch.setattr(vector_cache, "_LOOKUP", 3)
    texts = [f"texto {i}" for i in range(10)]
    cached = CachedEncoder(encoder, path)
    cached.encode(texts, Role.PASSAGE)
    np.testing.assert_array_equal(cached.encode(texts, Role.PASSAGE), plain(texts))
    assert sorted(encoder.encoded) == sorted(texts)


def test_progress_counts_only_what_is_really_encoded(path, encoder, monkeypatch):
    monkeypatch.setattr(vector_cache, "SLICE", 2)
    cached = CachedEncoder(encoder, path)
    cached.encode(["torno"], Role.PASSAGE)
    told = []
    cached.encode([*TEXTS, "uno", "dos"], Role.PASSAGE, lambda done, of: told.append((done, of)))
    assert told == [(2, 4), (4, 4)]  # torno was known


def test_no_texts_give_an_empty_matrix(path, encoder):
    assert CachedEncoder(encoder, path).encode([], Role.PASSAGE).shape == (0, encoder.dimensions)


def test_a_place_that_cannot_be_written_is_named(tmp_path, encoder):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="let TINKUY_CACHE name a folder that can be written"):
        CachedEncoder(encoder, tmp_path / "file" / "vectors.sqlite")
    (tmp_path / "vectors.sqlite").mkdir()
    with pytest.raises(BadInput, match=str(tmp_path / "vectors.sqlite")):
        CachedEncoder(encoder, tmp_path / "vectors.sqlite")
