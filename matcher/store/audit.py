"""The audit log: who did what to which record, and when."""

import datetime as dt

from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.store.tables import AuditRow


def record(
    session: Session,
    caller: Caller,
    action: str,
    kind: str | None = None,
    record: str | None = None,
    request: str | None = None,
) -> None:
    """Add an entry, in the same transaction as what it tells of."""
    session.add(
        AuditRow(
            at=dt.datetime.now(dt.UTC).replace(tzinfo=None),
            key=caller.key,
            organisation=caller.organisation,
            action=action,
            kind=kind,
            record=record,
            request=request,
        )
    )
