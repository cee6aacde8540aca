"""The audit log: who did what to which record, and when; never what it says."""

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
    """Write one line, in the transaction of what it tells of.

    :param record: the id of what was done something to.
    :param request: the id of the request that asked for it.
    """
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
