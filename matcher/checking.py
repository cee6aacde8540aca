"""A record as people and programs hand it in, checked: what its fields may hold, its codes understood.

The readers of files in `sources` mend what they can; here nothing is guessed but the language of a text.
"""

import datetime as dt
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields as record_fields
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from babel import Locale

from matcher.errors import BadInput, NotFound
from matcher.fields import find_field
from matcher.identifiers import find_identifier
from matcher.language import N_
from matcher.places import country_of, find_country, find_region
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.sectors import find_sector
from matcher.sources.columns import KINDS, SIDES, SIZES, STAGES
from matcher.sources.reading import slug
from matcher.store.listing import Wanted
from matcher.text import clean, detect_language, fold

# Characters of a field at most.
LIMITS = {
    "id": 300, "name": 300, "kind": 60, "city": 200, "url": 500, "contact": 500, "text": 20_000, "title": 500,
    "source": 500, "summary": 2_000, "owner": 100, "code": 200,
}  # fmt: skip
MANY = 50  # entries of a list at most
TYPES: dict[str, type[Record]] = {"partner": Partner, "evidence": Evidence, "outcome": Outcome}
_REQUIRED = {Partner: ("side", "name"), Evidence: ("partners", "kind", "text"), Outcome: ("partner", "stage")}
Check = Callable[[str, Any], Any]


def type_name(kind: type[Record]) -> str:
    """Return what a kind of record is called in JSON: `partner`, `evidence`, `outcome`."""
    return kind.__name__.lower()


def read_json(text: bytes) -> dict[str, Any]:
    """Return the JSON object that `text` is.

    :raises BadInput: it is none.
    """
    try:
        found = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise BadInput(N_("the JSON is nested too deeply")) from None
    except ValueError as error:
        raise BadInput(N_("this cannot be read as JSON: {reason}"), reason=error) from None
    if not isinstance(found, dict):
        raise BadInput(N_("this is no JSON object"))
    return found


def take_version(values: dict[str, Any]) -> int | None:
    """Take `version`, what the record is expected to have now, out of the fields of a record; None: any.

    :raises BadInput: it is no whole number.
    """
    version = values.pop("version", None)
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise BadInput(N_("version: must be a whole number"))
    return version


def check(kind: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields given, each clean and with canonical codes; what is empty or null is None or ().

    :param values: as JSON has them.
    :raises BadInput: an unknown field, or one that holds what it may not.
    """
    checks = _CHECKS[kind]
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in checks:
            known = ", ".join(checks)
            raise BadInput(N_("{field}: no field of this record; its fields are {known}"), field=name[:60], known=known)
        try:
            found[name] = None if value is None else checks[name](name, value)
        except NotFound as error:  # no such sector, country…
            raise BadInput(error.message, **error.values) from error
        if found[name] is None and name in _LISTS:
            found[name] = ()
    if found.get("region"):  # a name is looked for in the country given beside it
        try:
            found["region"] = find_region(found["region"], found.get("country"))
        except NotFound as error:
            raise BadInput(error.message, **error.values) from error
    return found


def build(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Return a record of checked fields; the region tells the country, the text its language, where not given.

    :raises BadInput: a field is missing, or two contradict each other.
    """
    missing = [name for name in ("id", *_REQUIRED[kind]) if not values.get(name)]
    if missing:
        raise BadInput(N_("{columns}: empty"), columns=", ".join(missing))
    given = dict(values)
    if kind is Partner:
        given["kind"] = given.get("kind") or "other"
    if kind is Evidence:
        given["language"] = given.get("language") or detect_language(given["text"])
    else:
        inside, country = country_of(given.get("region")), given.get("country")
        if inside and country and inside != country:
            raise BadInput(
                N_("region {region} lies in {inside}, not in {country}"),
                region=given["region"],
                inside=inside,
                country=country,
            )
        given["country"] = country or inside
    return kind(**given)


def wanted(kind: type[Record], given: Mapping[str, Any]) -> Wanted:
    """Return what is asked of a list, its codes understood, as `check` does; what is None is not asked for.

    :param given: fields of `Wanted`.
    :raises BadInput: a code is not known.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    names = {"sector": "sectors", "text": "name"}  # what the filter is called in a record
    checked = {names.get(n, n): v for n, v in asked.items() if names.get(n, n) in _CHECKS[kind] and n != "partners"}
    if "sectors" in checked:
        checked["sectors"] = [checked["sectors"]]
    found: dict[str, Any] = check(kind, checked)
    if kind is Evidence and "partner" in asked:
        found["partner"] = check_id("partner", asked["partner"])
    asked |= {name: found[names.get(name, name)] for name in asked if names.get(name, name) in found}
    if "sector" in asked:
        asked["sector"] = next(iter(asked["sector"]), None)
    return Wanted(**asked)


def fields_of(record: Record) -> dict[str, Any]:
    """Return the fields of a record, as `build` takes them."""
    return {f.name: getattr(record, f.name) for f in record_fields(record)}


def check_id(name: str, value: Any) -> str:
    """Return an id that can stand in an address.

    :raises BadInput: it cannot.
    """
    given = value if isinstance(value, str) else ""
    parts = given.split("/")
    if (
        not 1 <= len(given) <= LIMITS["id"]
        or given != given.strip()
        or not given.isprintable()
        or {"", ".", ".."} & set(parts)
        or parts[-1] in ("matches", "erasure")  # addresses of what is done with a record
    ):
        raise BadInput(
            N_(
                "{field}: an id has 1 to {limit} printable characters, no space at either end, no empty part, "
                "`.` or `..` between its slashes, and neither `matches` nor `erasure` after the last one"
            ),
            field=name,
            limit=LIMITS["id"],
        )
    return given


def _string(name: str, value: Any, limit: int, *, lines: bool = False) -> str:
    if not isinstance(value, str):
        raise BadInput(N_("{field}: must be text"), field=name)
    if len(value) > limit:
        raise BadInput(
            N_("{field}: {length} characters; the most is {limit}"), field=name, length=len(value), limit=limit
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") and not (lines and c in "\n\r\t") for c in value):
        raise BadInput(N_("{field}: control characters are not allowed"), field=name)
    return value.strip()


def _words(name: str, value: Any, *, lines: bool = False) -> str | None:
    """Return text without markup."""
    return clean(_string(name, value, LIMITS[name], lines=lines)) or None


def _raw(name: str, value: Any) -> str | None:
    return _string(name, value, LIMITS[name]) or None


def _url(name: str, value: Any) -> str | None:
    given = _raw(name, value)
    if given is None:
        return None
    try:
        parts = urlsplit(given)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in given
    except ValueError:
        fine = False
    if not fine:
        raise BadInput(N_("{field}: must be a web address that begins with https:// or http://"), field=name)
    return given


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadInput(N_("{field}: must be true or false"), field=name)
    return value


def _code(name: str, value: Any, find: Callable[[str], str]) -> str | None:
    given = _string(name, value, LIMITS["code"])
    return find(given) if given else None


def _list(name: str, value: Any, one: Check) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise BadInput(N_("{field}: must be a list of texts"), field=name)
    if len(value) > MANY:
        raise BadInput(N_("{field}: {length} entries; the most is {limit}"), field=name, length=len(value), limit=MANY)
    return tuple(dict.fromkeys(found for each in value if (found := one(name, each))))


def _choice(name: str, value: Any, words: Mapping[str, str]) -> str | None:
    given = _string(name, value, LIMITS["code"])
    found = words.get(fold(given))
    if given and found is None:
        known = ", ".join(dict.fromkeys(words.values()))
        raise BadInput(N_("{column}: {found!r} is not one of {known}"), column=name, found=given, known=known)
    return found


def _kind(name: str, value: Any) -> str | None:
    given = fold(_string(name, value, LIMITS[name]))
    return KINDS.get(given, slug(given).replace("-", "_")) or None


@cache
def _languages() -> frozenset[str]:
    return frozenset(str(code) for code in Locale.parse("en").languages if len(str(code)) == 2)


def _language(name: str, value: Any) -> str | None:
    given = _string(name, value, LIMITS["code"])
    code = given.split("-")[0].split("_")[0].lower()
    if code and code not in _languages():
        raise BadInput(N_("language {found!r} is not known; give an ISO 639-1 code such as es"), found=given)
    return code or None


def _date(name: str, value: Any) -> dt.date | None:
    if isinstance(value, dt.date):
        return value
    given = _string(name, value, LIMITS["code"])
    try:
        return dt.date.fromisoformat(given) if given else None
    except ValueError:
        raise BadInput(N_("{field}: {found!r} is no date; write 2025-03-31"), field=name, found=given) from None


def _side(name: str, value: Any) -> Side | None:
    found = _choice(name, value, SIDES)
    return Side(found) if found else None


def _stage(name: str, value: Any) -> Stage | None:
    found = _choice(name, value, STAGES)
    return Stage(found) if found else None


_country = partial(_code, find=find_country)
_region = partial(_code, find=str)  # looked up when the country is known
_sectors = partial(_list, one=partial(_code, find=find_sector))
_LISTS = frozenset({"sectors", "fields", "partners", "identifiers"})
_CHECKS: dict[type[Record], dict[str, Check]] = {
    Partner: {
        "id": check_id, "side": _side, "name": _words, "kind": _kind, "country": _country, "region": _region,
        "city": _words, "sectors": _sectors, "size": partial(_choice, words=SIZES), "url": _url,
        "identifiers": partial(_list, one=partial(_code, find=find_identifier)), "contact": _raw, "consent": _flag,
        "owner": _raw,
    },
    Evidence: {
        "id": check_id, "partners": partial(_list, one=check_id), "kind": _kind, "text": partial(_words, lines=True),
        "title": _words, "language": _language, "date": _date, "sectors": _sectors,
        "fields": partial(_list, one=partial(_code, find=find_field)), "region": _region, "source": _words,
        "url": _url, "confidential": _flag, "summary": partial(_words, lines=True), "owner": _raw,
    },
    Outcome: {
        "id": check_id, "partner": check_id, "stage": _stage, "counterpart": check_id, "date": _date,
        "country": _country, "region": _region, "sectors": _sectors, "text": partial(_words, lines=True),
        "owner": _raw,
    },
}  # fmt: skip
