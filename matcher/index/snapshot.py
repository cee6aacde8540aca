"""A snapshot: one built index on disk, complete or absent.

    snapshots/<id>/manifest.json     format, model, dimensions, counts, when, the database's version, hashes of parts
    snapshots/<id>/partners.jsonl, evidence.jsonl, outcomes.jsonl
    snapshots/<id>/contrast.npz, background.npz, sector_guess.npz   see the modules of these names
    snapshots/<id>/supply/, demand/  dense.faiss, dense.npz, side.npz, lexical/
    CURRENT                          the id of the snapshot that serves, replaced by rename

It is built aside and renamed when whole: a build killed at any moment leaves the old one serving.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from matcher.encode import Encoder, Progress
from matcher.errors import Busy, SnapshotDamaged, SnapshotMismatch, SnapshotMissing
from matcher.index.background import Background
from matcher.index.contrast import Contrast
from matcher.index.records_file import read_evidence, read_outcomes, read_partners, write_records
from matcher.index.sector_guess import SectorGuess
from matcher.index.side import SideIndex
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Side

FORMAT = 4
KEEP = 2  # snapshots left on disk: the one that serves and the one before it
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
_ASIDE = ".building-"


class Snapshot:
    """Records and indexes of both sides, as of one moment."""

    def __init__(
        self,
        id_: str,
        manifest: dict[str, Any],
        outcomes: Sequence[Outcome],
        sides: dict[Side, SideIndex],
        contrast: Contrast,
        background: Background,
        sector_guess: SectorGuess,
    ) -> None:
        self.id = id_
        self.manifest = manifest
        self.outcomes = tuple(outcomes)
        self.sides = sides
        self.contrast = contrast
        self.background = background
        self.sector_guess = sector_guess
        self.partners = {p.id: p for side in sides.values() for p in side.partners}
        self.evidence = {e.id: e for side in sides.values() for e in side.evidence}

    @classmethod
    def build(
        cls,
        home: Path,
        partners: Sequence[Partner],
        evidence: Sequence[Evidence],
        outcomes: Sequence[Outcome],
        encoder: Encoder,
        progress: Progress | None = None,
    ) -> str:
        """Build a snapshot under `home`, let it serve, and return its id.

        :raises Busy: another process is building there.
        """
        with building(home):
            return cls.build_alone(home, partners, evidence, outcomes, encoder, progress)

    @classmethod
    def build_alone(
        cls,
        home: Path,
        partners: Sequence[Partner],
        evidence: Sequence[Evidence],
        outcomes: Sequence[Outcome],
        encoder: Encoder,
        progress: Progress | None,
        *,
        version: int = 0,
    ) -> str:
        """Do the work of `build` inside a `building` block of the caller's.

        :param version: of the database that the records were read at.
        """
        for leftover in (home / "snapshots").glob(_ASIDE + "*"):  # of builds that were killed
            shutil.rmtree(leftover)
        for leftover in home.glob(f".{CURRENT}-*"):
            leftover.unlink()
        before = (home / CURRENT).read_text(encoding="utf-8").strip() if (home / CURRENT).exists() else None
        now = dt.datetime.now(dt.UTC)
        id_ = f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
        aside = home / "snapshots" / f"{_ASIDE}{id_}"
        aside.mkdir()
        partners = sorted(partners, key=lambda p: p.id)
        evidence = sorted(evidence, key=lambda e: e.id)
        write_records(aside / "partners.jsonl", partners)
        write_records(aside / "evidence.jsonl", evidence)
        write_records(aside / "outcomes.jsonl", sorted(outcomes, key=lambda o: o.id))
        counts = {}
        for side in Side:
            index = SideIndex.build([p for p in partners if p.side is side], evidence, encoder, progress)
            index.save(aside / side)
            counts[side] = {"partners": len(index.partners), "evidence": len(index.evidence)}
        contrast = Contrast.build(encoder)
        contrast.save(aside)
        Background.build(encoder).save(aside)
        SectorGuess.build(encoder, contrast.needs).save(aside)
        manifest = {
            "format": FORMAT,
            "id": id_,
            "built": now.isoformat(timespec="seconds"),
            "version": version,
            "model": encoder.revision,
            "dimensions": encoder.dimensions,
            "counts": counts,
            "parts": {str(p.relative_to(aside)): _sha256(p) for p in sorted(aside.rglob("*")) if p.is_file()},
        }
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for part in aside.rglob("*"):
            _flush(part)
        final = home / "snapshots" / id_
        aside.rename(final)
        _flush(final.parent)
        pointer = home / f".{CURRENT}-{id_}"
        pointer.write_text(id_, encoding="utf-8")
        _flush(pointer)
        pointer.replace(home / CURRENT)
        old = sorted(
            (p for p in (home / "snapshots").iterdir() if p.is_dir() and not p.name.startswith(".") and p != final),
            key=lambda p: (p.name == before, p.name),  # one that never served goes before the one that did
        )
        for folder in old[: -(KEEP - 1)]:
            shutil.rmtree(folder)
        return id_

    @classmethod
    def open_current(cls, home: Path, encoder: Encoder) -> "Snapshot":
        """Open the snapshot that serves.

        :raises SnapshotMissing: none has been built.
        :raises SnapshotDamaged, SnapshotMismatch: see `open`.
        """
        return cls.open(home / "snapshots" / current_id(home), encoder)

    @classmethod
    def open(cls, folder: Path, encoder: Encoder) -> "Snapshot":
        """Open a snapshot's folder after checking every part.

        :raises SnapshotDamaged: a part is absent or differs from what was written.
        :raises SnapshotMismatch: of another format, or built by another model.
        """
        manifest = read_manifest(folder)
        if manifest["model"] != encoder.revision or manifest["dimensions"] != encoder.dimensions:
            raise SnapshotMismatch(
                N_("snapshot {id} is of model {theirs}, this is {ours}: run `tinkuy index`, or set TINKUY_MODEL"),
                id=folder.name,
                theirs=manifest["model"],
                ours=encoder.revision,
            )
        for part, expected in manifest["parts"].items():
            path = folder / part
            if not path.is_file() or _sha256(path) != expected:
                raise SnapshotDamaged(
                    N_("snapshot {id} is damaged: {part} is absent or altered. Run `tinkuy index` to build it anew"),
                    id=folder.name,
                    part=part,
                )
        partners = read_partners(folder / "partners.jsonl")
        evidence = read_evidence(folder / "evidence.jsonl")
        sides = {s: SideIndex.load(folder / s, [p for p in partners if p.side is s], evidence) for s in Side}
        outcomes = read_outcomes(folder / "outcomes.jsonl")
        return cls(
            manifest["id"],
            manifest,
            outcomes,
            sides,
            Contrast.load(folder),
            Background.load(folder),
            SectorGuess.load(folder),
        )


@contextmanager
def building(home: Path) -> Iterator[None]:
    """Hold the right to build under `home`.

    :raises Busy: another process has it.
    """
    (home / "snapshots").mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / "index.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy(N_("another process is building a snapshot in {home}; wait for it to end"), home=home) from error
    try:
        yield
    finally:
        lock.release()


def current_id(home: Path) -> str:
    """Return the id of the snapshot that serves; cheap enough for every request.

    :raises SnapshotMissing: none has been built.
    """
    try:
        return (home / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise SnapshotMissing(
            N_("no snapshot in {home} yet: import data (`tinkuy import --help`), then run `tinkuy index`"), home=home
        ) from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a snapshot's manifest.

    :raises SnapshotDamaged: absent or unreadable.
    :raises SnapshotMismatch: of another format.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
        if found == FORMAT:
            _ = [manifest[name] for name in ("id", "model", "dimensions", "version")], manifest["parts"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotDamaged(
            N_("snapshot {id} is damaged: {part} is absent or altered. Run `tinkuy index` to build it anew"),
            id=folder.name,
            part=MANIFEST,
        ) from error
    if found != FORMAT:
        raise SnapshotMismatch(
            N_("snapshot {id} has format {theirs}, this version reads {ours}: run `tinkuy index`"),
            id=folder.name,
            theirs=found,
            ours=FORMAT,
        )
    return dict(manifest)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Make sure that a file or a folder's entries are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
