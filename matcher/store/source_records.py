"""Which source gave which record, and what it said of it last: kept as digests, never as values."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as record_fields
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store.import_runs import plain
from matcher.store.rows import ROWS
from matcher.store.tables import AuditRow, SourceRecordRow

Key = tuple[type[Record], str]
KINDS: dict[str, type[Record]] = {row.__tablename__: kind for kind, row in ROWS.items()}
SEVERAL = " "  # the key of what several rows give: it goes with none of them
PART = 500  # ids looked up at once
_ORDER = {ROWS[kind].__tablename__: place for place, kind in enumerate((Outcome, Evidence, Partner))}


@dataclass(frozen=True, slots=True)
class Note:
    """What a source gave of a record. See `SourceRecordRow` for the fields."""

    given: Mapping[str, str]
    key: str = ""
    mention: bool = False
    seen: int = 0
    gone: bool = False


def digests(record: Record) -> dict[str, str]:
    """Return field -> digest of what a record gives."""
    return {
        field.name: digest(value)
        for field in record_fields(record)
        if field.name != "id" and (value := getattr(record, field.name)) not in (None, ())
    }


def digest(value: Any) -> str:
    """Return what tells a field's value from others."""
    text = json.dumps(plain(value), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def notes(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Note]]:
    """Return what each source gave of some records: record -> source -> note."""
    found: dict[Key, dict[str, Note]] = {}
    row = SourceRecordRow
    for kind, part in _parts(keys):
        rows = session.execute(
            select(row.record, row.source, row.given, row.key, row.mention, row.seen, row.gone).where(
                row.kind == ROWS[kind].__tablename__, row.record.in_(part)
            )
        )
        for id_, source, *values in rows:
            found.setdefault((kind, id_), {})[source] = Note(*values)
    return found


def keep(session: Session, source: str, new: Mapping[Key, Note], old: Mapping[Key, Note]) -> None:
    """Write what a source gave of some records; `old`: what is noted of them so far."""
    fresh: list[dict[str, Any]] = []
    again: dict[int, list[Key]] = {}
    for key, note in new.items():
        before = old.get(key)
        if before is None:
            fresh.append(_values(source, key, note))
        elif (before.given, before.key, before.mention, before.gone) == (note.given, note.key, note.mention, note.gone):
            again.setdefault(note.seen, []).append(key)
        else:
            values = _values(source, key, note)
            named = {name: values.pop(name) for name in ("kind", "record", "source")}
            session.execute(update(SourceRecordRow).filter_by(**named).values(**values))
    if fresh:
        session.execute(insert(SourceRecordRow), fresh)
    for seen, keys in again.items():
        for kind, part in _parts(keys):
            session.execute(update(SourceRecordRow).where(_named(source, kind, part)).values(seen=seen))


def mark_gone(session: Session, source: str, keys: Sequence[str]) -> None:
    """Note that the rows of a source with these keys are no more."""
    for start in range(0, len(keys), PART):
        part = [key for key in keys[start : start + PART] if key]
        wanted = (SourceRecordRow.source == source, SourceRecordRow.key.in_(part))
        session.execute(update(SourceRecordRow).where(*wanted).values(gone=True))


def count(session: Session, source: str, lost_since: int | None = None, *, whole: bool = False) -> int:
    """Return how many records a source gives; with `lost_since`: how many of them are lost, see `lost`."""
    where = [SourceRecordRow.source == source]
    if lost_since is not None:
        where.append(_lost(lost_since, whole=whole))
    return session.scalar(select(func.count()).select_from(SourceRecordRow).where(*where)) or 0


def lost(session: Session, source: str, since: int, *, whole: bool, limit: int) -> list[Key]:
    """Return records that a source no longer gives, those that name partners before partners.

    :param since: the number of the transaction that the run began with; `whole`: what it has not seen is lost.
    """
    row = SourceRecordRow
    place = case(_ORDER, value=row.kind)
    wanted = select(row.kind, row.record).where(row.source == source, _lost(since, whole=whole))
    found = session.execute(wanted.order_by(place, row.record).limit(limit))
    return [(KINDS[kind], id_) for kind, id_ in found]


def of(session: Session, source: str, limit: int) -> list[Key]:
    """Return records of a source, those that name partners before partners."""
    return lost(session, source, 2**62, whole=True, limit=limit)


def drop(session: Session, source: str, keys: Collection[Key]) -> None:
    """Forget that a source gives some records."""
    for kind, part in _parts(keys):
        session.execute(delete(SourceRecordRow).where(_named(source, kind, part)))


def drop_lost(session: Session, source: str, since: int, *, whole: bool) -> int:
    """Forget that a source gave what it no longer gives; the records stay. Return how many."""
    wanted = delete(SourceRecordRow).where(SourceRecordRow.source == source, _lost(since, whole=whole))
    return int(session.execute(wanted).rowcount)  # type: ignore[attr-defined]


def drop_all(session: Session, source: str) -> None:
    """Forget all that a source gives."""
    session.execute(delete(SourceRecordRow).where(SourceRecordRow.source == source))


def forget(session: Session, ids: Mapping[type[Record], Iterable[str]]) -> int:
    """Forget who gave records that are erased; return how many notes that were."""
    gone = 0
    for kind, part in _parts([(kind, id_) for kind, names in ids.items() for id_ in names]):
        named = (SourceRecordRow.kind == ROWS[kind].__tablename__, SourceRecordRow.record.in_(part))
        gone += int(session.execute(delete(SourceRecordRow).where(*named)).rowcount)  # type: ignore[attr-defined]
    return gone


def by_people(session: Session, keys: Collection[Key]) -> set[Key]:
    """Return those of the records that somebody has written by hand, as the audit log tells."""
    found: set[Key] = set()
    for kind, part in _parts(keys):
        wanted = select(AuditRow.record).where(
            AuditRow.record.in_(part),
            AuditRow.kind == ROWS[kind].__tablename__,
            AuditRow.action.in_(("create", "change")),
        )
        found.update((kind, id_) for id_ in session.scalars(wanted.distinct()) if id_)
    return found


def _lost(since: int, *, whole: bool) -> ColumnElement[bool]:
    return or_(SourceRecordRow.gone, SourceRecordRow.seen < since) if whole else SourceRecordRow.gone.is_(True)


def _named(source: str, kind: type[Record], ids: Sequence[str]) -> ColumnElement[bool]:
    row = SourceRecordRow
    return and_(row.source == source, row.kind == ROWS[kind].__tablename__, row.record.in_(ids))


def _values(source: str, key: Key, note: Note) -> dict[str, Any]:
    return {
        "kind": ROWS[key[0]].__tablename__, "record": key[1], "source": source, "key": note.key,
        "given": dict(note.given), "mention": note.mention, "seen": note.seen, "gone": note.gone,
    }  # fmt: skip


def _parts(keys: Iterable[Key]) -> Iterable[tuple[type[Record], list[str]]]:
    """Group ids by kind, in parts that a statement can hold."""
    by_kind: dict[type[Record], list[str]] = {}
    for kind, id_ in keys:
        by_kind.setdefault(kind, []).append(id_)
    for kind, ids in by_kind.items():
        for start in range(0, len(ids), PART):
            yield kind, ids[start : start + PART]
