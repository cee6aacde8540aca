"""The parts of a running Tinkuy, assembled from settings."""

from matcher.encode import Encoder, Progress, SentenceTransformerEncoder
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.settings import Settings
from matcher.store.store import Store
from matcher.vector_cache import CachedEncoder
from matcher.weights import Weights


def open_encoder(settings: Settings) -> Encoder:
    """Load the model, behind the cache of vectors.

    :raises ModelMissing: it is nowhere to be had.
    """
    return CachedEncoder(SentenceTransformerEncoder.load(settings.model, settings.cache), settings.vectors)


def open_store(settings: Settings) -> Store:
    """Open the database, made where it is absent."""
    return Store.open(settings.database)


def open_live_engine(settings: Settings) -> LiveEngine:
    """Load model and weights; the snapshot is opened at the first question."""
    return LiveEngine(settings.home, open_encoder(settings), Weights.load(settings.weights))


def build_snapshot(settings: Settings, progress: Progress | None = None) -> str:
    """Build a snapshot of the whole database, let it serve, and return its id.

    :raises Busy: another process is building.
    """
    store = open_store(settings)
    return Snapshot.build(
        settings.home, store.partners(), store.evidence(), store.outcomes(), open_encoder(settings), progress
    )
