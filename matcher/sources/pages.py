"""What every reader is asked, and the pages that it answers with: parts of a source, each written as a whole."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from matcher.sources.reading import Told

PAGE = 500  # rows of a page, where the source has no pages of its own
SECRET = frozenset({"api_key", "client_id", "token"})  # options whose values are shown to nobody
Cursor = Mapping[str, Any]  # of JSON's values


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be read.

    :param paths: files; or
    :param url: an address to read from.
    :param options: what the format lets one choose, by name.
    :param after: the `after` of the page that was written last, where a run that was cut off goes on.
    :param since: when the last whole run began (UTC): only what has changed since is wanted, if the source can tell.
    :param again: keys of rows that were refused before, and are wanted though they have not changed; see
        `Format.by_key`.
    :param stored: names by id of the partners in the database.
    """

    paths: tuple[Path, ...] = ()
    url: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    after: Cursor | None = None
    since: dt.datetime | None = None
    again: tuple[str, ...] = ()
    stored: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that are written in one transaction. `after`: what to ask with to go on behind it.

    `total`: of rows in the source, where it tells. `partial`: it holds only what has changed since `Asked.since`, so
    that what is missing from it is not gone. Where nothing has changed there is one empty page that is `partial`: no
    page at all says that the source is empty.
    """

    rows: tuple[Told, ...]
    after: Cursor
    total: int | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, what it `expects` and an `example` command for people, its reader.

    `options`: name -> what it means. `live`: it reads from addresses too. `by_key`: from an address it can ask for
    single rows, those of `Asked.again`.
    """

    name: str
    expects: str
    example: str
    read: Callable[[Asked], Iterator[Page]]
    options: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    by_key: bool = False


def paged(rows: Iterable[Told], asked: Asked, size: int = PAGE) -> Iterator[Page]:
    """Yield rows that have no pages of their own in pages; rows that were written before are passed over."""
    done = int(asked.after["rows"]) if asked.after else 0
    left = islice(rows, done, None)
    while page := tuple(islice(left, size)):
        done += len(page)
        yield Page(page, {"rows": done})
