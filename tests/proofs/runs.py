"""Runs of sources: memory stays flat however long they are, and killed anywhere they end complete, once each.

    PYTHONPATH=tests python -m proofs.runs [--memory 100000 300000 1000000] [--kills 20] [--seed 1]

The source is generated: every tenth row gives a laboratory, every row a text of one. Each run is a process of its own.
Memory is the resident set after a tenth of the rows and the highest at the end, of an import into a new SQLite file.
Kills are SIGKILL, some tenths of a second after reading has begun: first while rows are added, then, with a source
that has lost the last tenth of its rows, also while these are deleted.
"""

import argparse
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from matcher.importing import import_files
from matcher.records import Evidence, Partner, Side
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked, Format, Page, paged
from matcher.sources.reading import Row
from matcher.store import database, runs, sources
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.store.tables import EvidenceRow, PartnerRow, SourceRecordRow, TombstoneRow
from matcher.syncing import sync

NAME = "generated"
TENTH = 10  # texts of a laboratory
WORDS = [
    "fibra",
    "alpaca",
    "color",
    "lavado",
    "secado",
    "orégano",
    "madera",
    "langostino",
    "pisco",
    "agua",
    "suelo",
    "trucha",
    "cuero",
    "cacao",
    "papa",
]


def row(number: int) -> Row:
    """Return a row of the source."""
    lab = f"{NAME}-lab-{number // TENTH}"
    words = " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 40))
    text = Evidence(f"{NAME}-text-{number}", (lab,), "project", f"{number}: {words}", f"Proyecto {number}", "es")
    partner = Partner(lab, Side.SUPPLY, f"Laboratorio {number // TENTH}", "laboratory", "PE", "PE-CUS")
    return Row(NAME, number + 1, (text,) if number % TENTH else (partner, text), key=str(number))


def read(asked: Asked) -> Iterator[Page]:
    """Read the source; its one file tells how many rows it has, and its age does not count."""
    count = int(asked.paths[0].read_text())
    return paged(map(row, range(count)), asked)


def child(work: str, url: str, file: str) -> None:
    """Import or sync, and tell on standard output how far it came."""
    FORMATS[NAME] = Format(NAME, "rows made up", "", read)
    store = Store.open(database.url_of(url))
    count = int(Path(file).read_text())
    told = False

    def progress(done: int, _: int | None) -> None:
        nonlocal told
        if not told and done >= count / 10:
            told = True
            sys.stdout.write(f"early {resident()}\n")

    if work == "import":
        import_files(store, NAME, [Path(file)], progress)
    else:
        with store.reading() as session:
            source = sources.get(session, NAME + "-source")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sync(store, source)
    sys.stdout.write(f"most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\n")


def resident() -> int:
    """Return the resident set of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def start(*words: str) -> subprocess.Popen[str]:
    """Start a run in a process of its own."""
    command = [sys.executable, "-m", "proofs.runs", "--child", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def memory(counts: list[int]) -> None:
    """Import more and more rows, each time into a new database."""
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="tinkuy-runs-") as folder:
            file = Path(folder) / "rows"
            file.write_text(str(count))
            url = f"sqlite:///{folder}/tinkuy.db"
            began = time.perf_counter()
            out = start("import", url, str(file)).communicate()[0]
            took = time.perf_counter() - began
            found = dict(line.split() for line in out.splitlines())
            store = Store.open(database.url_of(url))
            check(store, count)
            store.close()
            sys.stdout.write(
                f"{count} rows: {found['early']} MiB after a tenth, {found['most']} MiB at most, "
                f"{round(count / took)} rows/s\n"
            )
            sys.stdout.flush()


def check(store: Store, count: int) -> None:
    """Make sure that every record is there, once, and no other."""
    with store.reading() as session:
        texts = session.scalar(select(func.count()).select_from(EvidenceRow)) or 0
        last = session.scalar(select(EvidenceRow.text).where(EvidenceRow.id == f"{NAME}-text-{count - 1}")) or ""
        labs = session.scalar(select(func.count()).select_from(PartnerRow)) or 0
        noted = session.scalar(select(func.count()).select_from(SourceRecordRow)) or 0
    assert last.startswith(f"{count - 1}: ")
    assert (texts, labs, noted) == (count, -(-count // TENTH), texts + labs), (texts, labs, noted)


def killed(url: str, file: Path, draw: random.Random, times: int) -> int:
    """Kill runs until so many were killed, then let one end; return how many ended before they could be killed."""
    ended = kills = 0
    while kills < times:
        child = start("sync", url, str(file))
        assert child.stdout
        assert child.stdout.readline().strip() == "ready"
        time.sleep(draw.uniform(0, 1.5))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += child.returncode == -signal.SIGKILL
        if child.returncode == 0:
            ended += 1
            break
    assert start("sync", url, str(file)).wait() == 0
    sys.stdout.write(f"killed {kills} times\n")
    return ended


def kills(times: int, count: int, seed: int, url: str | None) -> None:
    """Kill a long run again and again, and look at what is there in the end."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="tinkuy-runs-") as folder:
        file, url = Path(folder) / "rows", url or f"sqlite:///{folder}/tinkuy.db"
        file.write_text(str(count))
        store = Store.open(database.url_of(url))
        with store.noting() as session:
            sources.add(session, Source(NAME + "-source", NAME, files=(str(file),)))
        assert killed(url, file, draw, times) == 0, "the run ended too early: give more rows"
        check(store, count)
        with store.reading() as session:
            first = runs.of_source(session, NAME + "-source")[0]
        records = count + -(-count // TENTH)
        # One run from beginning to end, each of its rows counted once.
        assert (first.state, first.read, first.added, first.changed, first.unchanged) == ("done", count, records, 0, 0)
        left = count - count // 10
        file.write_text(str(left))
        killed(url, file, draw, times)
        check(store, left)
        with store.reading() as session:
            second = runs.of_source(session, NAME + "-source")[0]
            graves = session.scalar(select(func.count()).select_from(TombstoneRow))
        gone = records - left - -(-left // TENTH)
        assert (second.state, second.read, second.gone, graves) == ("done", left, gone, gone), second
        store.close()
    sys.stdout.write(f"{records} records added once each, {gone} deleted once each; nothing lost\n")


def main() -> None:
    """Measure and kill."""
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", type=int, nargs="*", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000, help="of the source that is killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="an empty database of its own, where runs are killed")
    options = parser.parse_args()
    memory(options.memory)
    if options.kills:
        kills(options.kills, options.rows, options.seed, options.url)


if __name__ == "__main__":
    main()
