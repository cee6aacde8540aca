"""Plain FAISS, every vector compared: the floor of meaning."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import faiss

from eval.speed.peers.peer import Question, Vectors

FILE = "flat.faiss"


class Flat:
    """`IndexFlatIP`."""

    PACKAGES = ("faiss",)
    PARTNERS = False

    def __init__(self, index: Any) -> None:
        self.index = index

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:  # noqa: ARG003
        """See Peer."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(folder / FILE))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Peer."""
        return cls(faiss.read_index(str(folder / FILE)))

    def search(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        return self.near(question, k)

    def near(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        _, found = self.index.search(question.vector[None], min(k, self.index.ntotal))
        rows: list[int] = found[0].tolist()
        return rows
