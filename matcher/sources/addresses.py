"""Addresses to read from: which are any, where a redirect may lead, how one is told without the secrets in it."""

from urllib.parse import urljoin, urlsplit

from matcher.errors import BadInput
from matcher.language import N_


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


def onward(url: str, location: str) -> str:
    """Return where a redirect leads: on the same server, never from https to http.

    :raises BadInput: elsewhere, where a server could have us ask others for what they tell this machine alone.
    """
    target = urljoin(url, location)
    check_address(target)
    here, there = urlsplit(url), urlsplit(target)
    upgraded = (here.scheme, there.scheme) == ("http", "https") and there.port in (None, 443)
    if here.hostname != there.hostname or not (upgraded or (here.scheme, here.port) == (there.scheme, there.port)):
        message = N_("{address} leads to another server, {other}: give its address, if you trust it")
        raise BadInput(message, address=shown(url), other=shown(target))
    return target
