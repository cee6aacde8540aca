"""Questions a second of many clients at once, as many times one client's: a thread each.

In turns: one client, many of one process, many of as many processes as there are cores, forked as `tinkuy serve
--workers` does. An answer is made JSON, as the API does; what HTTP itself takes is not in it. Reading the
questions together that wait for the model was tried: on a busy machine it saved 4 % of the processor's time, no other.
"""

import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from eval.speed.corpus import Corpus
from matcher import forking, parts
from matcher.answer_json import to_json
from matcher.beside import cores
from matcher.encode import Encoder
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Query
from matcher.settings import Settings
from matcher.weights import Weights

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CLIENTS = 16
TURNS = 3
WARM = 20


def apart(folder: Path, corpus: Corpus, questions: int) -> dict[str, float]:
    """Return what `measure` finds in a process of its own."""
    told = json.dumps([str(folder), questions, corpus.texts, corpus.base, corpus.seed])
    command = [sys.executable, "-m", "eval.speed.throughput", told]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return dict(json.loads(done.stdout))


def measure(folder: Path, corpus: Corpus, questions: int) -> dict[str, float]:
    """Return questions a second of one client and of CLIENTS, each question asked once by each way and turn."""
    parts.one_thread_a_sum()
    model = parts.open_model(Settings.read({}))
    snapshot = Snapshot.open_current(folder, model)
    forking.prepare(model, snapshot)
    asked = corpus.queries(WARM + questions)
    here = _Asking(snapshot, model, asked)
    workers = [_Worker(here) for _ in range(min(cores(), CLIENTS))]
    several = f"{CLIENTS} clients, {len(workers)} processes"
    ways: dict[str, Callable[[int, int], float]] = {
        "one client": lambda first, count: here.ask(first, count, 1),
        f"{CLIENTS} clients": lambda first, count: here.ask(first, count, CLIENTS),
        several: lambda first, count: _shared_out(workers, first, count),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way(0, WARM)
    for _ in range(TURNS):
        for name, way in ways.items():
            rates[name].append(questions / way(WARM, questions))
    middle = {name: statistics.median(each) for name, each in rates.items()}
    one = middle["one client"]
    return {f"{name}, questions/s": each for name, each in middle.items()} | {
        f"{name} / one": each / one for name, each in middle.items() if name != "one client"
    }


class _Asking:
    """Asks questions of one snapshot."""

    def __init__(self, snapshot: Snapshot, model: Encoder, asked: Sequence[Query]) -> None:
        self.snapshot = snapshot
        self.model = model
        self.asked = asked

    def ask(self, first: int, count: int, clients: int) -> float:
        """Return the seconds that some of the questions take; no word of them is at hand yet."""
        engine = Engine(self.snapshot, self.model, Weights.load())

        def answer(query: Query) -> None:
            json.dumps(to_json(engine.match(query)))

        started = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(answer, self.asked[first : first + count]))
        return time.perf_counter() - started


class _Worker:
    """A forked process that asks what it is told."""

    def __init__(self, asking: _Asking) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=self._run, args=(asking, theirs), daemon=True)
        self.process.start()
        theirs.close()  # so that one which ends is noticed

    @staticmethod
    def _run(asking: _Asking, pipe: "Connection[float, tuple[int, int, int]]") -> None:
        with suppress(EOFError):
            while True:
                pipe.send(asking.ask(*pipe.recv()))


def _shared_out(workers: Sequence[_Worker], first: int, count: int) -> float:
    """Return the seconds until every process has asked its share of some questions."""
    started = time.perf_counter()
    for number, worker in enumerate(workers):
        (begin, end), (before, after) = (
            [whole * n // len(workers) for n in (number, number + 1)] for whole in (count, CLIENTS)
        )
        worker.pipe.send((first + begin, end - begin, after - before))
    for worker in workers:
        worker.pipe.recv()
    return time.perf_counter() - started


if __name__ == "__main__":
    told_folder, count, *numbers = json.loads(sys.argv[1])
    print(json.dumps(measure(Path(told_folder), Corpus(*numbers), count)))  # noqa: T201
