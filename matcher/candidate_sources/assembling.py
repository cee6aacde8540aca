"""Which source a setting names, for each side of a snapshot."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

from matcher.candidate_sources import qdrant_filling, qdrant_source
from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import CandidateSource
from matcher.candidate_sources.exact import ExactSource
from matcher.candidate_sources.faiss_kinds import FaissSource
from matcher.candidate_sources.outage import RETRY_S, Reached
from matcher.candidate_sources.proposing import Proposer
from matcher.candidate_sources.qdrant_address import FILL_S, Address, Connection
from matcher.candidate_sources.qdrant_schema import Label
from matcher.candidate_sources.qdrant_source import QdrantSource
from matcher.candidate_sources.shards import Sharded
from matcher.encode import Progress
from matcher.errors import CandidatesAway, SnapshotMismatch
from matcher.index.snapshot import Snapshot
from matcher.records import Side
from matcher.setting_kinds import IN_PROCESS

log = logging.getLogger(__name__)


class Sources:
    """What TINKUY_CANDIDATES names: an index in process, or one or several Qdrants that share the texts out."""

    def __init__(self, named: str, key: str | None = None) -> None:
        """Read the name; no server is asked yet.

        :raises BadInput: it names nothing.
        :raises ModuleMissing: it names a Qdrant, and its package is not installed.
        :raises CandidatesAway: a folder that another process uses.
        """
        self.kind = named if named in IN_PROCESS else None
        addresses = [] if self.kind else [Address.read(part) for part in named.split()]
        self.connections = [Connection.open(address, key) for address in addresses]
        self._lock = threading.Lock()
        self._looked: dict[str, float] = {}

    def of(self, snapshot: Snapshot, model: str) -> dict[Side, Proposer]:
        """Return who proposes candidates of a snapshot that was just opened.

        :param model: the revision of the encoder.
        """
        found = {}
        for side, index in snapshot.sides.items():
            base = Base(index)
            found[side] = Proposer(Reached(partial(self._opened, base, snapshot.id, side, model)), base)
        return found

    def ready(self, snapshot_id: str) -> bool:
        """Tell whether a new snapshot may be taken up: every Qdrant that can be reached holds it.

        One that is away holds nobody up, since without it questions are answered in process.
        """
        now = time.monotonic()
        with self._lock:
            if now < self._looked.get(snapshot_id, 0.0):
                return False
            first = snapshot_id not in self._looked
            self._looked = {snapshot_id: now + RETRY_S}
        try:
            for connection in self.connections:
                for side in Side:
                    qdrant_source.found(connection, snapshot_id, side)
        except SnapshotMismatch as error:
            if first:
                log.warning("the snapshot in use goes on until the new one is in Qdrant: %s", error)
            return False
        except CandidatesAway as error:
            log.warning("%s", error)
        return True

    def _opened(self, base: Base, snapshot: str, side: Side, model: str) -> CandidateSource:
        if self.kind:
            return ExactSource(base) if self.kind == "exact" else FaissSource(base, self.kind)
        parts = [
            QdrantSource.open(connection, base, label)
            for connection, label in zip(
                self.connections, labels(base, snapshot, side, model, len(self.connections)), strict=True
            )
        ]
        return parts[0] if len(parts) == 1 else Sharded(parts)


def labels(base: Base, snapshot: str, side: Side, model: str, of: int) -> list[Label]:
    """Return what the collections of a side say of themselves, one a part."""
    texts, (windows, dimensions) = len(base.texts), base.vectors.shape
    return [Label(snapshot, side, model, dimensions, texts, windows, part, of) for part in range(of)]


def send(
    snapshot: Snapshot,
    model: str,
    addresses: Sequence[Address],
    key: str | None = None,
    progress: Progress | None = None,
    options: Mapping[str, int] | None = None,
) -> list[str]:
    """Bring a snapshot into one or several Qdrants, let it serve there, and return the names of the collections.

    :param options: of new collections: `shards`, `replicas`.
    :raises CandidatesAway: one cannot be reached; run again, it goes on where it stopped.
    :raises SnapshotMismatch: a collection of this name holds something else.
    """
    connections = [Connection.open(address, key, FILL_S) for address in addresses]
    try:
        return sent(snapshot, model, connections, progress, options)
    finally:
        for connection in connections:
            connection.client.close()


def sent(
    snapshot: Snapshot,
    model: str,
    connections: Sequence[Connection],
    progress: Progress | None = None,
    options: Mapping[str, int] | None = None,
) -> list[str]:
    """Do the work of `send` over connections that are open."""
    filled = []
    for side, index in snapshot.sides.items():
        base = Base(index)
        for connection, label in zip(
            connections, labels(base, snapshot.id, side, model, len(connections)), strict=True
        ):
            name = qdrant_filling.fill(connection, base, label, progress, **(options or {}))
            filled.append((connection, name, label))
    for connection in connections:  # all of them are whole now
        qdrant_filling.switch(connection, [(name, label) for its, name, label in filled if its is connection])
    return [name for _, name, _ in filled]
