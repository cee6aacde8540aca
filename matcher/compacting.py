"""What was written since a snapshot becomes part of the next one, and what was deleted is forgotten."""

import logging
from pathlib import Path

from matcher.engine import Engine
from matcher.errors import Busy, SnapshotMissing
from matcher.index.snapshot import Snapshot, building, current_id, oldest_version
from matcher.store.store import Store

log = logging.getLogger(__name__)
MANY, SHARE = 1000, 0.1  # texts that changed since the snapshot, and their share of all, that make another one due


def due(snapshot: Snapshot) -> bool:
    """Tell whether enough has changed since a snapshot was on the disk."""
    return snapshot.changed > min(MANY, SHARE * max(len(snapshot.evidence), 1))


def compact(home: Path, engine: Engine, store: Store, *, instead: bool = False) -> str | None:
    """Write what an engine knows as a new snapshot, let it serve, and return its id.

    None where another process is at it, or has done it.

    :param instead: the one that serves cannot be used: replace it, whatever it is.
    """
    snapshot = engine.snapshot
    try:
        with building(home):
            if not instead and _serving(home) != snapshot.id:
                return None
            id_ = snapshot.write_alone(home, engine.encoder)
    except Busy:
        return None
    log.info("snapshot %s serves; %d texts had changed", id_, snapshot.changed)
    oldest = oldest_version(home, snapshot.state.lineage) if snapshot.state.lineage else None
    if oldest is not None:
        store.purge(oldest)
    return id_


def _serving(home: Path) -> str | None:
    try:
        return current_id(home)
    except SnapshotMissing:
        return None
