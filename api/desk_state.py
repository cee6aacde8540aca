"""What the requests of a desk share: whose desk it is, versions, pages."""

from typing import Annotated, TypeVar

from fastapi import Depends, Query

from api.conditions import Asked, etag
from api.desk_schemas import ID
from api.state import Officer, Records, request_of
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


def expected_of(conditions: Asked) -> frozenset[int] | None:
    """Return the versions that If-Match allows; None where it asks for none."""
    return conditions.expected


def tagged(version: int) -> dict[str, str]:
    """Return the header that tells a record's version."""
    return {"ETag": etag(version)}


def whole(found: Page[T]) -> tuple[T, ...]:
    """Return all of a list that was asked for as a file.

    :raises BadQuery: there is more of it than a file holds.
    """
    if found.next is not None:
        raise BadQuery(N_("the list has more than {limit} rows: ask with a filter"), limit=EXPORTED)
    return found.items


AtDesk = Annotated[Caller, Depends(desk_of)]
RequestId = Annotated[str | None, Depends(request_of)]
Expected = Annotated[frozenset[int] | None, Depends(expected_of)]
Limit = Annotated[int, Query(ge=1, le=200)]
