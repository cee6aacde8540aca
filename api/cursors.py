"""Cursors of lists of records: where the next part begins, as an opaque word that can stand in an address."""

from typing import Annotated

from fastapi import Query

from matcher.errors import BadQuery
from matcher.store.paging import NOT_OURS, cursor_to, read_cursor

Cursor = Annotated[str | None, Query(max_length=4000, description="`next` of the page before")]


def cursor_of(kind: str, last: str | None) -> str | None:
    """Return the cursor of what comes after `last` in a list of `kind`."""
    return None if last is None else cursor_to((kind, last))


def after(kind: str, cursor: str | None) -> str | None:
    """Return the last id of the part before.

    :raises BadQuery: the cursor is not one of such a list.
    """
    if cursor is None:
        return None
    found, last = read_cursor(cursor, (str, str))
    if found != kind:
        raise BadQuery(NOT_OURS)
    return str(last)
