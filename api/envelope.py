"""What every answer carries: the request's id and headers for browsers; and the answer to what nobody caught."""

import logging
import re
import uuid

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from matcher.logs import told

log = logging.getLogger(__name__)
REQUEST_ID = "x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
DOCS = ("/docs", "/static-offline-docs")  # pages with scripts of their own; everything else is data
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
HSTS = "max-age=31536000"


class Envelope:
    """The outermost middleware; `proxy`: whether X-Forwarded-Proto is believed."""

    def __init__(self, app: ASGIApp, *, proxy: bool = False) -> None:
        self.app = app
        self.proxy = proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, dress its answer, and answer for what nobody caught."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        given = asked.get(REQUEST_ID, "")
        id_ = given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = id_
        docs = scope["path"].startswith(DOCS)
        dress = HEADERS | {"content-security-policy": DOCS_POLICY if docs else DATA_POLICY}
        if not docs:
            dress["cache-control"] = "no-store"  # answers depend on who asks; a route that knows better says so
        if scope["scheme"] == "https" or (self.proxy and asked.get("x-forwarded-proto") == "https"):
            dress["strict-transport-security"] = HSTS
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in dress.items():
                    headers.setdefault(name, value)
                headers[REQUEST_ID] = id_
            await send(message)

        try:
            await self.app(scope, receive, dressed)
        except Exception as error:
            what = told((type(error), error, error.__traceback__))
            log.error("unexpected error: %s", what, extra={"request": {"id": id_}})
            if started:
                raise ConnectionAbortedError("the answer broke off") from None
            response = await problems.unexpected(Request(scope), error)
            await response(scope, receive, dressed)
