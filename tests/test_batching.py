"""Questions of several threads are read together, each gets its own vectors, and nobody waits without need."""

import threading
import time

import numpy as np
import pytest
from conftest import FakeEncoder

from matcher.batching import FEW, Batching
from matcher.encode import Role


class Slow(FakeEncoder):
    """Reads only when it may, and notes what it was given at once."""

    def __init__(self):
        super().__init__()
        self.may = threading.Event()
        self.calls: list[list[str]] = []

    def encode(self, texts, role, progress=None):
        self.calls.append(list(texts))
        assert self.may.wait(60)
        if "malo" in texts:
            raise ValueError("not this one")
        return super().encode(texts, role, progress)


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def ask_all(batching: Batching, groups: list[list[str]]):
    """Ask one group after the other, each in a thread of its own that waits; then let the model read."""
    encoder, found = batching.encoder, [None] * len(groups)

    def ask(number: int) -> None:
        try:
            found[number] = batching.encode(groups[number], Role.QUERY)
        except ValueError as error:
            found[number] = error

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(groups))]
    for number, thread in enumerate(threads):
        thread.start()
        until(lambda number=number: len(encoder.calls) + batching.waiting == number + 1)
    encoder.may.set()
    for thread in threads:
        thread.join(60)
    return found


def test_what_waits_is_read_together_and_each_gets_its_own():
    groups = [["lana"], ["agua", "suelo"], [], ["oro", "lana", "queso"]]
    encoder = Slow()
    found = ask_all(Batching(encoder, 1), groups)
    assert encoder.calls == [["lana"], ["agua", "suelo", "oro", "lana", "queso"]]
    for texts, vectors in zip(groups, found, strict=True):
        np.testing.assert_array_equal(vectors, FakeEncoder().encode(texts, Role.QUERY))


def test_two_readers_share_what_waits():
    encoder = Slow()
    ask_all(Batching(encoder, 2), [[str(number)] for number in range(8)])
    # 0 and 1 found it free. Of the six that waited one reads, with half of the others rounded up, then the next does
    # so with half of those left: 4 and 2, or 3, 2 and 1 where both were free before either took its share.
    assert encoder.calls[:2] == [["0"], ["1"]]
    assert sorted(map(len, encoder.calls[2:])) in ([2, 4], [1, 2, 3])
    assert sorted(text for call in encoder.calls for text in call) == [str(number) for number in range(8)]


def test_an_error_reaches_those_who_were_read_together_and_no_others():
    encoder = Slow()
    batching = Batching(encoder, 1)
    first, *others = ask_all(batching, [["lana"], ["agua"], ["malo"]])
    assert len(first) == 1
    assert [str(error) for error in others] == ["not this one"] * 2
    assert len(batching.encode(["oro"], Role.QUERY)) == 1  # it goes on


@pytest.mark.parametrize(("texts", "role"), [(["lana"], Role.PASSAGE), (["lana"] * FEW, Role.QUERY)])
def test_passages_and_many_texts_do_not_wait(texts, role):
    encoder = Slow()
    batching = Batching(encoder, 1)
    reading = threading.Thread(target=batching.encode, args=(["agua"], Role.QUERY))
    reading.start()
    until(lambda: encoder.calls)
    other = threading.Thread(target=batching.encode, args=(texts, role))
    other.start()
    until(lambda: len(encoder.calls) == 2)  # while the first one is still being read
    encoder.may.set()
    reading.join(60)
    other.join(60)


def test_many_threads_get_what_they_asked_for():
    encoder = FakeEncoder()
    batching = Batching(encoder, 2)
    words = ["lana", "agua", "suelo", "oro", "queso", "cuero", "leche", "café", "cacao", "madera"]
    wrong = []

    def ask(number: int) -> None:
        for turn in range(50):
            texts = [words[(number + turn) % 10], words[(number * turn) % 10]]
            if not np.array_equal(batching.encode(texts, Role.QUERY), FakeEncoder().encode(texts, Role.QUERY)):
                wrong.append(texts)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (wrong, batching.waiting) == ([], 0)
