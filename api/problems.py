"""Errors as RFC 9457 problem+json: one type of problem an error of the tree."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.addresses import allowed
from api.cookies import KEY_COOKIE
from api.web.rendering import error_page, say_of, wants_page
from matcher.errors import (
    BadInput,
    BadQuery,
    Busy,
    Conflict,
    DatabaseAway,
    DatabaseOutdated,
    Denied,
    NotAuthenticated,
    NotFound,
    SnapshotError,
    Stale,
    TinkuyError,
    TooLarge,
    TooMany,
    Unconditional,
)
from matcher.language import N_, Translate, translator

RETRY_S = 5  # after which a 503 may be asked again
MEDIA_TYPE = "application/problem+json"
PAGES = {404: N_("This page does not exist, or no longer."), 405: N_("This address cannot be used in this way.")}
OTHER = N_("Something went wrong here. Try again; if it stays so, tell whoever runs this service.")
STATUS: tuple[tuple[type[TinkuyError], HTTPStatus], ...] = (
    (BadQuery, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Stale, HTTPStatus.PRECONDITION_FAILED),  # a Conflict too, so before it
    (Conflict, HTTPStatus.CONFLICT),
    (Unconditional, HTTPStatus.PRECONDITION_REQUIRED),
    (Denied, HTTPStatus.FORBIDDEN),
    (NotAuthenticated, HTTPStatus.UNAUTHORIZED),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (DatabaseOutdated, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseAway, HTTPStatus.SERVICE_UNAVAILABLE),
    (SnapshotError, HTTPStatus.SERVICE_UNAVAILABLE),
    (Busy, HTTPStatus.SERVICE_UNAVAILABLE),
)


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as problem+json."""
    app.add_exception_handler(TinkuyError, tinkuy)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PoolTimeout, _overloaded)
    app.add_exception_handler(Exception, unexpected)


def language_of(request: Request) -> Translate:
    """Return the translation to the language that the request prefers; Spanish where it says nothing.

    A page has the language that was chosen there.
    """
    if wants_page(request):
        return say_of(request)
    return translator((request.headers.get("accept-language") or "es")[:2].lower())


def problem(request: Request, status: int, type_: str, detail: str, **more: Any) -> Response:
    """Return a problem's answer; to a person's browser as a page."""
    if wants_page(request):
        response = error_page(request, status, detail)
        if status == HTTPStatus.UNAUTHORIZED and KEY_COOKIE in request.cookies:
            response.delete_cookie(KEY_COOKIE)  # it opens nothing any more
        return response
    headers = {"Retry-After": str(RETRY_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    body = {
        "type": f"urn:tinkuy:problem:{type_}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        **more,
    }
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")  # it may quote half a character
    return Response(text, status, headers, media_type=MEDIA_TYPE)


async def tinkuy(request: Request, error: Exception) -> Response:
    """Return what a person can mend, in their language."""
    assert isinstance(error, TinkuyError)  # noqa: S101 - registered for it
    status = next((s for kind, s in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    response = problem(request, status, type(error).__name__, error.text(language_of(request)))
    if isinstance(error, NotAuthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="tinkuy"'
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.values["seconds"])
    return response


async def _overloaded(request: Request, _: Exception) -> Response:
    busy = Busy(N_("too many requests wait for the database; try again in a moment"))
    return await tinkuy(request, busy)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = [{"where": ".".join(str(p) for p in e["loc"]), "what": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['where']}: {e['what']}" for e in found[:5])
    if wants_page(request):
        fields = ", ".join(str(e["loc"][-1]) for e in error.errors()[:5])
        detail = say_of(request)(N_("this cannot be read as it was sent: {fields}")).format(fields=fields)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "BadRequest", detail, errors=found)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    if isinstance(error.__cause__, TinkuyError):  # FastAPI's wrapping of what went wrong while it read the body
        return await tinkuy(request, error.__cause__)
    if isinstance(error.__cause__, RecursionError):
        return await tinkuy(request, BadInput(N_("the JSON is nested too deeply")))
    if isinstance(error.__cause__, ValueError):  # not UTF-8, or a number of thousands of digits
        return await tinkuy(request, BadInput(N_("this cannot be read as JSON: {reason}"), reason=error.__cause__))
    detail = str(error.detail)
    if wants_page(request):
        detail = say_of(request)(PAGES.get(error.status_code, OTHER))
    response = problem(request, error.status_code, "Http", detail)
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = allowed(request.app.routes, request.url.path)
    return response


async def unexpected(request: Request, _: Exception) -> Response:
    """Return that something went wrong, and nothing of what."""
    detail = "unexpected error; the server's log has the details"
    if wants_page(request):
        detail = say_of(request)(OTHER)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Unexpected", detail)
