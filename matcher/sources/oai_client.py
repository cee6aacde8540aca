"""Asking an OAI-PMH repository over HTTP: politely, again when it fails, never elsewhere than at its own address."""

import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import BinaryIO, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import InvalidHeader, MaxRetryError, ProtocolError
from urllib3.util import Retry

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.xml_stream import CHUNK, Broken

MAX_REPLY = 64 * 2**20  # bytes of one reply, unpacked; a hundred records are some hundred KiB
IN_MEMORY = 8 * 2**20  # bytes of a reply that are kept off the disk
LONGEST = 1800  # seconds that one reply may take to come in
TRIES = 5  # times that a request is sent before it has failed
MAX_WAIT = 600  # seconds that a repository may ask one to wait
REDIRECTS = 5
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # states that may be over soon
AGENT = "Tinkuy (OAI-PMH harvester)"
logger = logging.getLogger(__name__)
Understood = TypeVar("Understood")


class Failing(Exception):
    """A request failed in a way that may be over soon. `seconds`: when the repository asks one to come back."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Client:
    """Asks one repository.

    :param url: its base address.
    :param pause: seconds between two requests.
    :param timeout: seconds in which some answer must come.
    :param wait: waits so many seconds.
    """

    def __init__(
        self, url: str, pause: float = 1.0, timeout: float = 60.0, wait: Callable[[float], object] = time.sleep
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(N_("{url}: an address must begin with https:// or http://"), url=url)
        self.url = url.split("?")[0].split("#")[0]
        self.pause, self.timeout, self.wait = pause, timeout, wait
        self.requests = 0
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"})

    def ask(self, arguments: Mapping[str, str], understand: Callable[[BinaryIO], Understood]) -> Understood:
        """Send a request until its reply has come in whole and is understood.

        :param understand: reads a reply; what it raises as Broken is asked for again.
        :raises Broken: the reply was no well-formed XML as often as it was asked for.
        :raises BadInput: the repository cannot be reached, or gives no reply.
        """
        retry = Retry(total=TRIES - 1, backoff_factor=2, backoff_max=120)
        while True:
            if self.requests:
                self.wait(self.pause)
            self.requests += 1
            failure: Exception
            try:
                with tempfile.SpooledTemporaryFile(IN_MEMORY) as reply:
                    self._fetch(arguments, reply)
                    reply.seek(0)
                    return understand(reply)  # type: ignore[arg-type]
            except (Failing, Broken) as error:
                failure = error
            except requests.RequestException as error:
                failure = Failing(_plainly(error))
            try:
                retry = retry.increment("GET", self.url, error=ProtocolError(str(failure)))
            except MaxRetryError:
                if isinstance(failure, Broken):
                    raise failure from None
                raise BadInput(
                    N_("{url}: no reply after {tries} requests: {reason}. What came before is kept; try again later"),
                    url=self.url,
                    tries=TRIES,
                    reason=failure,
                ) from failure
            seconds = getattr(failure, "seconds", None)
            logger.info("request again", extra={"address": self.url, "reason": str(failure), "seconds": seconds})
            self.wait(max(retry.get_backoff_time(), seconds or 0))

    def _fetch(self, arguments: Mapping[str, str], into: tempfile.SpooledTemporaryFile[bytes]) -> None:
        url, query = self.url, dict(arguments)
        for _ in range(REDIRECTS):
            answer = self._session.get(
                url, params=query, stream=True, timeout=(min(self.timeout, 20), self.timeout), allow_redirects=False
            )
            with answer:
                if not answer.is_redirect:
                    self._take(answer, into)
                    return
                url, query = self._next(url, urljoin(answer.url, answer.headers["Location"])), {}
        raise BadInput(N_("{url}: it redirects again and again"), url=self.url)

    def _next(self, url: str, target: str) -> str:
        """Return where a redirect leads: the same host, never from https to http.

        :raises BadInput: elsewhere.
        """
        old, new = urlsplit(url), urlsplit(target)
        same_port = old.netloc == new.netloc if old.scheme == new.scheme else new.port in (None, 443)
        fine = new.hostname == old.hostname and same_port and (new.scheme, old.scheme) in (
            ("http", "http"), ("https", "https"), ("https", "http"),
        )  # fmt: skip
        if not fine:
            raise BadInput(
                N_("{url}: it redirects to {target}, another place; give that address if it is the right one"),
                url=self.url,
                target=target[:200],
            )
        return target

    def _take(self, answer: requests.Response, into: tempfile.SpooledTemporaryFile[bytes]) -> None:
        if answer.status_code in PASSING:
            raise Failing(f"HTTP {answer.status_code}", self._retry_after(answer))
        # Some say with a state of 4xx what the protocol says in the reply.
        if answer.status_code != 200 and "xml" not in answer.headers.get("Content-Type", ""):
            message = N_(
                "{url} answers with HTTP {status}; is it the base address of the repository's OAI-PMH service?"
            )
            raise BadInput(message, url=self.url, status=answer.status_code)
        size, began = 0, time.monotonic()
        for part in answer.iter_content(CHUNK):
            size += len(part)
            if size > MAX_REPLY:
                limit = MAX_REPLY // 2**20
                raise BadInput(N_("{url}: a reply is larger than {limit} MiB"), url=self.url, limit=limit)
            if time.monotonic() - began > LONGEST:
                raise Failing(f"the reply took longer than {LONGEST} s")
            into.write(part)

    def _retry_after(self, answer: requests.Response) -> float | None:
        header = answer.headers.get("Retry-After")
        try:
            seconds = Retry(retry_after_max=10**9).parse_retry_after(header) if header else None
        except (InvalidHeader, ValueError, OverflowError):
            return None
        if seconds and seconds > MAX_WAIT:
            message = N_("{url} asks to come back in {seconds} seconds. What came before is kept; go on then")
            raise BadInput(message, url=self.url, seconds=round(seconds))
        return seconds


def _plainly(error: requests.RequestException) -> str:
    """Return in a few words why a request failed."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return "the connection was cut in the middle of the reply"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
