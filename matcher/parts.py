"""The parts of a running Tinkuy, assembled from settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.engine import URL
from threadpoolctl import threadpool_limits

from matcher import bundled_model, dask_workers, forking, saved_searches
from matcher.beside import cores
from matcher.candidate_sources import assembling
from matcher.candidate_sources.assembling import Sources
from matcher.candidate_sources.qdrant_address import Address
from matcher.encode import Encoder, Progress, SentenceTransformerEncoder
from matcher.encode_ahead import EncodeAhead, Outcome
from matcher.errors import Busy, SnapshotError
from matcher.index.snapshot import Snapshot, building
from matcher.language import N_
from matcher.live import LiveEngine
from matcher.macro_regions import MacroRegions
from matcher.quick_encoder import Numbers, QuickEncoder
from matcher.settings import Settings
from matcher.store.database import url_of
from matcher.store.store import Store
from matcher.vector_cache import CachedEncoder
from matcher.weights import Weights


def open_encoder(settings: Settings, *, questions: bool = True) -> Encoder:
    """Load the model, behind the cache of vectors; questions asked at the same time are read together.

    :param questions: whether vectors of questions are kept too.
    :raises ModelMissing: it is nowhere to be had.
    """
    return CachedEncoder(open_model(settings), settings.vectors, questions=questions)


def open_model(settings: Settings, threads: int | None = None) -> Encoder:
    """Load the model as CTranslate2 runs it, where it knows its kind, else as sentence-transformers does.

    :param threads: that read at once; one a core without it.
    :raises ModelMissing: it is nowhere to be had.
    """
    source = Path(settings.model).expanduser() if settings.model else bundled_model.ensure(settings.cache)
    whole = source and source.is_dir()
    quick = QuickEncoder.load(source, settings.cache, settings.passages, threads) if source and whole else None
    return quick or SentenceTransformerEncoder.load(settings.model, settings.cache, threads)


def open_store(settings: Settings) -> Store:
    """Open the database; the embedded one is made where it is absent, and brought to today's shape.

    :raises BadInput: TINKUY_DATABASE_URL is not understood.
    :raises DatabaseOutdated: a server's database needs `tinkuy db upgrade`.
    """
    return Store.open(database_url(settings))


def database_url(settings: Settings) -> URL:
    """Return the database's URL.

    :raises BadInput: TINKUY_DATABASE_URL is not understood.
    """
    if settings.database_url:
        return url_of(settings.database_url)
    return URL.create("sqlite", database=str(settings.database))


def open_live_engine(settings: Settings, store: Store | None = None) -> LiveEngine:
    """Load model and weights; the snapshot is opened at the first question.

    :param store: the database that is followed from then on, until `close`. Without it the database is opened and
        read when there is a question, and no thread is started: what a command needs.
    """
    one_thread_a_sum()
    groups = MacroRegions.load(settings.macro_regions)
    encoder, snapshot = forking.taken() or (open_encoder(settings, questions=False), None)
    weights = Weights.load(settings.weights_file())
    follow = saved_searches.on_change(store) if store else None
    return LiveEngine(
        settings.home,
        encoder,
        weights,
        store or open_store(settings),
        watch=store is not None,
        on_change=follow,
        weights_file=settings.weights_file,
        macro_regions=groups,
        sources=Sources(settings.candidates, settings.candidates_key) if settings.candidates else None,
        opened=snapshot,
    )


def share_with_forks(settings: Settings, forks: int) -> bool:
    """Open the snapshot for the next processes forked from this one; tell whether they can share it.

    They cannot where the model has threads as soon as it is opened (CTranslate2's is loaded later, by each), or where
    there is no snapshot that can be used, which they then say themselves.
    """
    one_thread_a_sum()
    encoder = CachedEncoder(open_model(settings), settings.vectors, questions=False)
    if not isinstance(encoder.encoder, QuickEncoder):
        return False
    try:
        snapshot = Snapshot.open_current(settings.home, encoder)
    except SnapshotError:
        return False
    forking.hand_on(encoder, snapshot, forks)
    return True


def one_thread_a_sum() -> None:
    """Let BLAS work on one core for each sum: those of a question are small.

    Its threads wait for each other by turning round, which takes longer than the sums, and from the other questions.
    """
    threadpool_limits(1, user_api="blas")


def build_snapshot(settings: Settings, progress: Progress | None = None) -> str:
    """Build a snapshot of the whole database, let it serve, and return its id.

    :raises Busy: another process is building.
    """
    store, encoder = open_store(settings), open_encoder(settings)
    with building(settings.home):  # read inside, so that a slow build never puts older data over newer
        now = store.everything()
        return Snapshot.build_alone(
            settings.home, now.partners, now.evidence, now.outcomes, encoder, progress, state=now.state
        )


@dataclass(frozen=True, slots=True)
class WorkersModel:
    """Opens the model in a worker, where its own settings say that it lies."""

    passages: Numbers  # ours, so that all vectors are alike

    def __call__(self, threads: int) -> Encoder:
        """Load it."""
        return open_model(replace(Settings.read(os.environ), passages=self.passages), threads)


def encode_ahead(
    settings: Settings, workers: int, scheduler: str | None = None, progress: Progress | None = None
) -> Outcome:
    """Have all that the next snapshot needs read by several processes, and keep the vectors.

    :param workers: processes of this machine, which share its cores.
    :param scheduler: address of a cluster that does it instead.
    :raises Busy: another process is at it.
    :raises NotFound: Dask is not installed.
    """
    cache = CachedEncoder(open_model(settings), settings.vectors)
    lock = FileLock(f"{settings.vectors}.ahead.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy(N_("another process is encoding into {file}; wait for it to end"), file=settings.vectors) from error
    cluster = dask_workers.at(scheduler) if scheduler else dask_workers.here(workers, max(cores() // workers, 1))
    with lock, cluster as client:
        now = open_store(settings).everything()
        those = dask_workers.DaskWorkers(client, WorkersModel(settings.passages), cache.revision)
        return EncodeAhead(cache, those, progress).run(now.partners, now.evidence)


def send_snapshot(
    settings: Settings, to: str, progress: Progress | None = None, options: Mapping[str, int] | None = None
) -> list[str]:
    """Bring the snapshot that serves into one or several Qdrants, and return the names of its collections there.

    :param to: their addresses, separated by spaces.
    :param options: of new collections: `shards`, `replicas`.
    :raises SnapshotMissing: none has been built.
    :raises CandidatesAway: a Qdrant cannot be reached; run again, it goes on where it stopped.
    """
    addresses = [Address.read(part) for part in to.split()]
    encoder = open_encoder(settings, questions=False)
    snapshot = Snapshot.open_current(settings.home, encoder)
    return assembling.send(snapshot, encoder.revision, addresses, settings.candidates_key, progress, options)
