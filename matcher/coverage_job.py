"""Asks all needs beside the questions of people, once for each state of the engine, and tells how far it came."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from matcher.coverage import Answers, Helper, helpers, needs_of, read_ahead, still_there
from matcher.coverage_file import Basis, CoverageFile, Round, Rounds
from matcher.engine import Engine
from matcher.errors import TinkuyError
from matcher.records import Evidence

log = logging.getLogger(__name__)
REST = 0.25  # of the time that a need took, before the next is asked: people's questions come in between
AGAIN = 4.0  # times as long as it took, before what has changed since is asked
TURN_S = 2.0  # before it is looked again whether another process, which was at work, is through
CHUNK = 8  # needs that are read at once: longer, a question would wait for the model
EVERY, SHARE = 24, 0.1  # needs asked, and their share of all that were, after which they are kept


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
    """Keeps the answers in memory and, where a file is given, there: one process asks for all that share it."""

    def __init__(
        self,
        file: CoverageFile | None = None,
        current: Callable[[], Engine] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is asked before somebody looks.

        :param current: returns the engine that answers now: what it does not know is not kept, and not asked.
        """
        self._file = file
        self._current = current
        self._clock = clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._round: Round | None = None  # the last that was through
        self._done = self._total = 0
        self._tried: Basis | None = None  # of the last round that ended, however it did
        self._next = 0.0  # when another round may begin

    def look(self, engine: Engine, wait_s: float = 0.0) -> Progress:
        """Return what is known for an engine; a round begins where it is due, and is waited for a moment.

        Of what is gone from the engine nothing is told, whenever it was asked.
        """
        of = Basis.of(engine)
        with self._lock:
            self._take_up(of)
            if not self._running() and not self._closing.is_set() and self._due(of):
                self._done, self._total = 0, len(needs_of(engine))
                self._thread = threading.Thread(target=self._run, args=(engine, of), name="coverage", daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None and wait_s:
            thread.join(wait_s)
        with self._lock:
            self._take_up(of)
            answers = None if self._round is None else still_there(self._round.answers, engine)
            return Progress(answers, self._fresh(of), self._done, self._total)

    def close(self) -> None:
        """Stop asking, and wait until that is done."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(30)

    def _running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _fresh(self, of: Basis) -> bool:
        return self._round is not None and self._round.of == of

    def _due(self, of: Basis) -> bool:
        """Tell whether a round may begin; only where nothing but records has changed it must be waited for."""
        if self._fresh(of):
            return False
        only_records = self._tried is not None and replace(self._tried, version=of.version) == of
        return not only_records or self._clock() >= self._next

    def _take_up(self, of: Basis) -> None:
        """Take over what another process, or this one before it was started anew, has found; the lock is held."""
        if self._fresh(of):
            return
        kept = self._kept()
        if kept.whole and kept.whole.of.records == of.records and kept.whole is not self._round:
            if kept.whole.of == of:
                self._ended(of, AGAIN * kept.whole.seconds)
            if kept.whole.of == of or self._round is None or kept.whole.of.version > self._round.of.version:
                self._round = kept.whole
        if kept.begun and kept.begun.of == of and not self._running():
            self._done, self._total = len(kept.begun.answers), kept.begun.total

    def _kept(self) -> Rounds:
        return self._file.read() if self._file else Rounds()

    def _ended(self, of: Basis, rest: float) -> None:
        self._tried, self._next = of, self._clock() + rest

    def _run(self, engine: Engine, of: Basis) -> None:
        working: AbstractContextManager[bool] = self._file.working() if self._file else nullcontext(True)
        started = self._clock()
        try:
            with working as ours:
                if not ours:
                    with self._lock:
                        self._ended(of, TURN_S)
                    return
                found = self._asked(engine, of, started)
        except Exception:
            log.exception("the needs could not all be asked")
            found = None
        with self._lock:
            self._round = found or self._round
            self._ended(of, AGAIN * (self._clock() - started))

    def _asked(self, engine: Engine, of: Basis, started: float) -> Round | None:
        """Return the answers of all needs; what was asked before it was cut off is not asked again.

        None where the server ends first: then it is kept how far it came.
        """
        kept = self._kept()
        if kept.whole and kept.whole.of == of:  # another process was quicker
            return kept.whole
        begun = kept.begun if kept.begun and kept.begun.of == of else Round(of, {}, 0, 0.0)
        found: dict[str, tuple[Helper, ...]] = dict(begun.answers)
        self._done, saved = len(found), len(found)
        needs = sorted((n for n in needs_of(engine) if n.id not in found), key=lambda n: (len(n.full_text), n.id))

        def so_far() -> Round:
            return Round(of, dict(found), self._total, begun.seconds + self._clock() - started)

        for chunk in (needs[start : start + CHUNK] for start in range(0, len(needs), CHUNK)):
            for need, answer in self._answers(engine, chunk):
                found[need] = answer
                self._done += 1
            if self._closing.is_set():
                self._keep(so_far(), whole=False)
                return None
            if len(found) - saved >= max(EVERY, SHARE * len(found)):
                self._keep(so_far(), whole=False)
                saved = len(found)
        self._keep(so_far(), whole=True)
        return so_far()

    def _answers(self, engine: Engine, needs: list[Evidence]) -> Iterator[tuple[str, tuple[Helper, ...]]]:
        began = time.perf_counter()
        now = (self._current() if self._current else engine).snapshot.evidence
        ahead = read_ahead(engine, (need for need in needs if need.id in now))
        for need in needs:
            if self._closing.is_set():
                return
            try:
                answer = helpers(ahead, need.id) if need.id in now else ()
            except TinkuyError as error:  # a text that is no question has nobody; the others go on
                log.info("need %s was not asked: %s", need.id, type(error).__name__)
                answer = ()
            yield need.id, answer
            self._closing.wait(REST * (time.perf_counter() - began))
            began = time.perf_counter()

    def _keep(self, round_: Round, *, whole: bool) -> None:
        if self._file is None:
            return

        def known(answers: Answers) -> Answers:
            return still_there(answers, self._current()) if self._current else answers

        try:
            self._file.keep(round_, whole=whole, known=known)
        except TinkuyError as error:  # what must not be known cannot be told now
            log.info("the answers are not kept: %s", type(error).__name__)
