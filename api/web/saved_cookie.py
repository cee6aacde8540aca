"""The list of those who have no key: ids of partners in a cookie of their browser; nothing of it is kept here."""

import base64
import binascii
import json
from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

COOKIE = "saved"
MOST = 50  # partners of a list
BYTES = 3_600  # of the cookie: browsers drop what is longer than 4,096 with its name
LONGEST = 300  # characters of an id
YEAR_S = 365 * 24 * 3600


def saved_of(request: Request) -> tuple[str, ...]:
    """Return the ids in the cookie, the newest first; what is none of our making counts as empty."""
    text = request.cookies.get(COOKIE, "")
    if not text or len(text) > 2 * BYTES:
        return ()
    try:
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return ()
    if not isinstance(found, list):
        return ()
    return tuple(dict.fromkeys(id_ for id_ in found if isinstance(id_, str) and _storable(id_)))[:MOST]


def keep(response: Response, ids: Sequence[str], *, secure: bool = False) -> tuple[str, ...]:
    """Put a list into the cookie, as many of its ids as it holds, and return these."""
    kept = list(dict.fromkeys(ids))[:MOST]
    while len(text := _written(kept)) > BYTES:
        kept.pop()  # the oldest
    if kept:
        response.set_cookie(COOKIE, text, max_age=YEAR_S, samesite="lax", httponly=True, secure=secure)
    else:
        response.delete_cookie(COOKIE)
    return tuple(kept)


def _written(ids: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(ids), separators=(",", ":")).encode()).decode().rstrip("=")


def _storable(id_: str) -> bool:
    """Tell whether a database can be asked for an id."""
    return 0 < len(id_) <= LONGEST and id_.isprintable()
