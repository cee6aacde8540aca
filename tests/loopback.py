"""A server on this machine that answers as a test tells it to: with errors, cut-off replies, redirects."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asking:
    """One request: its path, query and headers; `times` the same was asked before."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    times: int


@dataclass
class Answer:
    """What is answered. `cut`: after so many bytes the connection is closed; `drip`: seconds between two bytes."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float = 0.0


@contextmanager
def serving(answer: Callable[[Asking], Answer]) -> Iterator[tuple[str, list[Asking]]]:
    """Serve while the block runs: yields the address, and the list of what was asked."""
    asked: list[Asking] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            times = sum((a.path, a.query) == (parts.path, query) for a in asked)
            asked.append(Asking(parts.path, query, dict(self.headers), times))
            given = answer(asked[-1])
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            step = 1 if given.drip else max(len(given.body), 1)
            try:
                for at in range(0, len(given.body[: given.cut]), step):
                    self.wfile.write(given.body[: given.cut][at : at + step])
                    time.sleep(given.drip)
            except OSError:  # whoever asked has gone
                self.close_connection = True
            if given.cut is not None:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
