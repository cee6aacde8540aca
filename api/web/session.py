"""Signing in with a key: a cookie carries it to the pages, out of reach of scripts; it can be revoked as ever."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api.cookies import KEY_COOKIE
from api.state import store_of
from api.web.rendering import render, say_of
from matcher.errors import NotAuthenticated, TooMany

router = APIRouter(include_in_schema=False)
KEPT_S = 30 * 24 * 3600  # where a person asks to stay signed in


@router.get("/login")
def login_page(request: Request, onward: str = "/desk") -> Response:
    """Ask for a key."""
    return render(request, "login.html", onward=local(onward), error="")


@router.post("/login")
async def login(
    request: Request,
    key: Annotated[str, Form(max_length=200)] = "",
    onward: Annotated[str, Form(max_length=2000)] = "/desk",
    stay: Annotated[bool, Form()] = False,
) -> Response:
    """Take a key, if it is valid, and go on to where it was needed."""
    guard = request.state.guard
    try:
        await run_in_threadpool(guard.known, store_of(request), key.strip(), guard.address(request))
    except (NotAuthenticated, TooMany) as error:
        return render(request, "login.html", 401, onward=local(onward), error=error.text(say_of(request)))
    response = RedirectResponse(local(onward), 303)
    response.set_cookie(
        KEY_COOKIE, key.strip(), max_age=KEPT_S if stay else None, httponly=True, samesite="lax",
        secure=guard.is_https(request),
    )  # fmt: skip
    return response


@router.post("/logout")
def logout() -> Response:
    """Forget the key on this device."""
    response = RedirectResponse("/", 303)
    response.delete_cookie(KEY_COOKIE)
    return response


def local(onward: str) -> str:
    """Return an address of ours to go on to; whatever leads elsewhere is replaced by the first page."""
    parts = urlsplit(onward.replace("\\", "/"))
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return onward if inside and onward.isprintable() else "/"
