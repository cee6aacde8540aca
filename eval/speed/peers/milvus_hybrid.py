"""milvus-lite: an index of its choice (`AUTOINDEX`) and its BM25 function, fused by ranks (`RRFRanker`).

Its analyser knows words to leave out, but no stems.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from eval.speed.peers.peer import Question, Vectors

NAME = "texts"
BATCH = 1000


class Milvus:
    """`MilvusClient(file)`: its server runs in threads of this process."""

    PACKAGES = ("milvus_lite", "pymilvus")
    PARTNERS = False

    def __init__(self, client: Any) -> None:
        self.client = client

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:
        """See Peer."""
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        from eval.speed.peers.words import STOP

        analyser = {"tokenizer": "standard", "filter": [{"type": "stop", "stop_words": list(STOP[language])}]}
        client = MilvusClient(str(folder / "texts.db"))
        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("text", DataType.VARCHAR, max_length=65535, enable_analyzer=True, analyzer_params=analyser)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function(
                name="bm25",
                function_type=FunctionType.BM25,
                input_field_names=["text"],
                output_field_names=["words"],
            )
        )
        client.create_collection(NAME, schema=schema)
        for start in range(0, len(texts), BATCH):
            rows = range(start, min(start + BATCH, len(texts)))
            client.insert(NAME, [{"id": row, "text": texts[row], "vector": vectors[row].tolist()} for row in rows])
        client.flush(NAME)
        indexes = client.prepare_index_params()
        indexes.add_index(field_name="vector", index_type="AUTOINDEX", metric_type="COSINE")
        indexes.add_index(field_name="words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
        client.create_index(NAME, indexes)
        client.load_collection(NAME)
        client.close()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Peer."""
        from pymilvus import MilvusClient

        client = MilvusClient(str(folder / "texts.db"))
        client.load_collection(NAME)
        return cls(client)

    def search(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        from pymilvus import AnnSearchRequest, RRFRanker

        vector = question.vector.tolist()
        legs = [
            AnnSearchRequest([vector], "vector", {"metric_type": "COSINE"}, limit=k),
            AnnSearchRequest([question.text], "words", {"metric_type": "BM25"}, limit=k),
        ]
        (hits,) = self.client.hybrid_search(NAME, legs, RRFRanker(), limit=k)
        return [int(hit["id"]) for hit in hits]

    def near(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        (hits,) = self.client.search(NAME, data=[question.vector.tolist()], anns_field="vector", limit=k)
        return [int(hit["id"]) for hit in hits]
