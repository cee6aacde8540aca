"""The audit log: who did what to which record, and when; never what it says."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.store.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done. `at`: UTC, without a zone; `key`: of the caller, None at the console or on an open machine."""

    id: int
    at: dt.datetime
    key: str | None
    organisation: str | None
    action: str
    kind: str | None
    record: str | None
    request: str | None


def record(
    session: Session,
    caller: Caller,
    action: str,
    kind: str | None = None,
    record: str | None = None,
    request: str | None = None,
) -> None:
    """Note what a caller did, in the transaction that does it.

    :param action: in a word, e.g. `create`, `change`, `delete`, `erase`, `read_private`, `make_key`, `revoke_key`.
    :param kind: table of what it was done to; `record`: its id; `request`: id of the HTTP request.
    """
    session.add(
        AuditRow(
            at=utc_now(),
            key=caller.key,
            organisation=caller.organisation,
            action=action,
            kind=kind,
            record=record,
            request=request,
        )
    )


def entries(session: Session, since: dt.datetime | None = None, limit: int = 1000) -> list[Entry]:
    """Return the newest entries, oldest first.

    :param since: in UTC without a zone; None is from the beginning.
    """
    wanted = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if since is not None:
        wanted = wanted.where(AuditRow.at >= since)
    return [
        Entry(r.id, r.at, r.key, r.organisation, r.action, r.kind, r.record, r.request) for r in session.scalars(wanted)
    ][::-1]


def search(
    session: Session, action: str | None = None, record: str | None = None, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Return entries, newest first.

    :param action: only these; `record`: only of records whose id holds it; `before`: only those before this entry.
    """
    wanted = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if action:
        wanted = wanted.where(AuditRow.action == action)
    if record:
        wanted = wanted.where(AuditRow.record.contains(record, autoescape=True))
    if before is not None:
        wanted = wanted.where(AuditRow.id < before)
    return [
        Entry(r.id, r.at, r.key, r.organisation, r.action, r.kind, r.record, r.request) for r in session.scalars(wanted)
    ]


def actions(session: Session) -> list[str]:
    """Return the actions that there are entries of."""
    return list(session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action)))


def forget(session: Session, kind: str, ids: Iterable[str]) -> int:
    """Put what tells nothing, `erased-…`, in the place of records' ids; return how many entries named them."""
    changed = 0
    for id_ in ids:
        done = session.execute(
            update(AuditRow).where(AuditRow.kind == kind, AuditRow.record == id_).values(record=erased_name(id_))
        )
        changed += int(done.rowcount)  # type: ignore[attr-defined]
    return changed


def erased_name(id_: str) -> str:
    """Return the name under which an erased record stays in the audit log."""
    return f"erased-{hashlib.sha256(id_.encode()).hexdigest()[:8]}"


def utc_now() -> dt.datetime:
    """Return the present moment in UTC, without a zone, as all tables hold it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
