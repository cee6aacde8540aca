"""Errors as RFC 9457 problem+json: one type of problem an error of the tree."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
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
from matcher.language import translator

MEDIA_TYPE = "application/problem+json"
STATUS: tuple[tuple[type[TinkuyError], HTTPStatus], ...] = (
    (BadQuery, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (Denied, HTTPStatus.FORBIDDEN),
    (DatabaseAway, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseOutdated, HTTPStatus.SERVICE_UNAVAILABLE),
    (SnapshotError, HTTPStatus.SERVICE_UNAVAILABLE),
    (Busy, HTTPStatus.SERVICE_UNAVAILABLE),
)


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as problem+json."""
    app.add_exception_handler(TinkuyError, _tinkuy)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _problem(request: Request, status: int, type_: str, detail: str, **more: Any) -> JSONResponse:
    body = {
        "type": f"urn:tinkuy:problem:{type_}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        **more,
    }
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


async def _tinkuy(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TinkuyError)  # noqa: S101 - registered for it
    status = next((s for kind, s in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    language = (request.headers.get("accept-language") or "es")[:2].lower()
    return _problem(request, status, type(error).__name__, error.text(translator(language)))


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = [{"where": ".".join(str(p) for p in e["loc"]), "what": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['where']}: {e['what']}" for e in found[:5])
    return _problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "BadRequest", detail, errors=found)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    response = _problem(request, error.status_code, "Http", str(error.detail))
    response.headers.update(error.headers or {})  # Allow, where the method is wrong
    return response


async def _unexpected(request: Request, _: Exception) -> JSONResponse:
    detail = "unexpected error; the server's log has the details"
    return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Unexpected", detail)
