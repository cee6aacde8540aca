"""An Encoder that remembers: an unchanged text is never encoded twice."""

import hashlib
import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from copy import copy
from pathlib import Path

import numpy as np
from filelock import FileLock

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.errors import BadInput
from matcher.language import N_
from matcher.text import sentences, telling_words

log = logging.getLogger(__name__)
SLICE = 512  # texts encoded between two writes: what a killed run loses at most
LOCK_WAIT_S = 60  # how long a writer waits for another to finish
_LOOKUP = 500  # keys a query; SQLite allows 999 variables at least


class CachedEncoder:
    """Wrap an Encoder with a SQLite file of vectors, keyed by (revision, role, text)."""

    def __init__(self, encoder: Encoder, path: Path, *, questions: bool = True) -> None:
        """Open the cache.

        :param questions: keep vectors of questions too; a server does not, since people's questions
            are theirs and have no end.
        :raises BadInput: `path` cannot be written.
        """
        self.encoder = encoder
        self.path = path
        self.questions = questions
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock", timeout=LOCK_WAIT_S), closing(self._connect()) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS vector (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
                )
        except (OSError, sqlite3.OperationalError) as error:
            raise BadInput(
                N_("vectors cannot be kept in {path} ({reason}): let TINKUY_CACHE name a folder that can be written"),
                path=path,
                reason=str(error),
            ) from error

    def keeping_questions(self) -> "CachedEncoder":
        """Return the same with vectors of questions kept: for those that are texts on record."""
        other = copy(self)
        other.questions = True
        return other

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self.encoder.revision

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self.encoder.dimensions

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return self.encoder.windows(text)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Return cached vectors and encode the rest, written away slice by slice."""
        if role is Role.QUERY and not self.questions:
            return self.encoder.encode(texts, role, progress)
        keys = [self._key(text, role) for text in texts]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        with closing(self._connect()) as connection:
            known = self._known(connection, list(dict.fromkeys(keys)))
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            todo = sorted(missing.items(), key=lambda item: (-len(item[1]), item[0]))
            for start in range(0, len(todo), SLICE):
                part = todo[start : start + SLICE]
                step = (lambda n, _, s=start: progress(s + n, len(todo))) if progress else None
                found = self.encoder.encode([text for _, text in part], role, step)
                rows = [(key, vector.tobytes()) for (key, _), vector in zip(part, found, strict=True)]
                try:
                    connection.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?)", rows)
                    connection.commit()
                except sqlite3.OperationalError as error:  # a full or read-only disk: slower, not wrong
                    log.warning("vectors could not be kept in %s: %s", self.path, error)
                known.update(rows)
        for row, key in enumerate(keys):
            vectors[row] = np.frombuffer(known[key], np.float32)
        return vectors

    def forget(self, texts: Sequence[str], roles: Sequence[Role] = tuple(Role)) -> int:
        """Take out the vectors of texts, of their windows, sentences and words; return how many there were.

        Vectors of earlier wordings stay, since a key does not tell of which text it is.
        """
        said = [(text, [text[start:end] for start, end in sentences(text)]) for text in texts]
        pieces = {piece for text, own in said for piece in (text, *self.windows(text), *own)}
        pieces |= {word for text, own in said for piece in (text, *own) for word in telling_words(piece)}
        keys = [self._key(piece, role) for piece in sorted(pieces) for role in roles]
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA secure_delete=ON")  # what is taken out is overwritten
            with connection:
                gone = connection.executemany("DELETE FROM vector WHERE key = ?", [(key,) for key in keys]).rowcount
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=LOCK_WAIT_S)

    def _key(self, text: str, role: Role) -> bytes:
        return hashlib.sha256(f"{self.revision}\0{role}\0{text}".encode()).digest()

    def _known(self, connection: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, bytes]:
        known: dict[bytes, bytes] = {}
        for start in range(0, len(keys), _LOOKUP):
            part = keys[start : start + _LOOKUP]
            marks = ",".join("?" * len(part))
            known.update(connection.execute(f"SELECT key, vector FROM vector WHERE key IN ({marks})", part))  # noqa: S608
        return known
