"""Configured sources: what is read again and again, under a name."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.errors import BadInput, Conflict, NotFound
from matcher.language import N_
from matcher.sources.formats import FORMATS
from matcher.store import organisations
from matcher.store.audit import utc_now
from matcher.store.import_runs import UPLOAD
from matcher.store.tables import SourceRow

SHRINK = 0.2  # of a source's records may vanish from one run to the next without a question
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True)
class Source:
    """A source. `files` or `url`: what is read; `owner`: the organisation whose its records are.

    `shrink`: the share of its records that may vanish at once; above it a run asks. `created`: UTC.
    """

    name: str
    format: str
    url: str | None = None
    files: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    shrink: float = SHRINK
    created: dt.datetime | None = None


def described(
    name: str, format_: str, where: Sequence[str], options: Mapping[str, str], owner: str | None, shrink: float
) -> Source:
    """Return the source that somebody describes. `where`: one address, or files, whose paths become absolute.

    :raises BadInput: what is described cannot be read.
    """
    if not _NAME.fullmatch(name) or name in FORMATS or name == UPLOAD:
        raise BadInput(
            N_("{name!r}: a source's name is of small letters, digits, - and _, and no format's name"), name=name
        )
    if format_ not in FORMATS:
        raise BadInput(N_("unknown format {format!r}; known are {known}"), format=format_, known=", ".join(FORMATS))
    known = FORMATS[format_].options
    if unknown := sorted(set(options) - set(known)):
        raise BadInput(
            N_("{format} has no option {option!r}; it has: {known}"),
            format=format_,
            option=unknown[0],
            known=", ".join(known) or "-",
        )
    if not 0 <= shrink <= 1:
        raise BadInput(N_("the share that may vanish lies between 0 and 1"))
    addresses = [each for each in where if re.match(r"https?://", each)]
    if not addresses:
        if not where:
            raise BadInput(N_("give an address, or one file at least"))
        files = tuple(str(Path(each).expanduser().absolute()) for each in where)
        return Source(name, format_, None, files, dict(options), owner, shrink)
    if len(where) > 1:
        raise BadInput(N_("give one address, or files; not both"))
    if not FORMATS[format_].live:
        raise BadInput(N_("{format} is read from files only"), format=format_)
    parts = urlsplit(addresses[0])
    if parts.username or parts.password:
        raise BadInput(N_("put no name and password into the address: it is shown to whoever administers Tinkuy"))
    return Source(name, format_, addresses[0], (), dict(options), owner, shrink)


def add(session: Session, source: Source) -> None:
    """Configure a source.

    :raises Conflict: there is one of that name.
    :raises NotFound: its organisation does not exist.
    """
    if session.get(SourceRow, source.name) is not None:
        raise Conflict(N_("a source {name!r} is configured already; remove it first"), name=source.name)
    if source.owner is not None:
        organisations.must_exist(session, source.owner)
    session.add(
        SourceRow(
            name=source.name, format=source.format, url=source.url, files=list(source.files),
            options=dict(source.options), owner=source.owner, shrink=source.shrink, created=utc_now(),
        )
    )  # fmt: skip
    session.flush()


def get(session: Session, name: str) -> Source:
    """Return a source.

    :raises NotFound: none has that name.
    """
    row = session.get(SourceRow, name)
    if row is None:
        known = ", ".join(each.name for each in everyone(session)) or "-"
        raise NotFound(N_("no source is called {name!r}; there are: {known}"), name=name, known=known)
    return _source(row)


def everyone(session: Session) -> list[Source]:
    """Return all configured sources by name."""
    return [_source(row) for row in session.scalars(select(SourceRow).order_by(SourceRow.name))]


def remove(session: Session, name: str) -> None:
    """Forget that a source is configured."""
    session.delete(session.get_one(SourceRow, name))
    session.flush()


def _source(row: SourceRow) -> Source:
    return Source(
        row.name, row.format, row.url, tuple(row.files), dict(row.options), row.owner, row.shrink, row.created
    )
