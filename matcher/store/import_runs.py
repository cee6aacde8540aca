"""Imports as they are remembered: where from, how much, what was refused, and how an upload is taken back."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from dataclasses import fields as record_fields
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.errors import NotFound, TinkuyError
from matcher.language import N_, Translate
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.sources.reading import Refusal
from matcher.store.audit import utc_now
from matcher.store.rows import ROWS
from matcher.store.tables import ImportChangeRow, ImportRunRow

UPLOAD = "upload"  # the source of what was uploaded in the pages
REFUSALS = 200  # of an import are kept
UNDO_DAYS = 90  # as long it is remembered what was there before an upload
KINDS: dict[str, type[Record]] = {row.__tablename__: kind for kind, row in ROWS.items()}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was refused. `message` with `values`: why; `column`: the heading of the cell that it lies in."""

    file: str
    row: int
    column: str
    message: str
    values: dict[str, Any]

    @classmethod
    def of(cls, refusal: Refusal) -> "Refused":
        """Return a reader's refusal as it can be kept."""
        error = refusal.error
        values = {name: plain(value) for name, value in error.values.items()}
        return cls(refusal.file, refusal.number, refusal.column, error.message, values)

    def reason(self, say: Translate) -> str:
        """Return why, in the reader's language."""
        return say(self.message).format(**self.values)


@dataclass(frozen=True, slots=True)
class Left:
    """A record that the undoing of an upload left alone, and why (a message)."""

    kind: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Run:
    """One import. `refused` counts all refusals, of which `refusals` are the first; `undoable`: it can be undone.

    `state`, `kept`, `gone`, `skipped`, `missing`: see `runs`. `error`: why it could not be read to its end.
    """

    id: str
    at: dt.datetime
    source: str
    organisation: str | None
    key: str | None
    files: tuple[str, ...]
    read: int
    added: int
    changed: int
    unchanged: int
    refused: int
    refusals: tuple[Refused, ...]
    version: int
    undone: dt.datetime | None
    left: tuple[Left, ...]
    undoable: bool = False
    state: str = "done"
    ended: dt.datetime | None = None
    partial: bool = False
    kept: int = 0
    gone: int = 0
    missing: int = 0
    before: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    error: TinkuyError | None = None


def record(
    session: Session,
    source: str,
    files: Sequence[str],
    counts: Mapping[str, int],
    refusals: Sequence[Refused],
    version: int,
    caller: Caller | None = None,
) -> str:
    """Remember an import in the transaction that does it; return its id.

    :param counts: of rows `read`, records `added`, `changed`, `unchanged`.
    :param version: the transaction's.
    :param caller: who uploaded it; None is a command.
    """
    id_, now = uuid.uuid4().hex, utc_now()
    session.add(
        ImportRunRow(
            id=id_, at=now, ended=now, state="done", begun=version, before=0, partial=False, cursor=None, kept=0,
            gone=0, missing=0, skipped={}, error=None, source=source, key=caller.key if caller else None,
            organisation=caller.organisation if caller else None, read=counts["read"],
            files=[storable(name) for name in files],
            added=counts["added"], changed=counts["changed"], unchanged=counts["unchanged"], refused=len(refusals),
            refusals=[storable(asdict(each)) for each in refusals[:REFUSALS]], version=version, undone=None, left=[],
        )
    )  # fmt: skip
    session.flush()
    return id_


def remember(session: Session, run: str, befores: Mapping[tuple[type[Record], str], Record | None]) -> None:
    """Keep what was there before an upload wrote, and forget what was there before very old ones."""
    old = select(ImportRunRow.id).where(ImportRunRow.at < utc_now() - dt.timedelta(days=UNDO_DAYS))
    session.execute(delete(ImportChangeRow).where(ImportChangeRow.run.in_(old)))
    session.add_all(
        ImportChangeRow(run=run, kind=ROWS[kind].__tablename__, record=id_, before=before and to_plain(before))
        for (kind, id_), before in befores.items()
    )
    session.flush()


def befores(session: Session, run: str) -> dict[tuple[type[Record], str], Record | None]:
    """Return what was there before each record that an upload wrote, by kind and id."""
    rows = session.scalars(
        select(ImportChangeRow).where(ImportChangeRow.run == run).order_by(ImportChangeRow.kind, ImportChangeRow.record)
    )
    return {
        (KINDS[row.kind], row.record): None if row.before is None else from_plain(KINDS[row.kind], row.before)
        for row in rows
    }


def get(session: Session, id_: str, organisation: str | None) -> Run:
    """Return an upload of an organisation (None: of an installation without keys).

    :raises NotFound: it has none of that id.
    """
    row = session.get(ImportRunRow, id_)
    if row is None or row.source != UPLOAD or row.organisation != organisation:
        raise NotFound(N_("no upload has the id {id!r}"), id=id_)
    return run_of(session, row)


def uploads(session: Session, organisation: str | None, limit: int = 50) -> list[Run]:
    """Return an organisation's newest uploads, the newest first."""
    wanted = select(ImportRunRow).where(ImportRunRow.source == UPLOAD, ImportRunRow.organisation == organisation)
    rows = session.scalars(wanted.order_by(ImportRunRow.at.desc(), ImportRunRow.id).limit(limit))
    return [run_of(session, row) for row in rows]


def latest(session: Session, limit: int = 50) -> list[Run]:
    """Return the newest imports of all sources, the newest first."""
    rows = session.scalars(select(ImportRunRow).order_by(ImportRunRow.at.desc(), ImportRunRow.id).limit(limit))
    return [run_of(session, row) for row in rows]


def last_by_source(session: Session) -> list[Run]:
    """Return the newest import of each source, by source."""
    found = []
    for source in session.scalars(select(ImportRunRow.source).distinct().order_by(ImportRunRow.source)).all():
        newest = select(ImportRunRow).where(ImportRunRow.source == source)
        row = session.scalars(newest.order_by(ImportRunRow.at.desc(), ImportRunRow.id).limit(1)).one()
        found.append(run_of(session, row))
    return found


def settle(session: Session, run: str, left: Sequence[Left]) -> None:
    """Note that an upload has been undone, and what was left alone; what was before is no longer needed."""
    row = session.get_one(ImportRunRow, run)
    row.undone, row.left = utc_now(), [asdict(each) for each in left]
    session.execute(delete(ImportChangeRow).where(ImportChangeRow.run == run))
    session.flush()


def forget(session: Session, ids: Mapping[type[Record], Iterable[str]]) -> int:
    """Forget what is known of records that are erased; return how many things that were.

    All refusals go, as any may quote them. A record of others that named one of them cannot be put back any more.
    """
    gone = {(ROWS[kind].__tablename__, id_) for kind, names in ids.items() for id_ in names}
    partners = {id_ for kind, id_ in gone if kind == ROWS[Partner].__tablename__}
    count = 0
    for row in session.scalars(select(ImportChangeRow)):
        before = row.before or {}
        named = {*before.get("partners", ()), before.get("partner"), before.get("counterpart")}
        if (row.kind, row.record) in gone or named & partners:
            session.delete(row)
            count += 1
    for run in session.scalars(select(ImportRunRow)):
        kept = [each for each in run.left if (each["kind"], each["id"]) not in gone]
        count += len(run.refusals) + len(run.left) - len(kept)
        if run.refusals or len(kept) < len(run.left):
            run.refusals, run.left = [], kept
        if run.error:  # it may quote what it stumbled over
            run.error = {"message": N_("it could not be read to its end"), "values": {}}
    session.flush()
    return count


def to_plain(record: Record) -> dict[str, Any]:
    """Return a record's fields as JSON has them."""
    return {f.name: plain(getattr(record, f.name)) for f in record_fields(record)}


def from_plain(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Return the record of `to_plain`."""
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    if kind is Partner:
        return Partner(**given | {"side": Side(given["side"])})
    day = dt.date.fromisoformat(given["date"]) if given["date"] else None
    if kind is Evidence:
        return Evidence(**given | {"date": day})
    return Outcome(**given | {"date": day, "stage": Stage(given["stage"])})


def refusal_of(file: str, row: int, error: TinkuyError) -> Refused:
    """Return the refusal of a row by what went wrong with it."""
    return Refused.of(Refusal(file, row, error))


def run_of(session: Session, row: ImportRunRow) -> Run:
    """Return the run of a row."""
    some = select(ImportChangeRow.run).where(ImportChangeRow.run == row.id).limit(1)
    undoable = row.source == UPLOAD and row.undone is None and session.scalar(some) is not None
    error = TinkuyError(row.error["message"], **row.error["values"]) if row.error else None
    return Run(
        row.id, row.at, row.source, row.organisation, row.key, tuple(row.files), row.read, row.added, row.changed,
        row.unchanged, row.refused, tuple(Refused(**each) for each in row.refusals), row.version, row.undone,
        tuple(Left(**each) for each in row.left), undoable, row.state, row.ended, row.partial, row.kept, row.gone,
        row.missing, row.before, dict(row.skipped), error,
    )  # fmt: skip


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def storable(value: Any) -> Any:
    """Return what both engines can hold: texts without NUL and without half characters."""
    if isinstance(value, dict):
        return {name: storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, str):
        return value.replace("\0", " ").encode("utf-8", "replace").decode()
    return value
