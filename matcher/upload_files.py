"""Uploaded files that wait to be confirmed: on the disk, each under an id that nobody guesses, for an hour."""

import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from matcher.errors import NotFound
from matcher.language import N_

UPLOADS = "uploads"  # their folder in the home folder
KEPT_S = 3600
EACH = 5  # of one owner wait at most
_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_ABOUT, _PLAN = "about.json", "plan.json"


@dataclass(frozen=True, slots=True)
class Draft:
    """One file that waits. `name`: what it was called where it came from."""

    id: str
    folder: Path
    name: str

    @property
    def file(self) -> Path:
        """Where it lies; its name is that which it had, as far as that can be a file's."""
        return self.folder / "file" / file_name(self.name)

    def plan(self) -> str:
        """Return what was noted of it.

        :raises NotFound: it is no longer kept.
        """
        try:
            return (self.folder / _PLAN).read_text(encoding="utf-8")
        except OSError:
            raise _gone() from None

    def note(self, plan: str) -> None:
        """Note what it would do."""
        aside = self.folder / f".{secrets.token_hex(4)}"
        aside.write_text(plan, encoding="utf-8")
        aside.replace(self.folder / _PLAN)

    def drop(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def keep(home: Path, name: str, content: IO[bytes], owner: str) -> Draft:
    """Keep a file for its owner, and forget what waits too long or is too much.

    :param owner: who alone may come back to it.
    """
    _tidy(home, owner)
    id_ = secrets.token_urlsafe(24)
    draft = Draft(id_, home / UPLOADS / id_, name[-200:])
    draft.file.parent.mkdir(parents=True, mode=0o700)
    (home / UPLOADS).chmod(0o700)  # what it holds may be confidential
    with draft.file.open("wb") as file:
        shutil.copyfileobj(content, file)
    (draft.folder / _ABOUT).write_text(json.dumps({"name": draft.name, "owner": owner}), encoding="utf-8")
    return draft


def find(home: Path, id_: str, owner: str) -> Draft:
    """Return a file that waits.

    :raises NotFound: it is no longer kept, or is another's.
    """
    about = _about(home / UPLOADS / id_) if _ID.fullmatch(id_) else {}
    if about.get("owner") != owner:
        raise _gone()
    return Draft(id_, home / UPLOADS / id_, about["name"])


def file_name(name: str) -> str:
    """Return a name that a file can have: letters, digits and little else, its ending kept."""
    plain = re.sub(r"[^\w .()-]", "_", Path(name.replace("\\", "/")).name).strip(" .")[-100:]
    return plain or "_"


def _gone() -> NotFound:
    return NotFound(N_("this upload is no longer kept: it was confirmed, or is too old; upload the file again"))


def _about(folder: Path) -> dict[str, str]:
    try:
        return dict(json.loads((folder / _ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _tidy(home: Path, owner: str) -> None:
    found = []
    for folder in (home / UPLOADS).glob("*"):
        try:
            found.append((folder.stat().st_mtime, folder))
        except OSError:  # another process was faster
            continue
    own = sorted((at, folder) for at, folder in found if _about(folder).get("owner") == owner)
    over = {folder for _, folder in own[: max(len(own) - EACH + 1, 0)]}
    for at, folder in found:
        if folder in over or time.time() - at > KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)
