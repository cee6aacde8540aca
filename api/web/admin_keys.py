"""Keys in the pages: list, make, revoke. A token is shown once, on the very page that made it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.cookies import KEY_COOKIE
from api.state import Admin, Records, request_of
from api.web.rendering import render, say_of
from api.web.typed import InPath, one_line
from matcher.access import Caller, Role
from matcher.errors import BadInput, Conflict, TinkuyError
from matcher.language import N_
from matcher.store import audit, keys, organisations

router = APIRouter(include_in_schema=False)
ROLES = {
    Role.READER: N_("asks and reads, for a program or where reading needs a key"),
    Role.CONTRIBUTOR: N_("writes the records of its organisation"),
    Role.OFFICER: N_("works at its office's desk, and sees contacts"),
    Role.ADMIN: N_("does everything, keys too"),
}


@router.get("/admin/keys")
def keys_page(request: Request, store: Records, caller: Admin) -> Response:
    """List all keys."""
    return _page(request, store, caller)


@router.post("/admin/keys")
def make_key(
    request: Request,
    store: Records,
    caller: Admin,
    role: Annotated[Role, Form()],
    organisation: Annotated[str, Form(max_length=300)] = "",
    label: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Make a key and show it, this once; who makes the first one is signed in with it."""
    typed = {"role": role.value, "organisation": organisation, "label": label}
    first = False
    try:
        with store.noting() as session:
            first = keys.made(session).ever == 0
            if first and role is not Role.ADMIN:
                raise BadInput(N_("the first key must be an administrator's: else nobody could come back to this page"))
            if not organisation and role is not Role.ADMIN:
                raise BadInput(N_("choose the organisation that the key acts for"))
            if organisation:
                organisations.must_exist(session, organisation)
            token = keys.make(session, role, organisation or None, one_line(label) or None)
            audit.record(session, caller, "make_key", "api_key", token.split("_")[1], request_of(request))
    except TinkuyError as error:
        return _page(request, store, caller, 422, error=error.text(say_of(request)), typed=typed)
    signed_in = Caller(Role.ADMIN, organisation or None, key=token.split("_")[1]) if first else caller
    request.state.caller = signed_in
    response = _page(request, store, signed_in, token=token, first=first)
    if first:
        secure = request.state.guard.is_https(request)
        response.set_cookie(KEY_COOKIE, token, httponly=True, samesite="lax", secure=secure)
    return response


@router.post("/admin/keys/{key_id}/revoke")
def revoke_key(request: Request, store: Records, caller: Admin, key_id: InPath) -> Response:
    """Let a key open nothing any more; the last one of an administrator stays."""
    with store.noting() as session:
        admins = {key.id for key in keys.everyone(session) if key.role is Role.ADMIN and key.revoked is None}
        if admins == {key_id}:
            raise Conflict(N_("this is the only administrator's key: make another one first"))
        keys.revoke(session, key_id)
        audit.record(session, caller, "revoke_key", "api_key", key_id, request_of(request))
    return RedirectResponse("/admin/keys" if key_id != caller.key else "/", 303)


def _page(
    request: Request,
    store: Records,
    caller: Caller,
    status: int = 200,
    *,
    error: str = "",
    token: str = "",
    first: bool = False,
    typed: dict[str, str] | None = None,
) -> Response:
    with store.reading() as session:
        found = keys.everyone(session)[::-1]
        known = organisations.everyone(session)
    return render(
        request, "admin_keys.html", status, keys=found, organisations=known, names={o.id: o.name for o in known},
        roles=ROLES, error=error, token=token, first=first, open=not found, own=caller.key,
        typed=typed or {"role": "admin" if not found else "officer", "organisation": "", "label": ""},
    )  # fmt: skip
