"""Unit vectors in a quarter of the room: 8 bits a number. Only their direction counts, so that no scale is kept.

They lie in *slots*, as those of `dense` do: those of a snapshot in a file that all processes share by memory mapping,
those that came since beside it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors
from matcher.index.arrays import mapped

BLOCK = 4096  # vectors that are worked on at once
Rows = NDArray[np.int64]
Bytes = NDArray[np.int8]


def pack(vectors: Vectors) -> Bytes:
    """Return the directions of vectors: their numbers as shares of the greatest, in 127ths."""
    greatest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-12)
    return np.asarray(np.rint(vectors * (127 / greatest)), np.int8)


def unpack(packed: Bytes) -> Vectors:
    """Return what `pack` was given, of unit length."""
    values = packed.astype(np.float32)
    lengths = np.sqrt(np.vecdot(values, values))
    return np.asarray(values / np.maximum(lengths, 1e-12)[:, None], np.float32)


class Packed:
    """Packed vectors by slot. `base`, `extra`: those of the first slots, and of those after them; (n, dimensions)."""

    def __init__(self, base: Bytes, extra: Bytes | None = None) -> None:
        self.base = base
        self.extra = base[:0] if extra is None else extra

    @classmethod
    def empty(cls, dimensions: int) -> "Packed":
        """Return no vectors."""
        return cls(np.zeros((0, dimensions), np.int8))

    def __len__(self) -> int:
        return len(self.base) + len(self.extra)

    def plus(self, texts: Sequence[str], read: Callable[[Sequence[str]], Vectors]) -> "Packed":
        """Return the same with the vectors of `texts` in the slots after all those in use; `read` gives them."""
        if not texts:
            return self
        blocks = [pack(read(texts[start : start + BLOCK])) for start in range(0, len(texts), BLOCK)]
        return Packed(self.base, np.concatenate([self.extra, *blocks]))

    def at(self, slots: Rows) -> Vectors:
        """Return the vectors in some slots, (slots, dimensions)."""
        return unpack(self._at(slots))

    def save(self, path: Path, slots: Rows) -> None:
        """Write the vectors in some slots as an array that can be mapped."""
        shape = (len(slots), self.base.shape[1])
        if not len(slots):
            np.save(path, np.zeros(shape, np.int8))
            return
        written = np.lib.format.open_memmap(path, "w+", np.int8, shape)
        for start in range(0, len(slots), BLOCK):
            written[start : start + BLOCK] = self._at(slots[start : start + BLOCK])
        written.flush()

    @classmethod
    def load(cls, path: Path) -> "Packed":
        """Load what `save` wrote; the vectors stay on the disk, and are read where they are needed."""
        return cls(mapped(path))

    def _at(self, slots: Rows) -> Bytes:
        old = len(self.base)
        if not len(self.extra) or (len(slots) and int(slots.max()) < old):
            return np.asarray(self.base[slots])
        found = np.empty((len(slots), self.base.shape[1]), np.int8)
        new = slots >= old
        found[~new], found[new] = self.base[slots[~new]], self.extra[slots[new] - old]
        return found
