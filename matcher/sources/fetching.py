"""Reading from addresses: patient with a server that is busy, polite, and never more than was bargained for."""

import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Self, TypeVar, cast

import requests
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util.retry import Retry

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.addresses import check_address, onward, shown
from matcher.sources.reading import Broken

CONNECT_S, READ_S = 10, 60  # until it answers; until the next bytes come
REPLY_S = 600  # of one reply as a whole, however slowly it drips
MAX_REPLY = 64 * 2**20  # bytes of one reply, unpacked
IN_MEMORY = 8 * 2**20  # bytes of a reply that are kept off the disk
MAX_WAIT_S = 600  # that a server may ask us to wait; a longer wait is another run's
TRIES = 5  # of one request
BACKOFF_S = 2.0  # before the second try; doubled for each further one
PAUSE_S = 0.2  # between two requests to one server
REDIRECTS = 5
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # states that may be over soon
PACKINGS = ("gzip", "deflate")  # one at most: what is packed twice may unpack to anything
AGENT = "Tinkuy (research matchmaking; reads open records)"
_CHUNK = 64 * 2**10
_FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)  # of connections, of headers without sense
Understood = TypeVar("Understood")
logger = logging.getLogger(__name__)


class _Failing(Exception):
    """A request failed in a way that may be over soon. `seconds`: what the server asks us to wait."""

    def __init__(self, reason: str, seconds: float = 0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Fetcher:
    """One reader of one server: keeps its connection, its pace and its headers.

    :param pause: seconds between two requests.
    :param timeout: seconds in which it must answer, and then go on answering.
    :param limit: bytes of one reply, unpacked.
    :param tells: part of a media type, such as `xml`, in which an error is told in a reply that is to be understood.
    :param wait: waits so many seconds.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        pause: float | None = None,
        timeout: float = READ_S,
        limit: int | None = None,
        tells: str = "",
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.pause = PAUSE_S if pause is None else pause
        self.timeout, self.tells = timeout, tells
        self.limit = MAX_REPLY if limit is None else limit
        self.requests = 0
        self._wait = time.sleep if wait is None else wait
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": AGENT, **(headers or {}), "Accept-Encoding": ", ".join(PACKINGS)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def read(
        self, url: str, params: Mapping[str, str] | None, understand: Callable[[BinaryIO], Understood]
    ) -> Understood:
        """Ask until a reply has come in whole and is understood.

        :param understand: reads a reply; one that is `Broken` is asked for again.
        :raises Broken: it was, each time.
        :raises BadInput: no http address, no answer, an error, a redirect to another server, or too much.
        """
        check_address(url)
        seconds = self.pause if self.requests else 0.0
        for attempt in range(TRIES):
            try:
                with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
                    self._fetch(url, params, cast(BinaryIO, body), seconds)
                    body.seek(0)
                    return understand(cast(BinaryIO, body))
            except (_Failing, Broken) as error:
                failure: _Failing | Broken = error
            asked_for = failure.seconds if isinstance(failure, _Failing) else 0
            seconds = max(self.pause, BACKOFF_S * 2**attempt, asked_for)
            logger.info("request failed", extra={"address": shown(url), "reason": str(failure), "seconds": seconds})
        if isinstance(failure, Broken):
            raise failure
        message = N_(
            "{address}: no answer after {tries} requests ({reason}). What came before is kept; try again later"
        )
        raise BadInput(message, address=shown(url), tries=TRIES, reason=failure)

    def get(self, url: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return what an address answers. See `read`."""
        return self.read(url, params, lambda body: body.read())

    def get_json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """Return what an address answers, read as JSON. See `read`."""

        def understand(body: BinaryIO) -> Any:
            try:
                return json.loads(body.read())
            except RecursionError:
                raise BadInput(N_("{address}: the JSON is nested too deeply"), address=shown(url)) from None
            except ValueError as error:
                message = N_("{address} does not answer with JSON: {reason}")
                raise Broken(message, address=shown(url), reason=str(error)[:200]) from None

        return self.read(url, params, understand)

    def _fetch(self, url: str, params: Mapping[str, str] | None, into: BinaryIO, seconds: float) -> None:
        """Write into a file what an address, or where it leads to, answers.

        :param seconds: to wait before.
        """
        for _ in range(REDIRECTS + 1):
            if seconds:
                self._wait(seconds)
            self.requests += 1
            try:
                with self._session.get(
                    url,
                    params=params,
                    stream=True,
                    allow_redirects=False,
                    timeout=(min(CONNECT_S, self.timeout), self.timeout),
                ) as reply:
                    if not reply.is_redirect:
                        self._check(reply)
                        self._take(reply, into)
                        return
                    url, params = onward(url, reply.headers["Location"]), None
            except _FAILURES as error:
                raise _Failing(_reason(error)) from error
            seconds = self.pause
        raise BadInput(N_("{address} leads from one address to the next without end"), address=shown(url))

    def _check(self, reply: requests.Response) -> None:
        """Let nothing pass but what is worth reading."""
        status, address = reply.status_code, shown(reply.url)
        if status in PASSING:
            raise _Failing(f"HTTP {status}", _retry_after(reply))
        told = bool(self.tells) and self.tells in reply.headers.get("Content-Type", "")
        if status in (401, 403) and not told:
            raise BadInput(
                N_("{address} wants to know who asks ({status}): give the key that its owner gave you"),
                address=address,
                status=status,
            )
        if status != 200 and not told:
            message = N_("{address} answers with an error ({status}); is it the right address?")
            raise BadInput(message, address=address, status=status)
        packing = reply.headers.get("Content-Encoding", "").strip().lower()
        if packing not in ("", "identity", *PACKINGS):
            message = N_("{address} answers packed in a way that was not asked for ({packing})")
            raise BadInput(message, address=address, packing=packing[:40])

    def _take(self, reply: requests.Response, into: BinaryIO) -> None:
        size, until = 0, time.monotonic() + REPLY_S
        # Whatever has come, however little: to wait for a whole chunk would let a server drip for days.
        while chunk := reply.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > self.limit:
                message = N_("{address} answers with more than {limit} MiB")
                raise BadInput(message, address=shown(reply.url), limit=self.limit // 2**20)
            if time.monotonic() > until:
                raise BadInput(N_("{address} answers too slowly"), address=shown(reply.url))
            into.write(chunk)


def _retry_after(reply: requests.Response) -> float:
    """Return what a server asks us to wait, 0 where it does not say.

    :raises BadInput: too long.
    """
    header = reply.headers.get("Retry-After")
    try:
        seconds = Retry(retry_after_max=10**9).parse_retry_after(header) if header else 0
    except (InvalidHeader, ValueError, OverflowError):
        return 0
    if seconds > MAX_WAIT_S:
        message = N_("{address} asks to come back in {seconds} seconds. What came before is kept; go on then")
        raise BadInput(message, address=shown(reply.url), seconds=round(seconds))
    return seconds


def _reason(error: Exception) -> str:
    """Return why a connection failed, in a few words and without the address asked for, which may hold a key."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, HTTPError):
        return "the connection was cut in the middle of the reply"
    return type(error).__name__
