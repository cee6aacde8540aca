"""What is opened once for several processes: those forked from this one share its memory, until they write to it."""

import os
from collections.abc import Sequence

import faiss
import numpy as np

from matcher import garbage
from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Query, Side
from matcher.weights import Weights

WARM_UP = "ayuda " * 200  # a question so long that its tokens must be counted
_opened: tuple[Encoder, Snapshot] | None = None  # for the next process forked from this one


def hand_on(encoder: Encoder, snapshot: Snapshot, forks: int) -> None:
    """Keep both for the next processes forked from this one, which find them by `taken`.

    After so many forks this process lets go of them: whatever is forked later opens what serves then, and nobody
    keeps what was erased.
    """
    global _opened
    prepare(encoder, snapshot)
    _opened = encoder, snapshot
    left = iter(range(forks - 1))

    def forked() -> None:
        if next(left, None) is None and taken():
            garbage.clear()

    os.register_at_fork(after_in_parent=forked)


def taken() -> tuple[Encoder, Snapshot] | None:
    """Return what was handed on to this process, once."""
    global _opened
    found, _opened = _opened, None
    return found


def prepare(encoder: Encoder, snapshot: Snapshot) -> None:
    """Answer a question on each side now: what is worked out for the first one, forked processes share."""
    faiss.omp_set_num_threads(1)  # a fork loses threads, and OpenMP would wait for its own
    engine = Engine(snapshot, _Stub(encoder), Weights.load())
    for side in Side:
        engine.match(Query(WARM_UP, side, region="PE-CUS"))
    # Looking for it writes into each object, and so copies it for each process: not before the next snapshot.
    garbage.clear()


class _Stub:
    """Has the windows of an encoder, and one vector for all of them: the model stays unread."""

    def __init__(self, encoder: Encoder) -> None:
        self.windows = encoder.windows
        self.revision = encoder.revision
        self.dimensions = encoder.dimensions

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """See Encoder."""
        return np.full((len(texts), self.dimensions), self.dimensions**-0.5, np.float32)
