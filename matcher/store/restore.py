"""A backup put back: checked to its last row first, then all of it or nothing."""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Integer, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from matcher.errors import BadInput, Conflict
from matcher.language import N_
from matcher.store.backup import BATCH, FORMAT, MANIFEST, Progress
from matcher.store.database import head
from matcher.store.dump import MAX_LINE, TABLES, from_line
from matcher.store.rows import ROWS
from matcher.store.store import Store
from matcher.store.tables import ClockRow, TombstoneRow
from matcher.store.writer import Writer

MAX_MANIFEST = 2**20
MAX_RATIO = 200  # a member that unpacks to more than this times its size, and SPARE, is a bomb: texts reach some 30
SPARE = 2**24
CLOCK: Table = ClockRow.__table__  # type: ignore[assignment]
RECORDS = tuple(table for table in TABLES if table is not CLOCK)  # the clock's row stays: writers wait for it


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that has been checked. `rows`: by table; `version`: of the database when it was made."""

    archive: zipfile.ZipFile
    version: int
    rows: dict[str, int]

    def read(self, table: Table) -> Iterator[dict[str, Any]]:
        """Give a table's rows."""
        with self.archive.open(f"{table.name}.jsonl") as member:
            for number, line in enumerate(_lines(member, table), start=1):
                yield from_line(table, line, number)


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Give the backup in `path` after checking all of it: names, sizes, hashes, every row.

    :raises BadInput: it is no backup, damaged, or of another revision.
    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(path.open("rb"))))
            checked = _checked(archive)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError) as error:
            raise BadInput(N_("{path} is no backup, or is damaged: {reason}"), path=path, reason=error) from error
        yield checked


def _checked(archive: zipfile.ZipFile) -> Backup:
    names = sorted(info.filename for info in archive.infolist())
    if names != sorted([MANIFEST, *(f"{table.name}.jsonl" for table in TABLES)]):
        manifest = _manifest(archive) if names.count(MANIFEST) == 1 else {}  # which may tell that it is an older one
        _check_revision(manifest)
        raise BadInput(N_("this is no backup of Tinkuy: it has other parts than a backup has"))
    for info in archive.infolist():
        if info.file_size > MAX_RATIO * info.compress_size + SPARE:
            raise BadInput(
                N_("the backup is refused: {part} would unpack to {size} bytes"),
                part=info.filename[:80],
                size=info.file_size,
            )
    manifest = _manifest(archive)
    _check_revision(manifest)
    rows = {}
    for table in TABLES:
        told = manifest["tables"].get(table.name)
        digest, size, count = hashlib.sha256(), 0, 0
        with archive.open(f"{table.name}.jsonl") as member:
            for count, line in enumerate(_lines(member, table), start=1):
                digest.update(line)
                size += len(line)
                from_line(table, line, count)
        if told != {"rows": count, "bytes": size, "sha256": digest.hexdigest()}:
            raise BadInput(N_("the backup is damaged: {table} is not as its manifest tells"), table=table.name)
        rows[table.name] = count
    if rows[CLOCK.name] != 1:
        raise BadInput(N_("the backup is damaged: {table} is not as its manifest tells"), table=CLOCK.name)
    return Backup(archive, manifest["version"], rows)


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    with archive.open(MANIFEST) as member:
        raw = member.read(MAX_MANIFEST + 1)
    try:
        found = json.loads(raw) if len(raw) <= MAX_MANIFEST else None
    except (ValueError, RecursionError):
        found = None
    if (
        not isinstance(found, dict)
        or found.get("format") != FORMAT
        or type(found.get("version")) is not int
        or not 0 <= found["version"] < 2**62
        or not isinstance(found.get("tables"), dict)
    ):
        raise BadInput(N_("this is no backup of Tinkuy: its manifest is not understood"))
    return found


def _check_revision(manifest: dict[str, Any]) -> None:
    revision = manifest.get("revision")
    if manifest and revision != head():
        raise BadInput(
            N_(
                "the backup was made at step {found}, this version is at {wanted}: restore it with the version that "
                "made it, then run `tinkuy db upgrade`"
            ),
            found=str(revision)[:40],
            wanted=head(),
        )


def _lines(member: IO[bytes], table: Table) -> Iterator[bytes]:
    while line := member.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE or not line.endswith(b"\n"):
            raise BadInput(N_("the backup is damaged: a line of {table} is too long or cut off"), table=table.name)
        yield line


def restore(store: Store, path: Path, *, replace: bool = False, progress: Progress | None = None) -> dict[str, int]:
    """Put a backup into the database, all of it or nothing; return rows by table.

    An empty database becomes what the backup was, versions included. Where one is replaced, every record counts
    as written anew, and those that the backup has not as deleted, so that engines which answer meanwhile notice.

    :param replace: whether what the database holds may go.
    :raises BadInput: the file is no usable backup.
    :raises Conflict: the database holds something, and `replace` is not given.
    """
    with opened(path) as backup, store.writing() as writer:
        session = writer.session
        held = any(session.execute(select(table).limit(1)).first() for table in RECORDS)
        if held and not replace:
            raise Conflict(N_("the database is not empty; `--replace` deletes what it holds and restores the backup"))
        before = {kind: set(session.scalars(select(row.id))) for kind, row in ROWS.items()}
        version = max(writer.version, backup.version + 1) if held else backup.version
        for table in reversed(RECORDS):
            session.execute(delete(table))  # a whole table in one statement, whoever names whom in it
        try:
            _fill(session, backup, progress)
        except (IntegrityError, DataError):
            # Without what the driver says: it repeats values.
            raise BadInput(N_("the backup is damaged: its records contradict each other")) from None
        if held:
            _written_anew(writer, version, before)
        session.execute(update(CLOCK).values(version=version))
        writer.begin_lineage()
        return backup.rows


def _fill(session: Session, backup: Backup, progress: Progress | None) -> None:
    done, total = 0, sum(backup.rows.values())
    for table in RECORDS:
        # A row that names another of its table (organisations do) gets the name when all are there.
        own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
        later = []
        rows = backup.read(table)
        while batch := list(islice(rows, BATCH)):
            session.execute(insert(table), [row | dict.fromkeys(own) for row in batch] if own else batch)
            later += [row for row in batch if any(row[name] is not None for name in own)]
            done += len(batch)
            if progress:
                progress(done, total)
        for row in later:
            same = [column == row[column.name] for column in table.primary_key.columns]
            session.execute(update(table).where(*same).values({name: row[name] for name in own}))
        if session.get_bind().dialect.name == "postgresql":
            _reset_sequence(session, table)


def _written_anew(writer: Writer, version: int, before: dict[Any, set[str]]) -> None:
    session = writer.session
    for table in RECORDS:
        if "version" in table.columns:
            session.execute(update(table).values(version=version))
    for kind, ids in before.items():
        gone = ids - set(session.scalars(select(ROWS[kind].id)))
        for id_ in sorted(gone):
            session.merge(TombstoneRow(kind=ROWS[kind].__tablename__, id=id_, version=version))


def _reset_sequence(session: Session, table: Table) -> None:
    """Let PostgreSQL number on after the highest number there is."""
    (key, *more) = table.primary_key.columns
    if more or not isinstance(key.type, Integer):
        return
    last = session.scalar(select(func.max(key))) or 0
    sequence = session.scalar(
        text("SELECT pg_get_serial_sequence(:table, :key)"), {"table": table.name, "key": key.name}
    )
    if sequence:
        session.execute(
            text("SELECT setval(CAST(:name AS regclass), :next, false)"), {"name": sequence, "next": last + 1}
        )
