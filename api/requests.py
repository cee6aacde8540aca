"""Each request gets an id, a line in the log and its place in the metrics; a failure nobody foresaw, an answer.

The line tells method, route template, status, milliseconds, request id and key id: no path, query string, body,
header or address.
"""

import logging
import sys
import time
import uuid

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics, problems
from matcher.logs import told

log = logging.getLogger(__name__)
HEADER = b"x-request-id"


class Accounting:
    """The outermost middleware; whoever sets `request.state.request_id` or the header inside it is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and account for it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state.setdefault("request_id", uuid.uuid4().hex)
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                if all(name.lower() != HEADER for name, _ in headers):
                    message["headers"] = [*headers, (HEADER, state["request_id"].encode())]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception:
            # Types and places alone: a message may repeat what somebody asked.
            log.error("unexpected error: %s", told(sys.exc_info()), extra={"request": {"id": state["request_id"]}})
            if status:
                raise
            await problems.unexpected(Request(scope))(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "-")
            metrics.count_request(scope["method"], route, status, seconds)
            log.info(
                "request",
                extra={
                    "request": {
                        "id": state["request_id"],
                        "method": scope["method"] if scope["method"] in metrics.METHODS else "other",
                        "route": route,
                        "status": status,
                        "ms": round(seconds * 1000, 1),
                        "key": getattr(state.get("caller"), "key", None),
                    }
                },
            )
