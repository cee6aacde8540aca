"""What the requests of a desk share: whose desk it is, versions, pages."""

import re
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request

from api.desk_schemas import ID
from api.state import Officer, Records
from matcher.access import Caller
from matcher.errors import BadQuery
from matcher.language import N_
from matcher.store.offices import at_desk
from matcher.store.paging import Page

T = TypeVar("T")
EXPORTED = 100_000  # rows of a file; whoever has more asks with a filter


def desk_of(
    caller: Officer,
    store: Records,
    organisation: Annotated[
        str | None,
        Query(max_length=300, pattern=ID, description="Whose desk; an admin's key says it, an officer's has one"),
    ] = None,
) -> Caller:
    """Return the caller at the desk that is meant."""
    return at_desk(store, caller, organisation)


def request_of(request: Request) -> str | None:
    """Return the request's id, where it has one, for the audit log."""
    id_: str | None = getattr(request.state, "request_id", None)
    return id_


def version_of(
    if_match: Annotated[
        str | None, Header(max_length=100, description="The ETag that the record must have now")
    ] = None,
) -> int | None:
    """Return the version that If-Match asks for; None where it asks for none."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'\s*"(\d{1,18})"\s*', if_match)
    if not found:
        raise BadQuery(N_('If-Match must be an ETag as it was given, such as "12"'))
    return int(found.group(1))


def etag(version: int) -> dict[str, str]:
    """Return the header that tells a record's version."""
    return {"ETag": f'"{version}"'}


def whole(found: Page[T]) -> tuple[T, ...]:
    """Return all of a list that was asked for as a file.

    :raises BadQuery: there is more of it than a file holds.
    """
    if found.next is not None:
        raise BadQuery(N_("the list has more than {limit} rows: ask with a filter"), limit=EXPORTED)
    return found.items


AtDesk = Annotated[Caller, Depends(desk_of)]
RequestId = Annotated[str | None, Depends(request_of)]
Expected = Annotated[int | None, Depends(version_of)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]
