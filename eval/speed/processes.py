"""How soon a new process answers, beside what importing torch takes; what memory several processes need together."""

import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """Return megabytes of one process that answers and of several, and of what they are made.

    It is the proportional set size: what is shared counts once. Several are forked from one that has opened what they
    share, as those of `tinkuy serve --workers` are, and that one counts too; one process opens the same by itself.
    The tokenizer counts among what is shared. A model is what a forked process grows by when it reads: its weights
    (470 MB of the bundled one) and what it works with; it counts once a process.
    """
    found: dict[str, float] = {}
    totals: list[float] = []
    model = 0.0
    for count in (1, WORKERS):
        with _worker(folder, corpus, count) as worker:
            bare = worker.tell("memory", 0)
            worker.tell("model", 0)
            read = worker.tell("memory", 0)
            worker.tell("ask", ASKED)
            whole = worker.tell("memory", 0)
        named = "one process" if count == 1 else f"{count} processes"
        model = (read - bare) / count
        found |= {f"{named} MB": whole, f"{named}, a model MB": model}
        totals.append(whole)
    one, all_ = totals
    return found | {"but models, times one": (all_ - WORKERS * model) / (one - model)}


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


@contextmanager
def _worker(folder: Path, corpus: Corpus, count: int = 0) -> Iterator[Worker]:
    told = json.dumps([str(folder), count, corpus.texts, corpus.base, corpus.seed])
    command = [sys.executable, "-m", "eval.speed.processes", told]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        yield Worker(process)
        if process.stdin:
            process.stdin.close()


class _Answering:
    """What a process does when it is told."""

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        from matcher import parts
        from matcher.settings import Settings

        self.folder = folder
        self.corpus = corpus
        parts.one_thread_a_sum()
        self.encoder = parts.open_encoder(Settings.read({}), questions=False)
        self.snapshot: Any = None
        self.engine: Any = None

    def share(self) -> None:
        """Open what processes forked from this one share, as `tinkuy serve --workers` does."""
        from matcher import forking
        from matcher.index.snapshot import Snapshot

        self.snapshot = Snapshot.open_current(self.folder, self.encoder)
        forking.prepare(self.encoder, self.snapshot)

    def open(self) -> None:
        """Open the engine, once."""
        from matcher.engine import Engine
        from matcher.index.snapshot import Snapshot
        from matcher.weights import Weights

        if self.engine is None:
            snapshot = self.snapshot or Snapshot.open_current(self.folder, self.encoder)
            self.engine = Engine(snapshot, self.encoder, Weights.load())

    def obey(self, what: str, count: int) -> float:
        """Do what is told and return the number that is asked for."""
        if what == "memory":
            told = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
            return int(told.split("\nPss:")[1].split()[0]) / 1024
        if what == "model":
            from matcher.encode import Role

            self.encoder.encode(["hola"], Role.QUERY)
        else:
            self.open()
            for query in self.corpus.queries(count):
                self.engine.match(query)
        return 0.0

    def obey_all(self, pipe: Any) -> None:
        """Do whatever is told through a pipe, until it ends."""
        with suppress(EOFError):
            while True:
                pipe.send(self.obey(*pipe.recv()))


def _main(folder: Path, processes: int, corpus: Corpus) -> None:
    """Do what standard input tells: alone with nothing opened before (0) or everything (1), or several forked so."""
    own = _Answering(folder, corpus)
    pipes: list[Any] = []
    if processes:
        own.share()
    if processes > 1:
        context = multiprocessing.get_context("fork")
        for _ in range(processes):
            ours, theirs = context.Pipe()
            context.Process(target=own.obey_all, args=(theirs,), daemon=True).start()
            theirs.close()  # so that one which ends is noticed
            pipes.append(ours)
    for line in sys.stdin:
        what, count = line.split()
        for pipe in pipes:
            pipe.send((what, int(count)))
        found = sum(pipe.recv() for pipe in pipes)
        if not pipes or what == "memory":
            found += own.obey(what, int(count))
        sys.stdout.write(f"{found}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    told_folder, told_processes, *numbers = json.loads(sys.argv[1])
    _main(Path(told_folder), told_processes, Corpus(*numbers))
