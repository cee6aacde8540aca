"""The engine that answers now, while records are written and snapshots come and go."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from matcher import garbage
from matcher.candidate_sources.assembling import Sources
from matcher.compacting import compact, due
from matcher.encode import Encoder
from matcher.engine import Engine
from matcher.errors import BadWeights, DatabaseAway, SnapshotError, SnapshotMissing
from matcher.following import Follower
from matcher.index.snapshot import Snapshot, current_id
from matcher.language import N_
from matcher.macro_regions import MacroRegions, shipped
from matcher.records import Changes, State
from matcher.store.store import Store
from matcher.weights import Weights

log = logging.getLogger(__name__)
POLL_S = 0.5  # between two looks at the database and at the snapshot that serves
COMPACT_EVERY_S = 300.0
AWAY = (DatabaseAway, SQLAlchemyError)
OnChange = Callable[[Engine, Changes], None]


class LiveEngine:
    """Serves the newest snapshot and, given the database, what was written since.

    What was deleted or withdrawn is looked up at every question. New and changed texts are read by a thread of its
    own, which also takes up new snapshots and writes one when much has changed: no question waits for that.
    """

    def __init__(
        self,
        home: Path,
        encoder: Encoder,
        weights: Weights,
        store: Store | None = None,
        *,
        watch: bool = True,
        on_change: OnChange | None = None,
        macro_regions: MacroRegions | None = None,
        poll_s: float = POLL_S,
        compact_every_s: float = COMPACT_EVERY_S,
        weights_file: Callable[[], Path | None] | None = None,
        sources: Sources | None = None,
        opened: Snapshot | None = None,
    ) -> None:
        """Prepare; nothing is opened before the first question.

        :param watch: start a thread that follows the database; without it `catch_up` does that when it is called.
        :param weights_file: tells which file holds the weights in force (None: the shipped one); when it changes they
            are taken up.
        :param on_change: told of every change when an engine has it, sometimes more than once, by the thread.
        :param macro_regions: the shipped ones without it.
        :param sources: propose candidates in the place of the snapshot's own indexes.
        :param opened: a snapshot that need not be opened anew where it is the one that serves.
        """
        self.home = home
        self.encoder = encoder
        self.weights = weights
        self.on_change = on_change
        self.macro_regions = macro_regions or shipped()
        self.sources = sources
        self.poll_s = poll_s
        self.compact_every_s = compact_every_s
        self._weights_file = weights_file
        self._first = opened
        self._weights_seen = self._weights_state()
        self._store = store
        self._follower = Follower(store, encoder) if store else None
        self._watch = watch and store is not None
        self._lock = threading.Lock()  # of what follows
        self._engine: Engine | None = None
        self._checked: State | None = None  # of the database, when it was last asked what must not be seen
        self._seen: set[str | None] = set()  # ids that need no opening: the one in use, and unusable ones
        self._away = False  # the database could not be reached
        self._working = threading.RLock()  # one at a time does what is below
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._told: State | None = None
        self._compacted = time.monotonic()
        self._looked = 0.0

    def current(self) -> Engine:
        """Return the engine that answers now; nothing that was deleted or withdrawn is in it.

        A new snapshot that cannot be used leaves the engine in use as it is, and so does a database that cannot be
        reached.

        :raises SnapshotError: there is none that can be used, and none was in use before.
        :raises DatabaseAway: the database cannot be reached, and no engine was in use before.
        """
        engine = self._engine
        if engine is None or (not self._watch and self._serving() not in self._seen):
            engine = self._opened()
        if self._store is None or (self._away and self._watch):
            return engine
        try:
            state = self._store.state()
            if state == self._checked:
                self._reached()
                return engine
            self._wake.set()
            with self._lock:
                self._forget(self._engine or engine)
                self._reached()
                return self._engine or engine
        except AWAY as error:
            self._lost(error)
            return engine

    def catch_up(self) -> Engine:
        """Do now what the thread would do next, and return the engine that then answers."""
        self.current()
        with self._working:
            self._step()
        return self.current()

    def reweigh(self) -> None:
        """Take up the weights file that is in force, where it has changed; one that cannot be used changes nothing."""
        with self._lock:
            seen = self._weights_state()
            if self._weights_file is None or seen == self._weights_seen:
                return
            self._weights_seen = seen
            try:
                self.weights = Weights.load(self._weights_file())
            except BadWeights as error:
                log.error("the weights in use go on: %s", error)
                return
            if self._engine is not None:
                self._engine = self._engine.weighed(self.weights)
        log.info("other weights are in use")

    def close(self) -> None:
        """Stop the thread; what it was reading is read again by the next one."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _made(self) -> Engine:
        """Return the engine of the snapshot on the disk."""
        first = self._first
        with garbage.set_aside():
            if first is not None and first.id == self._serving():
                snapshot = first
            else:
                snapshot, self._first = Snapshot.open_current(self.home, self.encoder), None
            proposers = self.sources.of(snapshot, self.encoder.revision) if self.sources else None
            return Engine(snapshot, self.encoder, self.weights, self.macro_regions, proposers)

    def _opened(self) -> Engine:
        with self._lock:
            if self._watch and self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="tinkuy-live", daemon=True)
                self._thread.start()
            id_ = self._serving()
            if self._engine is not None and (self._watch or id_ in self._seen):
                return self._engine
            try:
                engine = self._made()
                if self._follower:
                    self._told = self._told or engine.snapshot.state
                    engine, self._checked = self._follower.opened(engine)
            except SnapshotError as error:
                if self._engine is None:
                    raise
                log.error("the snapshot in use goes on: %s", error)
                self._seen.add(id_)
                return self._engine
            except AWAY as error:
                if self._engine is None:
                    raise DatabaseAway(N_("the database cannot be reached; try again when it runs")) from error
                self._lost(error)
                return self._engine
            replaced, self._engine = self._engine is not None, engine
            self._seen = {id_}  # an older one, should it be told to serve again, is opened again
            if replaced:
                garbage.clear()
            return engine

    def _forget(self, engine: Engine) -> None:
        """Let `engine` answer, without what must no longer be seen; the lock is held."""
        assert self._follower is not None  # noqa: S101 - called with a store only
        self._engine, self._checked = self._follower.forgetting(engine.weighed(self.weights))

    def _swap(self, engine: Engine) -> None:
        with self._lock:
            self._forget(engine)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(self.poll_s)
            self._wake.clear()
            try:
                with self._working:
                    self._step()
            except _Closed:
                return
            except AWAY as error:
                self._lost(error)
            except Exception:
                log.exception("following the database goes on after an error")
                self._closing.wait(10 * self.poll_s)

    def _step(self) -> None:
        """Look once at the weights, the database and the snapshot, and do what there is to do."""
        self.reweigh()
        if self._store is None or self._follower is None:
            return
        state = self._store.state()
        self._reached()
        damaged = self._take_up()
        engine = self._engine
        if engine is None:
            return
        if engine.snapshot.state != state:
            self._swap(self._follower.advanced(engine, self._between))
        del engine  # it may be replaced now
        self._tell()
        waited = time.monotonic() - self._compacted >= self.compact_every_s
        if self._engine and (damaged or (waited and due(self._engine.snapshot))):
            self._compacted = time.monotonic()
            if compact(self.home, self._engine, self._store, instead=damaged):
                self._take_up()

    def _take_up(self) -> bool:
        """Take up the snapshot that serves, if it is another; tell whether it cannot be used."""
        id_ = self._serving()
        if id_ is None or id_ in self._seen or self._engine is None or self._follower is None:
            return False
        if self.sources and not self.sources.ready(id_):
            return False
        try:
            engine = self._made()
        except SnapshotError as error:
            log.error("the snapshot in use goes on: %s", error)
            self._seen.add(id_)
            return True
        self._swap(self._follower.advanced(engine, self._between))
        self._seen = {id_}
        del engine
        garbage.clear()
        return False

    def _between(self, version: int) -> None:
        """While a large change is read, which brings `version`: let smaller ones that came after it pass."""
        if self._closing.is_set():
            raise _Closed
        if self._store is None or self._follower is None or time.monotonic() - self._looked < self.poll_s:
            return
        self._looked = time.monotonic()
        engine = self._engine
        if engine and self._store.state().version > version:
            found = self._follower.besides(engine, version)
            if found:
                self._swap(found[0])  # told when all is read: what follows from a change goes by versions

    def _tell(self) -> None:
        """Tell what the engine in use knows and was not told yet."""
        engine = self._engine
        if engine is None or self._store is None or engine.snapshot.state == self._told:
            return
        told, self._told = self._told, engine.snapshot.state
        if self.on_change and told and told.lineage == self._told.lineage and told.version < self._told.version:
            try:
                self._call(engine, self._store.changes(told.version))
            except LookupError as error:
                log.info("%s", error)

    def _call(self, engine: Engine, changes: Changes) -> None:
        if self.on_change and changes:
            try:
                self.on_change(engine, changes)
            except Exception:
                log.exception("what follows from a change could not be done")

    def _weights_state(self) -> tuple[object, ...]:
        """Return what changes with the weights file."""
        path = self._weights_file() if self._weights_file else None
        try:
            found = path.stat() if path else None
        except OSError:
            return (path,)
        return (path, found.st_mtime_ns, found.st_size, found.st_ino) if found else (path,)

    def _serving(self) -> str | None:
        try:
            return current_id(self.home)
        except SnapshotMissing:
            return None

    def _lost(self, error: Exception) -> None:
        if not self._away:
            log.warning("the database cannot be reached, answers go on without it: %s", str(error).partition("\n")[0])
        self._away = True

    def _reached(self) -> None:
        if self._away:
            log.info("the database can be reached again")
        self._away = False


class _Closed(Exception):
    """The work is no longer wanted."""
