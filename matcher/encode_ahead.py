"""Every text that the next snapshot needs, read in partitions by others, and kept as each comes back.

The cache of vectors is the only state: what is in it is not read again, so that a run that was killed goes on where it
stopped, having lost the partitions that were out. Only this process writes the cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from matcher.encode import Progress, Role, Vectors
from matcher.errors import BadInput, TinkuyError
from matcher.index import pieces
from matcher.index.pieces import Piece
from matcher.language import N_
from matcher.records import Evidence, Partner
from matcher.vector_cache import CachedEncoder

PARTITION = 512  # pieces that a worker is given at once: seconds of its work, 0.8 MB of vectors
LOOKED_UP = 4096  # pieces between two looks into the cache
MANY = 20  # texts that cannot be read, after which something else must be wrong
_UNIT = 1e-3  # how far from 1 a vector's length may be


@dataclass(frozen=True, slots=True)
class Partition:
    """Pieces of one role, with their keys in the cache. `reached`: texts that were looked through before it."""

    role: Role
    pieces: tuple[tuple[bytes, Piece], ...]
    reached: int

    @property
    def texts(self) -> list[str]:
        """What is to be read."""
        return [piece.text for _, piece in self.pieces]

    def halves(self) -> list["Partition"]:
        """Return it in two."""
        middle = len(self.pieces) // 2
        return [Partition(self.role, part, self.reached) for part in (self.pieces[:middle], self.pieces[middle:])]


class Workers(Protocol):
    """Those who read partitions, several at a time."""

    @property
    def room(self) -> int:
        """How many partitions they should have, so that none of them waits."""

    def give(self, partition: Partition) -> None:
        """Let a partition be read."""

    def take(self) -> tuple[Partition, Vectors | Exception]:
        """Wait for any partition that was given; an exception after it was tried again in vain."""


@dataclass
class Outcome:
    """How it went: pieces `read` now, texts looked through, and what nobody could read, with the reason."""

    texts: int
    read: int = 0
    refused: list[tuple[Piece, Exception]] = field(default_factory=list)


class EncodeAhead:
    """One run."""

    def __init__(self, cache: CachedEncoder, workers: Workers, progress: Progress | None = None) -> None:
        self.cache = cache
        self.workers = workers
        self.progress = progress
        self._waiting: dict[Role, dict[bytes, Piece]] = {role: {} for role in Role}
        self._out: set[bytes] = set()  # keys of what workers have
        self._given = 0
        self._most = 0

    def run(self, partners: Sequence[Partner], evidence: Sequence[Evidence]) -> Outcome:
        """Have everything read that has no vector yet.

        :raises BadInput: texts without end cannot be read.
        :raises TinkuyError: what every worker would fail at, as a model that is not there.
        """
        known = {partner.id for partner in partners}
        texts = [text for text in evidence if not known.isdisjoint(text.partners)]
        self.outcome = Outcome(len(texts))
        found: list[Piece] = []
        for reached, piece in self._every(partners, texts):
            found.append(piece)
            if len(found) >= LOOKED_UP:
                self._look_up(found, reached)
                found = []
        self._look_up(found, len(texts))
        for role in Role:
            self._give(role, len(texts), last=True)
        while self._given:
            self._collect()
        return self.outcome

    def _every(self, partners: Sequence[Partner], texts: Sequence[Evidence]) -> Iterator[tuple[int, Piece]]:
        yield from pieces.of_texts(texts, self.cache)
        yield from ((len(texts), piece) for piece in pieces.common(partners, texts, self.cache.dimensions))

    def _look_up(self, found: Sequence[Piece], reached: int) -> None:
        for role in Role:
            mine = {piece.text: piece for piece in reversed(found) if piece.role is role}
            for key, text in self.cache.missing(list(mine), role).items():
                if key not in self._out:
                    self._waiting[role].setdefault(key, mine[text])
            self._give(role, reached)

    def _give(self, role: Role, reached: int, *, last: bool = False) -> None:
        waiting = list(self._waiting[role].items())
        while len(waiting) >= PARTITION or (last and waiting):
            partition = Partition(role, tuple(waiting[:PARTITION]), reached)
            waiting = waiting[PARTITION:]
            self._out.update(key for key, _ in partition.pieces)
            while self._given >= self.workers.room:
                self._collect()
            self._hand_out(partition)
        self._waiting[role] = dict(waiting)

    def _hand_out(self, partition: Partition) -> None:
        self.workers.give(partition)
        self._given += 1

    def _collect(self) -> None:
        partition, found = self.workers.take()
        self._given -= 1
        if isinstance(found, TinkuyError):
            raise found
        failure = (
            found if isinstance(found, Exception) else _wrong(found, (len(partition.pieces), self.cache.dimensions))
        )
        if failure:
            self._again(partition, failure)
        elif not isinstance(found, Exception):
            self.cache.keep([key for key, _ in partition.pieces], found)
            self._settled(partition, len(found))

    def _again(self, partition: Partition, failure: Exception) -> None:
        """Have a partition that failed read by halves, down to the text that cannot be read."""
        if len(partition.pieces) > 1:
            for half in partition.halves():
                self._hand_out(half)
            return
        self.outcome.refused.append((partition.pieces[0][1], failure))
        if len(self.outcome.refused) > MANY:
            raise BadInput(
                N_("more than {count} texts could not be read, the first of them {id}: {reason}"),
                count=MANY,
                id=self.outcome.refused[0][0].of or "-",
                reason=why(self.outcome.refused[0][1]),
            )
        self._settled(partition, 0)

    def _settled(self, partition: Partition, read: int) -> None:
        self._out.difference_update(key for key, _ in partition.pieces)
        self.outcome.read += read
        self._most = max(self._most, partition.reached)
        if self.progress:
            self.progress(self._most, self.outcome.texts)


def why(failure: Exception) -> str:
    """Return what is told of a failure: its kind, and the first line of what it says."""
    said = str(failure).strip().splitlines()
    return f"{type(failure).__name__}: {said[0]}" if said else type(failure).__name__


def _wrong(vectors: Vectors, shape: tuple[int, int]) -> Exception | None:
    """Return what is wrong with what a worker gave, if anything."""
    if vectors.shape != shape:
        return ValueError(f"vectors of the shape {vectors.shape}, not {shape}")
    if not np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT):
        return ValueError("vectors that are not of unit length")
    return None
