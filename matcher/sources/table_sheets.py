"""Which table a sheet is, and what its columns mean: by the template's headings, a mapping, or known headings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.cells import Cells, read_cells
from matcher.sources.columns import PARTNERS, SHEETS, Sheet
from matcher.sources.mappings import Mapping as Foreign
from matcher.sources.proposing import Proposal, propose
from matcher.sources.reading import Refusal
from matcher.text import fold

NOTES = "leame"  # the template's sheet of explanations
TEXTS = Sheet("texts", "textos", ("name", "text"), ())  # no table of the template: an organisation in each row
ORDER = (PARTNERS, TEXTS, *SHEETS[1:])  # in which they are read: partners before what names them


class Table(NamedTuple):
    """A sheet that is understood. `foreign`: its headings are not the template's; `defaults`: what it does not say."""

    sheet: Sheet
    cells: Cells
    columns: dict[int, str]
    foreign: bool = False
    defaults: Mapping[str, str] = {}

    @property
    def file(self) -> str:
        """What people know it by."""
        return _called(self.cells)


def proposals(path: Path) -> list[Proposal]:
    """Return how each sheet of a file would be read, those of the template too.

    :raises BadInput: it cannot be read, or is empty.
    """
    found = []
    for cells in _sheets(path):
        try:
            sheet, _, columns = _recognise(cells, path)
        except BadInput:
            found.append(propose(cells))
        else:
            proposal = propose(cells)
            named = tuple(
                replace(each, column=columns.get(i, ""), by="name" if i in columns else "", share=1.0)
                for i, each in enumerate(proposal.columns)
            )
            found.append(replace(proposal, table=sheet.name, columns=named, defaults={}, reason=None))
    return found


def foreign(path: Path) -> list[Proposal]:
    """Return how those sheets of a file are read whose headings are not the template's."""
    found = []
    for cells in _sheets(path):
        try:
            _recognise(cells, path)
        except BadInput:
            found.append(propose(cells))
    return found


def _called(cells: Cells) -> str:
    return cells.file if fold(cells.name) == fold(Path(cells.file).stem) else f"{cells.file} [{cells.name}]"


def _sheets(path: Path) -> list[Cells]:
    sheets = [cells for cells in read_cells(path) if cells.header and fold(cells.name) not in (NOTES, "readme")]
    if not sheets:
        raise BadInput(N_("{path} is empty"), path=path)
    return sheets


def tables_of(path: Path, mappings: Sequence[Foreign], guess: bool) -> tuple[list[Table], list[Refusal]]:
    """Return a file's sheets that are understood, and why the others are not.

    :raises BadInput: none is.
    """
    found: list[Table] = []
    refused: list[Refusal] = []
    for cells in _sheets(path):
        mapping = next((each for each in mappings if fold(each.name) in ("", fold(cells.name))), None)
        if mapping is not None and not mapping.table:
            continue  # somebody said so
        try:
            found.append(_mapped(cells, mapping) if mapping else _understood(cells, path, guess))
        except BadInput as error:
            refused.append(Refusal(_called(cells), 1, error))
    if refused and not found:
        raise refused[0].error
    return found, refused


def _understood(cells: Cells, path: Path, guess: bool) -> Table:
    try:
        return Table(*_recognise(cells, path))
    except BadInput:
        proposal = propose(cells)
        if proposal.table and (guess or proposal.named):
            return _mapped(cells, Foreign.of(proposal))
        raise


def _mapped(cells: Cells, mapping: Foreign) -> Table:
    """Return a sheet as a mapping reads it.

    :raises BadInput: it has none of the headings, or lacks what its table needs.
    """
    headings = [fold(" ".join(h.split())) for h in cells.header]
    columns = {i: mapping.columns[h] for i, h in enumerate(headings) if h in mapping.columns}
    sheet = next(each for each in ORDER if each.name == mapping.table)
    needed = {"name"} if sheet is PARTNERS else set(sheet.required)
    missing = needed - set(columns.values()) - set(mapping.defaults)
    if missing:
        raise BadInput(
            N_("sheet {sheet}: the mapping finds no column for {columns}"),
            sheet=cells.name,
            columns=", ".join(sorted(missing)),
        )
    return Table(sheet, cells, columns, True, mapping.defaults)


def _recognise(cells: Cells, path: Path) -> tuple[Sheet, Cells, dict[int, str]]:
    """Return which table it is and the names of its columns by position."""
    found: list[tuple[Sheet, dict[int, str]]] = []
    for sheet in SHEETS:
        names = {fold(n): c.name for c in sheet.columns for n in (*c.spanish, *c.english)}
        columns = {i: names[h] for i, h in enumerate(fold(" ".join(h.split())) for h in cells.header) if h in names}
        if set(sheet.required) <= set(columns.values()):
            found.append((sheet, columns))
    if not found:
        expected = "; ".join(f"{sheet.name}: {', '.join(sheet.required)}" for sheet in SHEETS)
        raise BadInput(
            N_(
                "{path} [{sheet}]: columns {columns} are none of the tables. Needed are at least {expected}. "
                "How else it may be read, `tinkuy import table FILE --preview` shows"
            ),
            path=path,
            sheet=cells.name,
            columns=", ".join(h for h in cells.header if h),
            expected=expected,
        )
    # Evidence and needs have the same columns: the name of the file or sheet tells, else who understands more.
    named = [f for f in found if fold(cells.name).startswith((f[0].name, f[0].spanish))]
    sheet, columns = (named or sorted(found, key=lambda f: -len(f[1])))[0]
    return sheet, cells, columns
