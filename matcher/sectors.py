"""Sectors of the economy: the ISIC Rev. 4 tree (CIIU in Spanish), its titles and likeness.

Titles of sections and divisions are the United Nations' own, in Spanish and English; groups and
classes (`C131`, `C1311`) are understood by their codes and go by their division's title. The
column `words` of `isic4.csv` holds everyday names that people type.
"""

import csv
import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from matcher.errors import NotFound
from matcher.language import N_
from matcher.text import fold

# How alike two codes are, by the deepest level that they share. Two divisions of one section
# (food and machinery are both manufacturing) have little in common.
SHARED_LEVEL = {"section": 0.2, "division": 0.8, "group": 0.9}
_CODE = re.compile(r"([A-U])(\d{2,4})?")


class Sector(NamedTuple):
    """One section or division."""

    code: str
    es: str
    en: str
    words: tuple[str, ...]


@cache
def tree() -> dict[str, Sector]:
    """Return code -> sector, sections and divisions, in the order of the classification."""
    with Path(__file__).with_name("isic4.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Sector(row["code"], row["es"], row["en"], tuple(w for w in row["words"].split(";") if w))
            for row in csv.DictReader(file)
        }


def sector_name(code: str, language: str) -> str:
    """Return the official title in `language` ("es" or another, which means English)."""
    sector = tree().get(code[:3])
    return code if sector is None else sector.es if language == "es" else sector.en


@cache
def _names() -> dict[str, str]:
    """Return folded name -> code; an everyday name, then a division's title, wins over a section's."""
    names: dict[str, str] = {}
    for sector in tree().values():
        for name in (sector.es, sector.en):
            names[fold(name)] = sector.code
    names.update({fold(word): sector.code for sector in tree().values() for word in sector.words})
    return names


@cache
def _spelling() -> dict[str, str]:
    """Return folded name -> as it is written."""
    return {fold(name): name for sector in tree().values() for name in (*sector.words, sector.es, sector.en)}


def find_sector(text: str) -> str:
    """Return the ISIC code of a sector given by code, official title or everyday name.

    `C13`, `c1311`, `13`, `1311`, `textiles`, `Fabricación de productos textiles` are all understood.

    :raises NotFound: nothing goes by that name.
    """
    given = text.strip()
    code = given.upper().replace(" ", "").removeprefix("CIIU").removeprefix("ISIC").replace(".", "")
    if re.fullmatch(r"\d{2,4}", code):
        code = next((known[0] + code for known in tree() if known[1:] == code[:2]), code)
    if _CODE.fullmatch(code) and code[:3] in tree():
        return code
    name = fold(given)
    names = _names()
    if name in names:
        return names[name]
    hint = ", ".join(_spelling()[n] for n in _near(name, 0.6))
    raise NotFound(
        N_("sector {name!r} is not known; give its name or its code of ISIC Rev. 4 (CIIU). Nearest: {hint}"),
        name=text,
        hint=hint or "-",
    )


def near_sectors(text: str, likeness: float = 0.6) -> list[str]:
    """Return the codes of the sectors whose names are spelt most like `text` or hold it, the likest first.

    :param likeness: 0 to 1, as `difflib` has it, below which a name is none of them.
    """
    return list(dict.fromkeys(_names()[name] for name in _near(fold(text), likeness)))


def _near(name: str, cutoff: float) -> list[str]:
    names = _names()
    near = difflib.get_close_matches(name, names, cutoff=cutoff)
    return near or [n for n in names if len(name) > 3 and name in n][:3]


def likeness(a: str, b: str) -> float:
    """Return how alike two codes are: 1 for the same, 0 for different sections."""
    if a == b:
        return 1.0
    if a[0] != b[0]:
        return 0.0
    if len(a) < 3 or len(b) < 3 or a[1:3] != b[1:3]:
        return SHARED_LEVEL["section"]
    if len(a) < 4 or len(b) < 4 or a[3] != b[3]:
        return SHARED_LEVEL["division"]
    return SHARED_LEVEL["group"]


def lies_within(code: str, wanted: Iterable[str]) -> bool:
    """Tell whether a code is one of the wanted, or lies inside one (C13 inside C, C1311 inside C13)."""
    return any(code.startswith(w) or likeness(code, w) == 1 for w in wanted)


def closest(ours: Iterable[str], theirs: Iterable[str]) -> tuple[float, str | None]:
    """Return the greatest likeness between two sets of codes, and which of `theirs` has it."""
    theirs = sorted(theirs)
    return max(((likeness(a, b), b) for a in ours for b in theirs), key=lambda found: found[0], default=(0.0, None))
