"""Which of very many vectors are near: compared by copies of a quarter of a byte a number, which FAISS keeps.

Chosen from measurements (see eval/SPEED.md): product quantisation read by table look-ups inside the processor (André,
Kermarrec & Le Scouarnec 2015, "fast scan") reads a sixteenth of the bytes of the vectors themselves. It cannot tell
neighbours apart that are nearly as near: so some more than are wanted are found here, and scored by the vectors
themselves (see `dense`).
"""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors

FROM = 60_000  # vectors from which finding some thousands of them by copies is clearly the faster
SPARE = 4  # times as many are found as are wanted: so 99 of the nearest 100 are among them (eval/SPEED.md)
PAIR, BITS = 2, 4  # numbers of a vector that stand together, and the bits that stand for them
TRAINED = 8192  # vectors from which the codes are learnt: 16 for each pair of numbers need no more
FILE = "near.faiss"
BLOCK = 65_536  # vectors that are copied at once

Rows = NDArray[np.int64]


class Near:
    """Copies of vectors, which go by their places."""

    def __init__(self, index: faiss.Index) -> None:
        self.index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "Near":
        """Copy vectors, (n, dimensions); the dimensions must be even."""
        dimensions = vectors.shape[1]
        index = faiss.IndexPQFastScan(dimensions, dimensions // PAIR, BITS, faiss.METRIC_INNER_PRODUCT)
        index.train(np.ascontiguousarray(vectors[:: max(len(vectors) // TRAINED, 1)]))
        for start in range(0, len(vectors), BLOCK):
            index.add(np.ascontiguousarray(vectors[start : start + BLOCK]))
        return cls(index)

    def search(self, vector: Vectors, count: int, allowed: int) -> Rows:
        """Return rows among which the `count` nearest to a unit vector that are allowed should be.

        :param allowed: how many of all may be found; whoever asks takes the others away.
        """
        share = max(allowed, 1) / max(self.index.ntotal, 1)
        wanted = min(int(SPARE * count / share), self.index.ntotal)
        question = np.ascontiguousarray(vector, np.float32)[None]
        _, found = self.index.search(question, wanted)
        return np.asarray(found[0][found[0] >= 0])

    def save(self, folder: Path) -> None:
        """Write the copies into `folder`."""
        faiss.write_index(self.index, str(folder / FILE))

    @classmethod
    def load(cls, folder: Path) -> "Near | None":
        """Load what `save` wrote; None where nothing was."""
        path = folder / FILE
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)) if path.exists() else None
