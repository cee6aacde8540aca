"""ETags and the conditions of requests: RFC 9110, 8.8.3 and 13.1.

A record's ETag begins with its version. After it stands a digest of what this caller sees, so that a copy
is never taken for fresh when only the view has changed: `"17-3f1c0a92"`. In If-Match the version alone counts.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request, Response

_TAG = re.compile(r'(W/)?"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a write asks of the record that is there; see `editing.Change`. `any`: that there is one."""

    expected: frozenset[int] | None = None
    any: bool = False
    new: bool = False

    def of_version(self, version: int | None) -> "Conditions":
        """Return these conditions and that the record has this version; None asks for nothing more."""
        if version is None:
            return self
        expected = frozenset({version}) if self.expected is None else self.expected & {version}
        return replace(self, expected=expected, any=False)


def conditions_of(request: Request) -> Conditions:
    """Read If-Match and If-None-Match of a request that writes."""
    match, new = request.headers.get("if-match"), request.headers.get("if-none-match", "").strip() == "*"
    if match is None or match.strip() == "*":
        return Conditions(any=match is not None, new=new)
    versions = (tag.partition("-")[0] for weak, tag in _TAG.findall(match) if not weak)
    return Conditions(frozenset(int(v) for v in versions if v.isdecimal() and len(v) < 19), new=new)


Asked = Annotated[Conditions, Depends(conditions_of)]


def etag(version: int, body: str = "") -> str:
    """Return the ETag of a record, or of a view of it."""
    return f'"{version}-{hashlib.sha256(body.encode()).hexdigest()[:12]}"' if body else f'"{version}"'


def conditional(request: Request, version: int, body: str) -> Response:
    """Return what was asked for, or 304 where the client has just that."""
    tag = etag(version, body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}  # what is seen depends on who asks
    asked = request.headers.get("if-none-match", "")
    if asked.strip() == "*" or tag in (f'"{found}"' for _, found in _TAG.findall(asked)):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
