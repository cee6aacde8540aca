"""Questions a second of many clients at once, as many times one client's: one engine, a thread each.

In turns within one process. An answer is made JSON, as the API does; what HTTP itself takes is not in it. Reading the
questions together that wait for the model was tried: on a busy machine it saved 4 % of the processor's time, no other.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eval.speed.corpus import Corpus
from matcher import parts
from matcher.answer_json import to_json
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Query
from matcher.settings import Settings
from matcher.weights import Weights

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
    model = parts.open_model(Settings.read({}))
    snapshot = Snapshot.open_current(folder, model)
    asked = corpus.queries(WARM + questions)
    rates: dict[str, list[float]] = {}
    work: dict[str, list[float]] = {}
    for turn in range(TURNS):
        for name, clients in (("one client", 1), (f"{CLIENTS} clients", CLIENTS)):
            engine = Engine(snapshot, model, Weights.load())  # which has no words of questions at hand yet
            if not turn:
                _ask(engine, asked[:WARM], clients)
            wall, cpu = _ask(engine, asked[WARM:], clients)
            rates.setdefault(name, []).append(questions / wall)
            work.setdefault(name, []).append(1000 * cpu / questions)
    middle = {name: statistics.median(each) for name, each in rates.items()}
    one = middle["one client"]
    return (
        {f"{name}, questions/s": each for name, each in middle.items()}
        | {f"{name}, processor ms a question": statistics.median(each) for name, each in work.items()}
        | {f"{name} / one": each / one for name, each in middle.items() if name != "one client"}
    )


def _ask(engine: Engine, asked: Sequence[Query], clients: int) -> tuple[float, float]:
    """Return the seconds that all questions took, and those of the processor."""

    def answer(query: Query) -> None:
        json.dumps(to_json(engine.match(query)))

    started, work = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(answer, asked))
    return time.perf_counter() - started, time.process_time() - work


if __name__ == "__main__":
    told_folder, count, *numbers = json.loads(sys.argv[1])
    print(json.dumps(measure(Path(told_folder), Corpus(*numbers), count)))  # noqa: T201
