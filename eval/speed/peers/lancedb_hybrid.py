"""LanceDB embedded: vectors compared one by one, as its pages say up to 100,000 rows, and its own full-text index.

Both lists are fused by ranks (`RRFReranker`), its default.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from eval.speed.peers.peer import Question, Vectors

NAME = "texts"
NAMES = {"es": "Spanish", "en": "English"}
INDEXED_FROM = 1_000_000  # rows from which its pages recommend an index of vectors


class Lance:
    """`lancedb.connect(folder)`."""

    PACKAGES = ("lancedb", "pyarrow")
    PARTNERS = False

    def __init__(self, table: Any) -> None:
        from lancedb.rerankers import RRFReranker

        self.table = table
        self.fused = RRFReranker()

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:
        """See Peer."""
        import lancedb
        import pyarrow as pa
        from lancedb.index import FTS

        rows = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        data = pa.table({"id": pa.array(range(len(texts))), "text": pa.array(list(texts)), "vector": rows})
        table = lancedb.connect(str(folder)).create_table(NAME, data)
        table.create_index("text", config=FTS(language=NAMES[language]))
        if len(texts) >= INDEXED_FROM:
            table.create_index(metric="cosine", vector_column_name="vector", index_type="IVF_HNSW_SQ")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Peer."""
        import lancedb

        return cls(lancedb.connect(str(folder)).open_table(NAME))

    def search(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        asked = self.table.search(query_type="hybrid").vector(question.vector).text(question.text)
        return self._rows(asked.distance_type("cosine").rerank(self.fused), k)

    def near(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        return self._rows(self.table.search(question.vector).distance_type("cosine"), k)

    def _rows(self, asked: Any, k: int) -> list[int]:
        found: list[int] = asked.select(["id"]).limit(k).to_arrow()["id"].to_pylist()
        return found
