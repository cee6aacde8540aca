"""LiveEngine: always the newest snapshot, loaded once."""

import gc
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import faiss
import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder

from matcher import forking, parts
from matcher.errors import SnapshotDamaged, SnapshotMissing
from matcher.index.snapshot import Snapshot, current_id
from matcher.live import LiveEngine
from matcher.settings import Settings
from matcher.weights import Weights


@pytest.fixture
def live(home, encoder) -> LiveEngine:
    return LiveEngine(home, encoder, Weights.load())


def test_the_engine_stays_the_same_while_the_snapshot_does(live, home):
    first = live.current()
    assert first.snapshot.id == current_id(home)
    assert live.current() is first


def test_a_new_snapshot_is_taken_up_at_the_next_call(live, home, encoder):
    first = live.current()
    newer = Snapshot.build(home, PARTNERS[:2], EVIDENCE[:3], OUTCOMES, encoder)
    second = live.current()
    assert second.snapshot.id == newer
    assert set(second.snapshot.partners) == {"unsaac", "unjbg"}
    assert set(first.snapshot.partners) == {p.id for p in PARTNERS}  # questions under way keep theirs
    assert live.current() is second


def test_nothing_is_opened_before_the_first_question(tmp_path, encoder):
    live = LiveEngine(tmp_path, encoder, Weights.load())
    with pytest.raises(SnapshotMissing):
        live.current()
    built = Snapshot.build(tmp_path, PARTNERS, EVIDENCE, OUTCOMES, encoder)
    assert live.current().snapshot.id == built


def test_many_threads_get_one_load(live, monkeypatch):
    loads = []
    everyone_asks = threading.Barrier(8)
    real = Snapshot.open_current

    def counted(home, encoder):
        loads.append(home)
        return real(home, encoder)

    monkeypatch.setattr(Snapshot, "open_current", counted)

    def ask(_):
        everyone_asks.wait(timeout=30)
        return live.current()

    with ThreadPoolExecutor(8) as pool:
        engines = list(pool.map(ask, range(8)))
    assert loads == [live.home]
    assert {id(engine) for engine in engines} == {id(live.current())}


def damage(home, id_):
    (home / "snapshots" / id_ / "evidence.jsonl").unlink()


def test_a_new_snapshot_that_is_damaged_leaves_the_one_in_use_answering(live, home, encoder, caplog):
    first = live.current()
    newer = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, encoder)
    damage(home, newer)
    assert [live.current() is first for _ in range(3)] == [True] * 3
    assert caplog.messages == [  # told once, not at every question
        f"the snapshot in use goes on: snapshot {newer} is damaged: evidence.jsonl is absent or altered. "
        "Run `tinkuy index` to build it anew"
    ]
    third = Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, encoder)
    assert live.current().snapshot.id == third


def test_a_damaged_snapshot_is_refused_where_none_is_in_use(live, home):
    damage(home, current_id(home))
    for _ in range(2):
        with pytest.raises(SnapshotDamaged, match=r"evidence\.jsonl is absent or altered"):
            live.current()


def test_the_engine_goes_on_when_no_snapshot_is_named_any_more(live, home):
    first = live.current()
    (home / "CURRENT").unlink()
    assert live.current() is first


def test_an_older_snapshot_that_is_told_to_serve_again_does(live, home, encoder):
    older = live.current().snapshot.id
    Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, encoder)
    assert live.current().snapshot.id != older
    (home / "CURRENT").write_text(older, encoding="utf-8")
    assert live.current().snapshot.id == older


def test_a_snapshot_opened_before_serves_until_there_is_another(home, encoder, monkeypatch):
    opened = Snapshot.open_current(home, encoder)
    live = LiveEngine(home, encoder, Weights.load(), opened=opened)
    assert live.current().snapshot is opened
    newer = Snapshot.build(home, PARTNERS[:2], EVIDENCE[:3], OUTCOMES, encoder)
    assert live.current().snapshot.id == newer
    late = LiveEngine(home, encoder, Weights.load(), opened=opened)  # of a process forked after that
    assert late.current().snapshot.id == newer


@pytest.fixture
def unread(tmp_path, home, monkeypatch) -> Iterator[Settings]:
    """Settings of the home, whose model stands for one that CTranslate2 runs and must not be read."""
    monkeypatch.setattr(parts, "QuickEncoder", Unread)
    monkeypatch.setattr(parts, "open_model", lambda *_: Unread())
    monkeypatch.setattr(forking, "_opened", None)
    threads = faiss.omp_get_max_threads()
    yield Settings.read({"TINKUY_HOME": str(home), "TINKUY_CACHE": str(tmp_path / "cache")})
    faiss.omp_set_num_threads(threads)
    gc.unfreeze()


def _answers(settings: Settings, pipe) -> None:
    Snapshot.open_current = None  # it was opened before
    live = parts.open_live_engine(settings)
    pipe.send((live.current().snapshot.id, live.encoder.encoder.counted, forking._opened))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
@pytest.mark.filterwarnings(
    "ignore:.*multi-threaded, use of fork:DeprecationWarning"
)  # of Python 3.12; no thread holds a lock
def test_forked_processes_have_the_snapshot_and_the_first_one_lets_go_of_it(unread):
    assert parts.share_with_forks(unread, 2)
    context = multiprocessing.get_context("fork")
    for _ in range(2):
        assert forking._opened is not None
        ours, theirs = context.Pipe()
        process = context.Process(target=_answers, args=(unread, theirs))
        process.start()
        theirs.close()
        id_, counted, left = ours.recv()
        process.join()
        assert (id_, left) == (current_id(unread.home), None)
        assert counted > 0  # the tokenizer was used before, and is shared
    assert forking._opened is None  # whoever is forked later opens what serves then


def test_nothing_is_shared_without_a_snapshot_or_with_a_model_that_has_threads(unread, tmp_path, monkeypatch):
    assert not parts.share_with_forks(replace(unread, home=tmp_path / "empty"), 2)
    monkeypatch.setattr(parts, "open_model", lambda *_: FakeEncoder())
    assert not parts.share_with_forks(unread, 2)
    assert forking._opened is None


class Unread(FakeEncoder):
    """Counts tokens, and must not read."""

    counted = 0

    def windows(self, text):
        self.counted += 1
        return super().windows(text)

    def encode(self, *_, **__):
        pytest.fail("the model is read")
