"""One source, all engines: each builds in a process of its own and answers in another, one after the other."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from eval.speed.peers import quality
from eval.speed.peers.given import Texts, load_questions
from eval.speed.peers.material import HOME, Source
from eval.speed.peers.peer import OURS, PEERS, load, missing
from eval.speed.peers.process import K
from eval.speed.stages import fresh
from matcher.sources import benchmark

WARM = 20  # questions of a corpus before those that count
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS",
    "TOKIO_WORKER_THREADS", "LANCE_CPU_THREADS",
)  # fmt: skip
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "LANCEDB_LOG": "error",
    "LANCE_LOG": "error",
    "PYTHONWARNINGS": "ignore",
}
Told = Callable[[str], None]


class Failed(Exception):
    """A process did not come to its end; the message says why in a few words."""


def compare(source: Source, names: Sequence[str], folder: Path, limit: int, cores: int, told: Told) -> dict[str, Any]:
    """Return engine -> what was measured of it, or why it was not (`left out`); `texts` and `questions` count.

    :param limit: seconds of a build, and of the questions, after which an engine is cut.
    :param told: is given a line about what is going on.
    """
    given = fresh(folder / "given")
    told(f"{source.folder or f'{source.texts:,} texts'}: {HOME}")
    ours = process("prepare", None, cores, source=asdict(source), folder=str(given))
    texts, questions = Texts.load(given), load_questions(given)
    qrels = benchmark.questions(Path(source.folder)).qrels if source.folder else {}
    warm = 0 if source.folder else WARM
    found: dict[str, Any] = {"texts": len(texts.texts), "questions": len(questions) - warm}
    for name in names:
        absent = missing(PEERS[name])
        if absent:
            found[name] = {"left out": absent}
            continue
        paths = {"folder": str(given / HOME if name in OURS else fresh(folder / "index")), "given": str(given)}
        try:
            built = ours if name in OURS else process("build", limit, cores, where=PEERS[name], **paths)
            disk = sum(path.stat().st_size for path in Path(paths["folder"]).rglob("*") if path.is_file()) / 2**20
            asked = process("ask", 2 * limit + 60, cores, where=PEERS[name], warm=warm, seconds=limit, **paths)
        except Failed as failure:
            found[name] = {"left out": str(failure)}
            told(f"  {name}: {failure}")
            continue
        rows, near = asked.pop("found"), asked.pop("near")
        exact = questions[warm:][: len(near)]
        asked["recall@100"] = quality.recall(texts.vectors, np.array([q.vector for _, q in exact]), near, K)
        if qrels and len(rows) == len(questions):
            ids = [id_ for id_, _ in questions]
            figure = quality.judged(ids, rows, texts, qrels, of_partners=load(PEERS[name]).PARTNERS)
            asked[quality.MEASURE] = {"mean": figure.mean, "low": figure.low, "high": figure.high}
        found[name] = {**built, "disk MB": disk, **asked}
        told(f"  {name}: " + ", ".join(f"{key} {each:.4g}" for key, each in found[name].items() if _number(each)))
    return found


def process(job: str, limit: int | None, cores: int, **told: Any) -> dict[str, Any]:
    """Run a job in a process of its own that may use so many cores; return what it found.

    :raises Failed: it did not end within `limit` seconds, or with an error, which stands on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="tinkuy-peer-") as aside:
        answer = Path(aside) / "answer.json"
        argument = json.dumps({"job": job, "answer": str(answer), "cores": cores, **told})
        command = [sys.executable, "-m", "eval.speed.peers.process", argument]
        environment = os.environ | QUIET | dict.fromkeys(THREADS, str(cores))
        try:
            subprocess.run(command, check=True, timeout=limit, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise Failed(f"{job} was cut after {limit} s") from None
        except subprocess.CalledProcessError as error:
            raise Failed(f"{job} ended with code {error.returncode}") from None
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def _number(value: object) -> bool:
    return isinstance(value, int | float)
