"""Kinds of FAISS indexes over the same vectors, side by side: what each costs and finds."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import faiss
import numpy as np

from eval.speed.corpus import Corpus
from matcher import candidates, parts
from matcher.encode import Role, Vectors
from matcher.index.near import SPARE
from matcher.index.snapshot import Snapshot
from matcher.records import Side
from matcher.settings import Settings

NEAREST = 100
WANTED = SPARE * candidates.DEPTH  # vectors that each is asked for, to be scored exactly afterwards
# Name of FAISS's factory -> what to set before a search. Cells and links are those of its guidelines for such sizes.
KINDS: dict[str, dict[str, int]] = {
    "Flat": {},
    "SQ8": {},
    "HNSW32": {"efSearch": WANTED},
    "IVF256,SQ8": {"nprobe": 128},
    "IVF256,PQ192x4fs": {"nprobe": 128},
    "PQ96x4fs": {},
    "PQ192x4fs": {},
    "PQ384x4fs": {},
}


def side_by_side(folder: Path, corpus: Corpus, questions: int) -> dict[str, Any]:
    """Build each kind over the vectors of the side that firms search: seconds, bytes a vector, milliseconds, recall."""
    faiss.omp_set_num_threads(1)
    encoder = parts.open_encoder(Settings.read({}), questions=False)
    vectors = np.ascontiguousarray(Snapshot.open_current(folder, encoder).sides[Side.SUPPLY].dense.base)
    asked = [encoder.encode(encoder.windows(query.full_text)[:1], Role.QUERY)[0] for query in corpus.queries(questions)]
    nearest = [np.argsort(-np.vecdot(vectors, vector), kind="stable")[:NEAREST] for vector in asked]
    found: dict[str, Any] = {"vectors": len(vectors), "wanted": WANTED}
    found["NumPy, all"] = {"ms": _milliseconds(lambda vector: np.vecdot(vectors, vector), asked), "recall@100": 1.0}
    for name, options in KINDS.items():
        click.echo(f"  {name}", err=True)
        found[name] = _one(name, options, vectors, asked, nearest)
    return found


def _one(
    name: str, options: dict[str, int], vectors: Vectors, asked: list[Vectors], nearest: list[np.ndarray[Any, Any]]
) -> dict[str, float]:
    started = time.perf_counter()
    index = faiss.index_factory(vectors.shape[1], name, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:: max(len(vectors) // 16_384, 1)])
    index.add(vectors)
    seconds = time.perf_counter() - started
    for option, value in options.items():
        faiss.ParameterSpace().set_index_parameter(index, option, value)

    def search(vector: Vectors) -> np.ndarray[Any, Any]:
        return np.asarray(index.search(vector[None], min(WANTED, len(vectors)))[1][0])

    recall = [len(np.intersect1d(best, search(v))) / len(best) for best, v in zip(nearest, asked, strict=True)]
    size = faiss.serialize_index(index).nbytes / len(vectors)
    return {
        "build s": seconds,
        "bytes a vector": size,
        "ms": _milliseconds(search, asked),
        "recall@100": float(np.mean(recall)),
    }


def _milliseconds(search: Callable[[Vectors], object], asked: list[Vectors]) -> float:
    times = []
    for vector in asked:
        started = time.perf_counter()
        search(vector)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)
