"""Who asks: found by the key that a request carries, before anything else is done with it.

A fresh installation, where no key was ever made, is open to whoever uses this very machine, and to nobody else.
From the first key on a request without one is an anonymous reader's, where that is allowed.
"""

import logging
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import limits, problems
from api.cookies import KEY_COOKIE
from matcher.access import EVERYTHING, Caller, Role
from matcher.errors import DatabaseAway, Denied, NotAuthenticated, TinkuyError
from matcher.language import N_
from matcher.settings import Settings
from matcher.store.keys import Keyring, Made, is_loopback, made
from matcher.store.store import Store

log = logging.getLogger(__name__)
READING = {"GET", "HEAD", "OPTIONS"}
FREE = {"/healthz", "/readyz"}  # for whoever watches over the service: no key, no limit, and nothing of a record
STATIC = "/static/"  # what the pages look like, and nothing of a record either
LOGIN = "/login"  # where a key is given in a browser
FIGURES = "/metrics"  # free too on this very machine, where Prometheus has no key
FEEDS = "/v1/feeds/"  # opened by the token in their address: their readers send no keys
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
ANONYMOUS = Caller(Role.READER)


class Guard:
    """The middleware that finds the caller, for `request.state.caller`, and refuses what is too much."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.rates = limits.Rates(settings)
        self.keyring = Keyring()
        self.made: Made | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass with its caller, or answer why it may not."""
        if scope["type"] != "http" or scope["path"] in FREE or scope["path"].startswith(STATIC):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if scope["path"] == FIGURES and is_direct(request, self.settings):
            await self.app(scope, receive, send)
            return
        most = limits.size_limit(scope["path"], self.settings)
        told: dict[str, str] = {}
        state = scope.setdefault("state", {})
        state["guard"] = self
        try:
            limits.announced(scope, most)
            caller = await run_in_threadpool(self._caller, request)
            if caller is not EVERYTHING:
                told = self.rates.spend(caller, self.address(request), writing=_writes(request))
        except TinkuyError as error:
            response = await problems.tinkuy(request, error)
            await response(scope, receive, send)
            return
        state["caller"] = caller

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self.app(scope, limits.counted(receive, most), telling)

    def address(self, request: Request) -> str:
        """Return the address that asks; behind a proxy what the proxy says, which only then is believed."""
        peer = request.client.host if request.client else ""
        if self.settings.proxy:
            said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return said or "unknown"
        return peer

    def _caller(self, request: Request) -> Caller:
        """Return who asks.

        :raises NotAuthenticated: with a key that is not valid, or with none where one is needed.
        :raises Denied: nobody made a key yet, and it comes from another machine or another site's page.
        """
        store: Store = request.app.state.store
        token = _token(request)
        if token is not None:
            return self.known(store, token, self.address(request))
        token = request.cookies.get(KEY_COOKIE)
        if token and request.url.path != LOGIN:
            self._own_page(request)
            return self.known(store, token, self.address(request))
        found = self._keys(store)
        if found.ever == 0 and self._is_here(request):
            self._same_site(request)
            return EVERYTHING
        if found.valid == 0 and not self._is_here(request):
            raise Denied(
                N_(
                    "this service has no keys yet, and so answers only on its own machine: make one there with "
                    "`tinkuy key create --role admin`"
                )
            )
        if not (self.settings.public_reading or request.url.path == LOGIN or request.url.path.startswith(FEEDS)):
            raise NotAuthenticated(N_("a key is needed: send it as `Authorization: Bearer …`"))
        return ANONYMOUS

    def _keys(self, store: Store) -> Made:
        """Return how many keys there are; what was last known while the database is away.

        :raises DatabaseAway: it was never known.
        """
        try:
            with store.reading() as session:
                self.made = made(session)
        except DatabaseAway:
            if self.made is None:
                raise
        return self.made

    def known(self, store: Store, token: str, address: str) -> Caller:
        """Return whose key it is; whoever tries many that are not valid must wait.

        :raises NotAuthenticated: it is nobody's.
        :raises TooMany: too many were tried from that address.
        """
        if not self.keyring.knows(token):
            self.rates.may_try(address)
        try:
            with store.reading() as session:
                return self.keyring.caller(session, token)
        except NotAuthenticated:
            self.rates.failed(address)
            log.warning("a key that is not valid came from %s", address)
            raise

    def is_https(self, request: Request) -> bool:
        """Tell whether the way to the browser is encrypted, as far as we can know."""
        proxied = self.settings.proxy and request.headers.get("x-forwarded-proto") == "https"
        return proxied or request.url.scheme == "https"

    def _own_page(self, request: Request) -> None:
        """Keep other sites' pages from acting with the key that a browser sends by itself.

        Browsers tell where a form or script that writes comes from: Origin, and newer ones Sec-Fetch-Site.

        :raises Denied: it is not from a page of ours.
        """
        if request.method in READING:
            return
        origin = request.headers.get("origin")
        ours = urlsplit(origin).netloc == request.headers.get("host") if origin else False
        if not ours and request.headers.get("sec-fetch-site") != "same-origin":
            raise Denied(N_("this came from a page of another web site: nothing was done"))

    def _is_here(self, request: Request) -> bool:
        """Tell whether a request comes from this very machine, and not through something that stands before it."""
        if not self.settings.proxy and any(name in request.headers for name in FORWARDED):
            return False
        return is_loopback(self.address(request))

    def _same_site(self, request: Request) -> None:
        """Keep pages of other web sites, open in a browser on this machine, from acting here.

        :raises Denied: such a page asks, or by such a name.
        """
        host = request.headers.get("host", "")
        name = (urlsplit(f"//{host}").hostname or "").lower()
        origin = request.headers.get("origin")
        own = is_loopback(name) or "." not in name or name.endswith(".localhost")  # a name without dot is nobody's site
        ours = not origin or urlsplit(origin).netloc == host or origin in self.settings.cors_origins
        if origin == "null":  # of our own forms too: pages of ours do not tell where they are
            ours = request.headers.get("sec-fetch-site") == "same-origin"
        if not own or not ours:
            raise Denied(N_("a page of another web site may not act here: make a key, or ask by http://127.0.0.1"))


def is_direct(request: Request, settings: Settings) -> bool:
    """Tell whether a request comes from this very machine, and from nobody behind a proxy on it."""
    if settings.proxy or any(name in request.headers for name in FORWARDED):
        return False
    return request.client is not None and is_loopback(request.client.host)


def _token(request: Request) -> str | None:
    """Return the key that a request carries, None where it carries none.

    :raises NotAuthenticated: credentials of another kind.
    """
    given = request.headers.get("authorization")
    if given is None:
        return request.headers.get("x-api-key")
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated(N_("a key is needed: send it as `Authorization: Bearer …`"))
    return token.strip()


def _writes(request: Request) -> bool:
    return request.method not in READING and not request.url.path.endswith("/matches")
