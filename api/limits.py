"""How much and how often: bytes of a request, requests of a key and of an address.

Counted in the memory of each process: several workers allow several times as much.
"""

import ipaddress
import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from matcher.access import Caller, Role
from matcher.errors import TooLarge, TooMany
from matcher.language import N_
from matcher.settings import Settings

FAILURES = "10/minute"  # keys that are not valid, of one address
LETTERS = "20/hour"  # requests for the offices, of one address without a key
KEY_TIMES = 5  # a key may ask as many times more than an address without one
BULK = ("/v1/bulk", "/desk/upload")  # where whole files come
BULK_TIMES = 20


class Rates:
    """The limits of `settings`, and what has been used of them."""

    def __init__(self, settings: Settings) -> None:
        self.address = parse(settings.rate_questions)
        self.key = type(self.address)(self.address.amount * KEY_TIMES, self.address.multiples)
        self.writes = parse(settings.rate_writes)
        self.failures = parse(FAILURES)
        self.letters = parse(LETTERS)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, caller: Caller, address: str, *, writing: bool) -> dict[str, str]:
        """Count a request and return headers that tell what is left.

        :raises TooMany: nothing is.
        """
        if caller.key is None:
            return self._hit("address", self.address, subnet(address))
        if writing:
            return self._hit("writes", self.writes, caller.key)
        return self._hit("key", self.key, caller.key)

    def may_try(self, address: str) -> None:
        """Make sure that an address has not tried too many keys.

        :raises TooMany: it has.
        """
        if not self._window.test(self.failures, "failures", subnet(address)):
            raise self._too_many("failures", self.failures, subnet(address))

    def write_to_an_office(self, caller: Caller, address: str) -> None:
        """Count a request for the offices of somebody without a key.

        :raises TooMany: there were too many from that address.
        """
        if caller.role is Role.READER and caller.key is None:
            self._hit("letters", self.letters, subnet(address))

    def failed(self, address: str) -> None:
        """Count a key that was not valid."""
        self._window.hit(self.failures, "failures", subnet(address))

    def _hit(self, name: str, item: RateLimitItem, who: str) -> dict[str, str]:
        if not self._window.hit(item, name, who):
            raise self._too_many(name, item, who)
        stats = self._window.get_window_stats(item, name, who)
        return {
            "ratelimit-policy": f'"{name}";q={item.amount};w={item.get_expiry()}',
            "ratelimit": f'"{name}";r={stats.remaining};t={_seconds(stats.reset_time)}',
        }

    def _too_many(self, name: str, item: RateLimitItem, who: str) -> TooMany:
        wait = _seconds(self._window.get_window_stats(item, name, who).reset_time)
        return TooMany(N_("too many requests ({limit}): try again in {seconds} s"), limit=str(item), seconds=wait)


def subnet(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, whose addresses are one customer's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((found, 64), strict=False))


def size_limit(path: str, settings: Settings) -> int:
    """Return how many bytes of a request to `path` are read at most."""
    return settings.max_body * (BULK_TIMES if path.startswith(BULK) else 1)


def announced(scope: Scope, most: int) -> None:
    """Refuse a request that says itself that it is too long.

    :raises TooLarge: more than `most` bytes.
    """
    length = Headers(scope=scope).get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise _too_large(most)


def counted(receive: Receive, most: int) -> Receive:
    """Return `receive` that stops a request after `most` bytes, whatever it said of its length.

    :raises TooLarge: when it is read further.
    """
    total = 0

    async def receiving() -> Message:
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > most:
                raise _too_large(most)
        return message

    return receiving


def _too_large(most: int) -> TooLarge:
    return TooLarge(N_("the request has more than {most} bytes, which is the most that is read"), most=most)


def _seconds(moment: float) -> int:
    return max(1, math.ceil(moment - time.time()))
