"""What became of what was read, in lines."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from matcher.language import N_, Translate


class Counted(Protocol):
    """An import's summary, a run, or what a dry run would do."""

    @property
    def kept(self) -> int:
        """Records of which something was left as people have it."""

    @property
    def gone(self) -> int:
        """Records deleted because the source no longer gives them."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """Word -> elements that hold nothing."""


def more_counts(counted: Counted, say: Translate) -> Iterator[str]:
    """Yield what else there is to tell beside what was added, changed, unchanged and refused."""
    if counted.kept:
        told = N_("{count} records kept as people have them (edited, deleted, erased, withdrawn or in use)")
        yield say(told).format(count=counted.kept)
    if counted.gone:
        yield say(N_("{count} records deleted, which the source no longer gives")).format(count=counted.gone)
    if counted.skipped:
        what = ", ".join(f"{say(word)} {count}" for word, count in sorted(counted.skipped.items()))
        yield say(N_("Read, and nothing for Tinkuy in it: {what}")).format(what=what)
