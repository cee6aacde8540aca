"""A whole database as one file, which restores on either engine.

A zip of `manifest.json` (format, revision, version, per table: rows, bytes, sha256) and one `<table>.jsonl` a table.
It holds contacts and hashes of keys, so that only its owner may read it.
"""

import datetime as dt
import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.store.database import head
from matcher.store.dump import TABLES, to_line
from matcher.store.store import Store
from matcher.store.tables import ClockRow

FORMAT = "tinkuy-backup-1"
MANIFEST = "manifest.json"
BATCH = 1000  # rows fetched at once
Progress = Callable[[int, int], None]  # rows done, rows in all


def backup(store: Store, path: Path, progress: Progress | None = None) -> dict[str, int]:
    """Write the database, as of one moment, into the file `path`; return rows by table.

    The service goes on meanwhile. The file appears when it is whole; one that was there before is replaced then.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    # Made readable for its owner alone before there is anything to read.
    handle = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, store.reading() as session:
                rows = _write(session, archive, progress)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return rows


def _write(session: Session, archive: zipfile.ZipFile, progress: Progress | None) -> dict[str, int]:
    version = session.scalar(select(ClockRow.version)) or 0
    total = sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES)
    done = 0
    tables = {}
    for table in TABLES:
        digest, size, count = hashlib.sha256(), 0, 0
        query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
        with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as member:
            for row in session.execute(query).mappings():
                line = to_line({str(name): value for name, value in row.items()})
                member.write(line)
                digest.update(line)
                size, count, done = size + len(line), count + 1, done + 1
                if progress and not done % BATCH:
                    progress(done, total)
        tables[table.name] = {"rows": count, "bytes": size, "sha256": digest.hexdigest()}
    manifest = {
        "format": FORMAT,
        "revision": head(),
        "version": version,
        "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "engine": session.get_bind().dialect.name,
        "tables": tables,
    }
    archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    if progress:
        progress(total, total)
    return {name: int(str(each["rows"])) for name, each in tables.items()}
