"""What more texts need: plain arithmetic on what `python -m eval bench` measured. Nothing here is measured.

Seconds grow with the texts: what the largest corpus of the bench took, a text, times the texts. Disk and memory have a
part that is there without any text (model, libraries, examples), which the two largest sizes tell apart: what the texts
between took, a text. With one size all counts as of texts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENCODERS = {"float32": "Tinkuy, float32", "int8": "Tinkuy, int8"}
POSTING = 8  # bytes: which text, how often
ID = 8  # bytes that FAISS keeps beside a vector in a cell (IVF)
LINKS = 32  # of a node in HNSW's upper layers; twice as many in the lowest, which nearly all nodes have alone
PQ = 96  # bytes
GB = 1e9
MB = 2**20  # as the bench counts
INDEXES = ("flat, float32", "HNSW, float32", "SQ8", "HNSW, SQ8", f"IVF, PQ of {PQ} bytes")


@dataclass(frozen=True)
class Plan:
    """What is assumed. `memory`: GB of a machine. `used`: share of it for the index, the rest for all else.

    `replicas`: copies of each shard. `cores`: of the machines that encode. `gpu`: pieces a second that a GPU reads.
    """

    memory: float = 64.0
    used: float = 0.7
    replicas: int = 2
    cores: int = 16
    gpu: float = 5000.0


@dataclass(frozen=True)
class Measured:
    """The bench in figures a text. `bytes_of`: on the disk, by part. `core_s`: of encoding by kind of numbers.

    `fixed`: bytes of memory without texts, `memory`: of a text in a process that answers. `pieces`: that are read.
    """

    texts: int
    dimensions: int
    bytes_of: dict[str, float]
    memory: float
    fixed: float
    index_s: float
    vectors: float
    pieces: float
    postings: float
    core_s: dict[str, float]

    @classmethod
    def of(cls, bench: Mapping[str, Any]) -> "Measured":
        """Read the bench's JSON.

        :raises KeyError: it is of before sizes by part, or was run without the comparison of encoders.
        """
        sizes = sorted((int(name) for name in bench if name.isdecimal()), reverse=True)
        texts, largest = sizes[0], bench[str(sizes[0])]
        counts, steady = largest["counts"], largest["steady MB"] * MB
        fewer = sizes[1] if len(sizes) > 1 else 0
        before: Mapping[str, Any] = bench[str(fewer)] if fewer else {"parts MB": {}, "steady MB": 0.0}
        memory = (steady - before["steady MB"] * MB) / (texts - fewer)
        parts = {
            part: max(size - before["parts MB"].get(part, 0.0), 0.0) * MB / (texts - fewer)
            for part, size in largest["parts MB"].items()
        }
        told = bench["encoders"]
        of_text = {"sentences/s": counts["sentences"] / texts, "words/s": counts["words"] / texts}
        of_text["texts/s"] = counts["windows"] / texts
        core_s = {
            numbers: told["cores"] * sum(many / told[name][rate] for rate, many in of_text.items())
            for numbers, name in ENCODERS.items()
        }
        return cls(
            texts,
            counts["dimensions"],
            parts,
            memory,
            steady - memory * texts,
            largest["index s"] / texts,
            counts["windows"] / texts,
            sum(of_text.values()),
            counts["postings"] / texts,
            core_s,
        )


def vector_bytes(kind: str, dimensions: int) -> float:
    """Return the bytes of a vector in an index of a kind (FAISS's own arithmetic, checked against it in the tests)."""
    return {
        "flat, float32": 4 * dimensions,
        "HNSW, float32": 4 * dimensions + 4 * 2 * LINKS,
        "SQ8": dimensions,
        "HNSW, SQ8": dimensions + 4 * 2 * LINKS,
        f"IVF, PQ of {PQ} bytes": PQ + ID,
    }[kind]


def index_bytes(kind: str, texts: int, found: Measured) -> float:
    """Return the memory of both legs of a search: the vectors in an index of a kind, and the postings."""
    return texts * (found.vectors * vector_bytes(kind, found.dimensions) + found.postings * POSTING)


def shards(bytes_: float, plan: Plan) -> int:
    """Return how many machines hold so much once."""
    return max(math.ceil(bytes_ / (plan.memory * GB * plan.used)), 1)


def gpu_s(texts: int, found: Measured, plan: Plan) -> float:
    """Return the seconds that one GPU reads."""
    return texts * found.pieces / plan.gpu
