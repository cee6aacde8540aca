"""Texts lie in a snapshot's file, which all processes share, and are read when somebody asks for one.

Those that came since are in memory. A million texts cost a process a number each until they are shown.
"""

import mmap
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import lru_cache, partial
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from matcher.index import arrays
from matcher.index.records_file import id_of, line_of, read_text
from matcher.index.rows import Kept
from matcher.records import Evidence

REMEMBERED = 4096  # texts that were read lately: some megabytes
FILE, NAME = "evidence.jsonl", "evidence"

Rows = NDArray[np.int64]


class TextsFile:
    """The texts of a snapshot, a line each, in the order of their ids."""

    def __init__(self, data: mmap.mmap | bytes, starts: Rows) -> None:
        """Take what `open` mapped. `starts`: (texts + 1,) where lines begin, in bytes."""
        self._line = partial(_line, data, starts)
        self._read = lru_cache(REMEMBERED)(partial(_read, self._line))
        self.count = len(starts) - 1

    @classmethod
    def empty(cls) -> "TextsFile":
        """Return a file without texts."""
        return cls(b"", np.zeros(1, np.int64))

    @classmethod
    def write(cls, folder: Path, lines: Iterable[bytes]) -> None:
        """Write lines into `folder`, in the order of the texts' ids."""
        starts = [0]
        with (folder / FILE).open("wb") as file:
            for line in lines:
                starts.append(starts[-1] + file.write(line))
        arrays.save(folder, NAME, starts=np.array(starts, np.int64))

    @classmethod
    def open(cls, folder: Path) -> "TextsFile":
        """Map what `write` wrote."""
        starts = arrays.load(folder, NAME, "starts")
        if len(starts) == 1:
            return cls.empty()
        with (folder / FILE).open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), starts)

    def line(self, row: int) -> bytes:
        """Return a text's line."""
        return self._line(row)

    def text(self, row: int) -> Evidence:
        """Return a text; one that was asked for lately is at hand."""
        return self._read(row)

    def id(self, row: int) -> str:
        """Return a text's id."""
        return id_of(self._line(row))

    def row_of(self, id_: str) -> int | None:
        """Return the row of an id; None where there is none."""
        row = bisect_left(range(self.count), id_, key=self.id)
        return row if row < self.count and self.id(row) == id_ else None

    def __iter__(self) -> Iterator[Evidence]:
        return (read_text(self._line(row)) for row in range(self.count))


def _line(data: mmap.mmap | bytes, starts: Rows, row: int) -> bytes:
    return data[int(starts[row]) : int(starts[row + 1])]


def _read(line: "partial[bytes]", row: int) -> Evidence:
    return read_text(line(row))


class Texts(Sequence[Evidence]):
    """Some texts in the order of their ids. `places`: (texts,) the row in the file, or -1 - number among `extra`."""

    def __init__(self, file: TextsFile, places: Rows, extra: Sequence[Evidence] = ()) -> None:
        self.file = file
        self.places = places
        self.extra = tuple(extra)

    @classmethod
    def of(cls, texts: Sequence[Evidence]) -> "Texts":
        """Return texts in memory as such a sequence."""
        return texts if isinstance(texts, Texts) else cls(TextsFile.empty(), -1 - np.arange(len(texts)), texts)

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, row: int) -> Evidence: ...
    @overload
    def __getitem__(self, row: slice) -> "Texts": ...
    def __getitem__(self, row: int | slice) -> "Evidence | Texts":
        if isinstance(row, slice):
            return Texts(self.file, self.places[row], self.extra)
        place = int(self.places[row])
        return self.file.text(place) if place >= 0 else self.extra[-1 - place]

    def __iter__(self) -> Iterator[Evidence]:
        for place in self.places.tolist():
            yield read_text(self.file.line(place)) if place >= 0 else self.extra[-1 - place]

    @property
    def ids(self) -> Sequence[str]:
        """Their ids, none of which is read before it is asked for."""
        return _Ids(self)

    def arranged(self, kept: Kept[Evidence]) -> "Texts":
        """Return the texts after a change."""
        new = -1 - len(self.extra) - np.arange(len(kept.added))
        return Texts(self.file, kept.arrange_array(self.places, new), (*self.extra, *kept.added))


class _Ids(Sequence[str]):
    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> "_Ids": ...
    def __getitem__(self, row: int | slice) -> "str | _Ids":
        if isinstance(row, slice):
            return _Ids(self.texts[row])
        place = int(self.texts.places[row])
        return self.texts.file.id(place) if place >= 0 else self.texts.extra[-1 - place].id


class TextsById(Mapping[str, Evidence]):
    """All texts by their ids. `changed`: those that are others than in the file, None where they are no more."""

    def __init__(self, file: TextsFile, changed: Mapping[str, Evidence | None], count: int | None = None) -> None:
        self.file = file
        self.changed = changed
        self.count = file.count if count is None else count

    @classmethod
    def of(cls, texts: Iterable[Evidence]) -> "TextsById":
        """Return texts in memory as such a mapping."""
        return cls(TextsFile.empty(), {}).updated({text.id: text for text in texts})

    def updated(self, changes: Mapping[str, Evidence | None]) -> "TextsById":
        """Return the mapping after a change; None stands for a text that is no more."""
        more = sum((text is not None) - (id_ in self) for id_, text in changes.items())
        return TextsById(self.file, {**self.changed, **changes}, self.count + more)

    def __len__(self) -> int:
        return self.count

    def __contains__(self, id_: object) -> bool:
        if id_ in self.changed:
            return self.changed[str(id_)] is not None
        return isinstance(id_, str) and self.file.row_of(id_) is not None

    def __getitem__(self, id_: str) -> Evidence:
        if id_ in self.changed:
            found = self.changed[id_]
        else:
            row = self.file.row_of(id_)
            found = None if row is None else self.file.text(row)
        if found is None:
            raise KeyError(id_)
        return found

    def __iter__(self) -> Iterator[str]:
        stay = (id_ for id_ in map(self.file.id, range(self.file.count)) if id_ not in self.changed)
        yield from stay
        yield from (id_ for id_, text in self.changed.items() if text is not None)

    def values(self) -> ValuesView[Evidence]:
        """See Mapping; read line by line, for whoever wants all."""
        return _Values(self)

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Yield ids and lines of all texts, in the order of ids."""
        row_of = {self.file.id(row): row for row in range(self.file.count)}
        for id_ in sorted(row_of.keys() | self.changed.keys()):
            if id_ not in self.changed:
                yield id_, self.file.line(row_of[id_])
            elif (text := self.changed[id_]) is not None:
                yield id_, line_of(text)


class _Values(ValuesView[Evidence]):
    _mapping: TextsById

    def __iter__(self) -> Iterator[Evidence]:
        changed = self._mapping.changed
        yield from (text for text in self._mapping.file if text.id not in changed)
        yield from (text for text in changed.values() if text is not None)
