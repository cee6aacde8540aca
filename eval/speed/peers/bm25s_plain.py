"""Plain bm25s with a Snowball stemmer, as its own page recommends: the floor of words."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import bm25s

from eval.speed.peers.peer import Question, Vectors
from eval.speed.peers.words import stems

LANGUAGE = "language.json"


class Words:
    """`bm25s.BM25`; it knows no vectors."""

    PACKAGES = ("bm25s", "Stemmer")
    PARTNERS = False

    def __init__(self, index: Any, language: str) -> None:
        self.index = index
        self.language = language

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:  # noqa: ARG003
        """See Peer."""
        index = bm25s.BM25()
        index.index(stems(texts, language), show_progress=False)
        index.save(folder, show_progress=False)
        (folder / LANGUAGE).write_text(json.dumps(language), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Peer."""
        language = json.loads((folder / LANGUAGE).read_text(encoding="utf-8"))
        return cls(bm25s.BM25.load(folder), language)

    def search(self, question: Question, k: int) -> Sequence[int]:
        """See Peer; a text without any of the question's words is not found."""
        k = min(k, int(self.index.scores["num_docs"]))
        found, scores = self.index.retrieve(stems([question.text], self.language), k=k, show_progress=False)
        rows: list[int] = found[0][scores[0] > 0].tolist()
        return rows

    def near(self, question: Question, k: int) -> None:  # noqa: ARG002
        """See Peer."""
        return
