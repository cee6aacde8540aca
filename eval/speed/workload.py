"""A small life of a corpus, stage by stage as it is told on standard input: what `against_parent` compares.

It runs as a program of its own with the `matcher` of a tree, this commit's or another's, and imports nothing else of
ours. No model is needed: a text's vector is the sum of its words', drawn from each.
Every stage answers with a line of JSON: the processor's seconds, of all threads, or what this `matcher` lacks for it.
"""

import csv
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEXTS, QUESTIONS, OPENINGS, ROWS, WRITES = 2000, 50, 3, 600, 20
TEXTS_A_PARTNER = 10
DIMENSIONS, WORDS, VOCABULARY = 128, 30, 20_000
SECTORS, REGIONS = ("A01", "C10", "C13", "C14", "C25", "M72"), ("PE-CUS", "PE-LIM", "PE-TAC", "PE-PIU")
LACKS = (ImportError, AttributeError, TypeError)  # what a `matcher` of another time says of what it does not know


class WordEncoder:
    """The sum of vectors drawn from each word: texts that share words are near."""

    revision = "words"
    dimensions = DIMENSIONS

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return [text]

    def encode(self, texts: Sequence[str], role: object, progress: object = None) -> NDArray[np.float32]:  # noqa: ARG002
        """See Encoder."""
        vectors = np.array([sum(map(_vector, text.lower().split())) for text in texts], np.float32)
        vectors = vectors.reshape(-1, DIMENSIONS)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


class Work:
    """The stages, in the order in which they are asked for first; each may be asked for again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.encoder = WordEncoder()

    def index(self) -> None:
        """Build a snapshot of all texts."""
        from matcher.index.snapshot import Snapshot

        Snapshot.build(self.folder / "home", *self._records, self.encoder)

    def open(self) -> None:
        """Open it, some times."""
        from matcher.index.snapshot import Snapshot

        for _ in range(OPENINGS):
            self.snapshot = Snapshot.open_current(self.folder / "home", self.encoder)

    def questions(self) -> None:
        """Ask an engine that remembers nothing yet."""
        from matcher.engine import Engine
        from matcher.records import Query, Side
        from matcher.weights import Weights

        self.engine = Engine(self.snapshot, self.encoder, Weights.load())
        for number in range(QUESTIONS):
            text = _text(10**6 + number)[:200]
            self.engine.match(Query(text, Side.SUPPLY, language="es", region=REGIONS[number % len(REGIONS)]))

    def delta(self) -> None:
        """Take up texts that were written, a few at a time."""
        from matcher.records import Changes, Evidence, State

        engine = self.engine
        for number in range(WRITES):
            new = Evidence(f"w{number}", ("p0000",), "project", _text(2 * 10**6 + number), None, "es")
            engine = engine.updated(Changes(State(), (), (new,), (), frozenset()))

    def import_rows(self) -> None:
        """Import a table into a new database."""
        from matcher.importing import import_files
        from matcher.store.store import Store

        with tempfile.TemporaryDirectory(dir=self.folder) as aside:
            store = Store.open(Path(aside) / "tinkuy.db")
            import_files(store, "table", self._tables)
            store.close()

    @cached_property
    def _records(self) -> tuple[list[Any], list[Any], list[Any]]:
        from matcher.records import Evidence, Outcome, Partner, Side, Stage

        partners = [
            Partner(id_, Side(side), name, kind, country, region, None, (sector,))
            for id_, side, name, kind, country, region, sector in _partners(TEXTS // TEXTS_A_PARTNER)
        ]
        evidence = [
            Evidence(id_, (owner,), kind, text, title, "es", None, (sector,))
            for id_, owner, kind, title, text, _, sector in _texts(TEXTS, len(partners))
        ]
        supply, demand = ([p.id for p in partners if p.side is side] for side in (Side.SUPPLY, Side.DEMAND))
        outcomes = [Outcome(f"o{n}", supply[n], Stage.PROJECT, demand[n % len(demand)]) for n in range(len(supply))]
        return partners, evidence, outcomes

    @cached_property
    def _tables(self) -> list[Path]:
        owners = ROWS // TEXTS_A_PARTNER
        tables = {
            "partners.csv": ("id,side,name,kind,country,region,sectors", _partners(owners)),
            "evidence.csv": ("id,partners,kind,title,text,language,sectors", _texts(ROWS, owners)),
        }
        for name, (head, rows) in tables.items():
            with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([head.split(","), *rows])
        return [self.folder / name for name in tables]


STAGES: dict[str, Callable[[Work], None]] = {
    "index": Work.index,
    "open": Work.open,
    "questions": Work.questions,
    "delta": Work.delta,
    "import": Work.import_rows,
}


class OnlyOf:
    """Finds the `matcher` of one tree and no other: one that is installed would fill in what the tree lacks."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """Say where a module is; see importlib.abc.MetaPathFinder."""
        parents = name.split(".")[:-1]
        if (parents or [name])[0] != "matcher":
            return None
        found = PathFinder.find_spec(name, [str(self.tree.joinpath(*parents))])
        if found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found


def _partners(count: int) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        side, kind = ("demand", "firm") if number % 5 == 4 else ("supply", "laboratory")
        region, sector = REGIONS[number % len(REGIONS)], SECTORS[number % len(SECTORS)]
        yield f"p{number:04}", side, f"Partner {number}", kind, "PE", region, sector


def _texts(count: int, owners: int) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        owner, text = f"p{number % owners:04}", _text(number)
        yield f"t{number:05}", owner, "project", text[:40].title(), text, "es", SECTORS[number % len(SECTORS)]


def _text(number: int) -> str:
    """Return three sentences whose words are as unevenly common as those of a language."""
    ranks = np.random.default_rng(number).zipf(1.3, WORDS) % VOCABULARY
    words = [_word(rank) for rank in ranks.tolist()]
    third = WORDS // 3
    return " ".join(" ".join(words[i : i + third]).capitalize() + "." for i in range(0, WORDS, third))


@cache
def _word(rank: int) -> str:
    syllables = "ma ne ti lo ru sa pe ca vi do".split()  # noqa: SIM905
    return "".join(syllables[int(digit)] for digit in f"{rank:03}")


@cache
def _vector(word: str) -> NDArray[np.float32]:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(0, 1, DIMENSIONS).astype(np.float32)


def main(tree: Path, folder: Path) -> None:
    """Do the stages that are named on standard input, a line each, with the `matcher` of `tree`."""
    sys.meta_path.insert(0, OnlyOf(tree))
    work = Work(folder)
    for line in sys.stdin:
        before = time.process_time()
        try:
            STAGES[line.strip()](work)
            found: dict[str, object] = {"seconds": time.process_time() - before}
        except LACKS as error:
            found = {"lacks": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
