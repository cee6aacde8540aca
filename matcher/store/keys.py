"""API keys: made once, shown once, stored as a hash, and who calls with one.

A token is `tk_<id>_<secret>`. The secret has 256 random bits, so that nobody guesses it however fast hashes are
tried; argon2id makes a stolen database useless even so. The hash is checked once per token and process and remembered;
the key's row is read at every request, so that a revoked key is refused at once everywhere.
"""

import datetime as dt
import hashlib
import ipaddress
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.access import Caller, Role
from matcher.errors import BadInput, Denied, NotAuthenticated, NotFound
from matcher.language import N_
from matcher.store import organisations
from matcher.store.audit import utc_now
from matcher.store.tables import KeyRow

# OWASP's least for argon2id. More would cost memory at each guess, and the secret is no password.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_TOKEN = re.compile(r"tk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_REMEMBERED = 4096  # tokens whose hash need not be checked again


@dataclass(frozen=True, slots=True)
class Key:
    """What may be shown of a key. Times are UTC; `revoked` None: it is valid."""

    id: str
    role: Role
    organisation: str | None
    label: str | None
    created: dt.datetime
    revoked: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Made:
    """How many keys were ever made, and how many are valid."""

    ever: int
    valid: int


def make(session: Session, role: Role, organisation: str | None, label: str | None = None) -> str:
    """Make a key and return its token, which is not stored and never shown again.

    :param organisation: that the key acts for; only an admin's may have none.
    :raises BadInput: it has none and must.
    :raises NotFound: there is no such organisation.
    """
    if organisation is not None:
        organisations.must_exist(session, organisation)
    elif role is not Role.ADMIN:
        raise BadInput(N_("a key of role {role} acts for an organisation: name it with --organisation"), role=role)
    id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.add(
        KeyRow(
            id=id_,
            hash=_HASHER.hash(secret),
            role=str(role),
            organisation=organisation,
            label=label,
            created=utc_now(),
            revoked=None,
        )
    )
    session.flush()
    return f"tk_{id_}_{secret}"


def revoke(session: Session, id_: str) -> Key:
    """Let a key open nothing any more; it stays in the list.

    :raises NotFound: there is none of that id.
    """
    row = session.get(KeyRow, id_)
    if row is None:
        raise NotFound(N_("no key has the id {id!r}; see `tinkuy key list`"), id=id_)
    row.revoked = row.revoked or utc_now()
    return _key(row)


def everyone(session: Session) -> list[Key]:
    """Return all keys, the oldest first, without what lets one in."""
    return [_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.created, KeyRow.id))]


def made(session: Session) -> Made:
    """Count the keys."""
    ever, revoked = session.execute(select(func.count(), func.count(KeyRow.revoked)).select_from(KeyRow)).one()
    return Made(ever, ever - revoked)


def is_loopback(host: str) -> bool:
    """Tell whether an address reaches, or comes from, this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def may_listen(session: Session, host: str) -> None:
    """Make sure that a service without keys is not reached from elsewhere.

    :raises Denied: `host` is reached from other machines, and there is no valid key.
    """
    if not is_loopback(host) and made(session).valid == 0:
        raise Denied(
            N_(
                "{host} is reached from other machines, and without a key everybody there could read and change "
                "everything: first make one with `tinkuy key create --role admin`, or listen on 127.0.0.1"
            ),
            host=host,
        )


class Keyring:
    """Finds callers by their tokens, and remembers which tokens were right."""

    def __init__(self) -> None:
        self._right: OrderedDict[bytes, str] = OrderedDict()  # sha256 of a token -> the stored hash that it fits
        self._lock = threading.Lock()
        self._checking = threading.Lock()  # one argon2 at a time: guesses cost no more memory than one
        self._decoy = _HASHER.hash(secrets.token_urlsafe(32))

    def knows(self, token: str) -> bool:
        """Tell whether a token was found right before: what it costs to check another may be limited."""
        with self._lock:
            return _digest(token) in self._right

    def caller(self, session: Session, token: str) -> Caller:
        """Return whose token it is.

        :raises NotAuthenticated: nobody's, or of a revoked key; which of the two is not told.
        """
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise _refused()
        id_, secret = found.groups()
        row = session.get(KeyRow, id_)
        # An unknown id takes as long as a wrong secret, and a revoked key as long as a valid one.
        if not self._fits(token, secret, row.hash if row else self._decoy) or row is None or row.revoked:
            raise _refused()
        served = organisations.served_by(session, row.organisation) if row.organisation else frozenset()
        return Caller(Role(row.role), row.organisation, served, row.id)

    def _fits(self, token: str, secret: str, stored: str) -> bool:
        digest = _digest(token)
        with self._lock:
            if self._right.get(digest) == stored:
                self._right.move_to_end(digest)
                return True
        try:
            with self._checking:
                _HASHER.verify(stored, secret)
        except VerifyMismatchError:
            return False
        with self._lock:
            self._right[digest] = stored
            while len(self._right) > _REMEMBERED:
                self._right.popitem(last=False)
        return True


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _refused() -> NotAuthenticated:
    return NotAuthenticated(N_("the key is not valid: it is misspelt or was revoked"))


def _key(row: KeyRow) -> Key:
    return Key(row.id, Role(row.role), row.organisation, row.label, row.created, row.revoked)
