"""Where a Qdrant is, and a client of it whose failures are ours: what, where, and how to mend it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from matcher.errors import BadInput, CandidatesAway, ModuleMissing
from matcher.language import N_

PREFIX = "tinkuy"
PORT = 6333  # Qdrant's own, of REST
ANSWER_S, FILL_S = 5, 120  # seconds that a question may take; that a batch of points may
_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SCHEMES = {"qdrant": "http", "http": "http", "https": "https"}


@dataclass(frozen=True, slots=True)
class Address:
    """`url` of a server, or the `folder` of Qdrant's engine in this process; `prefix` begins the collections' names."""

    url: str | None
    folder: Path | None
    prefix: str = PREFIX

    @classmethod
    def read(cls, text: str) -> "Address":
        """Read qdrant://host:port/prefix, https://host:port/prefix, or qdrant:///folder (one process, for trying).

        :raises BadInput: it is none of these.
        """
        try:
            parts = urlsplit(text)
            port = parts.port or PORT
        except ValueError:
            parts, port = urlsplit(""), PORT
        if parts.scheme == "qdrant" and not parts.netloc and len(parts.path) > 1:
            return cls(None, Path(parts.path))
        prefix = parts.path.strip("/") or PREFIX
        sound = parts.scheme in _SCHEMES and parts.hostname and not (parts.username or parts.query or parts.fragment)
        if not sound or not _PREFIX.fullmatch(prefix):
            raise BadInput(
                N_(
                    "{address!r} is no address of a Qdrant; allowed: qdrant://host:6333/prefix, "
                    "https://host:6333/prefix, qdrant:///folder"
                ),
                address=_without_key(text),
            )
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        return cls(f"{_SCHEMES[parts.scheme]}://{host}:{port}", None, prefix)

    @property
    def where(self) -> str:
        """What people are told."""
        return self.url or str(self.folder)


@dataclass(frozen=True, slots=True)
class Connection:
    """A client of the Qdrant at `where`; `local`: its engine is in this process, exact and without indexes."""

    client: Any
    prefix: str
    where: str
    local: bool

    @classmethod
    def open(cls, address: Address, key: str | None = None, seconds: int = ANSWER_S) -> "Connection":
        """Make a client; a server is asked nothing yet.

        :raises ModuleMissing: the package qdrant-client is not installed.
        :raises CandidatesAway: the folder is in use by another process.
        """
        qdrant = _package()
        with reaching(address.where):
            if address.folder:
                client = qdrant.QdrantClient(path=str(address.folder), force_disable_check_same_thread=True)
            else:
                client = qdrant.QdrantClient(url=address.url, api_key=key, timeout=seconds, check_compatibility=False)
        return cls(client, address.prefix, address.where, address.folder is not None)

    def asking(self) -> Any:
        """Return a context in which failures of the client become CandidatesAway."""
        return reaching(self.where)


@contextmanager
def reaching(where: str) -> Iterator[None]:
    """Turn every failure of Qdrant's client into one that says where.

    :raises CandidatesAway: it cannot be reached, or refuses.
    """
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    except (ApiException, QdrantException, OSError, RuntimeError) as error:
        cause = str(getattr(error, "source", error)).partition("\n")[0]
        raise CandidatesAway(
            N_("Qdrant at {where} cannot be asked: {cause}. Is it running, and is TINKUY_CANDIDATES_KEY its key?"),
            where=where,
            cause=cause,
        ) from error


def _package() -> Any:
    """Return the package qdrant_client, which only installations with a Qdrant need."""
    try:
        import qdrant_client
    except ImportError as error:
        raise ModuleMissing(
            N_("for Qdrant the package {package} is needed: pip install 'tinkuy[{extra}]'"),
            package="qdrant-client",
            extra="qdrant",
        ) from error
    return qdrant_client


def _without_key(text: str) -> str:
    """Return an address without what stands before its host, which may be a password."""
    return re.sub(r"//[^/@]*@", "//…@", text)[:200]
