"""Questions that wait for the model are read together: the more there are, the less each one costs.

Nobody waits for company: whoever finds the model free has it at once, and whoever waits meanwhile is read with all
the others, by one of them. On two cores eight questions together take two thirds of the time that they take singly.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from matcher.encode import Encoder, Progress, Role, Vectors

FEW = 64  # texts from which a call is large enough alone


@dataclass(eq=False, slots=True)
class _Asked:
    """Some texts of one caller. `woken`: they have been read, that has failed, or their caller shall read them."""

    texts: Sequence[str]
    woken: threading.Event = field(default_factory=threading.Event)
    vectors: Vectors | None = None
    error: BaseException | None = None


class Batching:
    """Wrap an Encoder so that questions asked by several threads at once are read together."""

    def __init__(self, encoder: Encoder, readers: int) -> None:
        """Take the encoder; `readers` calls of it run at the same time, one for each core."""
        self.encoder = encoder
        self.readers = readers
        self._changing = threading.Lock()  # of what follows
        self._reading = 0
        self._waiting: list[_Asked] = []

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self.encoder.revision

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self.encoder.dimensions

    @property
    def waiting(self) -> int:
        """How many callers wait to be read."""
        return len(self._waiting)

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return self.encoder.windows(text)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """See Encoder; passages and many texts are read as they come."""
        if role is not Role.QUERY or progress or len(texts) >= FEW:
            return self.encoder.encode(texts, role, progress)
        asked = _Asked(texts)
        with self._changing:
            free = self._reading < self.readers
            if free:
                self._reading += 1
            else:
                self._waiting.append(asked)
        if not free:
            asked.woken.wait()
        if asked.vectors is None and asked.error is None:
            self._read(asked)
        if asked.error is not None:
            raise asked.error
        assert asked.vectors is not None  # noqa: S101 - either was set
        return asked.vectors

    def _read(self, asked: _Asked) -> None:
        """Read for a caller and for its share of those who wait, then let one of the others go on."""
        with self._changing:
            share = -(-len(self._waiting) // self.readers)
            together, self._waiting = [asked, *self._waiting[:share]], self._waiting[share:]
        try:
            vectors = self.encoder.encode([text for each in together for text in each.texts], Role.QUERY)
            ends = np.cumsum([len(each.texts) for each in together])
            for each, own in zip(together, np.split(vectors, ends[:-1]), strict=True):
                each.vectors = own
        except BaseException as error:
            for each in together:
                each.error = error
        with self._changing:
            following = self._waiting.pop(0) if self._waiting else None
            self._reading -= following is None
        for each in (*together[1:], *([following] if following else ())):
            each.woken.set()
