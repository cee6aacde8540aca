"""The database behind a URL, SQLite's own habits, and the way from an older shape of it to today's."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, DisconnectionError, IntegrityError, ProgrammingError

from matcher.errors import BadInput, DatabaseAway, DatabaseOutdated
from matcher.language import N_

log = logging.getLogger(__name__)
LOCK_WAIT_S = 60  # how long a writer waits for another to finish
CONNECT_WAIT_S = 5  # how long a server's answer is waited for
POOL_WAIT_S = 10  # how long a request waits for a connection that others hold
FIRST = "0001"  # the shape of databases from before there were migrations
MIGRATIONS = Path(__file__).parent / "migrations"
ENGINES = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def url_of(text: str) -> URL:
    """Return the SQLAlchemy URL of a database's address, e.g. `postgresql://user:password@host/name`.

    :raises BadInput: no URL, or of an engine that is neither SQLite nor PostgreSQL; the password is not told.
    """
    try:
        url = make_url(text)
        return url.set(drivername=ENGINES[url.drivername.partition("+")[0]])
    except (ArgumentError, KeyError) as error:
        raise BadInput(
            N_("the database's address is not understood; give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        ) from error


def connect(url: URL) -> Engine:
    """Return an engine for `url`; nothing is connected yet.

    Whatever keeps the database from answering is raised as DatabaseAway; values never stand in errors or logs.
    """
    if url.get_backend_name() != "sqlite":
        return _server(url)
    engine = create_engine(url, hide_parameters=True, pool_timeout=POOL_WAIT_S, creator=lambda: _open_sqlite(url))
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "checkout", _same_file)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _away, retval=True)
    return engine


def _server(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # a connection from before the server was started again is made anew
        pool_timeout=POOL_WAIT_S,
        connect_args={"connect_timeout": CONNECT_WAIT_S},
    )
    event.listen(engine, "handle_error", _quote_no_row)
    event.listen(engine, "handle_error", _away, retval=True)
    return engine


def _away(context: ExceptionContext) -> BaseException | None:
    """Say that the database does not answer, unless the error is about what it was asked."""
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError) or isinstance(error, DataError | IntegrityError | ProgrammingError):
        return None
    # SQLite's messages are fixed texts; PostgreSQL's may tell hosts, users and values.
    reason = str(error.orig) if isinstance(error.orig, sqlite3.Error) else type(error.orig).__name__
    return DatabaseAway(N_("the database does not answer or cannot be written now: {reason}"), reason=reason)


def upgrade(url: URL) -> tuple[str | None, str]:
    """Bring the database to today's shape, in one transaction, and return the revisions before and after.

    Two processes that do it at once take turns.
    """
    with _alone(url) as connection:
        before = _revision(connection)
        config = _config()
        config.attributes["connection"] = connection
        if before is None and inspect(connection).has_table("partner"):
            command.stamp(config, FIRST)
        command.upgrade(config, "head")
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise BadInput(N_("the database is inconsistent: a record names another that is absent"))
        after = _revision(connection)
    assert after is not None  # noqa: S101 - upgraded to head
    return before, after


def revision(engine: Engine) -> str | None:
    """Return the revision that the database is at; None before the first."""
    with engine.connect() as connection:
        return _revision(connection)


def check(engine: Engine) -> None:
    """Make sure that the database has today's shape.

    :raises DatabaseOutdated: it has another one.
    """
    found, wanted = revision(engine), head()
    if found != wanted:
        raise DatabaseOutdated(
            N_("the database is at step {found}, this version needs {wanted}: run `tinkuy db upgrade`"),
            found=found or "-",
            wanted=wanted,
        )


def compact(engine: Engine) -> bool:
    """Let what was deleted leave the database's own files; tell whether it has.

    SQLite's file is written anew and its log cut, unless somebody reads it just then. PostgreSQL may use the room
    again; what its log of writes and their archive hold is for the server's keeper.
    """
    if engine.dialect.name != "sqlite":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM")
        return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except sqlite3.OperationalError as error:  # locked, or no room for the second file
        log.warning("the database could not be compacted: %s", error)
        return False
    finally:
        raw.close()


def head() -> str:
    """Return the newest revision."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None  # noqa: S101 - there are migrations
    return found


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _alone(url: URL) -> Iterator[Connection]:
    """Give a connection inside a transaction that no other upgrade shares."""
    if url.get_backend_name() == "sqlite":
        # Foreign keys are off: to alter a table SQLite makes it anew, and dropping the old one would cascade.
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": LOCK_WAIT_S})
        event.listen(engine, "handle_error", _away, retval=True)
        event.listen(engine, "connect", _migrate_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{url.database}.lock", timeout=LOCK_WAIT_S), engine.begin() as connection:
            yield connection
    else:
        engine = _server(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7495831)")
            yield connection
    engine.dispose()


def _migrate_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _open_sqlite(url: URL) -> sqlite3.Connection:
    """Connect to a file that is there: one that has vanished must not come back empty."""
    if not url.database or url.database == ":memory:":
        return sqlite3.connect(":memory:", check_same_thread=False)
    where = f"file:{quote(str(Path(url.database).absolute()))}?mode=rw"
    return sqlite3.connect(where, uri=True, timeout=LOCK_WAIT_S, check_same_thread=False)


def _same_file(connection: Any, record: Any, _: object) -> None:
    """Refuse a connection to a file that was removed or replaced: what it writes would be lost."""
    name = connection.execute("PRAGMA database_list").fetchone()[2]
    try:
        found = Path(name).stat().st_ino if name else 0
    except OSError:
        raise DisconnectionError from None
    if record.info.setdefault("inode", found) != found:
        raise DisconnectionError


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's recipe: we begin transactions ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten
    cursor.close()


def _quote_no_row(context: ExceptionContext) -> None:
    """Take the row that PostgreSQL quotes ("DETAIL: Failing row contains …") out of an error."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\nDETAIL:")[0], *error.args[1:])


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("tinkuy_write")
    # A writer takes its lock at once: two that read first and write later would both fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
