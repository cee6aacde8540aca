"""Where a run of a source starts: at the beginning, or behind a page; with what has changed, and what was refused."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from matcher.errors import BadInput
from matcher.language import N_
from matcher.page_plan import Giver
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked, Format
from matcher.sources.reading import Refusal
from matcher.store import runs
from matcher.store.import_runs import storable
from matcher.store.runs import ENDED, UNFINISHED, State
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.store.tables import ImportRunRow

NEVER = 2**62  # a transaction that will not come
AGAIN = 500  # refused rows that are asked for one by one in the next run
MAX_KEY = 500  # characters of a row's key


@dataclass(slots=True)
class Left:
    """What a run has refused, and the next is to ask for again.

    Nothing of it has changed since, so that a source that tells changes would not give it any more.

    :param keys: rows that can be asked for one by one.
    :param others: there were more, which only come with all that this run has asked for.
    """

    keys: list[str] = field(default_factory=list)
    others: bool = False

    def note(self, refusals: Sequence[Refusal], *, by_key: bool) -> None:
        """Keep what was refused."""
        for refusal in refusals:
            key = refusal.key
            if not (by_key and key and len(key) <= MAX_KEY and storable(key) == key):
                self.others = True
            elif key not in self.keys:
                self.keys.append(key)
        if len(self.keys) > AGAIN:
            self.keys, self.others = [], True


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run starts. `run`: its id; `read`: elements that it has read before; `total`: what may be expected."""

    run: str
    giver: Giver
    asked: Asked
    definition: str
    state: State
    read: int = 0
    total: int | None = None
    left: Left = field(default_factory=Left)

    def cursor(self, after: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what is kept to go on behind a page, and at the end for the next run."""
        since = self.asked.since.isoformat() if self.asked.since else None
        return {
            "definition": self.definition, "since": since, "after": None if after is None else dict(after),
            "again": list(self.asked.again), "left": asdict(self.left),
        }  # fmt: skip


class Names(Mapping[str, str]):
    """Names of stored partners by id, read when somebody asks: most formats do not."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: dict[str, str] | None = None

    def _all(self) -> dict[str, str]:
        if self._names is None:
            self._names = self._store.partner_names()
        return self._names

    def __getitem__(self, id_: str) -> str:
        return self._all()[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def asked_of(source: Source) -> Asked:
    """Return what a source's reader is asked for, from the start."""
    return Asked(tuple(map(Path, source.files)), source.url, source.options)


def format_of(source: Source) -> Format:
    """Return a source's format.

    :raises BadInput: this version does not know it.
    """
    try:
        return FORMATS[source.format]
    except KeyError:
        known = ", ".join(FORMATS)
        message = N_("unknown format {format!r}; known are {known}")
        raise BadInput(message, format=source.format, known=known) from None


def definition_of(source: Source) -> str:
    """Return what tells what is read from anything else: of files, also whether they are as they were."""
    told: list[Any] = [source.format, source.url, source.files, sorted(source.options.items())]
    for name in source.files:
        path = Path(name)
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for each in inside:
            if each.is_file():
                found = each.stat()
                told.append([str(each), found.st_size, found.st_mtime_ns])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def last_ended(session: Session, source: Source) -> ImportRunRow | None:
    """Return the last run of a source that was read to its end, since it was configured."""
    return runs.newest(session, source.name, ENDED, source.created)


def where_to_start(session: Session, source: Source, *, whole: bool) -> tuple[ImportRunRow | None, Start]:
    """Return the run to go on with, None for a new one, and where it starts. Nothing is written."""
    asked, definition = asked_of(source), definition_of(source)
    ended = last_ended(session, source)
    total = ended.read if ended and not ended.partial else None
    row = runs.newest(session, source.name, UNFINISHED, source.created)
    cursor = (row.cursor if row else None) or {}
    if row and not whole and (row.state == State.ENDING or cursor.get("definition") == definition):
        since = _moment(cursor.get("since"))
        asked = replace(asked, after=cursor.get("after"), since=since, again=tuple(cursor.get("again", ())))
        state = State.ENDING if row.state == State.ENDING else State.READING
        giver, left = Giver(source.name, row.begun, source.owner), Left(**cursor.get("left", {}))
        return row, Start(row.id, giver, asked, definition, state, row.read, None if since else total, left)
    if ended and not whole:
        asked = _behind(ended, asked)
    return None, Start("", Giver(source.name, NEVER, source.owner), asked, definition, State.READING, 0, total)


def _behind(ended: ImportRunRow, asked: Asked) -> Asked:
    """Return what to ask for behind a run: what has changed since it began, and what it has refused."""
    cursor = ended.cursor or {}
    left = Left(**cursor.get("left", {}))
    if not left.others:
        return replace(asked, since=ended.at, again=tuple(left.keys))
    since = _moment(cursor.get("since"))  # from where that run asked: what it refused has no key, and lies between
    return replace(asked, since=since, again=tuple(left.keys) if since else ())


def for_the_next(cursor: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return what is kept of a run's cursor when it has ended: what it has refused."""
    left = (cursor or {}).get("left", {})
    return cursor if left.get("keys") or left.get("others") else None


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
