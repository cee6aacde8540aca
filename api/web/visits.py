"""When the caller was last at a desk: kept on their own device, for telling what is new there since.

A visit ends when nothing was looked at for a while; what was written since then is new throughout the next one.
Nothing on the server needs to change when somebody reads, and nobody else learns when an officer works.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from fastapi import Request, Response

from matcher.access import Caller
from matcher.records import State

PAUSE_S = 30 * 60  # without a look ends a visit
KEPT_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visit:
    """This visit. `since`: the version after which things are new, None on the first one; `left`: when that was."""

    since: int | None
    left: dt.datetime | None


def visit(request: Request, caller: Caller, state: State, now: dt.datetime) -> tuple[Visit, str]:
    """Return the visit that a look at the desk belongs to, and what to keep of it: see `keep`.

    :param state: of the database now. :param now: UTC.
    """
    at = int(now.timestamp())
    kept = _read(request.cookies.get(_name(caller), ""), state)
    if kept is None:
        since, left = state.version, 0
    else:
        since, left, seen, looked = kept
        if at - looked > PAUSE_S:
            since, left = seen, looked
    value = f"{since}.{left}.{state.version}.{at}.{state.lineage or ''}"
    if not left:
        return Visit(None, None), value
    return Visit(since, dt.datetime.fromtimestamp(left, dt.UTC)), value


def all_seen(state: State, now: dt.datetime) -> str:
    """Return what to keep of a visit from which on nothing that is there is new."""
    at = int(now.timestamp())
    return f"{state.version}.{at}.{state.version}.{at}.{state.lineage or ''}"


def keep(response: Response, caller: Caller, value: str, *, secure: bool) -> None:
    """Let the caller's device remember a visit."""
    response.set_cookie(
        _name(caller), value, max_age=KEPT_S, path="/desk", httponly=True, samesite="lax", secure=secure
    )


def _read(value: str, state: State) -> tuple[int, int, int, int] | None:
    """Return since, left, seen, looked; None where there is nothing, or it is of another history of the database."""
    numbers, _, lineage = value.rpartition(".")
    parts = numbers.split(".")
    if lineage != (state.lineage or "") or len(parts) != 4:
        return None
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        return None
    since, left, seen, looked = map(int, parts)
    return since, left, seen, looked


def _name(caller: Caller) -> str:
    """Return the cookie's name: one for each desk and key that this device serves."""
    whose = f"{caller.organisation}\0{caller.key}"
    return f"visit_{hashlib.sha256(whose.encode()).hexdigest()[:10]}"
