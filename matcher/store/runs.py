"""Runs of sources as they are remembered: one row each, written with every page, so that a run can go on."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.errors import Busy, TinkuyError
from matcher.language import N_
from matcher.store.audit import utc_now
from matcher.store.import_runs import REFUSALS, Refused, Run, plain, run_of, storable
from matcher.store.tables import ImportRunRow


class State(StrEnum):
    """Where a run stands."""

    READING = "reading"  # or cut off: the next run of its source goes on behind its last page
    ENDING = "ending"  # all pages are written; what the source no longer gives is being deleted
    FAILED = "failed"  # it could not be read on; the next run tries again behind its last page
    DONE = "done"
    ASKS = "asks"  # more records are missing than may be deleted without a question; they are kept meanwhile
    KEPT = "kept"  # asked, and somebody has decided that the records stay
    LEFT = "left"  # given up unfinished, or asked and another run has found better


UNFINISHED = (State.READING, State.ENDING, State.FAILED)
ENDED = (State.DONE, State.ASKS, State.KEPT)


@dataclass(slots=True)
class Tally:
    """What became of what was read.

    `read`: elements of the source, whatever they were; of records `added`, `changed`, `unchanged`; `kept`: of which
    something was left as people have it (edited or deleted by hand, erased, withdrawn, in use); `gone`: deleted
    because the source no longer gives them; `skipped`: word -> elements that hold nothing.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0
    gone: int = 0
    refused: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        for name in ("read", "added", "changed", "unchanged", "kept", "gone", "refused"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for word, count in other.skipped.items():
            self.skipped[word] = self.skipped.get(word, 0) + count


def begin(session: Session, source: str, files: Sequence[str], version: int, before: int, cursor: Any) -> str:
    """Begin a run and return its id.

    :param version: the transaction's; `before`: how many records the source gives so far; `cursor`: where it starts.
    """
    id_ = uuid.uuid4().hex
    session.add(
        ImportRunRow(
            id=id_, at=utc_now(), source=source, organisation=None, key=None,
            files=[storable(name) for name in files], read=0, added=0, changed=0, unchanged=0, refused=0, refusals=[],
            version=version, undone=None, left=[], state=State.READING, ended=None, begun=version, before=before,
            partial=False, cursor=cursor, kept=0, gone=0, missing=0, skipped={}, error=None,
        )
    )  # fmt: skip
    session.flush()
    return id_


def row_of(session: Session, id_: str) -> ImportRunRow:
    """Return a run's row."""
    return session.get_one(ImportRunRow, id_, populate_existing=True)


def advance(
    session: Session,
    id_: str,
    expected: int | None,
    tally: Tally,
    refusals: Sequence[Refused],
    version: int,
    **values: Any,
) -> None:
    """Count what a transaction has done, in that very transaction.

    :param expected: elements that were read before; None: any.
    :param values: columns that get another value, such as `cursor`.
    :raises Busy: somebody else has gone on with this run.
    """
    row = row_of(session, id_)
    if expected is not None and row.read != expected:
        raise Busy(N_("{name!r} is being read by another run"), name=row.source)
    for name in ("read", "added", "changed", "unchanged", "kept", "gone", "refused"):
        setattr(row, name, getattr(row, name) + getattr(tally, name))
    if tally.skipped:
        total = Tally(skipped=dict(row.skipped))
        total.add(Tally(skipped=tally.skipped))
        row.skipped = total.skipped
    if refusals and len(row.refusals) < REFUSALS:
        row.refusals = [*row.refusals, *(storable(asdict(each)) for each in refusals)][:REFUSALS]
    row.version = version
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def end(session: Session, id_: str, state: State, **values: Any) -> None:
    """Note how a run ended."""
    row = row_of(session, id_)
    row.state, row.ended = state, utc_now()
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def fail(session: Session, id_: str, error: TinkuyError) -> None:
    """Note that a run could not be read on."""
    told = {"message": error.message, "values": {name: plain(value) for name, value in error.values.items()}}
    end(session, id_, State.FAILED, error=storable(told))


def settle_older(session: Session, source: str, id_: str, states: Sequence[State]) -> None:
    """Let other runs of a source that stand in one of `states` be left as they are."""
    row = ImportRunRow
    wanted = (row.source == source, row.id != id_, row.state.in_(states))
    session.execute(update(row).where(*wanted).values(state=State.LEFT, missing=0, cursor=None))


def newest(
    session: Session, source: str, states: Sequence[State], since: dt.datetime | None = None
) -> ImportRunRow | None:
    """Return the newest run of a source that stands in one of `states`, begun at or after `since`."""
    row = ImportRunRow
    wanted = select(row).where(row.source == source, row.state.in_(states))
    if since is not None:
        wanted = wanted.where(row.at >= since)
    return session.scalars(wanted.order_by(row.begun.desc(), row.at.desc()).limit(1)).first()


def asking(session: Session) -> list[str]:
    """Return the names of the sources of which a run asks."""
    return list(session.scalars(select(ImportRunRow.source).where(ImportRunRow.state == State.ASKS).distinct()))


def of_source(session: Session, source: str, limit: int = 10) -> list[Run]:
    """Return the newest runs of a source, the newest first."""
    row = ImportRunRow
    wanted = select(row).where(row.source == source).order_by(row.begun.desc(), row.at.desc(), row.id)
    return [run_of(session, each) for each in session.scalars(wanted.limit(limit))]


def get(session: Session, id_: str) -> Run:
    """Return a run."""
    return run_of(session, row_of(session, id_))


def told(run: Run) -> Mapping[str, int]:
    """Return a run's counts by name."""
    names = ("read", "added", "changed", "unchanged", "kept", "gone", "refused")
    return {name: getattr(run, name) for name in names}
