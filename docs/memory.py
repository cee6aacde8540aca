"""Measure what memory several workers take that answer from one snapshot: `python docs/memory.py [--texts 20000]`.

The snapshot is made up: random vectors of 384 dimensions, random words. No model is loaded: a worker of a real server
has it besides (some 500 MB of its own).
"""

import argparse
import gc
import multiprocessing
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from matcher.encode import Progress, Role, Vectors
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Partner, Query, Side
from matcher.weights import Weights

DIMENSIONS = 384
MB = 2**20


class RandomEncoder:
    """A vector by chance for each text, always the same one."""

    revision = "random-1"
    dimensions = DIMENSIONS

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return [text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """See Encoder."""
        vectors = np.ones((len(texts), DIMENSIONS))
        for row, text in enumerate(texts):
            vectors[row] = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(DIMENSIONS)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def build(home: Path, texts: int) -> None:
    """Build the snapshot: ten texts of 60 words a partner."""
    chance = np.random.default_rng(0)
    words = np.array(["".join(chance.choice(list("abcdefghilmnoprstu"), 7)) for _ in range(20_000)])
    partners = [Partner(f"p{i}", Side.SUPPLY, f"Grupo {i}", "group", "PE", "PE-CUS") for i in range(texts // 10)]
    evidence = [
        Evidence(f"e{i}", (f"p{i // 10}",), "project", " ".join(chance.choice(words, 60)), language="es")
        for i in range(texts)
    ]
    Snapshot.build(home, partners, evidence, (), RandomEncoder())


def work(home: Path, ready: "multiprocessing.synchronize.Barrier") -> None:
    """Open the snapshot, answer some questions, wait to be measured."""
    encoder = RandomEncoder()
    engine = Engine(Snapshot.open_current(home, encoder), encoder, Weights.load())
    for number in range(20):
        engine.match(Query(f"pregunta {number}", Side.SUPPLY))
    gc.collect()
    ready.wait()
    ready.wait()


def main() -> None:
    """Build, start, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=5_000)
    texts = parser.parse_args().texts
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        build(home, texts)
        size = sum(p.stat().st_size for p in (home / "snapshots").rglob("*") if p.is_file())
        print(f"snapshot of {texts} texts: {size / MB:.0f} MB on disk")  # noqa: T201
        for workers in (1, 4):
            ready = context.Barrier(workers + 1)
            processes = [context.Process(target=work, args=(home, ready)) for _ in range(workers)]
            for process in processes:
                process.start()
            ready.wait()
            found = [psutil.Process(process.pid).memory_full_info() for process in processes]
            for name in ("rss", "uss", "pss"):
                each = [getattr(info, name) / MB for info in found]
                told = f"{max(each):.0f} MB each at most, {sum(each):.0f} MB together"
                print(f"{workers} workers, {name.upper()}: {told}")  # noqa: T201
            ready.wait()
            for process in processes:
                process.join()


if __name__ == "__main__":
    main()
