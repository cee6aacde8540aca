"""What a change costs: seconds from a committed write to its being matchable, memory, a query with and without delta.

Run `python -m eval.delta_bench 1000 10000`: one world a size, with random vectors and texts of 60 words of a skewed
vocabulary. Reading a text with a real model comes on top (some 50 ms on two cores).
"""

import logging
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from matcher.encode import Progress, Role, Vectors
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Changes, Evidence, Partner, Query, Record, Side
from matcher.store.store import Store
from matcher.weights import Weights

DIMENSIONS, WORDS, VOCABULARY = 384, 60, 50_000
TEXTS_A_PARTNER = 5
REPEATS = 5


class RandomEncoder:
    """A vector is drawn by chance from its text."""

    revision = "random"
    dimensions = DIMENSIONS

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return [text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """See Encoder."""
        seed = zlib.crc32("\0".join(texts).encode())
        vectors = np.random.default_rng(seed).normal(0.05, 1, (len(texts), DIMENSIONS)).astype(np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def text(number: int) -> str:
    """Return a text whose words are as unevenly common as those of a language."""
    ranks = np.random.default_rng(number).zipf(1.2, WORDS) % VOCABULARY
    return " ".join(f"pal{np.base_repr(int(rank), 26).lower().translate(_LETTERS)}" for rank in ranks) + "."


_LETTERS = str.maketrans("0123456789abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz")


def world(texts: int) -> list[Record]:
    """Return partners of supply with their texts."""
    count = max(texts // TEXTS_A_PARTNER, 1)
    partners = [Partner(f"p{i:06}", Side.SUPPLY, f"P{i}", "laboratory", "PE") for i in range(count)]
    firm = Partner("firm", Side.DEMAND, "Firm", "firm", "PE")
    evidence = [Evidence(f"e{i:07}", (f"p{i % count:06}",), "project", text(i), None, "es") for i in range(texts)]
    return [*partners, firm, *evidence]


def seconds(done: Callable[[], bool], limit: float = 120) -> float:
    """Return how long it takes until `done`."""
    started = time.perf_counter()
    while not done():
        if time.perf_counter() - started > limit:
            return float("inf")
        time.sleep(0.005)
    return time.perf_counter() - started


def query_ms(live: LiveEngine) -> float:
    """Return the middle of some queries' times."""
    took = []
    for i in range(9):
        question = Query(text(10_000_000 + i)[:200], Side.SUPPLY, language="es")
        started = time.perf_counter()
        live.current().match(question)
        took.append(time.perf_counter() - started)
    return float(np.median(took)) * 1000


def measure(texts: int, folder: Path) -> dict[str, float]:
    """Measure one world."""
    encoder, store = RandomEncoder(), Store.open(folder / "tinkuy.db")
    with store.writing() as writer:
        writer.upsert(world(texts))
    now, home, found = store.everything(), folder / "home", {}
    (home / "snapshots").mkdir(parents=True)
    started = time.perf_counter()
    whole = Changes(now.state, now.partners, now.evidence, now.outcomes)
    Snapshot.of("bench", whole, encoder).write_alone(home, encoder)
    found["build s"] = time.perf_counter() - started
    del now, whole
    live = LiveEngine(home, encoder, Weights.load(), store)
    started = time.perf_counter()
    live.current()
    found["open s"] = time.perf_counter() - started
    found["query ms"] = query_ms(live)
    found["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    writes, deletes = [], []
    for i in range(REPEATS):
        new = Evidence(f"n{i}", ("p000000",), "project", text(texts + i), None, "es")
        with store.writing() as writer:
            writer.put(new)
        writes.append(seconds(lambda new=new: new.id in live.current().snapshot.evidence))  # type: ignore[misc]
    for i in range(REPEATS):
        with store.writing() as writer:
            writer.delete(Evidence, f"n{i}")
        started = time.perf_counter()
        live.current()
        deletes.append(time.perf_counter() - started)
    found["write s (worst)"], found["delete s (worst)"] = max(writes), max(deletes)
    many = [Evidence(f"m{i:04}", (f"p{i % 100:06}",), "project", text(texts + 100 + i), None, "es") for i in range(100)]
    with store.writing() as writer:
        writer.upsert(many)
    found["100 writes s"] = seconds(lambda: many[-1].id in live.current().snapshot.evidence)
    found["query ms with delta"] = query_ms(live)
    found["memory MB with delta"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    live.close()
    store.close()
    return found


def main(sizes: Sequence[int]) -> None:
    """Print a table."""
    logging.basicConfig(level=logging.WARNING)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            row = ", ".join(f"{name} {value:.3g}" for name, value in measure(size, Path(folder)).items())
        print(f"{size} texts: {row}", flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1000, 10_000])
