"""Folders made once and kept, such as a converted model: whole or absent, by one process at a time."""

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from matcher.errors import ModelMissing
from matcher.language import N_

log = logging.getLogger(__name__)
FILES = "files.json"  # path in the folder -> bytes; written last


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `make` where it is not there or not as it was made.

    It is written aside, flushed, then renamed. Others who want it meanwhile wait; what a killed process left is swept
    away by the next one. Everybody on this machine may read it.

    :param make: writes into the empty folder that it is given.
    :raises ModelMissing: it can be neither read nor written.
    """
    try:
        if _whole(folder):
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not _whole(folder):  # else another process made it while this one waited
                _make(folder, make)
    except OSError as error:
        raise ModelMissing(
            N_(
                "the model cannot be kept in {path} ({reason}): let TINKUY_CACHE name a folder that can be written, "
                "with 2 GB free, or one in which `tinkuy model` has been run"
            ),
            path=folder.parent,
            reason=error.strerror or str(error),
        ) from error
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    log.info("making %s once", folder)
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        make(aside)
        files = {str(path.relative_to(aside)): path.stat().st_size for path in aside.rglob("*") if path.is_file()}
        (aside / FILES).write_text(json.dumps(files, indent=1), encoding="utf-8")
        for path in [aside, *aside.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)  # a service reads what an administrator made
            flush(path)
        if folder.exists():
            log.warning("%s is damaged and is made anew", folder)
            shutil.rmtree(folder)
        aside.rename(folder)
        flush(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _whole(folder: Path) -> bool:
    """Tell whether a folder has all its files at their lengths. Those made before FILES was written pass."""
    if not folder.is_dir():
        return False
    try:
        files: dict[str, int] = json.loads((folder / FILES).read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except FileNotFoundError as error:
        return str(error.filename) == str(folder / FILES)
    except ValueError:
        return False


def flush(path: Path) -> None:
    """Make sure that a file or a folder's entries are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
