"""How a sheet with foreign headings may be read: proposed by the names of its columns, else by what stands in them.

A proposal is no more than that: people see it with its first rows before anything is written by it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stdnum.pe import ruc

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_country, find_region
from matcher.sources.cells import Cells, parse_date
from matcher.sources.column_names import TEXTS_OF, columns_of, named, plain
from matcher.sources.legal_forms import key_of
from matcher.text import fold

LOOKED_AT = 200  # filled cells of a column
SURE = 0.8  # of them must look like what the column is taken for
NAMED = 0.5  # of them, of organisations' names: many have no form that tells
DISTINCT = 60  # different values that a column of regions or countries may have
LONG = 50  # characters, from which on a column's cells are texts
TITLE = range(15, 200)  # characters of titles
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"\b(?:universi\w+|institut\w+|cooperativa|asociacion|associacao|association|empresa|municipalidad|prefeitura|cite"
    r"|centro|laborator\w+|facultad|industrias?|compania|company|ltd|gmbh|inc|corp|lda|s ?a)\b"
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one column is taken for: `column`, empty where for nothing. `by`: its `name`, or its `contents`.

    `share`: of the cells looked at that are like that.
    """

    heading: str
    column: str = ""
    by: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a sheet may be read. `table`: partners, texts; empty where it is passed over, for a `reason`.

    `defaults`: of columns that the sheet does not have. `first`: its first rows.
    """

    file: str
    sheet: str
    table: str
    columns: tuple[Proposed, ...]
    defaults: dict[str, str] = field(default_factory=dict)
    reason: BadInput | None = None
    first: tuple[tuple[str, ...], ...] = ()

    @property
    def named(self) -> bool:
        """Whether names alone told what matters; what contents told should be looked at first."""
        told = {each.column for each in self.columns if each.by == "name"}
        return {"name", "text"} <= told or (self.table == "partners" and "name" in told)


def propose(cells: Cells) -> Proposal:
    """Return how a sheet may be read."""
    values = [
        [row[i] for _, row in cells.rows if i < len(row) and row[i]][:LOOKED_AT] for i in range(len(cells.header))
    ]
    columns = [Proposed(heading) for heading in cells.header]
    kinds: list[str] = []
    for i, heading in enumerate(cells.header):
        ours = named().get(plain(heading), "") if heading else ""
        if ours in TEXTS_OF:
            kinds.append(ours)
            ours = "text"
        if ours and ours not in {each.column for each in columns}:
            columns[i] = Proposed(heading, ours, "name")
    for take in (_by_test, _names, _texts, _titles):
        take(columns, values)
    kinds += [told for c in columns if c.column == "text" and not kinds and (told := _said(c.heading))]
    taken = {each.column for each in columns}
    first = tuple(tuple(row) for _, row in cells.rows[:5])
    if "name" not in taken:
        reason = BadInput(N_("no column holds the names of organisations"))
        return Proposal(cells.file, cells.name, "", tuple(columns), {}, reason, first)
    table = "texts" if "text" in taken or "title" in taken else "partners"
    if table == "texts" and "text" not in taken:  # titles alone are what is said
        columns = [Proposed(c.heading, "text", c.by, c.share) if c.column == "title" else c for c in columns]
    columns = [c if c.column in columns_of(table) else Proposed(c.heading) for c in columns]
    defaults = _defaults(cells, table, kinds)
    return Proposal(cells.file, cells.name, table, tuple(columns), defaults, None, first)


def _defaults(cells: Cells, table: str, kinds: Sequence[str]) -> dict[str, str]:
    """Return what a sheet's own name, or its text column's, says of all its rows."""
    if table != "texts":
        return {}
    told = kinds[0] if kinds else named().get(plain(cells.name), "")
    if told not in TEXTS_OF:
        return {}
    return {"side": "demand" if told == "needs" else "supply", "kind": TEXTS_OF[told]}


def _said(heading: str) -> str:
    """Return the table that any word of a heading speaks of: `Problema principal` of needs."""
    return next((ours for word in plain(heading).split() if (ours := named().get(word)) in TEXTS_OF), "")


def _by_test(columns: list[Proposed], values: Sequence[Sequence[str]]) -> None:
    """Take columns for what nearly all of their cells are."""
    for ours, test in _TESTS.items():
        for i, column in enumerate(columns):
            if column.column or not values[i] or ours in {each.column for each in columns}:
                continue
            if ours in ("region", "country") and len(set(values[i])) > DISTINCT:
                continue
            known = {value: test(value) for value in set(values[i])}
            share = sum(known[value] for value in values[i]) / len(values[i])
            if share >= SURE:
                columns[i] = Proposed(column.heading, ours, "contents", share)


def _names(columns: list[Proposed], values: Sequence[Sequence[str]]) -> None:
    if "name" in {each.column for each in columns}:
        return
    shares = [
        (sum(map(_is_organisation, values[i])) / len(values[i]), -i)
        for i, column in enumerate(columns)
        if not column.column and values[i]
    ]
    share, place = max(shares, default=(0.0, 0))
    if share >= NAMED:
        columns[-place] = Proposed(columns[-place].heading, "name", "contents", share)


def _texts(columns: list[Proposed], values: Sequence[Sequence[str]]) -> None:
    _longest(columns, values, "text", lambda length: length >= LONG)


def _titles(columns: list[Proposed], values: Sequence[Sequence[str]]) -> None:
    if "text" in {each.column for each in columns}:
        _longest(columns, values, "title", lambda length: int(length) in TITLE)


def _longest(
    columns: list[Proposed], values: Sequence[Sequence[str]], ours: str, fits: Callable[[float], bool]
) -> None:
    """Take the column with the longest cells, nearly all of them different, for texts."""
    if ours in {each.column for each in columns}:
        return
    found = []
    for i, column in enumerate(columns):
        if not column.column and values[i]:
            length = sum(map(len, values[i])) / len(values[i])
            distinct = len(set(values[i])) / len(values[i])
            if fits(length) and distinct >= NAMED and any(" " in value for value in values[i]):
                found.append((length, -i, distinct))
    if found:
        _, place, distinct = max(found)
        columns[-place] = Proposed(columns[-place].heading, ours, "contents", distinct)


def _is_organisation(value: str) -> bool:
    return len(value) < 150 and (" " in key_of(value) or bool(_ORGANISATION.search(fold(value))))


def _is_date(value: str) -> bool:
    if value.isdecimal() and len(value) != 4:  # Excel's day numbers look like any number
        return False
    try:
        return parse_date(value) is not None
    except BadInput:
        return False


def _found(find: Callable[[str], str], value: str) -> bool:
    if len(value) > 60 or not any(c.isalpha() for c in value):
        return False
    try:
        return bool(find(value))
    except NotFound:
        return False


_TESTS: dict[str, Callable[[str], bool]] = {
    "ruc": lambda value: len(value) == 11 and ruc.is_valid(value),
    "contact": lambda value: bool(_MAIL.search(value)),
    "url": lambda value: value.startswith(("http://", "https://", "www.")),
    "date": _is_date,
    "country": lambda value: len(value) > 1 and _found(find_country, value),
    "region": lambda value: len(value) > 2 and _found(find_region, value),
}
