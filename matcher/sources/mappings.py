"""How foreign sheets are read, kept as TOML so that next year's sheet is read likewise, and people can mend it.

[[sheets]]
name = "Hoja1"        # of a workbook; left out, it is for every sheet
table = "texts"       # partners, texts (an organisation and its text in each row), evidence, needs, outcomes;
                      # empty: the sheet is passed over
[sheets.columns]      # their heading = our column
"Empresa" = "name"
"Problema principal" = "text"
[sheets.defaults]     # of what the sheet does not say
side = "demand"
"""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.column_names import columns_of
from matcher.sources.proposing import Proposal
from matcher.text import fold

FOLDER = "mappings"  # in the home folder
TABLES = ("partners", "texts", "evidence", "needs", "outcomes")
_NAME = re.compile(r"[\w-]{1,80}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one sheet is read. `name`: of the sheet, empty for any; `columns`: folded heading -> our column."""

    name: str
    table: str
    columns: dict[str, str]
    defaults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, proposal: Proposal) -> "Mapping":
        """Return what a proposal says."""
        columns = {fold(each.heading): each.column for each in proposal.columns if each.column}
        return cls(proposal.sheet, proposal.table, columns, proposal.defaults)


def path_of(home: Path, name: str) -> Path:
    """Return where a mapping is kept.

    :raises BadInput: a name that no file should have.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(N_("{name!r} is no name for a mapping: letters, digits, - and _ only"), name=name)
    return home / FOLDER / f"{name}.toml"


def load(path: Path) -> list[Mapping]:
    """Read a mapping.

    :raises BadInput: it cannot be read, or names a table or a column that there is not.
    """
    try:
        sheets = tomllib.loads(path.read_text(encoding="utf-8"))["sheets"]
        return [_sheet(path, each) for each in sheets]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(N_("{path} cannot be read: {reason}"), path=path, reason=error) from error


def _sheet(path: Path, data: dict[str, Any]) -> Mapping:
    table = str(data.get("table", ""))
    columns = {fold(" ".join(k.split())): str(v) for k, v in data.get("columns", {}).items() if v}
    defaults = {str(k): str(v) for k, v in data.get("defaults", {}).items()}
    if table and table not in TABLES:
        known = ", ".join(TABLES)
        raise BadInput(N_("{path}: {found!r} is not one of {known}"), path=path, found=table, known=known)
    for column in (*columns.values(), *defaults):
        if table and column not in columns_of(table):
            known = ", ".join(sorted(columns_of(table)))
            raise BadInput(N_("{path}: {found!r} is not one of {known}"), path=path, found=column, known=known)
    return Mapping(str(data.get("name", "")), table, columns, defaults)


def save(path: Path, proposals: Iterable[Proposal]) -> None:
    """Write proposals as a mapping.

    :raises BadInput: one of that name is there; it may have been mended by hand.
    """
    if path.exists():
        raise BadInput(N_("{path} exists: delete it, or give another name"), path=path)
    lines = []
    for each in proposals:
        lines += ["[[sheets]]", f"name = {_quoted(each.sheet)}", f"table = {_quoted(each.table)}", "[sheets.columns]"]
        lines += [f"{_quoted(c.heading)} = {_quoted(c.column)}" for c in each.columns if c.heading]
        lines += ["[sheets.defaults]", *(f"{k} = {_quoted(v)}" for k, v in each.defaults.items()), ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
