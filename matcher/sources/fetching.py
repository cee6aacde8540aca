"""Reading from addresses: patient with a server that is busy, polite, and never more than was bargained for."""

import json
import time
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from matcher.errors import BadInput
from matcher.language import N_

CONNECT_S, READ_S = 10, 60  # until it answers; until the next bytes come
REPLY_S = 600  # of one reply as a whole, however slowly it drips
MAX_REPLY = 64 * 2**20  # bytes of one reply, unpacked
MAX_WAIT_S = 600  # that a server may ask us to wait; a longer wait is another run's
TRIES = 6  # of one request
BACKOFF_S = 1.0  # before the second try; doubled for each further one
PAUSE_S = 0.2  # between two requests to one server
REDIRECTS = 5
BUSY = (429, 500, 502, 503, 504)
AGENT = "Tinkuy (research matchmaking; reads open records)"
_CHUNK = 64 * 2**10
_FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)  # of connections, of headers without sense


class _Patient(Retry):
    """Waits as it is told to by Retry-After, up to MAX_WAIT_S."""

    def parse_retry_after(self, retry_after: str) -> float:
        seconds = super().parse_retry_after(retry_after)
        if seconds > MAX_WAIT_S:
            raise BadInput(
                N_("the server asks to come back in {seconds} seconds: try again then"), seconds=int(seconds)
            )
        return seconds


class Fetcher:
    """One reader of one server: keeps its connection, its pace and its headers.

    :param pause: seconds between two requests.
    :param limit: bytes of one reply, unpacked.
    """

    def __init__(
        self, *, headers: Mapping[str, str] | None = None, pause: float | None = None, limit: int = MAX_REPLY
    ) -> None:
        self.pause = PAUSE_S if pause is None else pause
        self.limit = limit
        self.next = 0.0  # the moment from which the server may be asked again
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": AGENT, **(headers or {})})
        retry = _Patient(
            total=TRIES - 1,
            backoff_factor=BACKOFF_S,
            status_forcelist=BUSY,
            redirect=False,
            raise_on_status=False,
            retry_after_max=10**9,  # ours is looked at instead
        )
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=retry))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, url: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return what an address answers; a reply that is cut off is asked for again.

        :raises BadInput: no http address, no answer, an error, a redirect to another server, or too much.
        """
        check_address(url)
        for attempt in range(TRIES):
            try:
                return self._once(url, params)
            except BadInput:
                raise
            except _FAILURES as error:
                reason, cause = _reason(error), error
            time.sleep(BACKOFF_S * 2**attempt if attempt + 1 < TRIES else 0)
        raise BadInput(N_("{address} cannot be read: {reason}"), address=shown(url), reason=reason) from cause

    def get_json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """Return what an address answers, read as JSON; a broken reply is asked for again.

        :raises BadInput: as `get`; or what it answers is not JSON, each time.
        """
        for attempt in range(3):
            try:
                return json.loads(self.get(url, params))
            except RecursionError:
                raise BadInput(N_("{address}: the JSON is nested too deeply"), address=shown(url)) from None
            except ValueError as error:
                reason = str(error)[:200]
            time.sleep(BACKOFF_S * 2**attempt)
        raise BadInput(N_("{address} does not answer with JSON: {reason}"), address=shown(url), reason=reason)

    def _once(self, url: str, params: Mapping[str, str] | None) -> bytes:
        for _ in range(REDIRECTS + 1):
            time.sleep(max(0.0, self.next - time.monotonic()))
            until = time.monotonic() + REPLY_S
            with self.session.get(
                url, params=params, stream=True, allow_redirects=False, timeout=(CONNECT_S, READ_S)
            ) as reply:
                self.next = time.monotonic() + self.pause
                if not reply.is_redirect:
                    return self._content(reply, until)
                url, params = _onward(url, reply.headers["Location"]), None
        raise BadInput(N_("{address} leads from one address to the next without end"), address=shown(url))

    def _content(self, reply: requests.Response, until: float) -> bytes:
        if reply.status_code in (401, 403):
            raise BadInput(
                N_("{address} wants to know who asks ({status}): give the key that its owner gave you"),
                address=shown(reply.url),
                status=reply.status_code,
            )
        if reply.status_code != 200:
            raise BadInput(
                N_("{address} answers with an error ({status})"), address=shown(reply.url), status=reply.status_code
            )
        found = bytearray()
        for chunk in reply.iter_content(_CHUNK):
            found += chunk
            if len(found) > self.limit:
                raise BadInput(
                    N_("{address} answers with more than {limit} MiB"),
                    address=shown(reply.url),
                    limit=self.limit // 2**20,
                )
            if time.monotonic() > until:
                raise BadInput(N_("{address} answers too slowly"), address=shown(reply.url))
        return bytes(found)


def check_address(url: str) -> None:
    """Refuse what is no address of a web server.

    :raises BadInput: another scheme than http or https, no host, or not written as an address is.
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or not url.isprintable() or " " in url:
        raise BadInput(
            N_("{address} is no address to read from: it begins with https:// or http://"), address=url[:200]
        )


def shown(url: str) -> str:
    """Return an address as it may be told: without the name, password, or key that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"[:200]


def _onward(url: str, location: str) -> str:
    """Return where a redirect leads.

    :raises BadInput: to another server, or from https to http.
    """
    onward = urljoin(url, location)
    check_address(onward)
    here, there = urlsplit(url), urlsplit(onward)
    upgraded = (here.scheme, there.scheme) == ("http", "https") and there.port in (None, 443)
    if here.hostname != there.hostname or not (upgraded or (here.scheme, here.port) == (there.scheme, there.port)):
        message = N_("{address} leads to another server, {other}: give its address, if you trust it")
        raise BadInput(message, address=shown(url), other=shown(onward))
    return onward


def _reason(error: Exception) -> str:
    """Return why a connection failed, in a few words and without the address asked for, which may hold a key."""
    while isinstance(error.args[0] if error.args else None, Exception):
        error = error.args[0]
    inner = getattr(error, "reason", None)
    return type(inner if isinstance(inner, Exception) else error).__name__
