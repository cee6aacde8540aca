"""Logs without personal data: a line is a JSON object, or a text for people; to standard error.

Only our own loggers speak below WARNING: libraries' details (statements, rows, requests) hold what people wrote. A
traceback tells types and places, never an exception's message, which may repeat a question, a contact or an address.
"""

import datetime as dt
import logging
import sys
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from matcher.errors import TinkuyError

OURS = ("matcher", "api")
QUIET = ("sqlalchemy", "uvicorn", "httpx", "httpcore", "asyncio", "urllib3", "faiss", "alembic", "multipart")
Exc = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(format_: str, level: str) -> None:
    """Let all logs of this process leave as `format_` (json, text) from `level` (debug, info …) up.

    What was configured before is replaced.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Json("%(message)s", json_ensure_ascii=False)
        if format_ == "json"
        else _Text("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in QUIET:
            logger = logging.getLogger(name)
            logger.setLevel(logging.NOTSET)
            logger.handlers.clear()
            logger.propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn.error",):  # tells start and stop
        logging.getLogger(name).setLevel(level.upper() if level != "debug" else "INFO")
    logging.getLogger("uvicorn.access").disabled = True  # it writes query strings


def told(exc: Exc) -> str:
    """Return a traceback without messages: innermost cause first, each with its type and the lines that led to it."""
    parts = []
    error: BaseException | None = exc[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)
        places = "; ".join(f"{f.filename}:{f.lineno} in {f.name}" for f in frames)
        parts.append(f"{_name(error)} at {places}" if places else _name(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " <- ".join(parts)


def _name(error: BaseException) -> str:
    """Return an error's type, and of our own and the system's what they say in general."""
    if isinstance(error, TinkuyError):
        return f"{type(error).__name__} ({error.message})"  # the template: its values may be somebody's
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__} ({error.strerror})"
    return f"{type(error).__module__}.{type(error).__qualname__}"


class _Json(JsonFormatter):
    """One object a line: time, level, logger, message, and whatever `extra` tells."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Put the fields in their order."""
        log_data["time"] = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        super().add_fields(log_data, record, message_dict)
        log_data.pop("color_message", None)  # uvicorn's

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return the traceback without messages."""
        return told(ei)


class _Text(logging.Formatter):
    """A line for people; the fields of a request stand in its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the traceback is made anew each time, since the record's copy may be another formatter's."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}"
        extra = getattr(record, "request", None)
        if isinstance(extra, dict):
            line += " " + " ".join(f"{k}={v}" for k, v in extra.items())
        return f"{line}: {told(record.exc_info)}" if record.exc_info else line
