"""Lists a page at a time: a cursor tells where the page before it ended."""

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from matcher.errors import BadQuery
from matcher.language import N_

T = TypeVar("T")
_NONE = re.compile(r"[\x00\ud800-\udfff]")  # characters that a database cannot hold
NOT_OURS = N_("cursor: not one of this list; give `next` of the page before, or begin without")
Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `next`: the cursor of the part after it; None at the end."""

    items: tuple[T, ...]
    next: str | None


def page(found: Sequence[T], limit: int, key: Callable[[T], Key]) -> Page[T]:
    """Return the page of what was found, of which up to `limit` + 1 were looked for."""
    items = tuple(found[:limit])
    more = len(found) > limit
    return Page(items, cursor_to(key(items[-1])) if more else None)


def read_cursor(cursor: str, kinds: tuple[type, ...]) -> Key:
    """Return the key inside a cursor: one value of each of `kinds` (str or int).

    :raises BadQuery: it is none of ours.
    """
    try:
        padded = (cursor + "=" * (-len(cursor) % 4)).encode()
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or [type(value) for value in key] != list(kinds) or not all(map(_storable, key)):
        raise BadQuery(NOT_OURS)
    return tuple(key)


def moment(text: str | int) -> dt.datetime:
    """Return the moment inside a cursor.

    :raises BadQuery: it is none.
    """
    try:
        return dt.datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        raise BadQuery(NOT_OURS) from None


def _storable(value: str | int) -> bool:
    """Tell whether a database can be asked for a value."""
    return abs(value) < 2**63 if isinstance(value, int) else not _NONE.search(value)


def cursor_to(key: Key) -> str:
    """Return the cursor that holds a key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
