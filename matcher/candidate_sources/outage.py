"""A source that may be away: questions are answered without it until it is back.

The snapshot is mapped in every process, so an answer can always be found there, the same or better, only more slowly.
What an operator expects of an engine that is down is what Tinkuy does where the database is: it goes on, says so once
in the log, and looks again every few seconds. What cannot mend itself (no such package, no such address) is refused
when Tinkuy starts.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from matcher.candidate_sources.contract import CandidateSource
from matcher.errors import CandidatesAway, SnapshotMismatch

log = logging.getLogger(__name__)
RETRY_S = 5.0
T = TypeVar("T")


class Reached:
    """Opens a source when it is first needed, and again after it was away."""

    def __init__(self, open_: Callable[[], CandidateSource], retry_s: float = RETRY_S) -> None:
        self._open = open_
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._source: CandidateSource | None = None
        self._again = 0.0
        self._away = False

    def ask(self, question: Callable[[CandidateSource], T]) -> T | None:
        """Return what the source says; None where it is away, which costs nothing but at every look."""
        try:
            source = self._opened()
            return question(source) if source else None
        except (CandidatesAway, SnapshotMismatch) as error:
            self._lost(error)
            return None

    def _opened(self) -> CandidateSource | None:
        source = self._source
        if source is None and time.monotonic() >= self._again:
            with self._lock:
                if self._source is None and time.monotonic() >= self._again:
                    self._again = time.monotonic() + self._retry_s  # others do not wait for this look
                    self._source = self._open()
                    if self._away:
                        log.info("candidates come from their source again")
                    self._away = False
                source = self._source
        return source

    def _lost(self, error: Exception) -> None:
        with self._lock:
            self._source, self._again = None, time.monotonic() + self._retry_s
            if not self._away:
                log.warning("questions are answered in process, which is slower: %s", error)
            self._away = True
