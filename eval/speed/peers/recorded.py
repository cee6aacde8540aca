"""Encoders that measure and that remember, so that what is compared encodes nothing and loads no model."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from matcher.encode import Encoder, Progress, Role, Vectors

TEXTS, VECTORS = "read.json", "read.npy"


class Recording:
    """An Encoder that counts the `seconds` which it takes, and keeps what it read where `keep` is set."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.seconds = 0.0
        self.keep = False
        self.vectors: dict[str, Vectors] = {}
        self.pieces: dict[str, list[str]] = {}

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self.encoder.revision

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self.encoder.dimensions

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        started = time.perf_counter()
        pieces = self.encoder.windows(text)
        self.seconds += time.perf_counter() - started
        if self.keep:
            self.pieces[text] = pieces
        return pieces

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """See Encoder."""
        started = time.perf_counter()
        vectors = self.encoder.encode(texts, role, progress)
        self.seconds += time.perf_counter() - started
        if self.keep:
            self.vectors.update(zip((f"{role} {text}" for text in texts), vectors, strict=True))
        return vectors

    def save(self, folder: Path) -> None:
        """Write what was kept."""
        told = {"revision": self.revision, "pieces": self.pieces, "keys": list(self.vectors)}
        (folder / TEXTS).write_text(json.dumps(told), encoding="utf-8")
        np.save(folder / VECTORS, np.array(list(self.vectors.values()), np.float32).reshape(-1, self.dimensions))


class Recorded:
    """An Encoder that knows what another one read, and nothing else."""

    def __init__(self, folder: Path) -> None:
        told = json.loads((folder / TEXTS).read_text(encoding="utf-8"))
        self.revision: str = told["revision"]
        self.pieces: dict[str, list[str]] = told["pieces"]
        self.rows = {key: row for row, key in enumerate(told["keys"])}
        self.vectors: Vectors = np.load(folder / VECTORS)

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return int(self.vectors.shape[1])

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return self.pieces[text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        """See Encoder."""
        return np.asarray(self.vectors[[self.rows[f"{role} {text}"] for text in texts]])
