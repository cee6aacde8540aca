"""What a setting's text may be, and how it is read: a kind has a form that people are shown, and a reader.

The forms need no translation; readers raise ValueError.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

IN_PROCESS = ("exact", "flat", "sq8", "hnsw", "ivf", "pq")  # sources of candidates without a server
UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20}
SWITCHED = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is allowed, as people are shown it, and the reader of a text that is not empty."""

    allowed: str
    read: Callable[[str], object]


def one_of(*names: str) -> Kind:
    """Return the kind of one of some names."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return Kind(", ".join(names), read)


def whole(low: int, high: int) -> Kind:
    """Return the kind of whole numbers between two bounds, both allowed."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return Kind(f"{low} … {high}", read)


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,12})\s*(|KiB|MiB)", text)
    if not found or not 2**10 <= (size := int(found[1]) * UNITS[found[2]]) <= 2**30:
        raise ValueError(text)
    return size


def _rate(text: str) -> str:
    found = re.fullmatch(r"([0-9]{1,9})/(second|minute|hour|day)", text)
    if not found or int(found[1]) < 1:
        raise ValueError(text)
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(origin)
    return origins


def _address(text: str) -> str:
    if not re.match(r"(sqlite|postgres|postgresql)(\+\w+)?://", text):
        raise ValueError(text)
    return text


def _candidates(text: str) -> str:
    engines = text.split()
    if text not in IN_PROCESS and not all(re.fullmatch(r"(qdrant|https?)://[^\s@]+", each) for each in engines):
        raise ValueError(text)  # a key in an address would be shown with it
    return text


def _contact(text: str) -> str:
    if re.fullmatch(r"[^\s@<>\"'?&:]+@[^\s@<>\"'?&]+\.[^\s@<>\"'?&]+", text):
        return text
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError(text)
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.:_-]{1,253}", text):
        raise ValueError(text)
    return text


def _path(text: str) -> Path:
    if "\0" in text:
        raise ValueError(text)
    return Path(text).expanduser()


FOLDER = Kind("/…", _path)
FILE = Kind("/….toml", _path)
TABLE_FILE = Kind("/….csv", _path)
CONTACT = Kind("oficina@…, https://…", _contact)
TEXT = Kind("…", str)
SWITCH = Kind("true, false (yes, no; on, off; 1, 0)", lambda text: SWITCHED[text.lower()])
SIZE = Kind("1 KiB … 1024 MiB", _size)
RATE = Kind("N/second, N/minute, N/hour, N/day", _rate)
ORIGINS = Kind("https://…, https://…", _origins)
ADDRESS = Kind("sqlite:///…, postgresql://…", _address)
CANDIDATES = Kind(f"qdrant://…, https://…; {', '.join(IN_PROCESS)}", _candidates)
HOST = Kind("127.0.0.1, ::1, 0.0.0.0, …", _host)
