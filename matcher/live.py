"""The engine of the snapshot that serves, while snapshots come and go."""

import logging
import threading
from pathlib import Path

from matcher.encode import Encoder
from matcher.engine import Engine
from matcher.errors import SnapshotError, SnapshotMissing
from matcher.index.snapshot import Snapshot, current_id
from matcher.weights import Weights

log = logging.getLogger(__name__)


class LiveEngine:
    """Serves the newest snapshot: a new one is opened when it has replaced the one in use."""

    def __init__(self, home: Path, encoder: Encoder, weights: Weights) -> None:
        self.home = home
        self.encoder = encoder
        self.weights = weights
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._seen: set[str | None] = set()  # ids that need no opening: the one in use, and unusable ones

    def current(self) -> Engine:
        """Return the engine of the snapshot that serves.

        A new snapshot that cannot be used leaves the engine in use as it is.

        :raises SnapshotError: there is none that can be used, and none was in use before.
        """
        if self._serving() in self._seen:
            assert self._engine is not None  # noqa: S101 - ids are seen only with an engine in use
            return self._engine
        with self._lock:
            id_ = self._serving()
            if id_ in self._seen and self._engine is not None:
                return self._engine
            try:
                self._engine = Engine(Snapshot.open_current(self.home, self.encoder), self.encoder, self.weights)
            except SnapshotError as error:
                if self._engine is None:
                    raise
                log.error("the snapshot in use goes on: %s", error)
                self._seen.add(id_)
            else:
                self._seen = {id_}  # an older one, should it be told to serve again, is opened again
            return self._engine

    def _serving(self) -> str | None:
        try:
            return current_id(self.home)
        except SnapshotMissing:
            return None
