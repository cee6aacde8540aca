"""What visitors ask of an office, on its desk: taken over, discarded, deleted."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.cursors import Cursor
from api.desk_state import AtDesk, RequestId
from api.state import Records
from api.web.rendering import render, say_of
from matcher.access import Caller
from matcher.errors import BadInput, Conflict, TinkuyError
from matcher.store import intake, introductions
from matcher.store.intake import REASONS, Kind, State
from matcher.store.store import Store
from matcher.taking_over import NOTE, take_over

router = APIRouter(include_in_schema=False)
SHOWN = 20
Done = Literal["", "taken", "noted", "discarded", "deleted"]
Id = Annotated[str, Path(max_length=100)]


@router.get("/desk/requests")
def requests(
    request: Request,
    store: Records,
    desk: AtDesk,
    request_id: RequestId,
    handled: Annotated[bool, Query()] = False,
    cursor: Cursor = None,
    done: Annotated[Done, Query()] = "",
    met: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Show what waits, or what has been seen to; `met`: the introduction that came of what was just taken over."""
    return _page(request, store, desk, request_id, handled=handled, cursor=cursor, done=done, met=met)


@router.post("/desk/requests/{intake_id}/take")
def take(
    request: Request,
    store: Records,
    desk: AtDesk,
    request_id: RequestId,
    intake_id: Id,
    name: Annotated[str, Form(max_length=1000)] = "",
    summary: Annotated[str, Form(max_length=20_000)] = "",
    open_: Annotated[bool, Form(alias="open")] = False,
    introduce: Annotated[bool, Form()] = False,
) -> Response:
    """Make a partner and a text of a request, which are the office's; what is not right is told, and nothing done."""
    try:
        with store.writing() as writer:
            taken = take_over(
                writer, desk, intake_id, name=name.strip(), summary=summary.strip(), confidential=not open_,
                introduce=introduce, note=say_of(request)(NOTE), request=request_id,
            )  # fmt: skip
    except (BadInput, Conflict) as error:
        return _page(request, store, desk, request_id, error=error, wrong=intake_id, typed=(name, summary, open_))
    return _back(request, "taken", **({"met": taken.introduction} if taken.introduction else {}))


@router.post("/desk/requests/{intake_id}/discard")
def discard(
    request: Request,
    store: Records,
    desk: AtDesk,
    request_id: RequestId,
    intake_id: Id,
    noted: Annotated[bool, Form()] = False,
) -> Response:
    """Say that nothing comes of a request, or (`noted`) that it was read: who asked is forgotten."""
    with store.noting() as session:
        state = State.TAKEN if noted else State.DISCARDED
        intake.settle(session, desk, intake_id, state, request=request_id)
    return _back(request, "noted" if noted else "discarded")


@router.post("/desk/requests/{intake_id}/delete")
def delete(request: Request, store: Records, desk: AtDesk, request_id: RequestId, intake_id: Id) -> Response:
    """Delete a request that has been seen to."""
    with store.noting() as session:
        intake.delete(session, desk, intake_id, request_id)
    return _back(request, "deleted", handled="true")


def _back(request: Request, done: str, **more: str) -> Response:
    office = request.query_params.get("organisation")
    values = {"done": done, **more, **({"organisation": office} if office else {})}
    return RedirectResponse(f"/desk/requests?{urlencode(values)}", 303)


def _page(
    request: Request,
    store: Store,
    desk: Caller,
    request_id: str | None,
    *,
    handled: bool = False,
    cursor: str | None = None,
    done: str = "",
    met: str = "",
    error: TinkuyError | None = None,
    wrong: str = "",
    typed: tuple[str, str, bool] = ("", "", False),
) -> Response:
    assert desk.organisation is not None  # noqa: S101 - see offices.at_desk
    with store.reading() as session:
        found = intake.intakes(session, desk.organisation, handled=handled, cursor=cursor, limit=SHOWN)
        waiting = intake.waiting_for(session, desk.organisation)
        came = {each.id: _introduced(session, desk.organisation, each.made) for each in found.items if each.made}
    if any(each.contact for each in found.items):
        with store.noting() as session:
            intake.note_reading(session, desk, request_id)
    office = request.query_params.get("organisation") or ""
    status = (409 if isinstance(error, Conflict) else 422) if error else 200
    return render(
        request, "desk_requests.html", status, found=found, waiting=waiting, handled=handled, done=done,
        met=met, came=came, error=error.text(say_of(request)) if error else "", wrong=wrong, typed=typed,
        reasons=REASONS, kinds=Kind,
        at=f"?{urlencode({'organisation': office})}" if office else "", office=office, states=State,
    )  # fmt: skip


def _introduced(session: Session, office: str, partner: str) -> str | None:
    """Return the introduction of the partner that was made of a request, the last of them."""
    found = introductions.introductions(session, office, partner=partner, limit=1).items
    return found[0].id if found else None
