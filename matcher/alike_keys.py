"""Which of many records share a rare key, as pairs of their positions, each once: what is worth a closer look."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
AT_ONCE = 4_000_000  # pairs that are held before those that came twice are let go


def sharing(
    keys: Iterable[tuple[int, Iterable[str]]], count: int, few: int, *, chain: bool, fresh: NDArray[np.bool_]
) -> Iterator[Positions]:
    """Yield arrays (pairs, 2) of positions that share a key, the smaller first; a pair may come in several arrays.

    :param keys: (position, its keys), positions from 0 to `count` in order.
    :param few: records that share a key; of keys that more have, with `chain` each is paired with the next one only.
    :param fresh: (count,) one of each pair is among these.
    """
    hashes, places = _listed(keys)
    if not len(hashes):
        return
    order = np.argsort(hashes, kind="stable")
    hashes, places = hashes[order], places[order]
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    lengths = np.diff(np.r_[starts, len(hashes)])
    held: list[Positions] = []
    size = 0
    for codes in _codes(places, starts, lengths, few, count, chain=chain):
        some = codes[fresh[codes // count] | fresh[codes % count]]
        held.append(some)
        size += len(some)
        if size > AT_ONCE:
            held, size = [np.unique(np.concatenate(held))], 0
    found = np.unique(np.concatenate(held)) if held else np.zeros(0, np.int64)
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        yield np.stack([part // count, part % count], axis=1)


def _listed(keys: Iterable[tuple[int, Iterable[str]]]) -> tuple[Positions, Positions]:
    """Return the hashes of all keys, and whose they are; two keys of one hash in 64 bits do not happen."""
    hashes, places, parts = [], [], []
    for place, some in keys:
        for key in some:
            hashes.append(hash(key))
            places.append(place)
        if len(hashes) > AT_ONCE // 4:
            parts.append((np.array(hashes, np.int64), np.array(places, np.int64)))
            hashes, places = [], []
    parts.append((np.array(hashes, np.int64), np.array(places, np.int64)))
    return np.concatenate([h for h, _ in parts]), np.concatenate([p for _, p in parts])


def _codes(
    places: Positions, starts: Positions, lengths: Positions, few: int, count: int, *, chain: bool
) -> Iterator[Positions]:
    """Yield pairs as one number each: the first times `count` and the second."""
    for length in np.unique(lengths):
        begins = starts[lengths == length]
        if length < 2 or (length > few and not chain):
            continue
        first, second = np.triu_indices(length, 1) if length <= few else (np.arange(length - 1), np.arange(1, length))
        step = max(1, AT_ONCE // len(first))
        for at in range(0, len(begins), step):
            block = places[begins[at : at + step, None] + np.arange(length)]
            yield (block[:, first] * count + block[:, second]).ravel()
