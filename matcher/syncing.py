"""A run of a configured source: page after page, each whole; cut off anywhere, the next one goes on."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from matcher.errors import BadInput, Conflict, TinkuyError
from matcher.language import N_
from matcher.page_plan import Giver, Plan
from matcher.page_writing import sweep, write_page
from matcher.run_start import Names, Start, for_the_next, format_of, last_ended, where_to_start
from matcher.sources.pages import Page
from matcher.sources.reading import Refusal
from matcher.store import runs, source_records
from matcher.store.import_runs import Run
from matcher.store.run_lock import alone
from matcher.store.runs import UNFINISHED, State
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.store.tables import ImportRunRow

Progress = Callable[[int, int | None], None]  # elements read, in all as far as anybody can tell


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
                format_ = format_of(source)
                by_key = format_.by_key and source.url is not None
                for page in format_.read(start.asked):
                    cursor = partial(_cursor, start, page, by_key=by_key)
                    done = write_page(store, page, start.giver, start.run, read, cursor)
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


def _cursor(start: Start, page: Page, made: Plan, *, by_key: bool) -> dict[str, Any]:
    """Return what is kept behind a page that did what `made` says."""
    start.left.note(made.refusals, by_key=by_key)
    return start.cursor(page.after)


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
            runs.end(session, start.run, State.ASKS, missing=missing, cursor=for_the_next(row.cursor))
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
        runs.end(session, run, State.DONE, missing=0, cursor=for_the_next(runs.row_of(session, run).cursor))
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
