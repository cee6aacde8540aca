"""Which of very many vectors are near: compared by copies of a byte a dimension, which FAISS maps from a file.

Chosen from measurements at 60,000 texts of multilingual-e5-small, on two cores: reading a quarter of the bytes takes
a third of the time of comparing the vectors themselves, and a quarter more than are wanted hold every one of the
nearest 4096 (recall 1.000; the nearest 100 by far). Cells (IVF) must look into half of all cells for .96 of the 4096,
since questions lie apart from texts, and then take as long; product quantisers are five times as fast and lose three
of ten. What is found here is scored by the vectors themselves.
"""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors

FROM = 30_000  # vectors from which it is the faster
SPARE = 4  # one in so many besides those wanted, since copies may take one for another at the end of the list
FILE = "near.faiss"
BLOCK = 65_536  # vectors that are copied at once

Rows = NDArray[np.int64]


class Near:
    """Copies of vectors, which go by their places."""

    def __init__(self, index: faiss.IndexScalarQuantizer) -> None:
        self.index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "Near":
        """Copy vectors, (n, dimensions)."""
        kind = faiss.ScalarQuantizer.QT_8bit
        index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        index.train(np.ascontiguousarray(vectors[:: max(len(vectors) // BLOCK, 1)]))
        for start in range(0, len(vectors), BLOCK):
            index.add(np.ascontiguousarray(vectors[start : start + BLOCK]))
        return cls(index)

    def wanted(self, count: int) -> int:
        """Return how many it takes to find the `count` nearest."""
        return count + count // SPARE + SPARE

    def search(self, vector: Vectors, count: int, allowed: NDArray[np.bool_] | None = None) -> Rows:
        """Return about the `wanted(count)` nearest to a unit vector.

        :param allowed: (n,) which may be found; all without it.
        """
        options = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            options = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        question = np.ascontiguousarray(vector, np.float32)[None]
        _, found = self.index.search(question, min(self.wanted(count), self.index.ntotal), params=options)
        return np.asarray(found[0][found[0] >= 0])

    def save(self, folder: Path) -> None:
        """Write the copies into `folder`."""
        faiss.write_index(self.index, str(folder / FILE))

    @classmethod
    def load(cls, folder: Path) -> "Near | None":
        """Map what `save` wrote, so that all processes share it; None where nothing was."""
        path = folder / FILE
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)) if path.exists() else None
