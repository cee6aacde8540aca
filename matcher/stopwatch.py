"""Seconds that each stage of a question takes, for whoever wants to know; nobody pays where nobody asks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STAGES = ("encode", "lexical", "dense", "familiarity", "pool", "signals", "score", "explain")


class Stopwatch:
    """`seconds`: by stage, what has passed at its laps; `beside`: what another core was given to do meanwhile."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.beside: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Count the time since the last lap for `stage`."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now

    def meanwhile(self, stage: str, seconds: float) -> None:
        """Count work for `stage` that was given to another core; whoever waits for it counts the waiting by a lap."""
        self.beside[stage] = self.beside.get(stage, 0.0) + seconds


class _Nobodys(Stopwatch):
    def lap(self, stage: str) -> None:
        """Do nothing."""

    def meanwhile(self, stage: str, seconds: float) -> None:
        """Do nothing."""


_nobodys = _Nobodys()
_current: ContextVar[Stopwatch] = ContextVar("stopwatch", default=_nobodys)


def current() -> Stopwatch:
    """Return the watch of whoever asked for one, else one that does nothing."""
    return _current.get()


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Give a watch that is the current one inside the block."""
    watch = Stopwatch()
    token = _current.set(watch)
    try:
        yield watch
    finally:
        _current.reset(token)
