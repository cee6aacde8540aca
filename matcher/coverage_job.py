"""Asks all needs beside the questions of people, once for each state of the engine, and tells how far it came."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from matcher.coverage import Answers, Helper, helpers, needs_of
from matcher.engine import Engine
from matcher.errors import TinkuyError

log = logging.getLogger(__name__)
REST = 0.25  # of the time that a need took, before the next is asked: people's questions come in between
AGAIN = 4.0  # times as long as it took, before what has changed since is asked
Key = tuple[str, int, str | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known. `answers`: None before the first round is through; `fresh`: they are of the engine's state.

    `done` of `total` needs were asked in the round that runs, or ran last.
    """

    answers: Answers | None
    fresh: bool
    done: int
    total: int


class CoverageJob:
    """Keeps the answers of one process in memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._answers: dict[str, tuple[Helper, ...]] | None = None
        self._key: Key | None = None  # of the engine whose answers these are
        self._done = self._total = 0
        self._next = 0.0  # when another round may begin

    def look(self, engine: Engine, wait_s: float = 0.0) -> Progress:
        """Return what is known for an engine; a round begins where it is due, and is waited for a moment.

        Of what is gone from the engine nothing is told, whenever it was asked.
        """
        with self._lock:
            due = self._key != key_of(engine) and self._clock() >= self._next
            if due and not self._closing.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._done, self._total = 0, len(needs_of(engine))
                self._thread = threading.Thread(target=self._run, args=(engine,), name="tinkuy-coverage", daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None and wait_s:
            thread.join(wait_s)
        with self._lock:
            fresh = self._key == key_of(engine)
            answers = None if self._answers is None else still_there(self._answers, engine)
            return Progress(answers, fresh, self._done, self._total)

    def close(self) -> None:
        """Stop asking, and wait until that is done."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self, engine: Engine) -> None:
        started, found = self._clock(), {}
        try:
            for need in needs_of(engine):
                if self._closing.is_set():
                    return
                began = time.perf_counter()
                try:
                    found[need.id] = helpers(engine, need.id)
                except TinkuyError as error:  # a text that is no question has nobody; the others go on
                    log.info("need %s was not asked: %s", need.id, type(error).__name__)
                    found[need.id] = ()
                self._done += 1
                self._closing.wait(REST * (time.perf_counter() - began))
        except Exception:
            log.exception("the needs could not all be asked")
            found = {}
        with self._lock:
            now = self._clock()
            self._next = now + AGAIN * (now - started)
            if found or not needs_of(engine):
                self._answers, self._key = found, key_of(engine)


def key_of(engine: Engine) -> Key:
    """Return what tells an engine's state from others."""
    return engine.snapshot.id, engine.snapshot.state.version, engine.snapshot.state.lineage


def still_there(answers: Answers, engine: Engine) -> Answers:
    """Return the answers without needs and partners that the engine does not know any more.

    A need that was not asked yet is absent: see `regional`, which leaves it out.
    """
    partners, texts = engine.snapshot.partners, engine.snapshot.evidence
    return {need: tuple(h for h in found if h.partner in partners) for need, found in answers.items() if need in texts}
