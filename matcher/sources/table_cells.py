"""What the cells of a row mean: words of a list, codes, days, places, partners by id or name."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from matcher.errors import BadInput, NotFound, TinkuyError
from matcher.language import N_
from matcher.places import country_of, find_country, find_region
from matcher.records import Partner
from matcher.sources.cells import parse_date
from matcher.sources.columns import KINDS, SHEETS
from matcher.sources.reading import digest, slug
from matcher.text import clean, fold

SPREADSHEET_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")  # ECMA-376, 18.17.3
_NAMES = frozenset(column.name for sheet in SHEETS for column in sheet.columns) | {"ruc"}
Values = dict[str, str]


class Ids:
    """Partners in the database or named so far in this import, so that texts may name them by id or by name."""

    def __init__(self, stored: Mapping[str, str] | None) -> None:
        self.complete = stored is not None  # then who is not here does not exist
        stored = stored or {}
        self.known = set(stored)
        self.by_name: dict[str, set[str]] = {}
        for id_, name in stored.items():
            self.by_name.setdefault(fold(name), set()).add(id_)

    def add(self, partner: Partner) -> None:
        """Let texts name a partner."""
        self.known.add(partner.id)
        self.by_name.setdefault(fold(partner.name), set()).add(partner.id)

    def find(self, reference: str) -> str:
        """Return the id of the partner that somebody names.

        :raises BadInput: there is none, or several.
        """
        if reference in self.known:
            return reference
        named = sorted(self.by_name.get(fold(reference), ()))
        if len(named) > 1:
            message = N_("several partners are called {name!r}: name one by its id ({ids})")
            raise BadInput(message, name=reference, ids=", ".join(named))
        if named:
            return named[0]
        made = id_of(reference)
        if made in self.known:
            return made
        if self.complete:
            raise BadInput(N_("partner {name!r} is not known: its own row is missing, or was refused"), name=reference)
        return made if " " in reference else reference  # one word is an id


def id_of(name: str) -> str:
    """Return the id that a partner's name makes; a name without any Latin letter gets one of its digest."""
    return slug(name) or f"x-{digest(fold(name))}"


def row_of(header: list[str], columns: dict[int, str], values: list[str]) -> Values:
    """Return column -> value; of two columns with one meaning the one that is filled."""
    row: Values = {}
    source: dict[str, str] = {}  # column -> the header that its value stands under
    for i, name in columns.items():
        raw = values[i] if i < len(values) else ""
        value = raw.strip() if name in ("contact", "url") else clean(raw)  # `<ana@uni.edu.pe>` is no markup
        if value and row.get(name) and row[name] != value:
            raise BadInput(
                N_("columns {first!r} and {second!r} both mean {column}, and differ here: leave one of them empty"),
                first=source[name],
                second=header[i],
                column=name,
            )
        if value or name not in row:
            row[name], source[name] = value, header[i]
    return row


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("|", ";").split(";") if part.strip()]


def codes(row: Values, column: str, find: Callable[[str], str]) -> tuple[str, ...]:
    """Read codes or names, separated by ; | or, where the whole is no name, by commas."""
    found: list[str] = []
    with inside(column):
        for part in _split(row.get(column, "")):
            try:
                found.append(find(part))
            except NotFound:
                if "," not in part:
                    raise
                found += [find(piece.strip()) for piece in part.split(",") if piece.strip()]
    return tuple(dict.fromkeys(found))


def day(row: Values) -> dt.date | None:
    """Return the day that a row tells."""
    with inside("date"):
        return parse_date(row.get("date", ""))


def named(row: Values, column: str, ids: Ids) -> tuple[str, ...]:
    """Return the ids of the partners that a cell names by id or name, each once."""
    with inside(column):
        return tuple(dict.fromkeys(ids.find(part) for part in _split(row[column])))


def one(row: Values, column: str, ids: Ids) -> str:
    """Return the id of the partner that a cell names by id or name."""
    with inside(column):
        return ids.find(row[column])


@contextmanager
def inside(column: str) -> Iterator[None]:
    """Let an error of one cell tell the column that it stands in."""
    try:
        yield
    except (BadInput, NotFound) as error:
        error.values.setdefault("column", column)
        raise


def at_fault(error: TinkuyError, header: Sequence[str], columns: Mapping[int, str]) -> str:
    """Return the heading, as the file has it, of the column that an error is about; several with commas between."""
    names = str(error.values.get("column") or error.values.get("columns") or "").split(", ")
    headings = {name: header[i] for i, name in sorted(columns.items(), reverse=True) if i < len(header)}
    return ", ".join(headings.get(name, name) for name in names if name in _NAMES)


def need(row: Values, *columns: str) -> None:
    """Refuse a row that lacks one of the columns, or in which a formula has failed.

    :raises BadInput: it does.
    """
    missing = [column for column in columns if not row.get(column)]
    if missing:
        raise BadInput(N_("{columns}: empty"), columns=", ".join(missing))
    broken = [f"{name}: {value}" for name, value in row.items() if value.startswith(SPREADSHEET_ERRORS)]
    if broken:
        raise BadInput(N_("spreadsheet error in {cells}"), cells=", ".join(broken))


def choice(row: Values, column: str, words: dict[str, str]) -> str:
    """Return our word for what a cell says.

    :raises BadInput: it is none of them.
    """
    word = words.get(fold(row[column]))
    if word is None:
        known = ", ".join(dict.fromkeys(words.values()))
        raise BadInput(N_("{column}: {found!r} is not one of {known}"), column=column, found=row[column], known=known)
    return word


def kind_of(row: Values, default: str) -> str:
    """Return what kind of partner or text a row is."""
    kind = fold(row.get("kind", ""))
    return KINDS.get(kind, slug(kind).replace("-", "_")) or default


def place_of(row: Values) -> tuple[str | None, str | None]:
    """Return country and region; the region tells the country where only it is given."""
    with inside("country"):
        country = find_country(row["country"]) if row.get("country") else None
    with inside("region"):
        region = find_region(row["region"], country) if row.get("region") else None
        around = country_of(region)
        if country and around and around != country:
            raise BadInput(
                N_("region {region} lies in {inside}, not in {country}"), region=region, inside=around, country=country
            )
    return country or around, region
