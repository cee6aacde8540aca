"""Dask's workers read partitions (see `encode_ahead`): processes of this machine, or of a cluster by its address.

Why Dask and not Ray Data: two wheels of pure Python (2.5 MB, and ten small packages) rather than one of 79 MB for each
Python and system besides pyarrow and pandas; a cluster is `dask scheduler` and `dask worker`, which whoever may log in
to two machines can start, by a batch system too. Ray Data's own way of resuming reads and writes files; ours is the
cache of vectors, whichever engine works. A worker that dies is replaced and its partitions are given to others.

Dask runs whatever it is sent: its ports are for a network where everybody is trusted, or for `tls://` (see
docs/OPERATING.md).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from matcher.encode import Encoder, Role, Vectors
from matcher.encode_ahead import Partition
from matcher.errors import BadInput, DatabaseAway, NotFound
from matcher.language import N_

MakeEncoder = Callable[[int], Encoder]  # opens the model for so many threads; sent to workers, equal if made alike
DEATHS = 1  # workers that a partition may lose before it is itself suspected
TRIES = 1  # times that a partition is tried again
AHEAD = 2  # partitions a worker has: one that it reads, one that waits
WAIT_S = 60  # how long a cluster is waited for, or any worker
LOOK_S = 0.02  # between two looks

_HERE = {
    "distributed.scheduler.allowed-failures": DEATHS,
    "distributed.scheduler.http.routes": [],  # no pages
    "distributed.worker.http.routes": [],
    # Without Dask's MALLOC_TRIM_THRESHOLD_, with which memory goes back to the system and comes again at every batch: a
    # third of the processor's time.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}

_held: dict[MakeEncoder, Encoder] = {}  # of this process, if it is a worker
_opening = threading.Lock()


class DaskWorkers:
    """A cluster as `Workers`."""

    def __init__(self, client: Any, make: MakeEncoder, revision: str) -> None:
        """Let a cluster read.

        :param client: connected to it.
        :param revision: of the model that all must have.
        """
        from distributed import as_completed

        self.client = client
        self.make = make
        self.revision = revision
        self._done: Any = as_completed()
        self._given: dict[str, Partition] = {}  # by the future's key

    @property
    def room(self) -> int:
        """See Workers; those that come while it goes on are counted."""
        return AHEAD * max(self._workers(), 1)

    def give(self, partition: Partition) -> None:
        """See Workers."""
        told = (self.make, self.revision, partition.role, partition.texts)
        future = self.client.submit(read, *told, pure=False, retries=TRIES)
        self._given[future.key] = partition
        self._done.add(future)

    def take(self) -> tuple[Partition, Vectors | Exception]:
        """See Workers.

        :raises DatabaseAway: the cluster does not answer, or all its workers are gone.
        """
        from distributed import CancelledError
        from distributed.comm import CommClosedError

        while True:
            self._wait()
            future = next(self._done)
            partition = self._given.pop(future.key)
            try:
                return partition, future.result(timeout=WAIT_S)
            except (CancelledError, CommClosedError) as error:
                raise DatabaseAway(N_("the cluster does not answer any more; run the same again to go on")) from error
            except Exception as error:
                if not isinstance(error, TimeoutError) or future.status == "error":
                    return partition, error
                future.cancel()  # what it read went with the worker that had it
                self.give(partition)

    def _wait(self) -> None:
        """Wait until something is done, but not for ever where nobody does it: a nanny may die with its worker."""
        looked = somebody = time.monotonic()
        while not self._done.has_ready():
            time.sleep(LOOK_S)
            if time.monotonic() - looked < 1:
                continue
            looked = time.monotonic()
            if self._workers():
                somebody = looked
            elif looked - somebody > WAIT_S:
                raise DatabaseAway(N_("no worker is left; run the same again to go on"))

    def _workers(self) -> int:
        return len(self.client.scheduler_info(n_workers=-1)["workers"])


@contextmanager
def here(workers: int, threads: int) -> Iterator[Any]:
    """Start workers on this machine, each with so many threads, and give their client.

    :raises NotFound: Dask is not installed.
    """
    distributed = _dask()
    import dask

    # What listens, on this machine alone, asks for a certificate that is made for this run: others may be logged in.
    with (
        dask.config.set(_HERE),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            host="tls://127.0.0.1",
            dashboard_address="127.0.0.1:0",
            security=distributed.Security.temporary(),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@contextmanager
def at(address: str) -> Iterator[Any]:
    """Give a client of the cluster whose scheduler has an address, as `tcp://10.0.0.5:8786`.

    :raises NotFound: Dask is not installed.
    :raises DatabaseAway: nobody answers there.
    :raises BadInput: no address.
    """
    distributed = _dask()
    try:
        client = distributed.Client(address, timeout=WAIT_S)
    except ValueError as error:
        raise BadInput(N_("{address} is no scheduler's address, as tcp://10.0.0.5:8786"), address=address) from error
    except OSError as error:
        raise DatabaseAway(N_("no scheduler answers at {address}"), address=address) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
        except TimeoutError as error:
            raise DatabaseAway(N_("the scheduler at {address} has no workers"), address=address) from error
        yield client


def read(make: MakeEncoder, revision: str, role: Role, texts: Sequence[str]) -> Vectors:
    """Read texts: what a worker does, with the one encoder that it holds.

    :raises BadInput: it has another model.
    """
    from distributed import get_worker

    with _opening:
        encoder = _held.get(make)
        if encoder is None:
            encoder = _held[make] = make(get_worker().state.nthreads)
    if encoder.revision != revision:
        raise BadInput(
            N_("a worker has the model {theirs}, this is {ours}: set TINKUY_MODEL alike everywhere"),
            theirs=encoder.revision,
            ours=revision,
        )
    return encoder.encode(texts, role)


def _dask() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise NotFound(N_("Dask, which does this, is not installed: pip install 'tinkuy[bulk]'")) from error
    logging.getLogger("distributed").setLevel(logging.WARNING)
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what it would tell is raised
    return distributed
