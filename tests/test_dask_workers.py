"""Dask's workers: processes that read, die, and are told of what cannot be read; a driver that is killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

pytest.importorskip("distributed")

from far_encoder import PARTNERS, SIZE, TEXTS, Far, logged, run, times_read

from matcher import dask_workers, encode_ahead
from matcher.encode import Role
from matcher.errors import BadInput, DatabaseAway
from matcher.index.pieces import Piece
from matcher.index.snapshot import Snapshot
from matcher.vector_cache import CachedEncoder

pytestmark = [
    pytest.mark.filterwarnings("default::ResourceWarning"),  # of processes that died
    pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(encode_ahead, "PARTITION", SIZE)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "read.log"


def alone(tmp_path):
    """What a build in one process reads, by role and text, and its cache."""
    log = tmp_path / "alone.log"
    cached = CachedEncoder(Far(str(log))(1), tmp_path / "alone.sqlite")
    Snapshot.build(tmp_path / "alone", PARTNERS, TEXTS, [], cached)
    return times_read(log), cached


def same_vectors(cached, other, pieces):
    for role in Role:
        texts = sorted(text for r, text in pieces if r == role)
        np.testing.assert_array_equal(cached.encode(texts, role), other.encode(texts, role))


def test_two_workers_read_what_one_process_would_and_the_same(tmp_path, log):
    outcome = run(Far(str(log)), tmp_path / "vectors.sqlite")
    expected, own = alone(tmp_path)
    assert times_read(log) == expected
    assert set(expected.values()) == {1}
    assert outcome.read == len(expected)
    assert len({process for process, *_ in logged(log)}) == 2
    assert {threads for _, threads, *_ in logged(log)} == {"1"}
    quiet = Far(str(tmp_path / "none.log"))(1)
    same_vectors(CachedEncoder(quiet, tmp_path / "vectors.sqlite"), own, expected)
    assert not (tmp_path / "none.log").exists()  # all was in the cache


def test_a_driver_that_is_killed_leaves_nobody_and_the_next_goes_on(tmp_path, log):
    expected, own = alone(tmp_path)
    command = [sys.executable, "-m", "far_encoder", str(log), str(tmp_path / "vectors.sqlite")]
    driver = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": ":".join(sys.path)})
    wait_for(lambda: len(logged(log)) > len(expected) / 2)
    workers = psutil.Process(driver.pid).children(recursive=True)
    driver.send_signal(signal.SIGKILL)
    assert driver.wait() == -signal.SIGKILL
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    before = times_read(log)
    assert len(expected) / 2 < before.total() < len(expected)
    run(Far(str(log)), tmp_path / "vectors.sqlite")
    after = times_read(log)
    assert after.keys() == expected.keys()
    twice = [piece for piece, times in after.items() if times > 1]
    assert max(after.values()) <= 2
    assert len(twice) <= 2 * dask_workers.AHEAD * SIZE  # what two workers had
    assert set(twice) <= before.keys()
    same_vectors(CachedEncoder(Far(str(log))(1), tmp_path / "vectors.sqlite"), own, expected)


def test_a_worker_that_dies_loses_nothing(tmp_path, log):
    outcome = run(Far(str(log), deadly="Ensayo 31 ", once=True), tmp_path / "vectors.sqlite")
    expected, own = alone(tmp_path)
    assert outcome.refused == []
    assert times_read(log).keys() == expected.keys()
    assert log.with_name("read.log.dead").exists()  # one did die
    same_vectors(CachedEncoder(Far(str(log))(1), tmp_path / "vectors.sqlite"), own, expected)


def test_a_text_that_raises_is_named_after_it_was_tried_again(tmp_path, log):
    outcome = run(Far(str(log), poison="Norte17 sobre"), tmp_path / "vectors.sqlite")
    assert {piece.of for piece, _ in outcome.refused} == {"t017"}
    assert all(piece.text in encode_ahead.why(failure) for piece, failure in outcome.refused)
    expected, _ = alone(tmp_path)
    assert outcome.read == len(expected) - len(outcome.refused)
    assert min(times_read(log)[piece.role, piece.text] for piece, _ in outcome.refused) >= 1 + dask_workers.TRIES


def test_workers_with_another_model_are_refused(tmp_path, log):
    far = Far(str(log), revision="far-2")
    cached = CachedEncoder(Far(str(log))(1), tmp_path / "vectors.sqlite")
    with dask_workers.here(1, 1) as client:
        ahead = encode_ahead.EncodeAhead(cached, dask_workers.DaskWorkers(client, far, "far-1"))
        with pytest.raises(BadInput, match="has the model far-2, this is far-1"):
            ahead.run(PARTNERS, TEXTS)
    assert logged(log) == []


def test_ports_are_of_this_machine_and_ask_for_a_certificate():
    import distributed

    with dask_workers.here(1, 1) as client:
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        every = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = [c.laddr.ip for p in every for c in p.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        assert set(listening) == {"127.0.0.1"}
        with pytest.raises(OSError, match=r"imed out|handshake|closed"):
            distributed.Client(address.replace("tls://", "tcp://"), timeout=3)


def test_an_address_where_nobody_is_and_one_that_is_none(monkeypatch):
    monkeypatch.setattr(dask_workers, "WAIT_S", 1)
    with pytest.raises(DatabaseAway, match=r"no scheduler answers at tcp://127.0.0.1:9"), dask_workers.at("tcp://127.0.0.1:9"):  # fmt: skip
        pass
    with pytest.raises(BadInput, match="nonsense://x is no scheduler's address"), dask_workers.at("nonsense://x"):
        pass


def wait_for(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
def test_a_cluster_started_by_hand_and_what_is_told_when_it_goes(tmp_path, log):
    port = free_port()
    quiet = {"env": os.environ | {"PYTHONPATH": ":".join(sys.path)}, "stderr": subprocess.DEVNULL}
    address = f"tcp://127.0.0.1:{port}"
    own = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *own], **quiet)  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "3", *own], **quiet)  # fmt: skip
    try:
        far = Far(str(log), slow=0.005)
        cached = CachedEncoder(far(1), tmp_path / "vectors.sqlite")
        with dask_workers.at(address) as client:
            workers = dask_workers.DaskWorkers(client, far, "far-1")
            assert workers.room == dask_workers.AHEAD
            threading.Thread(target=kill_after, args=(scheduler, log)).start()
            with pytest.raises(DatabaseAway, match="run the same again to go on"):
                encode_ahead.EncodeAhead(cached, workers).run(PARTNERS, TEXTS)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert {threads for _, threads, *_ in logged(log)} == {"3"}  # its share, as it was told
    outcome = run(Far(str(log)), tmp_path / "vectors.sqlite")
    assert 0 < outcome.read < len(alone(tmp_path)[0])


def test_where_no_worker_is_left_it_is_told(log, monkeypatch):
    monkeypatch.setattr(dask_workers, "WAIT_S", 2)
    with dask_workers.here(1, 1) as client:
        workers = dask_workers.DaskWorkers(client, Far(str(log), slow=30), "far-1")
        piece = Piece("torno", Role.PASSAGE)
        workers.give(encode_ahead.Partition(Role.PASSAGE, ((b"key", piece),), 0))
        client.cluster.scale(0)
        with pytest.raises(DatabaseAway, match="no worker is left; run the same again"):
            workers.take()


def kill_after(scheduler, log):
    wait_for(lambda: len(logged(log)) > 3 * SIZE)
    scheduler.kill()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
