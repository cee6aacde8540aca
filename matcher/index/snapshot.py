"""A snapshot: one built index on disk, complete or absent.

    snapshots/<id>/manifest.json     format, model, dimensions, counts, when, the database's state, hashes of parts
    snapshots/<id>/checked.json      which parts' hashes were compared, see `integrity`
    snapshots/<id>/partners.jsonl, outcomes.jsonl, and evidence.jsonl with evidence.starts.npy, see `stored_texts`
    snapshots/<id>/contrast.npz, background.npz, sector_guess.npz   see the modules of these names
    snapshots/<id>/supply/, demand/  vectors.npy (shared by memory mapping, as all `npy` are), dense.npz,
                                     lexical.*.npy, stems.json, side.*.npy, texts.*.npy, texts.json, words.json,
                                     typical.npz, and what `read_ahead` keeps
    CURRENT                          the id of the snapshot that serves, replaced by rename

It is built aside and renamed when whole: a build killed at any moment leaves the old one serving. In memory it never
changes either: `updated` gives the one after a change of records, which shares what stayed.
"""

import datetime as dt
import json
import shutil
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from matcher.encode import Encoder, Progress
from matcher.errors import Busy, SnapshotDamaged, SnapshotError, SnapshotMismatch, SnapshotMissing
from matcher.index import integrity
from matcher.index.background import Background
from matcher.index.contrast import Contrast
from matcher.index.integrity import sha256
from matcher.index.records_file import read_outcomes, read_partners, write_records
from matcher.index.sector_guess import SectorGuess
from matcher.index.side import SideIndex
from matcher.index.stored_texts import TextsById, TextsFile
from matcher.language import N_
from matcher.made_once import flush
from matcher.records import Changes, Evidence, Outcome, Partner, Side, State

FORMAT = 6
KEEP = 2  # snapshots left on disk: the one that serves and the one before it
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
_ASIDE = ".building-"
Parts = tuple[Contrast, Background, SectorGuess]


class Snapshot:
    """Records and indexes of both sides, as of one moment.

    `state`: the database's, when the records were read. `changed`: texts that came or went since it was on the disk.
    `built`: when that was.
    """

    def __init__(
        self,
        id_: str,
        state: State,
        outcomes: Mapping[str, Outcome],
        sides: dict[Side, SideIndex],
        parts: Parts,
        records: tuple[dict[str, Partner], TextsById] | None = None,
        changed: int = 0,
        built: dt.datetime | None = None,
    ) -> None:
        self.id = id_
        self.state = state
        self.outcome = dict(outcomes)
        self.sides = sides
        self.parts = parts
        self.contrast, self.background, self.sector_guess = parts
        if records is None:
            partners = {p.id: p for side in sides.values() for p in side.partners}
            records = partners, TextsById.of(e for side in sides.values() for e in side.evidence)
        self.partners, self.evidence = records
        self.changed = changed
        self.built = built or dt.datetime.now(dt.UTC)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes by their ids."""
        return tuple(self.outcome[id_] for id_ in sorted(self.outcome))

    @classmethod
    def of(cls, id_: str, changes: Changes, encoder: Encoder, progress: Progress | None = None) -> "Snapshot":
        """Encode and index records in memory."""
        contrast = Contrast.build(encoder)
        parts = (contrast, Background.build(encoder), SectorGuess.build(encoder, contrast.needs))
        sides = {side: SideIndex.build((), (), encoder, None) for side in Side}
        return cls(id_, State(), {}, sides, parts).updated(changes, encoder, progress)

    def updated(self, changes: Changes, encoder: Encoder, progress: Progress | None = None) -> "Snapshot":
        """Return the snapshot after some changes of records; texts that are the same are not encoded again."""
        gone = {kind: {id_ for k, id_ in changes.gone if k is kind} for kind in (Partner, Evidence, Outcome)}
        outcomes = {id_: o for id_, o in self.outcome.items() if id_ not in gone[Outcome]}
        outcomes.update((o.id, o) for o in changes.outcomes)
        partners = dict(self.partners)
        for id_ in gone[Partner]:
            partners.pop(id_, None)
        partners.update((p.id, p) for p in changes.partners)
        texts: dict[str, Evidence | None] = dict.fromkeys(gone[Evidence]) | {e.id: e for e in changes.evidence}
        sides = {}
        for side, index in self.sides.items():
            who: dict[str, Partner | None] = dict.fromkeys(gone[Partner])
            who.update((p.id, p if p.side is side else None) for p in changes.partners)
            sides[side] = index.updated(who, texts, encoder, progress)
        evidence = self.evidence.updated(
            {id_: e if e and not partners.keys().isdisjoint(e.partners) else None for id_, e in texts.items()}
        )
        changed = self.changed + len(texts)
        return Snapshot(self.id, changes.state, outcomes, sides, self.parts, (partners, evidence), changed, self.built)

    def texts_of(self, partners: Collection[str]) -> list[Evidence]:
        """Return the texts that name one of some partners."""
        found: dict[str, Evidence] = {}
        for side in self.sides.values():
            for row in [side.partner_row[id_] for id_ in partners if id_ in side.partner_row]:
                found.update((text.id, text) for text in map(side.evidence.__getitem__, side.texts_of(row).tolist()))
        return [found[id_] for id_ in sorted(found)]

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
        state: State | None = None,
    ) -> str:
        """Do the work of `build` inside a `building` block of the caller's.

        :param state: of the database when the records were read.
        """
        now = Changes(state or State(), tuple(partners), tuple(evidence), tuple(outcomes), frozenset())
        return cls._write(home, lambda id_: cls.of(id_, now, encoder, progress), encoder)

    def write_alone(self, home: Path, encoder: Encoder) -> str:
        """Write what is in memory as a new snapshot, let it serve, and return its id; inside a `building` block."""
        return self._write(home, lambda _: self, encoder)

    @classmethod
    def _write(cls, home: Path, make: Callable[[str], "Snapshot"], encoder: Encoder) -> str:
        for leftover in (home / "snapshots").glob(_ASIDE + "*"):  # of builds that were killed
            shutil.rmtree(leftover)
        for leftover in home.glob(f".{CURRENT}-*"):
            leftover.unlink()
        before = (home / CURRENT).read_text(encoding="utf-8").strip() if (home / CURRENT).exists() else None
        now = dt.datetime.now(dt.UTC)
        id_ = f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
        aside = home / "snapshots" / f"{_ASIDE}{id_}"
        aside.mkdir()
        made = make(id_)
        write_records(aside / "partners.jsonl", (made.partners[id_] for id_ in sorted(made.partners)))
        write_records(aside / "outcomes.jsonl", made.outcomes)
        row_of: dict[str, int] = {}
        TextsFile.write(aside, _numbered(made.evidence.lines(), row_of))
        counts = {}
        for side, index in made.sides.items():
            index.save(aside / side, row_of)
            counts[side] = {"partners": len(index.partners), "evidence": len(index.evidence)}
        for common in made.parts:
            common.save(aside)
        parts = {str(p.relative_to(aside)): sha256(p) for p in sorted(aside.rglob("*")) if p.is_file()}
        manifest = {
            "format": FORMAT,
            "id": id_,
            "built": now.isoformat(timespec="seconds"),
            "version": made.state.version,
            "lineage": made.state.lineage,
            "model": encoder.revision,
            "dimensions": encoder.dimensions,
            "counts": counts,
            "parts": parts,
        }
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        integrity.note(aside, parts)
        for part in aside.rglob("*"):
            flush(part)
        final = home / "snapshots" / id_
        aside.rename(final)
        flush(final.parent)
        pointer = home / f".{CURRENT}-{id_}"
        pointer.write_text(id_, encoding="utf-8")
        flush(pointer)
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
        part = integrity.damaged(folder, manifest["parts"])
        if part is not None:
            raise SnapshotDamaged(
                N_("snapshot {id} is damaged: {part} is absent or altered. Run `tinkuy index` to build it anew"),
                id=folder.name,
                part=part,
            )
        partners = read_partners(folder / "partners.jsonl")
        texts = TextsFile.open(folder)
        sides = {s: SideIndex.load(folder / s, [p for p in partners if p.side is s], texts) for s in Side}
        records = {p.id: p for p in partners}, TextsById(texts, {})
        outcomes = {o.id: o for o in read_outcomes(folder / "outcomes.jsonl")}
        parts = (Contrast.load(folder), Background.load(folder), SectorGuess.load(folder))
        built = dt.datetime.fromisoformat(manifest["built"])
        state = State(manifest["version"], manifest["lineage"])
        return cls(manifest["id"], state, outcomes, sides, parts, records, built=built)


def oldest_version(home: Path, lineage: str) -> int | None:
    """Return the lowest version of the snapshots on the disk that are of the database `lineage`; None without any."""
    found = []
    for folder in (home / "snapshots").iterdir():
        if not folder.name.startswith("."):
            try:
                manifest = read_manifest(folder)
            except SnapshotError:
                continue
            if manifest["lineage"] == lineage:
                found.append(int(manifest["version"]))
    return min(found, default=None)


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
            _ = (
                [manifest[name] for name in ("id", "model", "dimensions", "version", "lineage")],
                manifest["parts"].items(),
            )
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


def _numbered(lines: Iterable[tuple[str, bytes]], row_of: dict[str, int]) -> Iterator[bytes]:
    """Yield lines, and note in `row_of` which one each id has."""
    for row, (id_, line) in enumerate(lines):
        row_of[id_] = row
        yield line
