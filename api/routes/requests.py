"""What people without a key ask of the offices, as programs hand it in; and an office's moderation of it."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, status

from api.cursors import Cursor
from api.desk_schemas import ID
from api.desk_state import AtDesk, Limit, RequestId
from api.request_schemas import ReceivedOut, RequestIn, RequestsOut, TakenOut, TakeOver
from api.state import Anybody, Records
from matcher.checking import check
from matcher.records import Partner
from matcher.store import intake
from matcher.store.intake import Asked, State
from matcher.taking_over import take_over

router = APIRouter(tags=["requests"])
Id = Annotated[str, Path(min_length=1, max_length=100, pattern=ID)]


@router.post("/v1/requests", response_model=ReceivedOut, status_code=status.HTTP_202_ACCEPTED)
def hand_in(
    request: Request, given: Annotated[RequestIn, Body()], caller: Anybody, store: Records, request_id: RequestId
) -> object:
    """Leave a need, an offer or a complaint with the offices, as the public page's form does; an officer reads it.

    Nothing of it is shown to anybody else, nor ranked, before an office takes it over.
    """
    sector = [given.sector] if given.sector else []
    place: dict[str, Any] = check(Partner, {"region": given.region, "sectors": sector})
    asked = Asked(
        given.kind,
        given.question,
        given.seeks,
        place["region"],
        next(iter(place["sectors"]), None),
        given.partner,
        given.who,
        given.company,
        given.contact,
        given.consent,
        given.reason,
        given.words,
    )
    guard = request.state.guard
    guard.rates.write_to_an_office(caller, guard.address(request))
    with store.noting() as session:
        return {"id": intake.add(session, asked, caller, request_id)}


@router.get("/v1/requests", response_model=RequestsOut)
def list_requests(
    caller: AtDesk,
    store: Records,
    request_id: RequestId,
    handled: Annotated[bool, Query(description="Those that an office has seen to, not those that wait")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> object:
    """List what waits for the office, the newest first. Reading who asks is written down."""
    with store.reading() as session:
        found = intake.intakes(session, caller.organisation or "", handled=handled, cursor=cursor, limit=limit)
    if any(each.contact for each in found.items):
        with store.noting() as session:
            intake.note_reading(session, caller, request_id)
    return found


@router.post("/v1/requests/{intake_id}/take", response_model=TakenOut, status_code=status.HTTP_201_CREATED)
def take(
    intake_id: Id, given: Annotated[TakeOver, Body()], caller: AtDesk, store: Records, request_id: RequestId
) -> object:
    """Make a partner and its text of a request, which are the office's; propose the introduction that is asked for."""
    with store.writing() as writer:
        made = take_over(
            writer,
            caller,
            intake_id,
            name=given.name,
            summary=given.summary,
            confidential=given.confidential,
            introduce=given.introduce,
            request=request_id,
        )
    return asdict(made)


@router.post("/v1/requests/{intake_id}/discard", status_code=status.HTTP_204_NO_CONTENT)
def discard(intake_id: Id, caller: AtDesk, store: Records, request_id: RequestId) -> None:
    """Say that nothing comes of a request; who asked is forgotten."""
    with store.noting() as session:
        intake.settle(session, caller, intake_id, State.DISCARDED, request=request_id)


@router.delete("/v1/requests/{intake_id}", status_code=status.HTTP_204_NO_CONTENT)
def delete(intake_id: Id, caller: AtDesk, store: Records, request_id: RequestId) -> None:
    """Delete a request that has been seen to."""
    with store.noting() as session:
        intake.delete(session, caller, intake_id, request_id)
