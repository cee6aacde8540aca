"""A PostgreSQL server for tests: one that TINKUY_TEST_POSTGRES names, or one started in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from matcher.store import database

DEBIAN = "/usr/lib/postgresql"  # where Debian keeps the server's programs, out of the way


class Postgres:
    """A server on which databases can be made; all are copies of one that has today's shape."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.template: str | None = None

    def new_database(self, *, upgraded: bool = True) -> URL:
        """Return the address of a new database."""
        if upgraded and self.template is None:
            url = self._create()
            database.upgrade(url)
            self.template = url.database
        return self._create(self.template if upgraded else None)

    def _create(self, template: str | None = None) -> URL:
        name = f"tinkuy_{uuid.uuid4().hex[:12]}"
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')
        engine.dispose()
        return self.url.set(database=name)


@contextmanager
def server() -> Iterator[Postgres | str]:
    """Give a running server, or the reason why there is none."""
    named = os.environ.get("TINKUY_TEST_POSTGRES")
    if named:
        yield Postgres(make_url(named))
        return
    found = sorted(Path(DEBIAN).glob("*/bin/pg_ctl"))
    control = str(found[-1]) if found else shutil.which("pg_ctl")
    if control is None:
        yield "no PostgreSQL here: install Debian's `postgresql`, or name a server with TINKUY_TEST_POSTGRES"
        return
    folder = Path(tempfile.mkdtemp(prefix="tinkuy-postgres-"))
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    runuser = shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "runuser"
    user = [runuser, "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    data, bin_ = folder / "data", Path(control).parent

    def run(*command: str) -> None:
        subprocess.run([*user, *command], check=True, capture_output=True, cwd=folder, timeout=120)

    try:
        run(str(bin_ / "initdb"), "-D", str(data), "-U", "tinkuy", "-A", "trust", "-E", "UTF8", "--locale=C")
        # Listening on a socket in the folder alone: no port to clash with, nobody else comes in.
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Postgres(URL.create("postgresql", "tinkuy", database="postgres", query={"host": str(folder)}))
        finally:
            run(control, "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
