"""A snapshot on disk: whole or absent, and refused when it is not what was written."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder

from matcher.errors import Busy, SnapshotDamaged, SnapshotMismatch, SnapshotMissing
from matcher.index import snapshot as module
from matcher.index.snapshot import Snapshot, current_id
from matcher.records import Side


def build(home: Path, encoder=None) -> str:
    return Snapshot.build(home, PARTNERS, EVIDENCE, OUTCOMES, encoder or FakeEncoder())


def serving(home: Path) -> Path:
    return home / "snapshots" / current_id(home)


def snapshots(home: Path) -> set[str]:
    return {p.name for p in (home / "snapshots").iterdir()}


def damaged(folder: Path, part: str) -> str:
    return f"snapshot {folder.name} is damaged: {part} is absent or altered. Run `tinkuy index` to build it anew"


def edit_manifest(home: Path, **values) -> Path:
    path = serving(home) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")
    return serving(home)


def test_what_was_built_opens_with_every_record(home, encoder):
    found = Snapshot.open_current(home, encoder)
    assert found.id == current_id(home)
    assert found.partners == {p.id: p for p in PARTNERS}
    assert found.evidence == {e.id: e for e in EVIDENCE}
    assert found.outcomes == tuple(OUTCOMES)
    assert [p.id for p in found.sides[Side.SUPPLY].partners] == ["lejos", "pucp", "unjbg", "unsaac"]
    assert [e.id for e in found.sides[Side.DEMAND].evidence] == ["oregano-1", "taller-1"]


def test_the_manifest_says_what_is_in_it(home):
    folder = serving(home)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["format"], manifest["id"], manifest["model"], manifest["dimensions"]) == (
        6,
        folder.name,
        "fake-1",
        64,
    )
    assert manifest["counts"] == {"supply": {"partners": 4, "evidence": 5}, "demand": {"partners": 2, "evidence": 2}}
    files = {p for p in folder.rglob("*") if p.is_file() and p.name not in ("manifest.json", "checked.json")}
    assert manifest["parts"] == {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_nothing_built_yet(tmp_path, encoder):
    with pytest.raises(SnapshotMissing) as caught:
        Snapshot.open_current(tmp_path, encoder)
    assert str(caught.value).startswith(f"no snapshot in {tmp_path} yet: import data")


@pytest.mark.parametrize(
    "part", ["partners.jsonl", "evidence.jsonl", "outcomes.jsonl", "supply/vectors.npy", "demand/side.counts.npy"]
)
@pytest.mark.parametrize("how", ["flipped", "deleted"])
def test_an_altered_or_absent_part_is_named(home, encoder, part, how):
    path = serving(home) / part
    if how == "deleted":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(SnapshotDamaged) as caught:
        Snapshot.open_current(home, encoder)
    assert str(caught.value) == damaged(serving(home), part)


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"\xff", b"[]", b"{}", b'{"format": 6}', b'{"format": 6, "id": "x", "model": "m", "dimensions": 1, "parts": 3}']
)  # fmt: skip
def test_a_damaged_manifest_is_named(home, encoder, content):
    path = serving(home) / "manifest.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(SnapshotDamaged) as caught:
        Snapshot.open_current(home, encoder)
    assert str(caught.value) == damaged(serving(home), "manifest.json")


def test_another_format_is_refused_with_both_sides(home, encoder):
    folder = edit_manifest(home, format=99)
    with pytest.raises(SnapshotMismatch) as caught:
        Snapshot.open_current(home, encoder)
    assert str(caught.value) == f"snapshot {folder.name} has format 99, this version reads 6: run `tinkuy index`"


@pytest.mark.parametrize(("name", "value"), [("revision", "other-2"), ("dimensions", 32)])
def test_another_model_is_refused(home, encoder, name, value):
    setattr(encoder, name, value)
    with pytest.raises(SnapshotMismatch) as caught:
        Snapshot.open_current(home, encoder)
    assert str(caught.value) == (
        f"snapshot {current_id(home)} is of model fake-1, this is {encoder.revision}: "
        "run `tinkuy index`, or set TINKUY_MODEL"
    )


def test_a_second_build_at_the_same_time_is_refused_and_the_first_ends_well(tmp_path):
    class Impatient(FakeEncoder):
        refusals = ()

        def encode(self, *arguments):
            with pytest.raises(Busy) as caught:
                build(tmp_path)
            self.refusals = {*self.refusals, str(caught.value)}
            return super().encode(*arguments)

    first = Impatient()
    id_ = build(tmp_path, first)
    assert first.refusals == {f"another process is building a snapshot in {tmp_path}; wait for it to end"}
    assert snapshots(tmp_path) == {id_}


def test_the_one_that_serves_and_the_one_before_it_stay(tmp_path):
    ids = [build(tmp_path) for _ in range(5)]
    assert current_id(tmp_path) == ids[-1]
    assert snapshots(tmp_path) == set(ids[-module.KEEP :])


def test_one_that_never_served_is_not_kept_in_place_of_the_one_that_did(tmp_path):
    first = build(tmp_path)
    (tmp_path / "snapshots" / "99990101T000000Z-killed").mkdir()
    second = build(tmp_path)
    assert snapshots(tmp_path) == {first, second}


CHILD = """
import os, pathlib, signal, sys
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from matcher.index.side import SideIndex
from matcher.index.snapshot import Snapshot

home, moment = pathlib.Path(sys.argv[1]), sys.argv[2]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def die_when(owner, name, condition):
    real = getattr(owner, name)
    def wrapped(self, *arguments, **options):
        if condition(self):
            die()
        return real(self, *arguments, **options)
    setattr(owner, name, wrapped)

if moment == "encode":
    FakeEncoder.encode = die
elif moment == "save":
    SideIndex.save = die
elif moment == "manifest":
    die_when(pathlib.Path, "write_text", lambda path: path.name == "manifest.json")
elif moment == "rename":
    die_when(pathlib.Path, "rename", lambda path: path.name.startswith(".building-"))
elif moment == "pointer":
    die_when(pathlib.Path, "replace", lambda path: path.name.startswith(".CURRENT-"))
Snapshot.build(home, PARTNERS[:1], EVIDENCE[:1], OUTCOMES[:1], FakeEncoder())
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["encode", "save", "manifest", "rename", "pointer"])
def test_a_build_killed_at_any_moment_leaves_the_old_one_serving(home, encoder, moment):
    before = current_id(home)
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(home), moment],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    assert len(snapshots(home)) == 2  # it died with something on the disk
    found = Snapshot.open_current(home, encoder)
    assert (found.id, set(found.partners)) == (before, {p.id for p in PARTNERS})
    after = build(home)
    assert snapshots(home) == {before, after}
    assert {p.name for p in home.iterdir()} - {"index.lock"} == {"snapshots", "CURRENT"}
    assert Snapshot.open_current(home, encoder).id == after
