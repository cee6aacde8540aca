"""What a reader must remember of its files until it is asked for: on the disk, so that memory does not grow with them.

The database has no name: SQLite keeps it in its cache, and what does not fit there in a file of the system's folder for
such (`SQLITE_TMPDIR`, `TMPDIR`), that is gone with the connection, whatever ends it.
"""

import hashlib
import json
import marshal
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any

CACHE = 8 * 2**10  # KiB of the database that stay in the memory
BATCH = 5000  # rows written at once
RECENT = 2**15  # keys that are remembered without asking the disk
CUT = "\x1f"  # between words: no cleaned text holds it


def open_aside() -> sqlite3.Connection:
    """Open an empty database for one reading; close it after."""
    # A reading may go on in another thread than it began in, never in two at once.
    disk = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    disk.execute("PRAGMA journal_mode = OFF")
    disk.execute(f"PRAGMA cache_size = -{CACHE}")
    disk.execute("BEGIN")  # never committed: nobody else reads it
    return disk


def digits_of(name: str) -> str:
    """Return a number, in digits, that no other name has but by a chance of one in many millions of millions."""
    hashed = hashlib.blake2b(name.encode(errors="replace"), digest_size=8).digest()
    return str(int.from_bytes(hashed, "big", signed=True))


class Notes:
    """Words noted of numbers, given back by number in the order in which they came."""

    def __init__(self, disk: sqlite3.Connection, table: str) -> None:
        self._disk, self._table, self._count = disk, table, 0
        self._new: list[tuple[int, list[str]]] = []
        disk.execute(f"CREATE TABLE {table} (key INTEGER, words TEXT)")

    def begin(self, key: int) -> list[str]:
        """Return a list: what is put into it until the next call is noted of a number."""
        if len(self._new) >= BATCH:
            self._write()
        words: list[str] = []
        self._new.append((key, words))
        return words

    def sort(self) -> None:
        """Make ready for being asked."""
        self._write()
        self._disk.execute(f"CREATE INDEX {self._table}_key ON {self._table} (key)")

    def of(self, keys: Collection[int]) -> dict[int, list[str]]:
        """Return what was noted of numbers; nothing of those of which nothing was."""
        found: dict[int, list[str]] = {}
        for key, words in _rows(self._disk, self._table, "words", keys) if self._count else ():
            found.setdefault(key, []).extend(words.split(CUT))
        return found

    def _write(self) -> None:
        rows = [(key, CUT.join(words)) for key, words in self._new if words]
        self._disk.executemany(f"INSERT INTO {self._table} VALUES (?, ?)", rows)  # noqa: S608 - our own name
        self._count += len(rows)
        self._new.clear()


class Latest:
    """Of each number the text that has the latest date, the first of equals; in the order in which numbers came.

    `recent`: of the numbers that came lately, in digits, date and text; to be asked, not to be written to.
    """

    def __init__(self, disk: sqlite3.Connection, table: str) -> None:
        self._disk, self._table, self._count = disk, table, 0
        self.recent: dict[str, tuple[str, str]] = {}
        disk.execute(f"CREATE TABLE {table} (key INTEGER PRIMARY KEY, place INTEGER, date TEXT, text TEXT)")

    def put(self, key: str, date: str, text: str) -> None:
        """Note a text that is later than what is recent of its number."""
        if len(self.recent) >= RECENT:
            self._write()
        self.recent[key] = date, text

    def all(self) -> Iterator[tuple[int, str]]:
        """Yield numbers and texts."""
        if self._count:
            self._write()
            yield from self._disk.execute(f"SELECT key, text FROM {self._table} ORDER BY place")  # noqa: S608
        for key in list(self.recent):  # few: they never left the memory, and do so now
            yield int(key), self.recent.pop(key)[1]

    def _write(self) -> None:
        rows = [(int(key), n, *told) for n, (key, told) in enumerate(self.recent.items(), start=self._count)]
        self._disk.executemany(
            f"INSERT INTO {self._table} VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "  # noqa: S608
            "SET date = excluded.date, text = excluded.text WHERE excluded.date > date",
            rows,
        )
        self._count += len(rows)
        self.recent.clear()


class Shelf:
    """Words of numbers, in digits."""

    def __init__(self, disk: sqlite3.Connection, table: str) -> None:
        self._disk, self._table, self._full = disk, table, False
        self._recent: dict[str, tuple[str, ...]] = {}
        disk.execute(f"CREATE TABLE {table} (key INTEGER PRIMARY KEY, words TEXT)")

    def __setitem__(self, key: str, words: tuple[str, ...]) -> None:
        if len(self._recent) >= RECENT:
            rows = ((int(key), CUT.join(words)) for key, words in self._recent.items())
            self._disk.executemany(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)", rows)  # noqa: S608
            self._recent.clear()
            self._full = True
        self._recent[key] = words

    def of(self, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the words of numbers; nothing of those that have none."""
        asked, recent = set(keys), self._recent
        found = {key: recent[key] for key in asked if key in recent}
        if self._full and len(found) < len(asked):
            missing = [int(key) for key in asked if key not in found]
            for key, words in list(_rows(self._disk, self._table, "words", missing)):
                found[str(key)] = self[str(key)] = tuple(words.split(CUT))
        return found


class Lines:
    """Tuples of texts and numbers, put aside and given back in their order, once or more."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._last: list[tuple[Any, ...]] = []

    def put(self, lines: Sequence[tuple[Any, ...]]) -> None:
        """Put aside some more."""
        if len(self._last) + len(lines) > RECENT:
            pack = marshal.dumps(self._last)
            self._file.write(len(pack).to_bytes(8, "big") + pack)
            self._last.clear()
        self._last += lines

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self._file.seek(0)
        while size := self._file.read(8):
            yield from marshal.loads(self._file.read(int.from_bytes(size, "big")))  # noqa: S302 - what we wrote
        yield from self._last

    def close(self) -> None:
        """Forget them."""
        self._file.close()


def _rows(disk: sqlite3.Connection, table: str, column: str, keys: Collection[int]) -> Iterator[tuple[int, str]]:
    asked = f"SELECT key, {column} FROM {table} WHERE key IN (SELECT value FROM json_each(?)) ORDER BY rowid"  # noqa: S608
    return disk.execute(asked, (json.dumps(list(keys)),)) if keys else iter(())
