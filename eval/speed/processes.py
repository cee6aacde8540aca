"""How soon a new process answers, beside what importing torch takes; what memory several processes need together."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.speed.corpus import Corpus

TURNS = 3
WORKERS = 4
ASKED = 30  # questions of each process before its memory is looked at
TORCH = [sys.executable, "-c", "import torch"]


def cold(folder: Path, corpus: Corpus) -> dict[str, float]:
    """Return seconds from the start of a process to its first answer, and to the end of importing torch, in turns."""
    seconds: dict[str, list[float]] = {"torch": [], "answer": []}
    for turn in range(TURNS + 1):
        for what in seconds:
            started = time.perf_counter()
            if what == "torch":
                subprocess.run(TORCH, check=True)  # noqa: S603
            else:
                with _worker(folder, corpus) as worker:
                    worker.tell("ask", 1)
                    took = time.perf_counter() - started
            if turn:  # the first one brings the files into memory
                seconds[what].append(time.perf_counter() - started if what == "torch" else took)
    middle = {what: statistics.median(each) for what, each in seconds.items()}
    return {
        "first answer s": middle["answer"],
        "import torch s": middle["torch"],
        "first answer / import torch": middle["answer"] / middle["torch"],
    }


def memory(folder: Path, corpus: Corpus) -> dict[str, float]:
    """Return megabytes of one process and of several together (proportional set size: what is shared counts once)."""
    found: dict[str, float] = {}
    totals = []
    for count in (1, WORKERS):
        workers = [_worker(folder, corpus) for _ in range(count)]
        opened = [worker.__enter__() for worker in workers]
        try:
            bare = _sum(opened)
            for worker in opened:
                worker.tell("model", 0)
            read = _sum(opened)
            for worker in opened:
                worker.tell("ask", ASKED)
            whole = _sum(opened)
        finally:
            for each in workers:
                each.__exit__(None, None, None)
        named = "one process" if count == 1 else f"{count} processes"
        found |= {f"{named} MB": whole, f"{named}, their models MB": read - bare, f"{named}, programs alone MB": bare}
        totals.append((whole, read - bare, bare))
    (one, model, bare), (all_, models, bares) = totals
    return found | {
        "but models, times one": (all_ - models) / (one - model),
        "but models and programs, times one": (all_ - models - bares) / (one - model - bare),
    }


class Worker:
    """A process that does what it is told, a line each."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def tell(self, what: str, count: int) -> float:
        """Have something done and return the number that comes back."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self.process.stdin.write(f"{what} {count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def _sum(workers: Sequence[Worker]) -> float:
    return sum(worker.tell("memory", 0) for worker in workers)


@contextmanager
def _worker(folder: Path, corpus: Corpus) -> Iterator[Worker]:
    told = json.dumps([str(folder), corpus.texts, corpus.base, corpus.seed])
    command = [sys.executable, "-m", "eval.speed.processes", told]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        yield Worker(process)
        if process.stdin:
            process.stdin.close()


def _main(folder: Path, corpus: Corpus) -> None:
    from matcher import parts
    from matcher.encode import Role
    from matcher.engine import Engine
    from matcher.index.snapshot import Snapshot
    from matcher.settings import Settings
    from matcher.weights import Weights

    encoder: Any = parts.open_encoder(Settings.read({}), questions=False)
    engine = None
    for line in sys.stdin:
        what, count = line.split()
        found = 0.0
        if what == "model":
            encoder.encode(["hola"], Role.QUERY)
        elif what == "ask":
            engine = engine or Engine(Snapshot.open_current(folder, encoder), encoder, Weights.load())
            for query in corpus.queries(int(count)):
                engine.match(query)
        else:
            told = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
            found = int(told.split("\nPss:")[1].split()[0]) / 1024
        sys.stdout.write(f"{found}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    told_folder, *numbers = json.loads(sys.argv[1])
    _main(Path(told_folder), Corpus(*numbers))
