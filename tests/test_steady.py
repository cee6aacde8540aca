"""A thousand questions and ten swaps of the snapshot leave a process as it was; `proofs.steady` asks ten times as many."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from proofs.steady import all_looks

TEXTS, QUESTIONS, SWAPS = 1000, 1000, 10


@pytest.mark.slow
def test_nothing_stays_of_snapshots_and_questions_that_went(tmp_path):
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:  # with nothing alive of the tests before
        found = alone.submit(all_looks, tmp_path, TEXTS, QUESTIONS, SWAPS).result()
    early, late = found[1], found[-1]
    assert (late.engines, late.sides, late.snapshots) == (1, 2, 1)
    assert (late.files, late.threads) == (early.files, early.threads)
    # Were each snapshot's arrays kept, eight more would lie in memory: half of that is far above what allocation
    # and the caches of words take.
    (folder,) = (p for p in (tmp_path / "snapshots").iterdir() if p.name == (tmp_path / "CURRENT").read_text())
    size = sum(part.stat().st_size for part in folder.rglob("*") if part.is_file()) / 2**20
    assert late.resident - early.resident < (SWAPS - 2) / 2 * size


def test_a_process_that_keeps_its_snapshots_would_be_seen(tmp_path, home: Path, encoder):
    """What the looks count goes up with what is alive."""
    from proofs.steady import Look

    from matcher.index.snapshot import Snapshot

    before = Look.taken()
    kept = [Snapshot.open_current(home, encoder) for _ in range(2)]
    after = Look.taken()
    assert (after.sides - before.sides, after.snapshots - before.snapshots, len(kept)) == (4, 1, 2)
