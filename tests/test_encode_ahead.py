"""Texts read in partitions before they are indexed: what is asked, kept, asked again, given up."""

import sqlite3
import sys
from collections import Counter, deque

import numpy as np
import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from filelock import FileLock

from matcher import cli, encode_ahead, parts
from matcher.encode import Role
from matcher.encode_ahead import EncodeAhead
from matcher.errors import BadInput, Busy, ModelMissing
from matcher.index.pieces import Piece
from matcher.index.snapshot import Snapshot
from matcher.settings import Settings
from matcher.vector_cache import CachedEncoder


class Hands:
    """Reads at once, gives back the last one first; `bad(text)` returns what a text does, if anything."""

    def __init__(self, room=3, bad=lambda text: None):
        self.room, self.bad = room, bad
        self.encoder = FakeEncoder()
        self.given = deque()
        self.most = 0
        self.sizes = []

    def give(self, partition):
        self.given.append(partition)
        self.most = max(self.most, len(self.given))
        self.sizes.append(len(partition.pieces))

    def take(self):
        partition = self.given.pop()
        wrong = next((found for text in partition.texts if (found := self.bad(text)) is not None), None)
        if isinstance(wrong, Exception):
            return partition, wrong
        return partition, self.encoder.encode(partition.texts, partition.role) if wrong is None else wrong


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(encode_ahead, "PARTITION", 8)
    monkeypatch.setattr(encode_ahead, "LOOKED_UP", 20)


@pytest.fixture
def cached(tmp_path):
    return CachedEncoder(FakeEncoder(), tmp_path / "vectors.sqlite")


def run(cached, hands, progress=None):
    return EncodeAhead(cached, hands, progress).run(PARTNERS, EVIDENCE)


def test_the_build_that_follows_reads_nothing_and_is_the_same(cached, tmp_path):
    hands = Hands()
    outcome = run(cached, hands)
    assert outcome.read == len(hands.encoder.encoded) > 500
    assert (outcome.texts, outcome.refused) == (len(EVIDENCE), [])
    Snapshot.build(tmp_path / "ahead", PARTNERS, EVIDENCE, OUTCOMES, cached)
    assert cached.encoder.encoded == []
    alone = FakeEncoder()
    Snapshot.build(tmp_path / "alone", PARTNERS, EVIDENCE, OUTCOMES, CachedEncoder(alone, tmp_path / "own.sqlite"))
    assert sorted(hands.encoder.encoded) == sorted(alone.encoded)  # each once in each role, whoever reads
    parts = {}
    for home in ("ahead", "alone"):
        (folder,) = (tmp_path / home / "snapshots").iterdir()
        parts[home] = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.npy")}
    assert parts["ahead"] == parts["alone"] != {}


def test_what_has_a_vector_is_not_read_again(cached):
    run(cached, Hands())
    again = Hands()
    assert run(cached, again).read == 0
    assert again.encoder.encoded == []


def test_no_more_is_out_at_once_than_there_is_room_for_and_nothing_is_out_twice(cached):
    hands = Hands(room=5)
    run(cached, hands)
    assert hands.most == 5
    assert max(hands.sizes) == 8
    words = Counter(hands.encoder.encoded)
    assert {n for text, n in words.items() if text == "alpaca"} <= {
        1,
        2,
    }  # as a passage, and as a usual word's question


def test_what_came_back_before_it_was_cut_off_is_kept(cached):
    class Cut(Hands):
        def take(self):
            if len(self.encoder.encoded) >= 40:
                raise KeyboardInterrupt
            return super().take()

    first = Cut()
    with pytest.raises(KeyboardInterrupt):
        run(cached, first)
    second = Hands()
    run(cached, second)
    both = first.encoder.encoded + second.encoder.encoded
    alone = Hands()
    run(CachedEncoder(FakeEncoder(), cached.path.with_name("other.sqlite")), alone)
    assert sorted(both) == sorted(alone.encoder.encoded)  # nothing twice: what was out had not been read


def test_a_text_that_cannot_be_read_is_named_and_the_others_are_read(cached, tmp_path):
    poison = EVIDENCE[3].full_text
    hands = Hands(bad=lambda text: ValueError("too\nmuch") if text == poison else None)
    outcome = run(cached, hands)
    ((piece, failure),) = outcome.refused
    assert (piece.of, piece.text, encode_ahead.why(failure)) == ("pucp-1", poison, "ValueError: too")
    Snapshot.build(tmp_path / "home", PARTNERS, EVIDENCE, OUTCOMES, cached)
    assert cached.encoder.encoded == [poison]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.full((1, 64), np.nan, np.float32), "not of unit length"),
        (np.zeros((1, 64), np.float32), "not of unit length"),
        (np.ones((1, 63), np.float32), "(1, 63), not (1, 64)"),
    ],
)
def test_what_is_no_vector_is_not_kept(cached, wrong, said):
    poison = EVIDENCE[3].full_text
    outcome = run(cached, Hands(bad=lambda text: wrong if text == poison else None))
    ((piece, failure),) = outcome.refused
    assert piece.text == poison
    assert said in str(failure)
    assert list(cached.missing([poison, "orégano"], Role.PASSAGE).values()) == [poison]


def test_where_nothing_can_be_read_it_gives_up(cached):
    hands = Hands(bad=lambda text: ValueError("no"))
    with pytest.raises(BadInput, match=r"more than 20 texts could not be read, the first of them .*: ValueError: no"):
        run(cached, hands)
    assert len(hands.sizes) < 200


def test_what_no_worker_can_mend_ends_it_at_once(cached):
    with pytest.raises(ModelMissing, match="nowhere"):
        run(cached, Hands(bad=lambda text: ModelMissing("nowhere")))


def test_progress_only_grows_and_ends_with_all_texts(cached):
    told = []
    run(cached, Hands(), lambda done, of: told.append((done, of)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (len(EVIDENCE), len(EVIDENCE))


def test_a_full_disk_is_told(cached, monkeypatch):
    cached.path.chmod(0o400)
    monkeypatch.setattr(cached, "_connect", lambda: read_only(cached.path))
    with pytest.raises(OSError, match="readonly"):
        cached.keep([b"key"], np.ones((1, 64), np.float32))


def read_only(path):
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def test_the_command_without_dask_names_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(parts, "open_model", lambda settings: FakeEncoder())
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--lang", "en", "encode"])
    assert stopped.value.code == 2
    assert "not installed: pip install 'tinkuy[bulk]'" in capsys.readouterr().err


def test_the_command_tells_what_was_read_and_what_could_not_be(monkeypatch, capsys):
    found = encode_ahead.Outcome(7, 40, [(Piece("Acero " * 20, Role.PASSAGE, "pucp-1"), ValueError("too\nlong"))])
    asked = []
    monkeypatch.setattr(parts, "encode_ahead", lambda *given: asked.append(given[1:3]) or found)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--lang", "en", "encode", "--scheduler", "tcp://a:1"])
    said = capsys.readouterr()
    assert stopped.value.code == 1
    assert asked == [(2, "tcp://a:1")]
    assert "7 texts: 40 pieces of them read now" in said.out
    assert f"  pucp-1 could not be read (ValueError: too): «{('Acero ' * 20)[:60]}…»" in said.err


def test_one_run_at_a_time(monkeypatch, tmp_path):
    monkeypatch.setattr(parts, "open_model", lambda settings: FakeEncoder())
    settings = Settings.read({"TINKUY_CACHE": str(tmp_path)})
    with FileLock(f"{settings.vectors}.ahead.lock"), pytest.raises(Busy, match="another process is encoding"):
        parts.encode_ahead(settings, 2)
