"""Each request has a line in the log and its place in the metrics.

The line tells method, route template, status, milliseconds, request id and key id: no path, query string, body,
header or address.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics

log = logging.getLogger(__name__)


class Accounting:
    """A middleware that accounts for requests; the Envelope around it gives the id and answers what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and account for it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        started, status = time.perf_counter(), 500  # an error that leaves here becomes one

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "-")
            metrics.count_request(scope["method"], route, status, seconds)
            log.info(
                "request",
                extra={
                    "request": {
                        "id": state.get("request_id"),
                        "method": scope["method"] if scope["method"] in metrics.METHODS else "other",
                        "route": route,
                        "status": status,
                        "ms": round(seconds * 1000, 1),
                        "key": getattr(state.get("caller"), "key", None),
                    }
                },
            )
