"""Which records of a list came already: eight bytes each, so that a million take no more than some MiB."""

import hashlib
from array import array

import numpy as np


class Seen:
    """Names that were added, and of those that had been when it was last frozen, whether one is among them."""

    def __init__(self) -> None:
        self._all = array("Q")
        self._known = np.array([], np.uint64)

    def add(self, name: str) -> None:
        """Note a name."""
        self._all.append(_number(name))

    def freeze(self) -> None:
        """Let `in` answer for what was added until now."""
        self._known = np.unique(np.frombuffer(self._all, np.uint64).copy())
        self._all = array("Q", self._known.tobytes())

    def __contains__(self, name: str) -> bool:
        number = np.uint64(_number(name))
        at = int(np.searchsorted(self._known, number))
        return at < len(self._known) and bool(self._known[at] == number)


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
