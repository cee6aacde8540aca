"""Benchmark folders: partners, evidence, outcomes, and for the evaluation questions and judgements.

    benchmark.json     name, seeks, language, primary; `records` may name a folder of tables
                       (see `table.py`) that holds the partners and texts instead
    partners.jsonl.gz, evidence.jsonl.gz, outcomes.jsonl.gz (optional), queries.jsonl.gz
    qrels.txt          TREC: query 0 partner grade

Every `.jsonl.gz` may also be plain `.jsonl`.
"""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from matcher.errors import BadInput, NotFound, TinkuyError
from matcher.language import N_
from matcher.places import find_country, find_region
from matcher.records import Evidence, Outcome, Partner, Query, Record, Side, Stage
from matcher.sectors import find_sector
from matcher.sources import table
from matcher.sources.cells import parse_date
from matcher.sources.reading import (
    MAX_FILE,
    MAX_TEXT,
    Read,
    Refusal,
    Row,
    check_size,
    digest,
    read_text,
    too_long,
)
from matcher.text import clean, detect_language

_ERRORS = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    BadInput,
    NotFound,
)  # what a bad line may raise


@dataclass(frozen=True, slots=True)
class Question:
    """A benchmark's question with its name. `half`: development or test, where the folder tells them apart."""

    id: str
    query: Query
    expects_nothing: bool
    half: str = ""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What surrounds the records of a benchmark folder. `qrels`: question -> partner -> grade."""

    name: str
    seeks: Side
    primary: str
    questions: tuple[Question, ...]
    qrels: dict[str, dict[str, int]]


def read(folders: Sequence[Path]) -> Iterator[Read]:
    """Yield the partners, evidence and outcomes of benchmark folders.

    :raises BadInput: a folder has no benchmark.json, or a file is missing.
    """
    for folder in folders:
        yield from _read_folder(folder)


def _read_folder(folder: Path) -> Iterator[Read]:
    about = _about(folder)
    if "records" in about:
        yield from table.read(sorted((folder / about["records"]).glob("*.csv")))
        return
    side = _side(folder, about)
    seen: Counter[str] = Counter()
    yield from _rows(folder, "partners", lambda data, _: _partner(data, side))
    yield from _rows(folder, "evidence", lambda data, _: _evidence(data))
    yield from _rows(folder, "outcomes", lambda data, line: _outcome(data, line, folder.name, seen), optional=True)


def questions(folder: Path) -> Benchmark:
    """Read a folder's questions and judgements.

    :raises BadInput: a file is missing or a line of it cannot be read.
    """
    about = _about(folder)
    qrels: dict[str, dict[str, int]] = {}
    path = folder / "qrels.txt"
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        try:
            question, _, partner, grade = parts
            qrels.setdefault(question, {})[partner] = int(grade)
        except ValueError as error:
            expected = "expected `query 0 partner grade`"
            raise BadInput(N_("{path}, line {line}: {reason}"), path=path, line=number, reason=expected) from error
    return Benchmark(
        str(about["name"]), _side(folder, about), str(about.get("primary", "nDCG@10")), only_questions(folder), qrels
    )


def only_questions(folder: Path, file: Path | None = None) -> tuple[Question, ...]:
    """Read a folder's questions, or those that `file` (.jsonl or .jsonl.gz) asks of it, without judgements.

    :raises BadInput: a file is missing or a line of it cannot be read.
    """
    side = _side(folder, _about(folder))
    path = file or _file(folder, "queries")
    asked = []
    for number, line in _lines(path):
        try:
            asked.append(_question(json.loads(line), side))
        except _ERRORS as error:
            reason = _refused(error)
            raise BadInput(N_("{path}, line {line}: {reason}"), path=path, line=number, reason=reason) from error
    return tuple(asked)


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "benchmark.json"
    try:
        about = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise BadInput(N_("{path} is not JSON: {reason}"), path=path, reason=error) from error
    if not isinstance(about, dict) or "name" not in about:
        raise BadInput(N_("{path} must be an object with at least `name` and `seeks`"), path=path)
    return about


def _side(folder: Path, about: dict[str, Any]) -> Side:
    try:
        return Side(about.get("seeks", ""))
    except ValueError as error:
        raise BadInput(
            N_("{path}: `seeks` must be supply or demand, not {found!r}"),
            path=folder / "benchmark.json",
            found=about.get("seeks"),
        ) from error


def _file(folder: Path, name: str) -> Path:
    """Return where the lines called `name` stand, packed or plain."""
    packed, plain = folder / f"{name}.jsonl.gz", folder / f"{name}.jsonl"
    if packed.is_file():
        return packed
    if plain.is_file():
        return plain
    raise BadInput(N_("{folder} is no benchmark folder: {name} is missing"), folder=folder, name=packed.name)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if path.suffix == ".gz":
        try:
            with gzip.open(path) as file:
                data = file.read(MAX_FILE + 1)
            check_size(path, len(data))
            text = data.decode("utf-8")
        except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
            raise BadInput(N_("{path} cannot be read: {reason}"), path=path, reason=error) from error
    else:
        text = read_text(path)
    yield from ((n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip())


def _rows(
    folder: Path, name: str, make: Callable[[dict[str, Any], str], Record], *, optional: bool = False
) -> Iterator[Read]:
    try:
        path = _file(folder, name)
    except BadInput:
        if optional:
            return
        raise
    for number, line in _lines(path):
        try:
            yield Row(f"{name}.jsonl", number, (make(json.loads(line), line),))
        except _ERRORS as error:
            yield Refusal(f"{name}.jsonl", number, _refused(error))


def _refused(error: Exception) -> TinkuyError:
    if isinstance(error, TinkuyError):
        return error
    if isinstance(error, KeyError):
        return BadInput(N_("key {key} is missing"), key=error)
    return BadInput("{reason}", reason=error)


def _text(data: dict[str, Any]) -> str:
    text = clean(str(data["text"]))
    if not text:
        raise BadInput(N_("{columns}: empty"), columns="text")
    if len(text) > MAX_TEXT:
        raise too_long(text)
    return text


def _place(data: dict[str, Any]) -> dict[str, str | None]:
    region = data.get("region")
    country = data.get("country")
    return {
        "country": find_country(country) if country else None,
        "region": find_region(region) if region else None,
    }


def _sectors(data: dict[str, Any]) -> tuple[str, ...]:
    return tuple(find_sector(code) for code in data.get("sectors") or ())


def _date(data: dict[str, Any]) -> date | None:
    return parse_date(str(data.get("date") or ""))


def _language(data: dict[str, Any]) -> str | None:
    return str(data["language"]).lower().split("-")[0] if data.get("language") else None


def _title(data: dict[str, Any]) -> str | None:
    return clean(data["title"]) or None if data.get("title") else None


def _partner(data: dict[str, Any], side: Side) -> Partner:
    place = _place(data)
    return Partner(
        id=str(data["id"]), side=Side(data.get("side", side)), name=clean(str(data["name"])),
        kind=str(data.get("kind") or "other"), city=data.get("city") or None, sectors=_sectors(data),
        size=data.get("size"), country=place["country"], region=place["region"],
    )  # fmt: skip


def _evidence(data: dict[str, Any]) -> Evidence:
    partners = tuple(dict.fromkeys(str(p) for p in data["partners"]))
    if not partners:
        raise BadInput(N_("{columns}: empty"), columns="partners")
    return Evidence(
        id=str(data["id"]), partners=partners, kind=str(data.get("kind") or "other"), text=_text(data),
        title=_title(data), language=_language(data) or detect_language(data["text"]), date=_date(data),
        sectors=_sectors(data), region=_place(data)["region"],
    )  # fmt: skip


def _outcome(data: dict[str, Any], line: str, name: str, seen: Counter[str]) -> Outcome:
    # Equal lines are as many outcomes: two firms of one country, say. The count tells them apart.
    seen[line] += 1
    return Outcome(
        id=str(data.get("id") or f"{name}-{digest(line)}-{seen[line]}"), partner=str(data["partner"]),
        stage=Stage(data.get("stage", "project")), date=_date(data), sectors=_sectors(data),
        text=clean(str(data["text"])) if data.get("text") else None, **_place(data),
    )  # fmt: skip


def _question(data: dict[str, Any], side: Side) -> Question:
    countries = data.get("countries") or ([data["country"]] if data.get("country") else [])
    title = _title(data)
    only_title = title if not clean(str(data.get("text") or "")) else None
    query = Query(
        text=only_title or _text(data), seeks=side, title=title, language=_language(data),
        countries=tuple(find_country(c) for c in countries), region=_place(data)["region"],
        sectors=_sectors(data), size=data.get("size"), date=_date(data),
    )  # fmt: skip
    return Question(str(data["id"]), query, data.get("expect") == "no_good_match", str(data.get("half") or ""))
