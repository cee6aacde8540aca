"""The answers to all needs as one file beside the snapshots: they outlive a process, and several share them.

    coverage.json   {"format", "whole": round, "begun": round}: the last round that is through, and the one that runs
    round           {"of": what it depends on, "total", "seconds", "answers": {need: [[partner, probability], ...]}}

Needs and partners stand in it by their ids alone. It is written aside and renamed, so that a reader finds it whole,
and it is no harm to lose it: everything is asked again.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from matcher import coverage
from matcher.coverage import Answers, Helper
from matcher.engine import Engine

log = logging.getLogger(__name__)
NAME = "coverage.json"
FORMAT = 1
LOCK_WAIT_S = 10


@dataclass(frozen=True, slots=True)
class Basis:
    """What answers depend on. `records`: the database's lineage; a snapshot's id where there is no database.

    `rules`: a digest of the weights, and of what makes a match good. Macro-regions are a matter of place, which is
    switched off.
    """

    records: str
    version: int
    model: str
    rules: str

    @classmethod
    def of(cls, engine: Engine) -> "Basis":
        """Return that of an engine's answers."""
        state, weights = engine.snapshot.state, asdict(engine.weights)
        good = (coverage.GOOD, coverage.KEPT, sorted(coverage.WITHOUT), sorted(coverage.NEEDS))
        rules = json.dumps([_version(), good, weights], sort_keys=True)
        digest = hashlib.sha256(rules.encode()).hexdigest()
        return cls(state.lineage or engine.snapshot.id, state.version, engine.encoder.revision, digest)


@dataclass(frozen=True, slots=True)
class Round:
    """Answers to the needs of one state: to all `total`, or to those asked so far. `seconds`: that it took."""

    of: Basis
    answers: Answers
    total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rounds:
    """What the file holds."""

    whole: Round | None = None
    begun: Round | None = None


class CoverageFile:
    """The file of one home."""

    def __init__(self, home: Path) -> None:
        self.path = home / NAME
        self._seen: tuple[int, ...] | None = None
        self._rounds = Rounds()

    def read(self) -> Rounds:
        """Return what was kept; nothing where there is no file that can be used."""
        try:
            stat = self.path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen != self._seen:
                self._rounds, self._seen = _read(json.loads(self.path.read_text(encoding="utf-8"))), seen
        except FileNotFoundError:
            self._rounds, self._seen = Rounds(), None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("what is in %s cannot be used: %s", self.path, error)
            self._rounds, self._seen = Rounds(), None
        return self._rounds

    def keep(self, round_: Round, *, whole: bool, known: Callable[[Answers], Answers]) -> None:
        """Write a round; one that is through takes the place of both. Where it cannot be written nothing happens.

        :param known: leaves out what must not be known any more, of all that is written. It is asked when nobody
            else can write or take away the file, so that what is erased meanwhile does not come back.
        """
        try:
            with _alone(self.path):
                before = Rounds() if whole else self.read()
                rounds = {"whole": round_ if whole else before.whole, "begun": None if whole else round_}
                data = {name: _plain(each, known) for name, each in rounds.items() if each}
                aside = self.path.with_name(f".{NAME}.{os.getpid()}")
                aside.write_text(json.dumps({"format": FORMAT, **data}), encoding="utf-8")
                aside.replace(self.path)
        except (OSError, Timeout) as error:
            log.warning("the answers to all needs cannot be kept in %s: %s", self.path, error)

    @contextmanager
    def working(self) -> Iterator[bool]:
        """Hold the right to ask all needs for this home; it gives whether nobody else has it."""
        lock = FileLock(self.path.with_name(f".{NAME}.working.lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:  # nothing can be written there: each process works for itself
            log.warning("%s cannot be locked: %s", self.path, error)
        try:
            yield True
        finally:
            lock.release()


def drop(home: Path) -> None:
    """Take away the file, and what a killed process left of one."""
    path = home / NAME
    if home.is_dir():
        with _alone(path):
            path.unlink(missing_ok=True)
            for aside in home.glob(f".{NAME}.[0-9]*"):
                aside.unlink(missing_ok=True)


@cache
def _version() -> str:
    return version("tinkuy")


def _alone(path: Path) -> FileLock:
    return FileLock(path.with_name(f".{NAME}.lock"), timeout=LOCK_WAIT_S)


def _plain(round_: Round, known: Callable[[Answers], Answers]) -> dict[str, Any]:
    answers = {need: [[h.partner, h.probability] for h in found] for need, found in known(round_.answers).items()}
    return {"of": asdict(round_.of), "total": round_.total, "seconds": round_.seconds, "answers": answers}


def _read(data: Any) -> Rounds:
    if data["format"] != FORMAT:
        return Rounds()
    return Rounds(*(_round(data[name]) if name in data else None for name in ("whole", "begun")))


def _round(data: Any) -> Round:
    of = Basis(**data["of"])
    answers = {
        str(need): tuple(Helper(str(partner), float(chance)) for partner, chance in found)
        for need, found in data["answers"].items()
    }
    return Round(of, answers, int(data["total"]), float(data["seconds"]))
