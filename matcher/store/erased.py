"""What was erased, so that no source brings it back: kept as salted hashes of ids, which tell nobody's name."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.records import Record
from matcher.store.rows import ROWS
from matcher.store.tables import ErasedRow

Key = tuple[type[Record], str]
PART = 500  # hashes looked up at once


def keep_away(session: Session, keys: Iterable[Key]) -> None:
    """Remember that records were erased."""
    salt = session.scalar(select(ErasedRow.salt).limit(1)) or secrets.token_hex(16)
    for key in keys:
        session.merge(ErasedRow(hash=_hash(salt, key), salt=salt))
    session.flush()


def erased_among(session: Session, keys: Collection[Key]) -> set[Key]:
    """Return those of the records that were erased."""
    salts = session.scalars(select(ErasedRow.salt).distinct()).all()
    hashes = {_hash(salt, key): key for salt in salts for key in keys}
    asked = sorted(hashes)
    found: set[Key] = set()
    for start in range(0, len(asked), PART):
        wanted = select(ErasedRow.hash).where(ErasedRow.hash.in_(asked[start : start + PART]))
        found.update(hashes[each] for each in session.scalars(wanted))
    return found


def _hash(salt: str, key: Key) -> str:
    kind, id_ = key
    text = f"{ROWS[kind].__tablename__}\0{id_}"
    return hmac.new(salt.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
