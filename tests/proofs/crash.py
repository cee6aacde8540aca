"""Kill Tinkuy with SIGKILL at random moments and look at what is left.

    PYTHONPATH=tests python -m proofs.crash [--rounds 200] [--url postgresql://...] [--seed 1]

Each round starts a process that imports, writes, builds a snapshot, compacts or migrates; kills it some
milliseconds later; and then checks that every acknowledged write is there, that none was done by half, and that
what serves is a whole snapshot whose answers are those of the database.
"""

import argparse
import contextlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from conftest import FakeEncoder

from matcher.engine import Engine
from matcher.errors import SnapshotMissing
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Query, Side
from matcher.store import database
from matcher.store.store import Store
from matcher.weights import Weights
from proofs.crash_child import ROWS, WORK

LONGEST_S = {"import": 1.0, "write": 1.0, "index": 3.0, "compact": 3.0, "migrate": 1.0}  # work before it is killed
QUESTIONS = ("secado de madera", "color de la fibra de alpaca", "trucha y agua")


def run(kind: str, url: str, home: Path, draw: random.Random) -> list[list[str]]:
    """Let a child work for a random time, kill it, and return the lines that it said."""
    command = [sys.executable, "-m", "proofs.crash_child", kind, url, str(home), str(draw.randrange(10**6))]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    first = child.stdout.readline().strip()
    if first != "ready":
        raise AssertionError(f"the {kind} child did not start: {first!r}, exit {child.wait()}")
    time.sleep(draw.uniform(0, LONGEST_S[kind]))
    child.send_signal(signal.SIGKILL)
    said = child.stdout.read().split("\n")[:-1]  # a last line without an end was cut off
    if child.wait() != -signal.SIGKILL:
        raise AssertionError(f"the {kind} child ended by itself: {said[-3:]}")
    return [line.split(" ", 2) for line in said]


def check_imports(store: Store, said: list[list[str]]) -> int:
    """Every finished import is whole; the one that was under way is whole or absent."""
    found = Counter(p.id.partition("-")[0] for p in store.partners() if p.id.startswith("batch"))
    done = {words[1] for words in said if words[0] == "done"}
    for batch in done:
        assert found[batch] == ROWS, f"{batch} was acknowledged and has {found[batch]} of {ROWS} rows"
    for batch, rows in found.items():
        assert rows == ROWS, f"{batch} is there by half: {rows} of {ROWS} rows"
    return len(done)


def check_writes(store: Store, said: list[list[str]], before: dict[str, str]) -> int:
    """Every text is as last acknowledged, or as the one write under way would have it."""
    expected, pending = dict(before), {}
    acknowledged = 0
    for words in said:
        if words[0] == "begin" and words[1].startswith("e"):
            pending = {words[1]: words[2]}
        elif words[0] == "done" and words[1] in pending:
            expected |= pending
            pending = {}
            acknowledged += 1
    found = {e.id: e.text for e in store.evidence()}
    for id_, text in expected.items():
        allowed = {text, pending.get(id_, text)}
        assert found.get(id_, "-") in allowed, f"{id_} is {found.get(id_)!r}, not one of {allowed}"
    return acknowledged


def check_serving(store: Store, home: Path) -> None:
    """What serves is whole, no newer than the database, and answers as an index of the database would."""
    encoder, weights = FakeEncoder(), Weights.load()
    try:
        snapshot = Snapshot.open_current(home, encoder)  # checks every part's hash
    except SnapshotMissing:
        return
    assert snapshot.state.version <= store.version()
    live = LiveEngine(home, encoder, weights, store)
    with tempfile.TemporaryDirectory() as aside, contextlib.closing(live):
        now = store.everything()
        Snapshot.build(Path(aside), now.partners, now.evidence, now.outcomes, encoder)
        fresh = Engine(Snapshot.open_current(Path(aside), encoder), encoder, weights)
        for text in QUESTIONS:
            query = Query(text, Side.SUPPLY, language="es")
            ours, theirs = (
                [(m.partner.id, round(m.score, 6), [p.evidence_id for p in m.passages]) for m in e.match(query).matches]
                for e in (live.catch_up(), fresh)
            )
            assert ours == theirs, f"{text}: {ours} is not {theirs}"


def check_migration(home: Path) -> int:
    """The database that was being migrated is the old one or the new one, and can be opened."""
    path = home / "migrated.db"
    if not path.exists() or path.stat().st_size < (home / "old.db").stat().st_size:
        return 0  # killed while the copy was being made
    store = Store.open(database.url_of(f"sqlite:///{path}"))
    assert len(store.partners()) == 300
    assert store.version() == 1
    store.close()
    return 1


def old_database(path: Path) -> None:
    """Make a database of the first shape with 300 partners."""
    import sqlite3

    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    sqlite3.connect(path).close()
    engine = database.connect(database.url_of(f"sqlite:///{path}"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = [(f"p{n}", "supply", f"Grupo {n}", "group", "[]") for n in range(300)]
        connection.executemany("INSERT INTO partner (id, side, name, kind, sectors) VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main() -> None:
    """Run the rounds and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--url", help="a database of its own on a server; otherwise SQLite in a temporary folder")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    home = Path(tempfile.mkdtemp(prefix="tinkuy-crash-"))
    url = options.url or f"sqlite:///{home / 'tinkuy.db'}"
    database.upgrade(database.url_of(url))
    old_database(home / "old.db")
    Snapshot.build(home, (), (), (), FakeEncoder())
    killed, acknowledged = Counter[str](), Counter[str]()
    try:
        for round_ in range(options.rounds):
            kind = list(WORK)[round_ % len(WORK)]
            store = Store.open(database.url_of(url))
            before = {e.id: e.text for e in store.evidence()}
            said = run(kind, url, home, draw)
            killed[kind] += 1
            if kind == "import":
                acknowledged[kind] += check_imports(store, said)
            elif kind == "migrate":
                acknowledged[kind] += check_migration(home)
            else:
                acknowledged[kind] += check_writes(store, said, before)
            if url.startswith("sqlite"):
                with store.engine.connect() as connection:
                    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            check_serving(store, home)
            store.close()
            sys.stderr.write(f"\r{round_ + 1}/{options.rounds} {kind:8}")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    sys.stderr.write("\n")
    for kind in WORK:
        sys.stdout.write(f"{kind}: killed {killed[kind]} times, {acknowledged[kind]} acknowledged, none lost\n")


if __name__ == "__main__":
    main()
