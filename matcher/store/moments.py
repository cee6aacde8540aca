"""The moment that a row is written."""

import datetime as dt


def now() -> dt.datetime:
    """Return the moment, in UTC, as the database keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
