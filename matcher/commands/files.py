"""Files that a command writes a list to."""

import os
from pathlib import Path

from matcher.errors import BadInput
from matcher.language import N_
from matcher.table_export import Format


def format_of(file: Path) -> Format:
    """Return the format that a file's name asks for.

    :raises BadInput: it ends otherwise.
    """
    try:
        return Format(file.suffix.lower().removeprefix("."))
    except ValueError:
        raise BadInput(N_("{path} must end in .csv, .xlsx or .json"), path=file) from None


def write_file(file: Path, body: bytes) -> None:
    """Write a file whole, or leave what was there.

    :raises BadInput: it cannot be written.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(body)
        aside.replace(file)
    except OSError as error:
        raise BadInput(N_("{path} cannot be written: {reason}"), path=file, reason=error.strerror) from error
    finally:
        aside.unlink(missing_ok=True)
