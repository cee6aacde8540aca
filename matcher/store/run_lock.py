"""One run of a source at a time, whichever process or machine runs it; a run that is killed lets go by itself."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from matcher.errors import Busy
from matcher.language import N_
from matcher.store.store import Store

NAMESPACE = 7495832  # of PostgreSQL's advisory locks


@contextmanager
def alone(store: Store, name: str) -> Iterator[None]:
    """Hold the lock of the source `name`: a file beside SQLite's, a lock of the session on PostgreSQL.

    :raises Busy: another run holds it.
    """
    busy = Busy(N_("{name!r} is being read by another run"), name=name)
    if store.engine.dialect.name == "sqlite":
        lock = FileLock(f"{store.engine.url.database}.{name}.lock", timeout=0)
        try:
            with lock:
                yield
        except Timeout:
            raise busy from None
        return
    with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        numbers = (NAMESPACE, zlib.crc32(name.encode()) - 2**31)
        if not connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s, %s)", numbers).scalar():
            raise busy
        try:
            yield
        finally:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(%s, %s)", numbers)
