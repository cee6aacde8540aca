"""What people type into forms, as the database can hold it."""

import re
from typing import Annotated

from fastapi import Path

from api.desk_schemas import ID

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
InPath = Annotated[str, Path(max_length=300, pattern=ID)]


def one_line(text: str) -> str:
    """Return a typed text without control characters, and without space at its ends."""
    return _CONTROL.sub(" ", text).strip()
