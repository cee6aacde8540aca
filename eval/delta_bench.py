"""What a change costs: seconds from a committed write to its being matchable, memory, a query with and without delta.

Run `python -m eval.delta_bench 1000 10000 [FOLDER]`: one corpus a size (see `eval.speed.corpus`), with random vectors;
what was made stays in FOLDER for the next run. Reading a text with a real model comes on top (some
50 ms on two cores). Processor's seconds, in brackets, tell more than wall where other work goes on.
"""

import logging
import resource
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from eval.speed.corpus import Corpus
from matcher.encode import Progress, Role, Vectors
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Changes, Evidence
from matcher.store.store import Store
from matcher.store.tables import EvidencePartnerRow, EvidenceRow, PartnerRow
from matcher.weights import Weights

DIMENSIONS = 384
REPEATS = 5
OWNER = "p0000000"  # of supply, in any corpus


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


def written(id_: str, corpus: Corpus, number: int) -> Evidence:
    """Return a text as it might be written today: that of a number past the end of the corpus."""
    return Evidence(id_, (OWNER,), "project", corpus.text(corpus.texts + number).text, None, "es")


def prepare(texts: int, folder: Path) -> None:
    """Put a corpus into the database and the snapshot of `folder`; rows go in as they are, unchecked."""
    encoder, store = RandomEncoder(), Store.open(folder / "tinkuy.db")
    (folder / "home" / "snapshots").mkdir(parents=True)
    corpus = Corpus(texts)
    partners, evidence = list(corpus.partners()), list(corpus.evidence())
    named: list[dict[str, object]] = [
        {"evidence_id": e.id, "partner_id": id_, "position": i} for e in evidence for i, id_ in enumerate(e.partners)
    ]
    with store.writing() as writer:
        for table, rows in (
            (PartnerRow, [asdict(p) | {"version": writer.version} for p in partners]),
            (EvidenceRow, [_without_partners(asdict(e)) | {"version": writer.version} for e in evidence]),
            (EvidencePartnerRow, named),
        ):
            writer.session.execute(insert(table), rows)
    whole = Changes(store.state(), tuple(partners), tuple(evidence))
    Snapshot.of("bench", whole, encoder).write_alone(folder / "home", encoder)
    store.close()


def _without_partners(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "partners"}


class Clock:
    """Tells the seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return the seconds that passed, and those of the processor that all threads of this process used."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def until(done: Callable[[], bool], limit: float = 120) -> tuple[float, float]:
    """Wait until `done`; return how long that took: wall, cpu."""
    clock = Clock()
    while not done():
        if clock.read()[0] > limit:
            raise TimeoutError(f"not done after {limit} s")
        time.sleep(0.005)
    return clock.read()


def query_ms(live: LiveEngine, corpus: Corpus) -> tuple[float, float]:
    """Return the middle of some queries' times: wall, cpu."""
    took = []
    for question in corpus.queries(9):
        clock = Clock()
        live.current().match(question)
        took.append(clock.read())
    wall, cpu = np.median(took, axis=0).tolist()
    return wall * 1000, cpu * 1000


def measure(folder: Path, corpus: Corpus) -> dict[str, tuple[float, float] | float]:
    """Measure what `prepare` made: name -> wall and cpu, or megabytes."""
    encoder, store = RandomEncoder(), Store.open(folder / "tinkuy.db")
    found: dict[str, tuple[float, float] | float] = {}
    live = LiveEngine(folder / "home", encoder, Weights.load(), store)
    clock = Clock()
    live.current()
    found["open s"] = clock.read()
    found["query ms"] = query_ms(live, corpus)
    found["memory MB"] = _megabytes()
    writes, deletes = [], []

    def knows(id_: str) -> bool:
        return id_ in live.current().snapshot.evidence

    for i in range(REPEATS):
        id_ = f"n{i}"
        with store.writing() as writer:
            writer.put(written(id_, corpus, i))
        writes.append(until(partial(knows, id_)))
        time.sleep(1)
    for i in range(REPEATS):
        with store.writing() as writer:
            writer.delete(Evidence, f"n{i}")
        clock = Clock()
        live.current()
        deletes.append(clock.read())
        time.sleep(1)
    found["write s (worst)"], found["delete s (worst)"] = max(writes), max(deletes)
    many = [written(f"m{i:04}", corpus, 100 + i) for i in range(100)]
    with store.writing() as writer:
        writer.upsert(many)
    found["100 writes s"] = until(partial(knows, many[-1].id))
    time.sleep(1)
    found["query ms with delta"] = query_ms(live, corpus)
    found["memory MB with delta"] = _megabytes()
    live.close()
    store.close()
    return found


def _megabytes() -> float:
    """Return the most memory that this process has had, the mapped vectors that were read included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(sizes: Sequence[int], folder: Path | None = None) -> None:
    """Print a table.

    :param folder: where what was made stays, so that the next run finds it.
    """
    logging.basicConfig(level=logging.WARNING)
    for size in sizes:
        with tempfile.TemporaryDirectory() as aside:
            made = (folder or Path(aside)) / str(size)
            if not made.exists():
                made.mkdir(parents=True)
                prepare(size, made)
            shutil.copytree(made, Path(aside) / "world")
            print(f"{size} texts; wall (cpu)")  # noqa: T201 - a script
            for name, value in measure(Path(aside) / "world", Corpus(size)).items():
                said = f"{value[0]:.3g} ({value[1]:.3g})" if isinstance(value, tuple) else f"{value:.0f}"
                print(f"  {name}: {said}", flush=True)  # noqa: T201


if __name__ == "__main__":
    numbers = [int(arg) for arg in sys.argv[1:] if arg.isdigit()]
    folders = [Path(arg) for arg in sys.argv[1:] if not arg.isdigit()]
    main(numbers or [1000, 10_000], *folders[:1])
