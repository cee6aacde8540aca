"""txtai: its default index of FAISS beside BM25 in SQLite, scores mixed half and half (`hybrid`).

Vectors come from outside (`method: external`); texts are not stored with it, which it does only when told.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from eval.speed.peers.peer import Question, Vectors


class _Given:
    """Gives txtai, which asks for the vectors of texts, those of the next ones."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors, self.at = vectors, 0

    def next(self, texts: Sequence[object]) -> Vectors:
        self.at += len(texts)
        return self.vectors[self.at - len(texts) : self.at]


class Txtai:
    """`txtai.Embeddings`."""

    PACKAGES = ("txtai",)
    PARTNERS = False

    def __init__(self, index: Any) -> None:
        self.index = index

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:  # noqa: ARG003
        """See Peer; it has no stemmer that could be given a language."""
        from txtai import Embeddings

        index = Embeddings({"method": "external", "hybrid": True})
        index.model.transform = _Given(vectors).next
        index.index((row, text, None) for row, text in enumerate(texts))
        index.save(str(folder))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Peer."""
        from txtai import Embeddings

        index = Embeddings()
        index.load(str(folder))
        return cls(index)

    def search(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        return self._found(question.text, question.vector, k, 0.5)

    def near(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        return self._found("", question.vector, k, 1.0)

    def _found(self, text: str, vector: Vectors, k: int, meaning: float) -> list[int]:
        self.index.model.transform = _Given(vector[None]).next
        return [int(row) for row, _ in self.index.search(text, k, weights=meaning)]
