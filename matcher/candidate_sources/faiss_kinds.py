"""Indexes of FAISS as sources: what they find among copies, smaller or linked, is scored by the vectors themselves.

All of them take filters while they search, so that a filter costs no recall. They are built in memory when a snapshot
is opened. The numbers of this module were chosen so that recall@100 stays at .99 or above (`eval/SOURCES.md`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import Found, Wanted
from matcher.candidate_sources.exact import ExactSource
from matcher.encode import Vectors

faiss: Any = _faiss  # its types know only the C++ signatures
TRAINED_ON = 65_536  # vectors that an index learns its numbers from, spread over all
LINKS, BUILD_EF = 32, 200  # of HNSW: neighbours of a vector; candidates for them while it is built
MIN_EF = 512  # vectors that HNSW holds as near at least
CELLS_PER_ROOT = 1  # of IVF: cells, by the root of the vectors' number
LOOKED_INTO = 0.85  # share of the cells: questions lie apart from texts, and near texts are in many cells
FEW_CELLS = 64  # of so few all are looked into
NARROW = 0.2  # share of the windows that a filter leaves, from which down comparing with all of those is the way
SPARE = 64  # vectors found besides those wanted


@dataclass(frozen=True)
class Kind:
    """How FAISS is told to index, and how many vectors it is to find for each one that is wanted.

    `spec`: of its factory, for n vectors of d dimensions. `parameters`: of a search for so many with a selector.
    `partly`: it looks at a part of the vectors, of which a narrow filter would leave too few.
    """

    spec: Callable[[int, int], str]
    oversampling: float
    parameters: Callable[[Any, int, Any], Any]
    partly: bool = False


def _plain(_: Any, __: int, selector: Any) -> Any:
    return faiss.SearchParameters(sel=selector) if selector else None


def _linked(_: Any, count: int, selector: Any) -> Any:
    return faiss.SearchParametersHNSW(sel=selector, efSearch=max(2 * count, MIN_EF))


def _cells(index: Any, _: int, selector: Any) -> Any:
    looked_into = max(min(FEW_CELLS, index.nlist), int(LOOKED_INTO * index.nlist))
    return faiss.SearchParametersIVF(sel=selector, nprobe=looked_into)


KINDS = {
    "flat": Kind(lambda _, __: "Flat", 1, _plain),
    "sq8": Kind(lambda _, __: "SQ8", 1.25, _plain),
    "hnsw": Kind(lambda _, __: f"HNSW{LINKS}", 1, _linked, partly=True),
    "ivf": Kind(lambda n, _: f"IVF{max(int(CELLS_PER_ROOT * n**0.5), 1)},SQ8", 1.25, _cells, partly=True),
    # One cell, all of it looked into: fast scan without cells takes no filter. Four bits for two numbers tell little.
    "pq": Kind(lambda _, d: f"IVF1,PQ{d // 2}x4fs", 20, _cells),
}


class FaissSource:
    """One kind of index for the dense leg; the lexical leg is exact."""

    def __init__(self, base: Base, kind: str) -> None:
        """Build the index; `kind` is one of KINDS."""
        self.base = base
        self.kind = KINDS[kind]
        self.exact = ExactSource(base)
        self.lexical = self.exact.lexical
        self.index = _built(self.kind, base.vectors) if len(base.vectors) else None

    def dense(self, vector: Vectors, count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        if self.index is None or count < 1:
            return Found.nothing()
        allowed = None if wanted.texts is None else wanted.texts[self.base.window_text]
        share = 1.0 if allowed is None or not self.kind.partly else float(allowed.mean())
        if share <= NARROW:
            return self.exact.dense(vector, count, wanted)
        bits, selector = _selector(allowed)
        ask = min(int(count * self.kind.oversampling) + SPARE, self.index.ntotal)
        parameters = self.kind.parameters(self.index, int(ask / share), selector)
        question = np.ascontiguousarray(vector, np.float32)[None]
        _, found = self.index.search(question, ask, params=parameters)
        del bits, selector  # the selector points into the bits
        rows = np.sort(found[0][found[0] >= 0])
        return Found.best(rows, np.vecdot(self.base.vectors[rows], question[0]).astype(np.float64), count)

    @property
    def size(self) -> int:
        """Bytes of the index, as it would lie on the disk."""
        return 0 if self.index is None else len(faiss.serialize_index(self.index))


def _selector(allowed: NDArray[np.bool_] | None) -> tuple[NDArray[np.uint8] | None, Any]:
    if allowed is None:
        return None, None
    bits = np.packbits(allowed, bitorder="little")
    return bits, faiss.IDSelectorBitmap(bits)


def _built(kind: Kind, vectors: Vectors) -> Any:
    count, dimensions = vectors.shape
    index = faiss.index_factory(dimensions, kind.spec(count, dimensions), faiss.METRIC_INNER_PRODUCT)
    if hasattr(index, "hnsw"):
        index.hnsw.efConstruction = BUILD_EF
    index.train(np.ascontiguousarray(vectors[:: max(count // TRAINED_ON, 1)]))
    for start in range(0, count, TRAINED_ON):
        index.add(np.ascontiguousarray(vectors[start : start + TRAINED_ON]))
    return index
