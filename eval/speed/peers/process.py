"""One engine, one job, in a process of its own: what `python -m eval.speed.peers.process` runs."""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from eval.speed.peers.given import Texts, load_questions
from eval.speed.peers.peer import Opened, Question, load

K = 100  # texts that are asked for
FEWEST = 3  # questions that are timed, however long they take


def build(where: str, folder: Path, given: Path) -> dict[str, Any]:
    """Index what is given: seconds, and the process's memory at its highest."""
    kind = load(where)
    for package in kind.PACKAGES:
        importlib.import_module(package)
    texts = Texts.load(given)
    before = memory()["peak MB"]
    started = time.perf_counter()
    kind.build(folder, texts.texts, texts.vectors, texts.language)
    return {"build s": time.perf_counter() - started, "given MB": before, "build peak MB": memory()["peak MB"]}


def ask(where: str, folder: Path, given: Path, warm: int, seconds: float) -> dict[str, Any]:
    """Open the index and ask: milliseconds of each question after the first `warm` ones, memory, what was found.

    :param seconds: when to stop, so that a slow engine is timed by fewer questions.
    """
    kind = load(where)
    for package in kind.PACKAGES:
        importlib.import_module(package)
    questions = [question for _, question in load_questions(given)]
    imported = memory()["steady MB"]
    started = time.perf_counter()
    peer = kind.open(folder)
    opened = time.perf_counter() - started
    times, busy, found = timed(peer, questions, warm, seconds)
    used = memory()
    near = [rows if rows is None else list(rows) for rows in (peer.near(q, K) for q in questions[warm:][: len(times)])]
    return {
        "open s": opened,
        "median ms": float(np.median(times)),
        "p99 ms": float(np.percentile(times, 99)),
        "processor ms": float(np.median(busy)),
        "asked": len(times),
        "imported MB": imported,
        **used,
        "found": found,
        "near": near,
    }


def timed(
    peer: Opened, questions: list[Question], warm: int, seconds: float
) -> tuple[list[float], list[float], list[list[Any]]]:
    """Return what was found of the questions after the first `warm` ones, with their milliseconds.

    The second are those of the processor, all threads together: they hardly depend on what else the machine does.
    """
    times: list[float] = []
    busy: list[float] = []
    found = []
    started = time.perf_counter()
    for number, question in enumerate(questions):
        if number < warm and time.perf_counter() - started > seconds / 4:
            continue
        if len(times) >= FEWEST and time.perf_counter() - started > seconds:
            break
        before, worked = time.perf_counter(), time.process_time()
        rows = peer.search(question, K)
        if number >= warm:
            times.append(1000 * (time.perf_counter() - before))
            busy.append(1000 * (time.process_time() - worked))
            found.append(list(rows))
    return times, busy, found


def memory() -> dict[str, float]:
    """Return this process's memory at its highest and now, mapped files counted as far as they were read; of Linux."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    return {name: int(told[key].split()[0]) / 1024 for name, key in (("peak MB", "VmHWM"), ("steady MB", "VmRSS"))}


def prepared(folder: Path, source: dict[str, Any]) -> dict[str, Any]:
    """Prepare what all are given; see `material`."""
    from eval.speed.peers import material
    from matcher import parts
    from matcher.settings import Settings

    encoder = parts.open_encoder(Settings.read(os.environ))
    before = memory()["peak MB"]
    found = material.prepare(material.Source(**source), folder, encoder)
    return {**found, "given MB": before, "build peak MB": memory()["peak MB"]}


def _main() -> None:
    told = json.loads(sys.argv[1])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: told.pop("cores")])
    job, answer = told.pop("job"), Path(told.pop("answer"))
    paths = {name: Path(told.pop(name)) for name in ("folder", "given") if name in told}
    found = {"build": build, "ask": ask, "prepare": prepared}[job](**paths, **told)  # type: ignore[operator]
    answer.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    _main()
