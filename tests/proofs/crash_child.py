"""What is killed by `crash`: it works until it dies, and says on standard output what it begins and what it has done.

`begin KEY VALUE` comes before a write, `done KEY` after it was acknowledged.
"""

import itertools
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from conftest import FakeEncoder

from matcher.compacting import compact
from matcher.importing import import_files
from matcher.index.snapshot import Snapshot, building
from matcher.live import LiveEngine
from matcher.records import Evidence, Partner, Side
from matcher.store import database
from matcher.store.store import Store
from matcher.weights import Weights

WORDS = ("alpaca", "fibra", "color", "secado", "orégano", "madera", "langostino", "pisco", "agua", "suelo", "trucha")
ROWS = 40  # of an import


def say(*words: object) -> None:
    """Print a line that is out before anything else happens."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def text(draw: random.Random) -> str:
    """Return some words."""
    return " ".join(draw.choices(WORDS, k=8))


def imports(store: Store, home: Path, draw: random.Random) -> Iterator[None]:
    """Import one file after another; each is one page, and so there as a whole or not at all."""
    for n in itertools.count(draw.randrange(10**9)):
        file = home / "partners.csv"
        rows = "".join(f"batch{n}-{i},supply,Grupo {i}\n" for i in range(ROWS))
        file.write_text("id,side,name\n" + rows, encoding="utf-8")
        say("begin", f"batch{n}", ROWS)
        import_files(store, "table", [file])
        say("done", f"batch{n}")
        yield


def writes(store: Store, _: Path, draw: random.Random) -> Iterator[None]:
    """Write, change and delete texts of one partner, each in a transaction of its own."""
    with store.writing() as writer:
        writer.upsert([Partner("p", Side.SUPPLY, "Grupo", "group")])
    ids = [f"e{n}" for n in range(20)]
    there = {e.id for e in store.evidence()}
    while True:
        id_ = draw.choice(ids)
        with store.writing() as writer:
            if id_ in there and draw.random() < 0.3:
                say("begin", id_, "-")
                writer.delete(Evidence, id_)
                there.discard(id_)
            else:
                words = text(draw)
                say("begin", id_, words)
                writer.put(Evidence(id_, ("p",), "project", words, language="es"))
                there.add(id_)
        say("done", id_)
        yield


def indexes(store: Store, home: Path, draw: random.Random) -> Iterator[None]:
    """Write a little, then build a snapshot of everything."""
    steps = writes(store, home, draw)
    for n in itertools.count():
        next(steps)
        now = store.everything()
        say("begin", "snapshot", n)
        with building(home):
            Snapshot.build_alone(home, now.partners, now.evidence, now.outcomes, FakeEncoder(), None, state=now.state)
        say("done", "snapshot")
        yield


def compactions(store: Store, home: Path, draw: random.Random) -> Iterator[None]:
    """Write while a live engine takes the writes up and compacts all the time."""
    live = LiveEngine(home, FakeEncoder(), Weights.load(), store, poll_s=0.01)
    for _ in writes(store, home, draw):
        compact(home, live.catch_up(), store)
        yield


def migrations(store: Store, home: Path, _: random.Random) -> Iterator[None]:
    """Bring old databases to today's shape, one after the other."""
    old = (home / "old.db").read_bytes()
    for n in itertools.count():
        path = home / "migrated.db"
        for leftover in home.glob("migrated.db*"):
            leftover.unlink()
        path.write_bytes(old)
        say("begin", "migration", n)
        database.upgrade(database.url_of(f"sqlite:///{path}"))
        say("done", "migration")
        yield


WORK = {"import": imports, "write": writes, "index": indexes, "compact": compactions, "migrate": migrations}


def main() -> None:
    """Work without end: `python -m proofs.crash_child WORK URL HOME SEED`."""
    kind, url, home, seed = sys.argv[1:]
    store = Store.open(database.url_of(url))
    steps = WORK[kind](store, Path(home), random.Random(int(seed)))
    say("ready")
    for _ in steps:
        pass


if __name__ == "__main__":
    main()
