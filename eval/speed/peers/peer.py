"""What an engine must be able to do to stand in the table, and those that are in it."""

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Question(NamedTuple):
    """A question's text, its unit vector, and what else is known of who asks, which only Tinkuy reads."""

    text: str
    vector: Vectors
    about: dict[str, Any]


class Opened(Protocol):
    """An engine with its index open; nothing is encoded by it.

    `PACKAGES`: what must be installed. `PARTNERS`: whether it finds partners; rows of texts otherwise.
    """

    PACKAGES: ClassVar[tuple[str, ...]]
    PARTNERS: ClassVar[bool]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index of `folder`."""

    def search(self, question: Question, k: int) -> Sequence[int] | Sequence[str]:
        """Return the best `k` by everything that the engine knows, best first."""

    def near(self, question: Question, k: int) -> Sequence[int] | None:
        """Return the rows of the `k` texts nearest in meaning alone; None where it knows nothing of that."""


class Peer(Opened, Protocol):
    """An engine that can index texts too."""

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:
        """Index `texts`, whose `vectors` are (texts, dimensions) of unit length, into the empty `folder`.

        :param language: of most of the texts, "es" or "en", for those that stem.
        """


TINKUY, TEXTS, FAISS, BM25 = "Tinkuy", "Tinkuy, texts", "FAISS", "bm25s"
OURS = {TINKUY: "tinkuy:Matching", TEXTS: "tinkuy:Texts"}  # both of one index, which `material` builds
FLOOR = {FAISS: "faiss_flat:Flat", BM25: "bm25s_plain:Words"}
OTHERS = {
    "txtai": "txtai_hybrid:Txtai",
    "Qdrant, local": "qdrant_local:Qdrant",
    "LanceDB": "lancedb_hybrid:Lance",
    "milvus-lite": "milvus_hybrid:Milvus",
}
PEERS = OURS | OTHERS | FLOOR  # name -> module, of this package where it has no dot; and its class


def load(where: str) -> Any:
    """Return the class that a line of PEERS names; its packages are imported when it is used."""
    module, _, kind = where.partition(":")
    module = module if "." in module else f"{__package__}.{module}"
    return getattr(importlib.import_module(module), kind)


def missing(where: str) -> str | None:
    """Return why an engine cannot take part; None where it can."""
    absent = [package for package in load(where).PACKAGES if importlib.util.find_spec(package) is None]
    return f"not installed: {', '.join(absent)}" if absent else None
