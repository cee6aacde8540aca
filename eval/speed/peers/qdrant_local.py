"""Qdrant's engine within the Python client: dense vectors and sparse ones of BM25, fused by ranks on its side.

The sparse vectors are those of its model `Qdrant/bm25`, whose package would fetch stop words from a hub: how often
a stem stands in a text, saturated and by the text's length; Qdrant multiplies by the inverse frequency (`IDF`).
"""

import json
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from eval.speed.peers.peer import Question, Vectors
from eval.speed.peers.words import stems

NAME, DENSE, SPARSE, LANGUAGE = "texts", "dense", "words", "language.json"
K, B = 1.2, 0.75  # as `Qdrant/bm25` has them
BATCH = 1000


class Qdrant:
    """`QdrantClient(path=…)`."""

    PACKAGES = ("qdrant_client",)
    PARTNERS = False

    def __init__(self, client: Any, language: str) -> None:
        self.client = client
        self.language = language

    @classmethod
    def build(cls, folder: Path, texts: Sequence[str], vectors: Vectors, language: str) -> None:
        """See Peer."""
        from qdrant_client import QdrantClient, models

        client = QdrantClient(path=str(folder / "qdrant"))
        client.create_collection(
            NAME,
            vectors_config={DENSE: models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE)},
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
        read = stems(texts, language)
        usual = sum(map(len, read)) / max(len(read), 1)
        for start in range(0, len(texts), BATCH):
            rows = range(start, min(start + BATCH, len(texts)))
            points = []
            for row in rows:
                indices, values = weighed(read[row], usual)
                sparse = models.SparseVector(indices=indices, values=values)
                points.append(models.PointStruct(id=row, vector={DENSE: vectors[row].tolist(), SPARSE: sparse}))
            client.upsert(NAME, points)
        client.close()
        (folder / LANGUAGE).write_text(json.dumps(language), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Peer."""
        from qdrant_client import QdrantClient

        language = json.loads((folder / LANGUAGE).read_text(encoding="utf-8"))
        return cls(QdrantClient(path=str(folder / "qdrant")), language)

    def search(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        from qdrant_client import models

        asked = sorted({_number(stem) for stem in stems([question.text], self.language)[0]})
        sparse = models.SparseVector(indices=asked, values=[1.0] * len(asked))
        legs = [models.Prefetch(query=question.vector.tolist(), using=DENSE, limit=k)]
        if asked:
            legs.append(models.Prefetch(query=sparse, using=SPARSE, limit=k))
        fused = models.FusionQuery(fusion=models.Fusion.RRF)
        found = self.client.query_points(NAME, prefetch=legs, query=fused, limit=k, with_payload=False)
        return [int(point.id) for point in found.points]

    def near(self, question: Question, k: int) -> Sequence[int]:
        """See Peer."""
        found = self.client.query_points(NAME, query=question.vector.tolist(), using=DENSE, limit=k, with_payload=False)
        return [int(point.id) for point in found.points]


def weighed(words: Sequence[str], usual: float) -> tuple[list[int], list[float]]:
    """Return a text's stems as numbers, ascending, with BM25's weights but for the inverse frequency.

    :param usual: stems of the average text.
    """
    counts: dict[int, int] = {}
    for stem, count in Counter(words).items():
        number = _number(stem)
        counts[number] = counts.get(number, 0) + count
    norm = K * (1 - B + B * len(words) / max(usual, 1e-9))
    numbers = sorted(counts)
    return numbers, [counts[number] * (K + 1) / (counts[number] + norm) for number in numbers]


def _number(stem: str) -> int:
    return zlib.crc32(stem.encode())
