"""Feeds of saved searches. Feed readers send no keys: the token in the address is what opens them."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response, status

from api.state import Records
from matcher import feeds
from matcher.language import translator
from matcher.store import inbox

router = APIRouter(tags=["feeds"])
Token = Annotated[str, Path(min_length=20, max_length=100, pattern="^[A-Za-z0-9_-]+$")]
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]


@router.get(
    "/v1/feeds/{feed}.json",
    response_class=Response,
    responses={200: {"content": {feeds.JSON_TYPE: {}}}, 304: {"description": "Not modified"}},
)
def json_feed(feed: Token, store: Records, request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """Return a saved search's news as a JSON feed (1.1)."""
    with store.reading() as session:
        search, created, items = inbox.of_feed(session, feed, feeds.NEWEST)
    body = feeds.json_feed(search, items, str(request.base_url), str(request.url.replace(query="")), translator("es"))
    return _answer(body, feeds.JSON_TYPE, feeds.http_date(feeds.newest(created, items)), if_none_match)


@router.get(
    "/v1/feeds/{feed}.atom",
    response_class=Response,
    responses={200: {"content": {feeds.ATOM_TYPE: {}}}, 304: {"description": "Not modified"}},
)
def atom_feed(feed: Token, store: Records, request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """Return a saved search's news as Atom."""
    with store.reading() as session:
        search, created, items = inbox.of_feed(session, feed, feeds.NEWEST)
    address = str(request.url.replace(query=""))
    body = feeds.atom(search, created, items, str(request.base_url), address, translator("es"))
    return _answer(body, feeds.ATOM_TYPE, feeds.http_date(feeds.newest(created, items)), if_none_match)


def _answer(body: bytes, media_type: str, modified: str, if_none_match: str | None) -> Response:
    """Return a feed, or 304 where the reader has it as it is.

    Only the ETag decides: an entry that was erased leaves no trace in the date.
    """
    tag = feeds.etag(body)
    headers = {"ETag": tag, "Last-Modified": modified, "Cache-Control": "private, max-age=0, must-revalidate"}
    known = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
