"""Spreadsheets in the form of the template: partners, evidence, needs, outcomes (CSV or XLSX).

Which table a file or sheet is, its columns tell. Their order and that of the files do not matter.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from matcher.errors import BadInput, NotFound, TinkuyError
from matcher.fields import find_field
from matcher.identifiers import find_identifier
from matcher.language import N_, Translate
from matcher.places import country_of, find_country, find_region
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.sectors import find_sector
from matcher.sources.cells import Cells, parse_date, read_cells
from matcher.sources.columns import KINDS, NEEDS, OUTCOMES, PARTNERS, SHEETS, SIDES, SIZES, STAGES, Sheet
from matcher.sources.mappings import Mapping as Foreign
from matcher.sources.mappings import load
from matcher.sources.org_kinds import firm_unless_told
from matcher.sources.proposing import Proposal, propose
from matcher.sources.reading import MAX_TEXT, Read, Refusal, Row, digest, slug, too_long
from matcher.text import clean, detect_language, fold

NOTES = "leame"  # the template's sheet of explanations
SPREADSHEET_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")  # ECMA-376, 18.17.3
_NAMES = frozenset(column.name for sheet in SHEETS for column in sheet.columns) | {"ruc"}
Values = dict[str, str]


TEXTS = Sheet("texts", "textos", ("name", "text"), ())  # no table of the template: an organisation in each row


class _Table(NamedTuple):
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


def read(paths: Sequence[Path], stored: Mapping[str, str] | None = None, *, guess: bool = False) -> Iterator[Read]:
    """Yield the rows of all files, partners first.

    Sheets are read as a mapping among the files says (`.toml`, see `mappings.py`); else by the template's headings;
    else by headings that are known in three languages. A workbook's sheet that is none of the tables is one refusal.

    :param stored: id -> name of the partners that are in the database already.
    :param guess: columns may also be told by what stands in them, since people see what comes of it before it is done.
    :raises BadInput: a file cannot be read, or is none of the tables.
    """
    mappings = [each for path in paths if path.suffix.lower() == ".toml" for each in load(path)]
    tables: list[_Table] = []
    for path in paths:
        if path.suffix.lower() == ".toml":
            continue
        found, refused = _tables(path, mappings, guess)
        yield from refused
        tables += found
    tables.sort(key=lambda table: _ORDER.index(table.sheet))
    ids = _Ids(stored)
    seen: dict[tuple[type[Record], str], tuple[Record, str, int]] = {}
    for table in tables:
        header = table.cells.header
        for number, values, made in _made(table, ids):
            try:
                if isinstance(made, Exception):
                    raise made
                if any(values[len(header) :]):  # a comma without quotes: the rest would be lost
                    raise BadInput(N_("the row has {count} columns, the header another number"), count=len(values))
                for record in made:
                    first, where, line = seen.setdefault((type(record), record.id), (record, table.file, number))
                    if first != record:
                        raise BadInput(
                            N_("the id {id!r} stands in {file}, row {row} with other values: give each row its own id"),
                            id=record.id,
                            file=where,
                            row=line,
                        )
                yield Row(table.file, number, made)
            except (BadInput, NotFound) as error:
                yield Refusal(table.file, number, error, _at_fault(error, header, table.columns))


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


def _tables(path: Path, mappings: Sequence[Foreign], guess: bool) -> tuple[list[_Table], list[Refusal]]:
    """Return a file's sheets that are understood, and why the others are not.

    :raises BadInput: none is.
    """
    found: list[_Table] = []
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


def _understood(cells: Cells, path: Path, guess: bool) -> _Table:
    try:
        return _Table(*_recognise(cells, path))
    except BadInput:
        proposal = propose(cells)
        if proposal.table and (guess or proposal.named):
            return _mapped(cells, Foreign.of(proposal))
        raise


def _mapped(cells: Cells, mapping: Foreign) -> _Table:
    """Return a sheet as a mapping reads it.

    :raises BadInput: it has none of the headings, or lacks what its table needs.
    """
    headings = [fold(" ".join(h.split())) for h in cells.header]
    columns = {i: mapping.columns[h] for i, h in enumerate(headings) if h in mapping.columns}
    sheet = next(each for each in _ORDER if each.name == mapping.table)
    needed = {"name"} if sheet is PARTNERS else set(sheet.required)
    missing = needed - set(columns.values()) - set(mapping.defaults)
    if missing:
        raise BadInput(
            N_("sheet {sheet}: the mapping finds no column for {columns}"),
            sheet=cells.name,
            columns=", ".join(sorted(missing)),
        )
    return _Table(sheet, cells, columns, True, mapping.defaults)


def _made(table: _Table, ids: "_Ids") -> Iterator[tuple[int, list[str], tuple[Record, ...] | BadInput | NotFound]]:
    """Yield each row's number, cells and records; what refuses it in their place."""
    made = [(number, values, _records(table, values, ids)) for number, values in table.cells.rows]
    if table.sheet is not TEXTS:
        yield from made
        return
    whole: dict[str, Partner] = {}  # of several rows of one organisation, what any of them says first
    for _, _, records in made:
        if not isinstance(records, Exception) and isinstance(partner := records[0], Partner):
            first = whole.setdefault(partner.id, partner)
            missing = {
                each.name: value
                for each in fields_of(Partner)
                if getattr(first, each.name) in (None, ()) and (value := getattr(partner, each.name)) not in (None, ())
            }
            whole[partner.id] = replace(first, **missing)
    for number, values, records in made:
        if not isinstance(records, Exception) and isinstance(partner := records[0], Partner):
            records = (whole[partner.id], *records[1:])
        yield number, values, records


def _records(table: _Table, values: list[str], ids: "_Ids") -> tuple[Record, ...] | BadInput | NotFound:
    try:
        row = _row(table.cells.header, table.columns, values)
        if table.foreign:
            row = _foreign(row, table.defaults)
        if table.sheet is TEXTS:
            return _text_and_partner(row, ids)
        return (_MAKE[table.sheet](row, ids),)
    except (BadInput, NotFound) as error:
        return error


def _foreign(row: Values, defaults: Mapping[str, str]) -> Values:
    """Return a row of a foreign sheet with what it leaves out: defaults, the side of an organisation by its name."""
    row = {**row, **{column: value for column, value in defaults.items() if not row.get(column)}}
    if number := row.pop("ruc", ""):
        row["identifiers"] = ";".join(filter(None, (row.get("identifiers"), f"ruc:{number}")))
    if row.get("name") and not row.get("side"):
        row["side"] = firm_unless_told(row["name"])[0]
    return row


def _text_and_partner(row: Values, ids: "_Ids") -> tuple[Record, ...]:
    """Return the organisation and the text of one row. Its `id`, `kind`, `url`, `sectors` and so on are the text's."""
    _need(row, "name", "text")
    side, kind = firm_unless_told(row["name"])
    given = Side(_choice(row, "side", SIDES))
    about = {column: row[column] for column in _OF_PARTNERS if row.get(column)}
    partner = _partner({**about, "kind": kind if side is given else "other"}, ids)
    evidence = _evidence({**row, "partners": partner.id}, ids, "need" if given is Side.DEMAND else "capability")
    return (partner, evidence)


def write_template(path: Path, translate: Translate, *, spanish: bool) -> list[Path]:
    """Write the template: a workbook where `path` ends in .xlsx, else a folder of CSV files.

    :returns: the files written.
    :raises BadInput: a file of that name exists.
    """
    notes = [
        (
            sheet.spanish if spanish else sheet.name,
            _header(column.spanish, column.english, spanish),
            translate(column.meaning),
        )
        for sheet in SHEETS
        for column in sheet.columns
    ]
    tables = {
        (sheet.spanish if spanish else sheet.name): [_header(c.spanish, c.english, spanish) for c in sheet.columns]
        for sheet in SHEETS
    }
    if path.suffix.lower() == ".xlsx":
        _refuse_existing(path)
        book = Workbook()
        book.remove(book.worksheets[0])
        for name, header in tables.items():
            sheet = book.create_sheet(name)
            sheet.append(header)
            sheet.freeze_panes = "A2"
            for cell in sheet[1]:
                cell.font = Font(bold=True)
                sheet.column_dimensions[cell.column_letter].width = 40 if cell.value in ("texto", "text") else 18
        sheet = book.create_sheet(NOTES)
        for line in notes:
            sheet.append(line)
        for column, width in zip("ABC", (14, 14, 90), strict=True):
            sheet.column_dimensions[column].width = width
        for (cell,) in sheet["C1" : f"C{len(notes)}"]:
            cell.alignment = Alignment(wrap_text=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
        return [path]
    files = [path / f"{name}.csv" for name in tables]
    for file in files:
        _refuse_existing(file)
    path.mkdir(parents=True, exist_ok=True)
    for file, header in zip(files, tables.values(), strict=True):
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerow(header)
    return files


def _header(spanish: tuple[str, ...], english: tuple[str, ...], in_spanish: bool) -> str:
    return spanish[0] if in_spanish else english[0]


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise BadInput(N_("{path} exists; give another name, since a template would empty it"), path=path)


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


class _Ids:
    """Partners in the database or named so far in this import, so that texts may name them by id or by name."""

    def __init__(self, stored: Mapping[str, str] | None) -> None:
        self.complete = stored is not None  # then who is not here does not exist
        stored = stored or {}
        self.known = set(stored)
        self.by_name: dict[str, set[str]] = {}
        for id_, name in stored.items():
            self.by_name.setdefault(fold(name), set()).add(id_)

    def add(self, partner: Partner) -> None:
        self.known.add(partner.id)
        self.by_name.setdefault(fold(partner.name), set()).add(partner.id)

    def find(self, reference: str) -> str:
        if reference in self.known:
            return reference
        named = sorted(self.by_name.get(fold(reference), ()))
        if len(named) > 1:
            message = N_("several partners are called {name!r}: name one by its id ({ids})")
            raise BadInput(message, name=reference, ids=", ".join(named))
        if named:
            return named[0]
        made = _id_of(reference)
        if made in self.known:
            return made
        if self.complete:
            raise BadInput(N_("partner {name!r} is not known: its own row is missing, or was refused"), name=reference)
        return made if " " in reference else reference  # one word is an id


def _id_of(name: str) -> str:
    """Return the id that a partner's name makes; a name without any Latin letter gets one of its digest."""
    return slug(name) or f"x-{digest(fold(name))}"


def _row(header: list[str], columns: dict[int, str], values: list[str]) -> Values:
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


def _codes(row: Values, column: str, find: Callable[[str], str]) -> tuple[str, ...]:
    """Read codes or names, separated by ; | or, where the whole is no name, by commas."""
    codes: list[str] = []
    with _in(column):
        for part in _split(row.get(column, "")):
            try:
                codes.append(find(part))
            except NotFound:
                if "," not in part:
                    raise
                codes += [find(piece.strip()) for piece in part.split(",") if piece.strip()]
    return tuple(dict.fromkeys(codes))


def _day(row: Values) -> dt.date | None:
    with _in("date"):
        return parse_date(row.get("date", ""))


def _named(row: Values, column: str, ids: "_Ids") -> tuple[str, ...]:
    """Return the ids of the partners that a cell names by id or name, each once."""
    with _in(column):
        return tuple(dict.fromkeys(ids.find(part) for part in _split(row[column])))


def _one(row: Values, column: str, ids: "_Ids") -> str:
    with _in(column):
        return ids.find(row[column])


@contextmanager
def _in(column: str) -> Iterator[None]:
    """Let an error of one cell tell the column that it stands in."""
    try:
        yield
    except (BadInput, NotFound) as error:
        error.values.setdefault("column", column)
        raise


def _at_fault(error: TinkuyError, header: Sequence[str], columns: Mapping[int, str]) -> str:
    """Return the heading, as the file has it, of the column that an error is about; several with commas between."""
    names = str(error.values.get("column") or error.values.get("columns") or "").split(", ")
    headings = {name: header[i] for i, name in sorted(columns.items(), reverse=True) if i < len(header)}
    return ", ".join(headings.get(name, name) for name in names if name in _NAMES)


def _need(row: Values, *columns: str) -> None:
    missing = [column for column in columns if not row.get(column)]
    if missing:
        raise BadInput(N_("{columns}: empty"), columns=", ".join(missing))
    broken = [f"{name}: {value}" for name, value in row.items() if value.startswith(SPREADSHEET_ERRORS)]
    if broken:
        raise BadInput(N_("spreadsheet error in {cells}"), cells=", ".join(broken))


def _choice(row: Values, column: str, words: dict[str, str]) -> str:
    word = words.get(fold(row[column]))
    if word is None:
        known = ", ".join(dict.fromkeys(words.values()))
        raise BadInput(N_("{column}: {found!r} is not one of {known}"), column=column, found=row[column], known=known)
    return word


def _kind(row: Values, default: str) -> str:
    kind = fold(row.get("kind", ""))
    return KINDS.get(kind, slug(kind).replace("-", "_")) or default


def _place(row: Values) -> tuple[str | None, str | None]:
    """Return country and region; the region tells the country where only it is given."""
    with _in("country"):
        country = find_country(row["country"]) if row.get("country") else None
    with _in("region"):
        region = find_region(row["region"], country) if row.get("region") else None
        inside = country_of(region)
        if country and inside and inside != country:
            raise BadInput(
                N_("region {region} lies in {inside}, not in {country}"), region=region, inside=inside, country=country
            )
    return country or inside, region


def _partner(row: Values, ids: _Ids) -> Partner:
    _need(row, "side", "name")
    country, region = _place(row)
    partner = Partner(
        id=row.get("id") or _id_of(row["name"]),
        side=Side(_choice(row, "side", SIDES)),
        name=row["name"],
        kind=_kind(row, "other"),
        country=country,
        region=region,
        city=row.get("city") or None,
        sectors=_codes(row, "sectors", find_sector),
        size=_choice(row, "size", SIZES) if row.get("size") else None,
        url=row.get("url") or None,
        identifiers=_codes(row, "identifiers", find_identifier),
        contact=row.get("contact") or None,
    )
    ids.add(partner)
    return partner


def _evidence(row: Values, ids: _Ids, default_kind: str) -> Evidence:
    _need(row, "partners", "text")
    with _in("text"):
        if len(row["text"]) > MAX_TEXT:
            raise too_long(row["text"])
    partners = _named(row, "partners", ids)
    title = row.get("title") or None
    return Evidence(
        id=row.get("id") or f"{partners[0]}-{digest(title, row['text'])}",
        partners=partners,
        kind=_kind(row, default_kind),
        text=row["text"],
        title=title,
        language=row.get("language", "").lower() or detect_language(row["text"]),
        date=_day(row),
        sectors=_codes(row, "sectors", find_sector),
        fields=_codes(row, "fields", find_field),
        region=_place(row)[1],
        source=row.get("source") or None,
        url=row.get("url") or None,
    )


def _outcome(row: Values, ids: _Ids) -> Outcome:
    _need(row, "partner", "stage")
    country, region = _place(row)
    partner = _one(row, "partner", ids)
    counterpart = _one(row, "counterpart", ids) if row.get("counterpart") else None
    when, stage = _day(row), Stage(_choice(row, "stage", STAGES))
    return Outcome(
        id=row.get("id") or f"{partner}-{digest(counterpart, str(when), stage, row.get('note'))}",
        partner=partner,
        stage=stage,
        counterpart=counterpart,
        date=when,
        country=country,
        region=region,
        sectors=_codes(row, "sectors", find_sector),
        text=row.get("note") or None,
    )


_ORDER = (PARTNERS, TEXTS, *SHEETS[1:])
_OF_PARTNERS = ("side", "name", "country", "region", "city", "size", "contact", "identifiers")
_MAKE: dict[Sheet, Callable[[Values, _Ids], Record]] = {
    PARTNERS: _partner,
    SHEETS[1]: lambda row, ids: _evidence(row, ids, "capability"),
    NEEDS: lambda row, ids: _evidence(row, ids, "need"),
    OUTCOMES: _outcome,
}
