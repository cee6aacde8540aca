"""Builds a snapshot of TEXTS as `tinkuy index` does, slowly, with a cache: to be killed.

PYTHONPATH=tests python -m killed_build LOG HOME
"""

import sys
from pathlib import Path

from far_encoder import PARTNERS, TEXTS, Far

from matcher import parts, vector_cache
from matcher.settings import Settings
from matcher.store.store import Store
from matcher.vector_cache import CachedEncoder

SLICE = 32  # texts between two writes


def settings_of(home: Path) -> Settings:
    return Settings.read({"TINKUY_HOME": str(home), "TINKUY_CACHE": str(home / "cache")})


def build(far: Far, home: Path) -> str:
    """Do what the command does, but for the model."""
    vector_cache.SLICE = SLICE
    parts.open_encoder = lambda settings: CachedEncoder(far(1), settings.vectors)
    return parts.build_snapshot(settings_of(home))


def fill(home: Path) -> None:
    """Put the texts into the database."""
    store: Store = parts.open_store(settings_of(home))
    with store.writing() as writer:
        writer.upsert([*PARTNERS, *TEXTS])
    store.close()


if __name__ == "__main__":
    build(Far(sys.argv[1], slow=0.003), Path(sys.argv[2]))
