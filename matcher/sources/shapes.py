"""Fields of JSON that others wrote: what is not of the shape expected is refused by name, never guessed."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from unicodedata import normalize

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.reading import MAX_TEXT, too_long
from matcher.text import clean

Thing = Mapping[str, Any]
Each = TypeVar("Each")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*)?")
_LINK = re.compile(r"https?://[^\s<>\"'\\^`{|}\x00-\x20]{1,480}", re.IGNORECASE)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z0-9]+)*")
_OTHER = {
    dict: N_("{field}: an object is expected, something else stands there"),
    list: N_("{field}: a list is expected, something else stands there"),
    str: N_("{field}: text is expected, something else stands there"),
    bool: N_("{field}: true or false is expected, something else stands there"),
}


def whole(value: Any) -> Thing:
    """Return an element, which must be an object.

    :raises BadInput: it is none.
    """
    if type(value) is dict:
        return value
    raise _other("", dict)


def thing(of: Thing, key: str) -> Thing:
    """Return an object; {} where there is none.

    :raises BadInput: something else stands there.
    """
    value = of.get(key)
    if value is None:
        return {}
    if type(value) is dict:
        return value
    raise _other(key, dict)


def things(of: Thing, key: str) -> list[Thing]:
    """Return a list of objects; [] where there is none.

    :raises BadInput: something else stands there, or in it.
    """
    return _list(of, key, dict)


def strings(of: Thing, key: str) -> list[str]:
    """Return a list of texts; [] where there is none.

    :raises BadInput: something else stands there, or in it.
    """
    return _list(of, key, str)


def string(of: Thing, key: str) -> str:
    """Return a text as it stands; "" where there is none.

    :raises BadInput: something else stands there.
    """
    value = of.get(key)
    if value is None:
        return ""
    if type(value) is str:
        return value
    raise _other(key, str)


def text(of: Thing, key: str) -> str:
    """Return a text, cleaned; "" where there is none.

    :raises BadInput: something else stands there, or it is longer than MAX_TEXT.
    """
    return cleaned(string(of, key))


def cleaned(found: str) -> str:
    """Return what `clean` makes of a text, quicker where there is little to be done.

    :raises BadInput: it is longer than MAX_TEXT.
    """
    if len(found) > MAX_TEXT:
        raise too_long(found)
    if not found.isprintable() or "<" in found or "&" in found:
        return clean(found)
    plain = found if found.isascii() else normalize("NFC", found)
    return " ".join(plain.split()) if "  " in plain or plain[:1] == " " or plain[-1:] == " " else plain


def flag(of: Thing, key: str) -> bool:
    """Return whether something is said to be true.

    :raises BadInput: something else than true, false or null stands there.
    """
    value = of.get(key)
    if value is None or type(value) is bool:
        return bool(value)
    raise _other(key, bool)


def day(of: Thing, key: str) -> dt.date | None:
    """Return a date as ISO 8601 writes it; None where there is none.

    :raises BadInput: something else stands there.
    """
    found = string(of, key)
    if not found:
        return None
    match = _DAY.fullmatch(found)
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])) if match else _no_day(found)
    except ValueError:
        return _no_day(found)


def _no_day(found: str) -> dt.date:
    raise BadInput(N_("{found!r} is no date; write 2025-03-31 or 31/03/2025"), found=found[:100])


def link(found: str) -> str | None:
    """Return an address of the web; None of anything else."""
    found = found.strip()
    return found if _LINK.fullmatch(found) else None


def language(found: str) -> str | None:
    """Return the ISO 639-1 code of a language tag: `es` of `es-PE`; None of anything else."""
    match = _LANGUAGE.fullmatch(found.strip())
    return match[1] if match else None


def _list(of: Thing, key: str, kind: type[Each]) -> list[Each]:
    value = of.get(key)
    if value is None:
        return []
    if type(value) is not list:
        raise _other(key, list)
    for each in value:
        if type(each) is not kind:
            raise _other(key, kind)
    return value


def _other(key: str, expected: type) -> BadInput:
    return BadInput(_OTHER[expected], field=key or "JSON", column=key)
