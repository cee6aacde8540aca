"""The whole OpenAPI description against the running service: schemathesis sends what it allows and what it does not.

The answers must be those that are described (status, media type, schema, headers), whatever is sent: see
schemathesis.toml for what is asked, and for the few things that a schema cannot know.
"""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder

from api import limits
from api.app import create_app
from matcher.access import Role
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.store import keys, organisations
from matcher.store.store import Store
from matcher.weights import Weights

pytestmark = [pytest.mark.slow, pytest.mark.proof]
HERE = Path(__file__).parent
CASES = 2_000
LIMIT_S = 900  # a run that takes longer hangs


@contextmanager
def serving(folder: Path, store: Store) -> Iterator[str]:
    """Give the address of the service over a small world."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUESTIONS", "WRITES"):
            patch.setenv(f"TINKUY_RATE_{name}", "1000000/minute")
        patch.setattr(limits, "FAILURES", "1000000/minute")  # of every operation a key that is not valid is tried
        with store.writing() as writer:
            writer.upsert([*PARTNERS, *EVIDENCE, *OUTCOMES])
        encoder = FakeEncoder()
        now = store.everything()
        Snapshot.build(folder, now.partners, now.evidence, now.outcomes, encoder)
        app = create_app(live=LiveEngine(folder, encoder, Weights.load(), store), store=store)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                thread.join(0.05)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)


def run(address: str, folder: Path, *options: str) -> str:
    """Run schemathesis and return what it tells."""
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "contract_hooks", "PYTHONPATH": str(HERE)}
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
        f"{address}/openapi.json", "--phases", "examples,coverage,fuzzing,stateful", "--no-color", *options,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    sys.stdout.write(done.stdout[-1_000:])  # pytest -rP shows the counts
    return done.stdout


def cases(told: str) -> int:
    """Return how many cases were sent."""
    found = re.search(r"([\d,]+) generated", told)
    assert found, told[-2_000:]
    return int(found[1].replace(",", ""))


def test_a_fresh_installation_answers_as_it_is_described(store: Store, tmp_path: Path, caplog) -> None:
    """Nobody made a key yet, so whoever asks from this machine is its admin: no key is asked for."""
    with caplog.at_level(logging.WARNING), serving(tmp_path / "home", store) as address:
        told = run(address, tmp_path, "--checks", "all", "--exclude-checks", "ignored_auth")
    assert cases(told) >= CASES
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_an_officer_finds_what_is_described_and_who_has_no_key_does_not(store: Store, tmp_path: Path, caplog) -> None:
    with store.noting() as session:
        organisations.add(session, "ott", "OTT")
        key = keys.make(session, Role.OFFICER, "ott")
    with caplog.at_level(logging.WARNING), serving(tmp_path / "home", store) as address:
        told = run(address, tmp_path, "--checks", "all", "-H", f"Authorization: Bearer {key}")
    assert cases(told) >= CASES
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
