"""A run of a configured source: page after page, each whole; cut off anywhere, the next one goes on."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from matcher.errors import BadInput, Conflict, TinkuyError
from matcher.language import N_
from matcher.page_plan import Giver
from matcher.page_writing import sweep, write_page
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked, Format, Page
from matcher.sources.reading import Refusal
from matcher.store import runs, source_records
from matcher.store.import_runs import Run
from matcher.store.run_lock import alone
from matcher.store.runs import ENDED, UNFINISHED, State
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.store.tables import ImportRunRow

NEVER = 2**62  # a transaction that will not come
Progress = Callable[[int, int | None], None]  # elements read, in all as far as anybody can tell


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

    def cursor(self, after: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what is kept to go on behind a page."""
        since = self.asked.since.isoformat() if self.asked.since else None
        return {"definition": self.definition, "since": since, "after": None if after is None else dict(after)}


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


def sync(
    store: Store,
    source: Source,
    *,
    whole: bool = False,
    yes: bool = False,
    progress: Progress | None = None,
    on_refusal: Callable[[Refusal], None] | None = None,
) -> Run:
    """Read a source, or read on where its last run was cut off, and return the run.

    What it no longer gives is deleted at the end, unless that is more than its set share: then the run asks.

    :param whole: ask for everything from the start, also where the source can tell what has changed.
    :param yes: do not ask.
    :raises Busy: another run of this source is under way.
    :raises BadInput: it cannot be read; what was read before stays, and the next run goes on behind it.
    """
    with alone(store, source.name):
        start = _start(store, source, whole=whole)
        read = start.read
        try:
            if start.state is not State.ENDING:
                if progress:
                    progress(read, start.total)
                for page in format_of(source).read(start.asked):
                    done = write_page(store, page, start.giver, start.run, read, start.cursor(page.after))
                    read += done.tally.read
                    if on_refusal:
                        for refusal in done.refusals:
                            on_refusal(refusal)
                    if progress:
                        progress(read, at_least(page, start.total, read))
        except (TinkuyError, OSError) as error:
            told = error if isinstance(error, TinkuyError) else not_read(error)
            with store.noting() as session:
                runs.fail(session, start.run, told)
            raise told from error
        return _end(store, source, start, yes=yes)


def go_through(store: Store, source: Source) -> Run:
    """Delete what the last run of a source asks about, and return that run.

    :raises Busy: the source is being read.
    :raises Conflict: no run asks.
    """
    with alone(store, source.name):
        with store.noting() as session:
            row = _asking(runs.newest(session, source.name, (State.ASKS,)), source)
            giver, partial = Giver(source.name, row.begun, source.owner), row.partial
            runs.end(session, row.id, State.ENDING, ended=None)
            id_ = row.id
        return _swept(store, source, giver, id_, whole=not partial)


def keep(store: Store, source: Source) -> Run:
    """Keep the records that the last run of a source asks about: they are no longer taken for this source's.

    :raises Busy: the source is being read.
    :raises Conflict: no run asks.
    """
    with alone(store, source.name), store.noting() as session:
        row = _asking(runs.newest(session, source.name, (State.ASKS,)), source)
        source_records.drop_lost(session, source.name, row.begun, whole=not row.partial)
        runs.end(session, row.id, State.KEPT, missing=0)
        return runs.get(session, row.id)


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
    cursor = row.cursor if row else None
    if row and not whole and (row.state == State.ENDING or (cursor and cursor["definition"] == definition)):
        since = dt.datetime.fromisoformat(cursor["since"]) if cursor and cursor["since"] else None
        asked = replace(asked, after=cursor["after"] if cursor else None, since=since)
        state = State.ENDING if row.state == State.ENDING else State.READING
        giver = Giver(source.name, row.begun, source.owner)
        return row, Start(row.id, giver, asked, definition, state, row.read, None if since else total)
    asked = replace(asked, since=None if whole or ended is None else ended.at)
    return None, Start("", Giver(source.name, NEVER, source.owner), asked, definition, State.READING, 0, total)


def _start(store: Store, source: Source, *, whole: bool) -> Start:
    with store.writing() as writer:
        session = writer.session
        row, start = where_to_start(session, source, whole=whole)
        if row:
            row.state, row.ended, row.error = start.state, None, None
        else:
            files = [source.url] if source.url else [Path(name).name for name in source.files]
            before = source_records.count(session, source.name)
            id_ = runs.begin(session, source.name, files, writer.version, before, start.cursor(None))
            runs.settle_older(session, source.name, id_, UNFINISHED)
            start = replace(start, run=id_, giver=replace(start.giver, begun=writer.version))
    return replace(start, asked=replace(start.asked, stored=Names(store)))


def _end(store: Store, source: Source, start: Start, *, yes: bool) -> Run:
    """Delete what is no longer given, or ask."""
    with store.noting() as session:
        row = runs.row_of(session, start.run)
        whole = not row.partial
        missing = source_records.count(session, source.name, start.giver.begun, whole=whole)
        absent = missing - source_records.count(session, source.name, start.giver.begun, whole=False)
        asks = missing > 0 and too_many(session, source, row.before, missing, absent, row.refused)
        if asks and not yes and start.state is not State.ENDING:
            if whole:  # of an older question this one knows all
                runs.settle_older(session, source.name, start.run, (State.ASKS,))
            runs.end(session, start.run, State.ASKS, missing=missing, cursor=None)
            return runs.get(session, start.run)
        row.state = State.ENDING
    return _swept(store, source, start.giver, start.run, whole=whole)


def too_many(session: Session, source: Source, before: int, missing: int, absent: int, refused: int) -> bool:
    """Tell whether more is missing than may go without a question.

    Where more rows were refused than last time, what is absent may be what they would have given.

    :param before: records that the source gave; `missing`: those that it no longer gives, of which `absent` are just
        not there; `refused`: rows of this run.
    """
    if missing > source.shrink * before:
        return True
    ended = last_ended(session, source)
    return absent > 0 and ended is not None and refused > ended.refused


def _swept(store: Store, source: Source, giver: Giver, run: str, *, whole: bool) -> Run:
    sweep(store, giver, run, whole=whole)
    with store.noting() as session:
        runs.end(session, run, State.DONE, missing=0, cursor=None)
        if whole:
            runs.settle_older(session, source.name, run, (State.ASKS,))
        return runs.get(session, run)


def not_read(error: OSError) -> BadInput:
    """Return the error of a source that cannot be read on."""
    return BadInput(N_("reading stopped: {reason}"), reason=error.strerror or type(error).__name__)


def _asking(row: ImportRunRow | None, source: Source) -> ImportRunRow:
    if row is None:
        raise Conflict(N_("no run of {name!r} asks anything"), name=source.name)
    return row


def at_least(page: Page, expected: int | None, read: int) -> int | None:
    """Return how many elements there are in all, as far as anybody can tell."""
    total = page.total or expected
    return max(total, read) if total else None
