"""A build that is killed goes on where it stopped: nothing that was kept is read again."""

import os
import signal
import subprocess
import sys
import time

import killed_build
import pytest
from far_encoder import Far, times_read

from matcher import parts, vector_cache


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_cache, "SLICE", killed_build.SLICE)
    monkeypatch.setattr(parts, "open_encoder", parts.open_encoder)  # both are put back
    killed_build.fill(tmp_path / "home")
    return tmp_path / "home"


def test_killed_twice_and_built(home, tmp_path):
    log, whole = tmp_path / "read.log", tmp_path / "whole.log"
    killed_build.fill(tmp_path / "other")
    killed_build.build(Far(str(whole)), tmp_path / "other")
    expected = times_read(whole)
    assert set(expected.values()) == {1}
    kills = 2
    for kill in range(1, kills + 1):
        child = subprocess.Popen(
            [sys.executable, "-m", "killed_build", str(log), str(home)],
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        )
        end = time.monotonic() + 120
        while times_read(log).total() < len(expected) * kill / (kills + 1):
            assert child.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        assert not (home / "CURRENT").exists()
    id_ = killed_build.build(Far(str(log)), home)
    found = times_read(log)
    assert found.keys() == expected.keys()
    assert found.total() - len(found) <= kills * killed_build.SLICE  # what was being read when it was killed
    parts_of = [
        {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.npy")}
        for folder in (home / "snapshots" / id_, next((tmp_path / "other" / "snapshots").iterdir()))
    ]
    assert parts_of[0] == parts_of[1] != {}
    before = found.total()
    killed_build.build(Far(str(log)), home)
    assert times_read(log).total() == before
