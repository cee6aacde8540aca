"""Texts of one partner that say the same: two sources tell of one project, a title comes again with other capitals."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from rapidfuzz import fuzz

from matcher.records import Evidence
from matcher.text import fold
from matcher.wholeness import SameText

SAME = 0.95  # of the letters
RARE = 4  # words of a text by which it is looked for: those that fewest texts have
MANY = 50  # texts of a partner that share a word; where more do, each meets only the next one in the alphabet
_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"\d+|\b[ivx]{1,4}\b")


@dataclass(frozen=True, slots=True)
class Twin:
    """Two texts' ids, in their order, and how alike they are, 0 to 1."""

    a: str
    b: str
    likeness: float


def twins(texts: Sequence[Evidence], least: float = SAME) -> list[Twin]:
    """Return the pairs of texts that share a partner and say nearly the same, the likest first.

    Numbers must be the same (phase I is not phase II), and the language where both tell it.
    """
    plain = {e.id: _plain(e) for e in texts}
    by_id = {e.id: e for e in texts}
    found = []
    for a, b in sorted(_met(texts, plain)):
        if (twin := _twin(by_id[a], by_id[b], plain, least)) is not None:
            found.append(twin)
    return sorted(found, key=lambda twin: (-twin.likeness, twin.a, twin.b))


def _twin(a: Evidence, b: Evidence, plain: dict[str, str], least: float) -> Twin | None:
    if a.language and b.language and a.language != b.language:
        return None
    one, other = plain[a.id], plain[b.id]
    if Counter(_NUMBER.findall(one)) != Counter(_NUMBER.findall(other)):
        return None
    alike = fuzz.ratio(one, other, score_cutoff=100 * least) / 100
    return Twin(a.id, b.id, round(alike, 4)) if alike else None


def _met(texts: Sequence[Evidence], plain: dict[str, str]) -> set[tuple[str, str]]:
    """Return the pairs of ids that share a partner and a rare word."""
    words = {id_: sorted(set(_WORD.findall(text))) for id_, text in plain.items()}
    common = Counter(word for some in words.values() for word in some)
    shelves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text in texts:
        rarest = sorted(words[text.id], key=lambda word: (common[word], word))[:RARE] or [plain[text.id]]
        for partner in text.partners:
            for word in rarest:
                shelves[partner, word].append(text.id)
    found = set()
    for ids in shelves.values():
        met = combinations(ids, 2) if len(ids) <= MANY else pairwise(sorted(ids, key=lambda id_: (plain[id_], id_)))
        found |= {(a, b) if a < b else (b, a) for a, b in met}
    return found


def _plain(text: Evidence) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(text.full_text)))


def stars(texts: Sequence[Evidence], found: Sequence[Twin], hidden: Collection[str] = ()) -> list[SameText]:
    """Return which of some texts are to be shown by another: the fuller one that speaks of all their partners.

    That is the one with most partners, the longest text, an address, the smallest id.

    :param found: those that say the same. :param hidden: ids of texts that are shown by another already.
    """
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for twin in found:
        near[twin.a][twin.b] = near[twin.b][twin.a] = twin.likeness
    by_id = {e.id: e for e in texts}
    order = sorted(near, key=lambda id_: _fullness(by_id[id_]))
    gone, rows = set(hidden), []
    for first in order:
        if first in gone:
            continue
        for other in sorted(near[first].keys() - gone, key=order.index):
            if set(by_id[other].partners) <= set(by_id[first].partners):
                gone.add(other)
                rows.append(SameText(other, first, near[first][other]))
    return rows


def _fullness(text: Evidence) -> tuple[int, int, bool, str]:
    return -len(set(text.partners)), -len(text.full_text), text.url is None, text.id
