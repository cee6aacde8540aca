"""Thousands of questions while snapshots come and go: memory, files, threads and mappings stay as they were.

    PYTHONPATH=tests python -m proofs.steady [--questions 10000] [--swaps 50] [--texts 5000]

Between two swaps questions are asked, each with a word that no other has, texts are written and deleted, as many as
stay, and what is in memory is written as the next snapshot and taken up, all by one process as `tinkuy serve` does
it. No model is needed: vectors count words.
"""

import argparse
import gc
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.speed.corpus import Corpus
from matcher.compacting import compact
from matcher.encode import Progress, Role, Vectors
from matcher.engine import Engine
from matcher.index.side import SideIndex
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Evidence, Query
from matcher.store.store import Store
from matcher.weights import Weights

DIMENSIONS = 384
EARLY = 0.1  # of questions and swaps, after which the first look is taken
WRITES = 20  # texts that are written between two swaps, and as many deleted


class Counting:
    """Vectors that count words by a hash; nothing is remembered."""

    revision = "counting"
    dimensions = DIMENSIONS

    def windows(self, text: str) -> list[str]:
        return [text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split() or [""]:
                vectors[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    """What a process holds. `resident` MiB; `snapshots` that files are mapped of; `engines`, `sides`: objects alive."""

    resident: float
    files: int
    threads: int
    snapshots: int
    engines: int
    sides: int

    @classmethod
    def taken(cls) -> "Look":
        """Look at this process."""
        gc.collect()
        gc.unfreeze()  # what a server sets aside is counted too, garbage among it
        alive = [type(each) for each in gc.get_objects()]
        gc.freeze()
        maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        folders = {line.split("/snapshots/")[1].split("/")[0] for line in maps if "/snapshots/" in line}
        status = Path("/proc/self/status").read_text(encoding="ascii")
        resident = int(status.split("VmRSS:")[1].split()[0]) / 1024
        open_files = len(list(Path("/proc/self/fd").iterdir()))
        return cls(
            resident, open_files, threading.active_count(), len(folders), alive.count(Engine), alive.count(SideIndex)
        )


def looks(folder: Path, texts: int, questions: int, swaps: int) -> Iterator[tuple[int, Look]]:
    """Yield a look after each swap, with the number of questions asked until then."""
    corpus, encoder = Corpus(texts, texts), Counting()
    store = Store.open(folder / "tinkuy.db")
    with store.writing() as writer:
        writer.upsert([*corpus.partners(), *corpus.evidence(), *corpus.outcomes()])
    now = store.everything()
    Snapshot.build(folder, now.partners, now.evidence, now.outcomes, encoder)
    live = LiveEngine(folder, encoder, Weights.load(), store, watch=False)
    asked = corpus.queries(questions)
    for swap in range(swaps):
        for number in range(questions * swap // swaps, questions * (swap + 1) // swaps):
            question: Query = asked[number]
            live.current().match(Query(f"{question.text} nuevo{number}", question.seeks, region=question.region))
        with store.writing() as writer:
            for number in range(WRITES):
                text = corpus.text(number)
                new = Evidence(f"s{swap}-{number}", text.partners, text.kind, text.text, text.title, text.language)
                writer.put(new)
                if swap:
                    writer.delete(Evidence, f"s{swap - 1}-{number}")
        compact(folder, live.catch_up(), store)
        live.catch_up()
        yield questions * (swap + 1) // swaps, Look.taken()
    live.close()
    store.close()


def all_looks(folder: Path, texts: int, questions: int, swaps: int) -> list[Look]:
    """Return the looks of `looks`."""
    return [look for _, look in looks(folder, texts, questions, swaps)]


def main() -> None:
    """Print what the process held early on and at the end; exit code 1 where something has grown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--swaps", type=int, default=50)
    parser.add_argument("--texts", type=int, default=5_000)
    options = parser.parse_args()
    early = found = None
    with tempfile.TemporaryDirectory(prefix="tinkuy-steady-") as folder:
        for asked, found in looks(Path(folder), options.texts, options.questions, options.swaps):
            sys.stdout.write(f"{asked} questions: {found}\n")
            sys.stdout.flush()
            early = early or (found if asked >= EARLY * options.questions else None)
    assert early is not None
    assert found is not None
    grown = found.resident / early.resident - 1
    sys.stdout.write(f"memory {early.resident:.0f} MiB after a tenth, {found.resident:.0f} at the end ({grown:+.1%})\n")
    same = (early.files, early.threads, early.snapshots, early.engines, early.sides)
    sys.exit(same != (found.files, found.threads, found.snapshots, found.engines, found.sides) or grown > 0.05)


if __name__ == "__main__":
    main()
