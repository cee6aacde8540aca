"""The list that a visitor keeps in their own browser: partners to come back to."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.exports import Export
from api.state import Anybody, Records
from api.web.ask import FileType
from api.web.cards import place_of
from api.web.rendering import is_partial, language_of, render, say_of
from api.web.saved_cookie import MOST, keep, saved_of
from api.web.session import local
from matcher.list_columns import PARTNERS
from matcher.records import Partner
from matcher.store.desk_views import public_partners, the_partner
from matcher.store.store import Store
from matcher.table_export import Format

router = APIRouter(include_in_schema=False)


@router.get("/saved")
def saved(request: Request, store: Records, _: Anybody) -> Response:
    """Show the list."""
    found, gone = _partners(store, saved_of(request))
    language = language_of(request)
    shown = [(partner, place_of(partner, language)) for partner in found]
    return render(request, "saved.html", partners=shown, gone=gone, most=MOST)


@router.get("/saved.{type_}")
def saved_file(request: Request, store: Records, _: Anybody, type_: FileType) -> Response:
    """Give the list as a file."""
    found, _gone = _partners(store, saved_of(request))
    return Export(Format(type_.value), say_of(request)).file("saved", PARTNERS, found)


@router.post("/saved")
def change(
    request: Request,
    store: Records,
    _: Anybody,
    action: Annotated[Literal["add", "remove", "clear"], Form()],
    partner: Annotated[str, Form(max_length=300)] = "",
    onward: Annotated[str, Form(max_length=8000)] = "/saved",
) -> Response:
    """Put a partner on the list, or take it off, and go back to where that was done.

    :raises NotFound: there is no such partner.
    """
    ids = [id_ for id_ in saved_of(request) if id_ != partner]
    if action == "add":
        with store.reading() as session:
            the_partner(session, partner.replace("\0", ""))
        ids = [partner, *ids]
    elif action == "clear":
        ids = []
    onward = local(onward)
    response: Response = RedirectResponse(onward, 303)
    if is_partial(request):
        response = render(request, "saved_button.html", partner=partner, is_saved=action == "add", onward=onward)
    keep(response, ids, secure=request.state.guard.is_https(request))
    return response


def _partners(store: Store, ids: tuple[str, ...]) -> tuple[list[Partner], int]:
    """Return the partners of a list in its order, and how many of it are no more."""
    with store.reading() as session:
        known = public_partners(session, ids)
    found = [known[id_] for id_ in ids if id_ in known]
    return list(dict.fromkeys(found)), len(ids) - len(found)  # two that are one by now are there once
