"""An encoder that workers open, and that notes on the disk what it was given to read; run as a program, a driver of them.

PYTHONPATH=tests python -m far_encoder LOG CACHE
"""

import os
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matcher import dask_workers, encode_ahead
from matcher.encode import Progress, Role, Vectors
from matcher.encode_ahead import EncodeAhead, Outcome
from matcher.records import Evidence, Partner, Side
from matcher.vector_cache import CachedEncoder

WORDS = "alpaca tinte lavado secado orégano torno acero hilado trucha café riego suelo quinua cuero lino".split()  # noqa: SIM905
SIZE = 64  # pieces of a partition
PARTNERS = [Partner("u", Side.SUPPLY, "Universidad", "faculty"), Partner("f", Side.DEMAND, "Firma", "firm")]
TEXTS = [
    Evidence(
        f"t{n:03}",
        ("u",) if n % 2 else ("f",),
        "project" if n % 2 else "need",
        f"Ensayo {n} de {WORDS[n % 15]} con {WORDS[n % 7]}. Informe Norte{n} sobre {WORDS[n % 11]}.",
        f"Título {n}" if n % 3 else None,
        "es",
    )
    for n in range(60)
]


@dataclass(frozen=True)
class Far:
    """Opens a FarEncoder. `slow`: seconds a text. `poison`: no text that has it can be read; `deadly`: nor survived."""

    log: str
    slow: float = 0.0
    poison: str = ""
    deadly: str = ""
    once: bool = False  # it is deadly only as long as nobody died of it
    revision: str = "far-1"

    def __call__(self, threads: int) -> "FarEncoder":
        time.sleep(0.5 if self.deadly else 0)  # a nanny gives up on a worker that dies before it is known to live
        return FarEncoder(self, threads)


class FarEncoder:
    """A text's vector is drawn from its checksum and role."""

    dimensions = 8

    def __init__(self, far: Far, threads: int) -> None:
        self.far = far
        self.threads = threads
        self.revision = far.revision

    def windows(self, text: str) -> list[str]:
        return [text[:40], text[30:]] if len(text) > 40 else [text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        return np.array([self._read(text, role) for text in texts], np.float32).reshape(-1, self.dimensions)

    def _read(self, text: str, role: Role) -> Vectors:
        time.sleep(self.far.slow)
        line = f"{os.getpid()}\t{self.threads}\t{role}\t{text}\n".encode()
        handle = os.open(self.far.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line)
        os.close(handle)
        if self.far.poison and self.far.poison in text:
            raise ValueError(f"no vector for {text}")
        if self.far.deadly and self.far.deadly in text:
            grave = Path(f"{self.far.log}.dead")
            if not (self.far.once and grave.exists()):
                grave.touch()
                os._exit(7)
        draw = np.random.default_rng(zlib.crc32(f"{role}{text}".encode()))
        vector = draw.normal(size=self.dimensions)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def logged(log: Path) -> list[list[str]]:
    """Return process, threads, role and text of all that was read, in the order of reading."""
    return [line.split("\t", 3) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def times_read(log: Path) -> Counter[tuple[str, str]]:
    """Return how often each text was read in each role."""
    return Counter((role, text) for _, _, role, text in logged(log))


def run(far: Far, cache: Path, workers: int = 2) -> Outcome:
    """Read TEXTS by workers of this machine."""
    encode_ahead.PARTITION = SIZE
    cached = CachedEncoder(far(1), cache)
    with dask_workers.here(workers, 1) as client:
        return EncodeAhead(cached, dask_workers.DaskWorkers(client, far, cached.revision)).run(PARTNERS, TEXTS)


if __name__ == "__main__":
    run(Far(sys.argv[1], slow=0.004), Path(sys.argv[2]))
