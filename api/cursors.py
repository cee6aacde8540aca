"""Cursors: where the next part of a list begins, as an opaque word that can stand in an address."""

import base64
import binascii

from matcher.errors import BadQuery
from matcher.language import N_

MAX_CURSOR = 4_000  # characters


def cursor_of(kind: str, last: str | None) -> str | None:
    """Return the cursor of what comes after `last` in a list of `kind`."""
    if last is None:
        return None
    return base64.urlsafe_b64encode(f"{kind}:{last}".encode()).decode().rstrip("=")


def after(kind: str, cursor: str | None) -> str | None:
    """Return the last id of the part before.

    :raises BadQuery: the cursor is not one of such a list.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found, _, last = base64.b64decode(padded.encode(), altchars=b"-_", validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        found = last = ""
    if found != kind or not last or "\0" in last:
        raise BadQuery(N_("cursor: not one of this list; give `next` of the page before, or begin without"))
    return last
