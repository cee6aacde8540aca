"""An engine follows the database: what must no longer be seen goes at once, what is new comes when it has been read."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.engine import Engine
from matcher.index.difference import difference, stale, to_read, without
from matcher.records import Changes, State
from matcher.store.store import Store

log = logging.getLogger(__name__)
SMALL = 50  # texts that are read without waiting for a better moment: some seconds' work
CHUNK = 8  # texts of a large change that are read before the next question may have the model


class Follower:
    """Brings engines in line with a database. Engines never change: each step gives another one.

    Every step gives the same whatever was done before, since it starts from what the database says: changes are
    whole records, so that it does no harm to apply them twice.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self.store = store
        self.encoder = encoder

    def forgetting(self, engine: Engine) -> tuple[Engine, State]:
        """Return the engine without what must no longer be seen, and the state of the database that tells it.

        Where the database has another history than the engine (it was restored, or is another one), that is all
        that is not the same there.
        """
        state = engine.snapshot.state
        if self._continues(state):
            try:
                found = self.store.gone(state.version)
                forgotten = without(engine.snapshot, found.gone)
                return engine.updated(forgotten) if forgotten else engine, found.state
            except LookupError as error:
                log.info("%s", error)
        changes = difference(engine.snapshot, self.store.everything())
        if to_read(engine.snapshot, changes.evidence) <= SMALL:
            return engine.updated(changes), changes.state
        return engine.updated(without(engine.snapshot, stale(changes))), changes.state

    def pending(self, engine: Engine) -> Changes:
        """Return what the engine does not know yet."""
        state = engine.snapshot.state
        if self._continues(state):
            try:
                return self.store.changes(state.version)
            except LookupError as error:
                log.info("%s", error)
        return difference(engine.snapshot, self.store.everything())

    def opened(self, engine: Engine) -> tuple[Engine, State]:
        """Return an engine that was just opened, with what is quickly read, and the state that it was compared with."""
        changes = self.pending(engine)
        if to_read(engine.snapshot, changes.evidence) <= SMALL:
            return engine.updated(changes), changes.state
        log.info("%d texts are not in the index yet", to_read(engine.snapshot, changes.evidence))
        return self.forgetting(engine)

    def advanced(self, engine: Engine, between: Callable[[int], None]) -> Engine:
        """Return the engine with all that was written, however long that takes.

        :param between: called every few texts with the version that is being read; what it raises ends the work.
        """
        changes = self.pending(engine)
        patient = Patient(self.encoder, lambda: between(changes.version))
        engine = engine.updated(changes, patient)
        more = self.pending(engine)  # what was written meanwhile
        while more and to_read(engine.snapshot, more.evidence) <= SMALL:
            engine = engine.updated(more, patient)
            more = self.pending(engine)
        return engine

    def besides(self, engine: Engine, since: int) -> tuple[Engine, Changes] | None:
        """Return the engine with what was written after version `since`, while what came before is still being read.

        It keeps its state: what it lacks is still to come. None where there is nothing, or too much to be quick.
        """
        changes = self.store.changes(since)
        if not changes or to_read(engine.snapshot, changes.evidence) > SMALL:
            return None
        return engine.updated(replace(changes, state=engine.snapshot.state)), changes

    def _continues(self, state: State) -> bool:
        """Tell whether the database's history goes on from `state`."""
        now = self.store.state()
        return now.lineage == state.lineage and now.version >= state.version


class Patient:
    """An Encoder that reads few texts at a time, so that questions come in between."""

    def __init__(self, encoder: Encoder, between: Callable[[], None]) -> None:
        self.encoder = encoder
        self.between = between

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self.encoder.revision

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self.encoder.dimensions

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return self.encoder.windows(text)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """See Encoder."""
        parts = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(texts), CHUNK):
            self.between()
            parts.append(self.encoder.encode(texts[start : start + CHUNK], role))
            if progress:
                progress(min(start + CHUNK, len(texts)), len(texts))
        return np.concatenate(parts)
