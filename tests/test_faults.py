"""What goes wrong around the program: told in a line, and mended without hands when it is over."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from matcher.errors import DatabaseAway
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Partner, Side
from matcher.settings import CHECKOUT
from matcher.store import database
from matcher.store.backup import backup
from matcher.store.store import Store
from matcher.weights import Weights

ENGLISH = {"Accept-Language": "en"}
QUESTION = {"text": "colores de chompas de alpaca"}


def one_more(store: Store, id_: str = "x") -> None:
    with store.writing() as writer:
        writer.upsert([Partner(id_, Side.SUPPLY, id_, "group")])


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "db" / "tinkuy.db"


@pytest.fixture
def embedded(file):
    store = Store.open(file)
    one_more(store)
    yield store
    store.close()


@pytest.fixture
def client(home, embedded):
    with TestClient(create_app(LiveEngine(home, FakeEncoder(), Weights.load()), embedded)) as client:
        yield client


def test_a_database_file_that_vanishes_is_told_and_not_made_anew_empty(client, embedded, file, tmp_path):
    aside = tmp_path / "aside.db"
    assert client.post("/v1/matches", json=QUESTION).status_code == 200  # so that it is known who may ask
    embedded.close()
    file.rename(aside)
    response = client.get("/readyz", headers=ENGLISH)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json()["type"] == "urn:tinkuy:problem:DatabaseAway"
    assert response.json()["checks"]["database"]["why"] == (
        "the database does not answer or cannot be written now: unable to open database file"
    )
    assert not file.exists()
    assert client.get("/healthz").status_code == 200
    assert client.post("/v1/matches", json=QUESTION).status_code == 200  # from the snapshot
    aside.rename(file)
    assert client.get("/readyz").status_code == 200
    one_more(embedded, "y")
    assert [p.id for p in embedded.partners()] == ["x", "y"]


def test_what_is_written_never_goes_into_a_file_that_was_removed(embedded, file):
    """A connection that is open already would write on into the removed file, and nobody would ever see it."""
    assert [p.id for p in embedded.partners()] == ["x"]  # a connection is in the pool now
    for part in file.parent.glob("tinkuy.db*"):
        part.unlink()
    with pytest.raises(DatabaseAway):
        one_more(embedded, "lost")


def test_another_file_in_its_place_is_the_one_that_is_used(embedded, file, tmp_path):
    other = Store.open(tmp_path / "other.db")
    one_more(other, "otro")
    other.close()
    assert embedded.version() > 0
    for part in file.parent.glob("tinkuy.db*"):
        part.unlink()
    shutil.copy(tmp_path / "other.db", file)
    assert [p.id for p in embedded.partners()] == ["otro"]


def test_a_database_locked_for_too_long_is_told_and_then_works_again(embedded, file, monkeypatch):
    monkeypatch.setattr(database, "LOCK_WAIT_S", 0.1)
    embedded.close()  # connections that wait longer
    with sqlite3.connect(file, isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseAway, match="database is locked"):
            one_more(embedded, "y")
        assert [p.id for p in embedded.partners()] == ["x"]  # readers do not wait for writers
        holder.execute("ROLLBACK")
    holder.close()
    one_more(embedded, "y")
    assert [p.id for p in embedded.partners()] == ["x", "y"]


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "no.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(DatabaseAway, match="file is not a database"):
        Store.open(tmp_path / "no.db")


def test_a_full_disk_refuses_a_write_whole_and_takes_the_next(embedded):
    """SQLite's own limit of pages stands for the disk's end: the same error, raised at the same place."""
    with embedded.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    many = [Partner(f"p{i:05}", Side.SUPPLY, "x" * 200, "group") for i in range(2000)]
    with pytest.raises(DatabaseAway, match="database or disk is full"), embedded.writing() as writer:
        writer.upsert(many)
    assert [p.id for p in embedded.partners()] == ["x"]
    embedded.close()  # the limit is of the connection: there is room again
    with embedded.writing() as writer:
        writer.upsert(many)
    assert len(embedded.partners()) == 2001


CRAMPED = """
import resource, signal, sys
from pathlib import Path
from matcher.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
main(sys.argv[2:])
"""


def command(*arguments: str, home: Path, limit: int | None = None, **more) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TINKUY_")}
    environment |= {"TINKUY_HOME": str(home), "TINKUY_LANG": "en", "PYTHONPATH": str(CHECKOUT), "COLUMNS": "200"}
    code = CRAMPED if limit is not None else "import sys; from matcher.cli import main; main(sys.argv[2:])"
    return subprocess.run(
        [sys.executable, "-c", code, str(limit or 0), *arguments],
        env=environment, capture_output=True, text=True, check=False, timeout=120, **more,
    )  # fmt: skip


def test_a_backup_that_finds_no_room_is_one_line_and_leaves_nothing(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "backups"
    folder.mkdir()
    store = Store.open(home / "tinkuy.db")
    with store.writing() as writer:
        writer.upsert([Partner(f"p{i}", Side.SUPPLY, os.urandom(2000).hex(), "group") for i in range(200)])
    store.close()
    done = command("db", "backup", str(folder / "a.zip"), home=home, limit=100_000)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("tinkuy: ")
    assert done.stderr.splitlines()[-1].endswith("File too large")
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []
    assert command("db", "backup", str(folder / "a.zip"), home=home).returncode == 0


@pytest.mark.parametrize("arguments", [("status",), ("db", "status"), ("db", "upgrade"), ("db", "backup", "x.zip")])
def test_a_home_that_is_no_folder_is_one_line(tmp_path, arguments):
    (tmp_path / "home").write_text("a file")
    done = command(*arguments, home=tmp_path / "home", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("tinkuy: ")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root may mount")
def test_a_read_only_home_is_one_line(tmp_path):
    home = tmp_path / "home"
    Store.open(home / "tinkuy.db").close()
    script = (
        f"mount -t tmpfs -o ro none {home} && exec {sys.executable} -c 'from matcher.cli import main; main()' status"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        env=os.environ | {"TINKUY_HOME": str(home), "TINKUY_LANG": "en", "PYTHONPATH": str(CHECKOUT)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip("mounting is not allowed here")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line == f"tinkuy: {home / 'tinkuy.db.lock'} cannot be read or written: Read-only file system"


def test_a_damaged_new_snapshot_leaves_the_old_one_serving(client, home):
    old = client.get("/readyz").json()["snapshot"]
    new = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, FakeEncoder())
    part = home / "snapshots" / new / "evidence.jsonl"
    part.write_bytes(part.read_bytes()[:-10])
    assert client.get("/readyz").json()["snapshot"] == old
    assert client.post("/v1/matches", json=QUESTION).json()["snapshot"] == old
    newest = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, FakeEncoder())
    assert client.get("/readyz").json()["snapshot"] == newest


def test_a_snapshot_damaged_at_the_start_is_told_and_a_new_one_taken_up(tmp_path, embedded):
    home = tmp_path / "other-home"
    first = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, FakeEncoder())
    (home / "snapshots" / first / "supply" / "vectors.npy").write_bytes(b"")
    with TestClient(create_app(LiveEngine(home, FakeEncoder(), Weights.load()), embedded)) as client:
        body = client.get("/readyz", headers=ENGLISH).json()
        assert body["type"] == "urn:tinkuy:problem:SnapshotDamaged"
        assert body["checks"]["database"]["ok"] is True
        assert client.post("/v1/matches", json=QUESTION).status_code == 503
        second = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, FakeEncoder())
        assert client.get("/readyz").json()["snapshot"] == second


def test_a_server_of_postgresql_whose_connections_are_cut_is_used_again(home, postgresql):
    store = Store.open(postgresql.new_database())
    other = database.connect(store.engine.url)
    with TestClient(create_app(LiveEngine(home, FakeEncoder(), Weights.load()), store)) as client:
        assert client.get("/readyz").status_code == 200
        with store.reading() as session:
            session.scalar(text("SELECT 1"))
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            with other.connect() as connection:  # as a restart of the server does
                connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
            with pytest.raises(DatabaseAway, match="AdminShutdown"):
                session.scalar(text("SELECT 1"))
        assert client.get("/readyz").status_code == 200
        one_more(store)
        assert [p.id for p in store.partners()] == ["x"]
    other.dispose()


def test_a_server_of_postgresql_that_is_nowhere_is_told_without_its_address(postgresql, tmp_path):
    url = postgresql.new_database().set(host=None, query={"host": str(tmp_path / "nowhere")}, password="s3creto")
    with pytest.raises(DatabaseAway, match="does not answer") as error:
        Store.open(url)
    assert "s3creto" not in str(error.value)
    assert "nowhere" not in str(error.value)


def test_a_backup_of_a_locked_out_folder_names_the_file(embedded, tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        backup(embedded, tmp_path / "none" / "a.zip")
    assert "none" in str(error.value.filename)
