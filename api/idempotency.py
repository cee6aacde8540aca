"""A write that is sent again with its Idempotency-Key is done once and answered twice.

The answer is kept in the transaction of the write itself: whatever happens between the two, either both are
there or neither. Errors are not kept. Answers name records and never hold them, so that nothing that is
erased lives on here.
"""

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.errors import BadInput, TooLarge
from matcher.language import N_
from matcher.store.store import Store
from matcher.store.tables import ReplyRow
from matcher.store.writer import Writer

KEPT = dt.timedelta(hours=24)
MAX_KEY = 200
MAX_BODY = 200_000  # bytes; a record of the longest texts, all of it escaped


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write answers; `body` as it is sent."""

    status: int = 204
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, **more: str) -> Response:
        """Return it as a response."""
        return Response(self.body or None, self.status, headers={**self.headers, **more})


class _Found(Exception):
    """The answer is there already: leave the transaction as if it had not begun."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Once:
    """A request that writes. `key`: its Idempotency-Key; `digest`: of all that it asks for; `body`: as it came."""

    key: str | None
    digest: str
    body: bytes

    def write(self, store: Store, caller: Caller, work: Callable[[Writer], Answer]) -> Response:
        """Do `work` in a transaction of its own and answer, or give again the answer of the first time.

        :raises BadInput: the key came before with another request.
        """
        if self.key is None:
            with store.writing() as writer:
                return work(writer).response()
        with store.reading() as session:
            found = self._find(session, caller)
        try:
            if found:
                raise _Found(found)
            with store.writing() as writer:
                if again := self._find(writer.session, caller):  # writers take turns: one was before us
                    raise _Found(again)
                answer = work(writer)
                self._keep(writer.session, caller, answer)
                return answer.response()
        except _Found as known:
            return known.answer.response(**{"Idempotent-Replayed": "true"})

    def _find(self, session: Session, caller: Caller) -> Answer | None:
        kept = select(ReplyRow).where(
            ReplyRow.caller == _name(caller), ReplyRow.key == self.key, ReplyRow.at > _now() - KEPT
        )
        row = session.scalars(kept).one_or_none()
        if row is None:
            return None
        if row.digest != self.digest:
            raise BadInput(N_("this Idempotency-Key came before with another request: give each request its own"))
        return Answer(row.status, row.body, {str(k): str(v) for k, v in row.headers.items()})

    def _keep(self, session: Session, caller: Caller, answer: Answer) -> None:
        session.execute(delete(ReplyRow).where(ReplyRow.at <= _now() - KEPT))
        session.add(
            ReplyRow(
                caller=_name(caller), key=self.key, digest=self.digest, status=answer.status, body=answer.body,
                headers=answer.headers, at=_now(),
            )
        )  # fmt: skip
        session.flush()


def once(limit: int = MAX_BODY) -> Callable[[Request], Awaitable[Once]]:
    """Return a dependency that reads a request to be done once.

    :param limit: bytes of its body at most; TooLarge where there are more.
    """

    async def read(request: Request) -> Once:
        key = request.headers.get("idempotency-key")
        if key is not None and not (1 <= len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
            raise BadInput(N_("Idempotency-Key: 1 to {limit} printable characters of ASCII"), limit=MAX_KEY)
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise TooLarge(N_("more than {limit} bytes at once: send it in parts"), limit=limit)
            parts.append(part)
        body = b"".join(parts)
        asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
        return Once(key, hashlib.sha256(asked + body).hexdigest(), body)

    return read


OnceOnly = Annotated[Once, Depends(once())]


def _name(caller: Caller) -> str:
    return caller.key or f"{caller.role}:{caller.organisation or ''}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
