"""An office's saved searches, and the inbox that they fill."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status

from api.cursors import Cursor
from api.desk_schemas import ID, Id, InboxOut, MarkIn, SearchIn, SearchOut
from api.desk_state import EXPORTED, AtDesk, Expected, Limit, RequestId, tagged, whole
from api.exports import FILES, Exported
from api.state import Groups, Records
from matcher.list_columns import INBOX
from matcher.saved_searches import to_question
from matcher.store import inbox, searches
from matcher.store.desk_views import the_text
from matcher.store.searches import SavedSearch

router = APIRouter(tags=["desk"])
SearchId = Annotated[str, Path(min_length=1, max_length=300, pattern=ID)]


@router.get("/v1/searches", response_model=list[SearchOut])
def list_searches(caller: AtDesk, store: Records) -> object:
    """List the office's saved searches, the oldest first."""
    with store.reading() as session:
        return [_out(found) for found in searches.searches(session, caller.organisation or "")]


@router.post("/v1/searches", response_model=SearchOut, status_code=status.HTTP_201_CREATED)
def save_search(
    search: SearchIn, caller: AtDesk, store: Records, groups: Groups, response: Response, request: RequestId
) -> object:
    """Save a search: texts written from now on that match it with at least `threshold` come to the inbox."""
    question = to_question(search.record(), groups)
    with store.writing() as writer:
        if search.evidence_id is not None:
            the_text(writer.session, search.evidence_id)
        found = searches.create(writer, caller, search.name, question, search.threshold, request=request)
    response.headers.update(tagged(found.version) | {"Location": f"/v1/searches/{found.id}"})
    return _out(found)


@router.get("/v1/searches/{search_id}", response_model=SearchOut)
def saved_search(search_id: SearchId, caller: AtDesk, store: Records, response: Response) -> object:
    """Return one saved search."""
    with store.reading() as session:
        found = searches.search(session, caller.organisation or "", search_id)
    response.headers.update(tagged(found.version))
    return _out(found)


@router.put("/v1/searches/{search_id}", response_model=SearchOut)
def change_search(
    search_id: SearchId,
    search: SearchIn,
    caller: AtDesk,
    store: Records,
    groups: Groups,
    response: Response,
    expected: Expected,
    request: RequestId,
) -> object:
    """Change a saved search. To another question, what is there already is old."""
    question = to_question(search.record(), groups)
    with store.writing() as writer:
        if search.evidence_id is not None:
            the_text(writer.session, search.evidence_id)
        found = searches.change(
            writer, caller, search_id, search.name, question, search.threshold, expected=expected, request=request
        )
    response.headers.update(tagged(found.version))
    return _out(found)


@router.delete("/v1/searches/{search_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_search(search_id: SearchId, caller: AtDesk, store: Records, expected: Expected, request: RequestId) -> None:
    """Remove a saved search with its news and feeds."""
    with store.writing() as writer:
        searches.remove(writer, caller, search_id, expected=expected, request=request)


@router.post("/v1/searches/{search_id}/feed", response_model=SearchOut)
def renew_feed(
    search_id: SearchId, caller: AtDesk, store: Records, response: Response, expected: Expected, request: RequestId
) -> object:
    """Give the search's feeds new addresses; the old ones lead nowhere from now on."""
    with store.writing() as writer:
        found = searches.renew_feed(writer, caller, search_id, expected=expected, request=request)
    response.headers.update(tagged(found.version))
    return _out(found)


@router.get("/v1/inbox", response_model=InboxOut, responses=FILES)
def list_inbox(
    caller: AtDesk,
    store: Records,
    export: Exported,
    unread: Annotated[bool, Query(description="Only what is not read yet")] = False,
    search: Annotated[Id | None, Query(description="Only what came of this saved search")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> object:
    """List what is new to the office's saved searches, the newest first; as a file, all of it."""
    rows, start = (EXPORTED, None) if export else (limit, cursor)
    with store.reading() as session:
        found = inbox.items(session, caller.organisation or "", unread=unread, search=search, cursor=start, limit=rows)
    return export.file("inbox", INBOX, whole(found)) if export else found


@router.post("/v1/inbox/read", status_code=status.HTTP_204_NO_CONTENT)
def mark_read(mark: MarkIn, caller: AtDesk, store: Records) -> None:
    """Mark news as read, or as not read."""
    with store.writing() as writer:
        inbox.mark(writer, caller, mark.ids, read=mark.read)


def _out(found: SavedSearch) -> dict[str, object]:
    names = ("id", "name", "threshold", "question", "created", "version", "unread")
    addresses = {kind: f"/v1/feeds/{found.feed}.{kind}" for kind in ("json", "atom")}
    return {name: getattr(found, name) for name in names} | {"feeds": addresses}
