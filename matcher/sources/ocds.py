"""Open Contracting releases and records (OCDS 1.0 and 1.1): public tenders for R&D and technology services as demand.

Packages of releases or of records, bare lists of either, one a line (JSONL), each also packed (gz). A tender that asks
for research, development or technology (`ocds_subjects.py`) is a text of kind `need` of its buyer, a demand partner
whatever it is: a university that puts R&D out to tender needs it. Of several releases of one contracting process the
newest stands. Elements stream by; of each process that counted only its date is kept, on the disk.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import ijson
import numpy as np

from matcher.errors import BadInput, NotFound
from matcher.identifiers import find_identifier
from matcher.identifiers import read as read_identifier
from matcher.language import N_
from matcher.places import find_country, find_region
from matcher.records import Evidence, Partner, Side
from matcher.sources.aside import Shelf, digits_of, open_aside
from matcher.sources.ocds_subjects import code_asks, words_ask
from matcher.sources.org_kinds import kind_of_organisation
from matcher.sources.reading import MAX_FILE, MAX_TEXT, Refusal, Row, Skipped, Told, slug, too_long
from matcher.text import clean, detect_language, fold

ID = "ocds"
MAX_ELEMENT = 32 * 2**20  # bytes of one release or record
MAX_STREAM = 64 * MAX_FILE  # bytes of one file, unpacked
MAX_DEPTH = 500  # of brackets within brackets: ijson's memory grows with the square of it
MAX_ITEMS = 20  # whose descriptions are part of the text
CLOSED = frozenset(("cancelled", "withdrawn"))
LINES = (".jsonl", ".ndjson")
# Organisation registers of org-id.guide whose numbers we know; the two letters in front are a country.
REGISTERS = {"PE-RUC": "ruc", "XI-ROR": "ror", "XI-GRID": "grid", "XI-WIKIDATA": "wikidata", "XI-ISNI": "isni"}
BUYERS = ("university", "hospital", "municipality")  # what a name may tell of a buyer; others are public bodies
_BRACKETS = np.zeros(256, np.int8)
_BRACKETS[list(b"[{")], _BRACKETS[list(b"]}")] = 1, -1
_ERRORS = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
Json = Mapping[str, Any]


def read(paths: Sequence[Path]) -> Iterator[Told]:
    """Yield a row a tender that counts; all else is counted by why it does not.

    :raises BadInput: a file cannot be read, or is no JSON.
    """
    with closing(open_aside()) as disk:
        newest = Shelf(disk, "newest")  # of a process the date of its release that stood
        for path in paths:
            for number, element in _elements(path):
                if isinstance(element, BadInput):
                    yield Refusal(path.name, number, element)
                    continue
                for release in _releases(element):
                    try:
                        yield _told(path.name, number, release, newest)
                    except BadInput as error:
                        yield Refusal(path.name, number, error)
                    except _ERRORS as error:
                        reason = BadInput(N_("not as OCDS has it: {reason}"), reason=f"{type(error).__name__}: {error}")
                        yield Refusal(path.name, number, reason)


def _told(file: str, number: int, release: Any, newest: Shelf) -> Told:
    """Return what a release is to us."""
    if not isinstance(release, dict):
        raise BadInput(N_("not as OCDS has it: {reason}"), reason=type(release).__name__)
    tender = release.get("tender")
    if "url" in release and "ocid" not in release:
        return Skipped(file, number, N_("link to a release"))
    if not isinstance(tender, dict) or not (tender.get("title") or tender.get("description") or tender.get("items")):
        return Skipped(file, number, N_("release without tender"))
    if tender.get("status") in CLOSED:
        return Skipped(file, number, N_("cancelled tender"))
    if not _asks(tender):
        return Skipped(file, number, N_("other tender"))
    process, when = str(release.get("ocid") or ""), str(release.get("date") or "")
    if not process:
        raise BadInput(N_("{columns}: empty"), columns="ocid")
    key = digits_of(process)
    if when < newest.of((key,)).get(key, ("",))[0]:
        return Skipped(file, number, N_("older release"))
    buyer = _buyer(release, tender)
    row = Row(file, number, (buyer, _need(process, when, release, tender, buyer)), key=process)
    newest[key] = (when,)
    return row


def _asks(tender: Json) -> bool:
    """Tell whether a tender asks for research, development or technology."""
    category = tender.get("mainProcurementCategory")
    if category == "works":
        return False
    if words_ask(_text(tender, "title")) or (category != "goods" and words_ask(_text(tender, "description"))):
        return True
    if category == "goods":
        return False
    classified = [tender, *_list(tender, "items")]
    codes = [
        code for each in classified for code in [each.get("classification"), *_list(each, "additionalClassifications")]
    ]
    return any(code_asks(_text(code, "scheme"), _text(code, "id")) for code in codes if isinstance(code, dict))


def _buyer(release: Json, tender: Json) -> Partner:
    """Return who buys; of OCDS 1.1 the whole of it stands among the parties."""
    named = next((each for each in (release.get("buyer"), tender.get("procuringEntity")) if isinstance(each, dict)), {})
    parties = _list(release, "parties")
    whole = next((each for each in parties if named.get("id") and each.get("id") == named["id"]), None)
    whole = whole or next((each for each in parties if "buyer" in (each.get("roles") or ())), {})
    party = {**whole, **{key: value for key, value in named.items() if value}}
    name = clean(_text(party, "name"))
    if not name:
        raise BadInput(N_("{columns}: empty"), columns="buyer.name")
    register = _dict(party, "identifier")
    scheme, number = _text(register, "scheme"), _text(register, "id")
    local = f"{scheme}-{number}" if scheme and number else _text(party, "id") or name
    address = _dict(party, "address")
    country = _country(_text(address, "country") or _text(address, "countryName")) or _country_of_register(local)
    return Partner(
        id=f"{ID}-{slug(local) or slug(name)}", side=Side.DEMAND, name=name, kind=_kind(name), country=country,
        region=_region(address, country), city=clean(_text(address, "locality")) or None,
        identifiers=_identifiers([register, *_list(party, "additionalIdentifiers")], local),
    )  # fmt: skip


def _need(process: str, when: str, release: Json, tender: Json, buyer: Partner) -> Evidence:
    title, said = clean(_text(tender, "title")), clean(_text(tender, "description"))
    items = dict.fromkeys(clean(_text(item, "description")) for item in _list(tender, "items"))
    known = fold(f"{title}\n{said}")
    more = [item for item in items if item and fold(item) not in known][:MAX_ITEMS]
    text = "\n".join(filter(None, (said if fold(said) != fold(title) else "", *more)))
    if len(text) > MAX_TEXT:
        raise too_long(text)
    if not (text or title):
        raise BadInput(N_("{columns}: empty"), columns="title, description")
    language = _text(release, "language").lower()[:2]
    return Evidence(
        id=f"{ID}-{slug(process).removeprefix(f'{ID}-')}",  # most begin so
        partners=(buyer.id,),
        kind="need",
        text=text or title,
        title=(title or None) if text else None,
        language=language if language.isalpha() else detect_language(f"{title}. {text}"),
        date=_day(_text(_dict(tender, "tenderPeriod"), "startDate")) or _day(when),
        region=_delivery(tender, buyer.country) or buyer.region,
        source=" · ".join(filter(None, ("Open Contracting", process))),
        url=_notice(tender),
    )


def _delivery(tender: Json, country: str | None) -> str | None:
    """Return the one region that a tender is delivered to; None of several."""
    found = set()
    for each in (tender, *_list(tender, "items")):
        for address in (each.get("deliveryAddress"), *_list(each, "deliveryAddresses")):
            if isinstance(address, dict):
                where = _country(_text(address, "country") or _text(address, "countryName")) or country
                found.add(_region(address, where))
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _notice(tender: Json) -> str | None:
    """Return where the tender's notice stands, else any of its documents."""
    papers = _list(tender, "documents")
    papers.sort(key=lambda paper: _text(paper, "documentType") != "tenderNotice")
    return next((url for paper in papers if (url := _text(paper, "url")).startswith(("http://", "https://"))), None)


def _identifiers(registers: Iterable[Any], local: str) -> tuple[str, ...]:
    found: dict[str | None, None] = {}
    for register in registers:
        if isinstance(register, dict):
            scheme = REGISTERS.get(_text(register, "scheme").upper())
            found[read_identifier(scheme, _text(register, "id")) if scheme else _from_address(register)] = None
    prefix, _, number = local.rpartition("-")
    if prefix.upper() in REGISTERS:
        found[read_identifier(REGISTERS[prefix.upper()], number)] = None
    return tuple(each for each in found if each)


def _from_address(register: Json) -> str | None:
    """Return an identifier that is given as an address of its register."""
    try:
        return find_identifier(_text(register, "uri"))
    except NotFound:
        return None


def _region(address: Json, country: str | None) -> str | None:
    """Return an address's region: Peru's have a `department`, above what it calls region."""
    for column in ("department", "region"):
        if name := _text(address, column):
            found = _region_named(name, country)
            if found:
                return found
    return None


@lru_cache(10_000)
def _region_named(name: str, country: str | None) -> str | None:
    try:
        return find_region(name, country)
    except NotFound:
        return None


@lru_cache(1000)
def _country(name: str) -> str | None:
    try:
        return find_country(name) if name else None
    except NotFound:
        return None


def _country_of_register(local: str) -> str | None:
    """Return the country of a register's number: `PE-RUC-20999999990` is Peru's; `XI` and the like are nobody's."""
    match = re.match(r"([A-Z]{2})-[A-Z]+-", local)
    return _country(match[1]) if match else None


@lru_cache(10_000)
def _kind(name: str) -> str:
    kind = kind_of_organisation(name)
    return kind if kind in BUYERS else "public_body"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _text(data: Json, key: str) -> str:
    value = data.get(key)
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _dict(data: Json, key: str) -> Json:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _list(data: Json, key: str) -> list[Any]:
    value = data.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _releases(element: Any) -> Iterator[Any]:
    """Yield the releases of a package, of a record (the compiled one, else the newest), or of one itself."""
    if not isinstance(element, dict):
        yield element
    elif "records" in element or ("releases" in element and "ocid" not in element):
        for each in [*_list(element, "records"), *_list(element, "releases")]:
            yield from _releases(each)
    elif isinstance(element.get("compiledRelease"), dict):
        yield element["compiledRelease"]
    elif "releases" in element:
        releases = [each for each in _list(element, "releases") if isinstance(each.get("tender"), dict)]
        newest = max(releases, key=lambda each: str(each.get("date") or ""), default=None)
        yield newest or {"url": ""}
    else:
        yield element


def _elements(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield a file's releases, records or packages, numbered as they come; lines by their numbers."""
    try:
        if Path(path.name.lower().removesuffix(".gz")).suffix in LINES:
            yield from _of_lines(path)
            return
        with _open(path) as stream:
            prefix = _prefix(stream)
        with _open(path) as stream:
            for number, element in enumerate(
                ijson.items(stream, prefix, multiple_values=True, use_float=True), start=1
            ):
                stream.whole()
                yield number, element
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise BadInput(N_("{path} is not JSON: {reason}"), path=path.name, reason=str(error)[:200]) from error
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(N_("{path} cannot be read: {reason}"), path=path.name, reason=error) from error


def _of_lines(path: Path) -> Iterator[tuple[int, Any]]:
    with _open(path) as stream, io.BufferedReader(stream) as lines:
        for number, line in enumerate(iter(lambda: lines.readline(MAX_ELEMENT), b""), start=1):
            stream.whole()
            if not line.strip():
                continue
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, BadInput(N_("the line is not JSON: {reason}"), reason=str(error)[:200])


def _prefix(stream: "_Bounded") -> str:
    """Return where in a file its elements stand, as ijson says it."""
    for prefix, event, value in ijson.parse(stream, multiple_values=True):
        if prefix == "" and event == "start_array":
            return "item"
        if prefix == "" and event == "map_key":
            stream.whole()
            if value in ("releases", "records"):
                return f"{value}.item"
            if value in ("ocid", "tender", "compiledRelease"):
                return ""
    raise BadInput(N_("not as OCDS has it: {reason}"), reason="neither releases nor records")


@contextmanager
def _open(path: Path) -> "Iterator[_Bounded]":
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield _Bounded(unpacked, path.name)
        else:
            yield _Bounded(file, path.name)


class _Bounded(io.RawIOBase):
    """A stream that ends with an error at MAX_STREAM, or where an element is too long or too deep."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, name: str) -> None:
        super().__init__()
        self._file, self._name, self._total = file, name, 0
        self.element = 0  # bytes since the last one was whole
        self._depth = 0  # brackets that are open, those in texts counted too

    def whole(self) -> None:
        """Say that an element has come to its end."""
        self.element = self._depth = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size if size >= 0 else 2**16)
        self._total += len(chunk)
        self.element += len(chunk)
        for found, limit in ((self._total, MAX_STREAM), (self.element, MAX_ELEMENT)):
            if found > limit:
                raise BadInput(
                    N_("{path} holds {size} MiB; the most is {limit}. Split it into several files"),
                    path=self._name,
                    size=found // 2**20,
                    limit=limit // 2**20,
                )
        depths = self._depth + np.cumsum(_BRACKETS[np.frombuffer(chunk, np.uint8)], dtype=np.int64)
        if depths.size:
            if depths.max() > MAX_DEPTH:
                raise BadInput(N_("{path}: brackets are nested deeper than {limit}"), path=self._name, limit=MAX_DEPTH)
            self._depth = max(int(depths[-1]), 0)
        return chunk

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
