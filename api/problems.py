"""Errors as RFC 9457 problem+json: one type of problem an error of the tree."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from matcher.errors import (
    BadInput,
    BadQuery,
    Busy,
    Conflict,
    DatabaseAway,
    DatabaseOutdated,
    Denied,
    NotFound,
    SnapshotError,
    TinkuyError,
)
from matcher.language import N_, Translate, translator

RETRY_S = 5  # after which a 503 may be asked again
MEDIA_TYPE = "application/problem+json"
STATUS: tuple[tuple[type[TinkuyError], HTTPStatus], ...] = (
    (BadQuery, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (Denied, HTTPStatus.FORBIDDEN),
    (DatabaseOutdated, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseAway, HTTPStatus.SERVICE_UNAVAILABLE),
    (SnapshotError, HTTPStatus.SERVICE_UNAVAILABLE),
    (Busy, HTTPStatus.SERVICE_UNAVAILABLE),
)


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as problem+json."""
    app.add_exception_handler(TinkuyError, _tinkuy)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PoolTimeout, _overloaded)


def problem(request: Request, status: int, type_: str, detail: str, **more: Any) -> JSONResponse:
    """Return a problem's answer."""
    headers = {"Retry-After": str(RETRY_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    body = {
        "type": f"urn:tinkuy:problem:{type_}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        **more,
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def reader_of(request: Request) -> Translate:
    """Return the translator into the language that the request prefers."""
    return translator((request.headers.get("accept-language") or "es")[:2].lower())


async def _tinkuy(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TinkuyError)  # noqa: S101 - registered for it
    status = next((s for kind, s in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    return problem(request, status, type(error).__name__, error.text(reader_of(request)))


async def _overloaded(request: Request, _: Exception) -> JSONResponse:
    busy = Busy(N_("too many requests wait for the database; try again in a moment"))
    return await _tinkuy(request, busy)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = [{"where": ".".join(str(p) for p in e["loc"]), "what": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['where']}: {e['what']}" for e in found[:5])
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "BadRequest", detail, errors=found)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    response = problem(request, error.status_code, "Http", str(error.detail))
    response.headers.update(error.headers or {})  # Allow, where the method is wrong
    return response


def unexpected(request: Request) -> JSONResponse:
    """Return the answer to what nobody foresaw; it shows nothing of itself."""
    detail = "unexpected error; the server's log has the details"
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Unexpected", detail)
