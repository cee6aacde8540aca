"""Spreadsheets in the form of the template: partners, evidence, needs, outcomes (CSV or XLSX).

Which table a file or sheet is, its columns tell. Their order and that of the files do not matter.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.records import Record
from matcher.sources.mappings import load
from matcher.sources.reading import Read, Refusal, Row
from matcher.sources.table_cells import Ids, at_fault
from matcher.sources.table_records import records_of
from matcher.sources.table_sheets import ORDER, Table, tables_of


def read(paths: Sequence[Path], stored: Mapping[str, str] | None = None, *, guess: bool = False) -> Iterator[Read]:
    """Yield the rows of all files, partners first.

    Sheets are read as a mapping among the files says (`.toml`, see `mappings.py`); else by the template's headings;
    else by headings that are known in three languages. A workbook's sheet that is none of the tables is one refusal.

    :param stored: id -> name of the partners that are in the database already.
    :param guess: columns may also be told by what stands in them, since people see what comes of it before it is done.
    :raises BadInput: a file cannot be read, or is none of the tables.
    """
    mappings = [each for path in paths if path.suffix.lower() == ".toml" for each in load(path)]
    tables: list[Table] = []
    for path in paths:
        if path.suffix.lower() == ".toml":
            continue
        found, refused = tables_of(path, mappings, guess)
        yield from refused
        tables += found
    tables.sort(key=lambda table: ORDER.index(table.sheet))
    ids = Ids(stored)
    seen: dict[tuple[type[Record], str], tuple[Record, str, int]] = {}
    for table in tables:
        header = table.cells.header
        for number, values, made in records_of(table, ids):
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
                yield Refusal(table.file, number, error, at_fault(error, header, table.columns))
