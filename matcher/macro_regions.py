"""Macro-regions: the groups of regions that networks work in, from a small table that can be edited.

The shipped one holds Mexico's seven technology-transfer regions. A table is CSV with a row a region: the
macro-region's id and names (once is enough) and the region's ISO 3166-2 code. A region lies in one macro-region.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import country_of, find_region, named_regions
from matcher.text import fold

SHIPPED = Path(__file__).with_name("macro_regions.csv")
COLUMNS = ("macro_region", "es", "en", "region")
LANGUAGES = ("es", "en")
COLUMNS_WRONG = N_("{path}, line {line}: the columns must be {columns}")
CELLS_WRONG = N_("{path}, line {line}: it has {found} cells, not {wanted}")
ID_WRONG = N_("{path}, line {line}: {id!r} is no id of a macro-region: use small letters, digits and hyphens")
CODE_WRONG = N_("{path}, line {line}: {code!r} is no ISO 3166-2 code of a region, such as MX-SON")
TWICE = N_("{path}, line {line}: {code} lies in the macro-region {group!r} already")
RENAMED = N_("{path}, line {line}: the macro-region {id!r} was called {name!r} before")
NAMELESS = N_("{path}, line {line}: the macro-region {id!r} has no name in the column {column}")
TAKEN = N_("{path}, line {line}: {name!r} is another macro-region's name too")
REGIONS_NAME = N_("{path}, line {line}: {name!r} is the region {code}, which is not all of {id!r}: give another name")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class MacroRegion:
    """A group of regions. `names`: language -> name; `regions`: ISO 3166-2 codes in the table's order."""

    id: str
    names: Mapping[str, str]
    regions: tuple[str, ...]

    def name(self, language: str) -> str:
        """Return its name; the Spanish one in a language that the table has not."""
        return self.names.get(language, self.names["es"])


class MacroRegions:
    """The macro-regions of an installation."""

    def __init__(self, groups: Iterable[MacroRegion]) -> None:
        self.groups = {group.id: group for group in groups}
        self._of = {region: group.id for group in self.groups.values() for region in group.regions}
        self._called = {fold(name): g.id for g in self.groups.values() for name in (g.id, *g.names.values())}

    @classmethod
    def load(cls, path: Path | None = None) -> "MacroRegions":
        """Read a table; None means the shipped one.

        :raises BadInput: it cannot be read, or a line of it is wrong: the message names line and reason.
        """
        path = path or SHIPPED
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                N_("the table of macro-regions {path} cannot be read: {reason}"), path=path, reason=error
            ) from error
        return cls(_Table(path).read(text))

    def group_of(self, region: str | None) -> str | None:
        """Return the id of the macro-region that a region lies in; None where it lies in none, or is not known."""
        return self._of.get(region or "")

    def name(self, id_: str, language: str) -> str:
        """Return a macro-region's name."""
        return self.groups[id_].name(language)

    def members(self, id_: str) -> tuple[str, ...]:
        """Return the codes of a macro-region's regions."""
        return self.groups[id_].regions

    def find(self, text: str) -> str | None:
        """Return the id of the macro-region that goes by an id or a name, in either language; None without one."""
        return self._called.get(fold(" ".join(text.split())))

    def regions_of(self, text: str) -> tuple[str, ...]:
        """Return the codes meant by the code or name of a region, or by a macro-region's name or id.

        A macro-region goes before regions elsewhere that are called so too: Northeast is one of Mexico's, and what
        the English call Haiti's Nord-Est. Within its own countries no region has its name (see `load`).

        :raises NotFound: neither a region nor a macro-region goes by that.
        """
        group = self.find(text)
        return self.members(group) if group else (find_region(text),)


NONE = MacroRegions(())


@cache
def shipped() -> MacroRegions:
    """Return the shipped macro-regions."""
    return MacroRegions.load()


class _Table:
    """A reader of one table."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, text: str) -> list[MacroRegion]:
        head = text.splitlines()[0] if text.strip() else ""
        rows = csv.reader(text.splitlines(), delimiter=";" if ";" in head else ",")
        if tuple(name.strip().lower() for name in next(rows, [])) != COLUMNS:
            raise self._wrong(COLUMNS_WRONG, 1, columns=", ".join(COLUMNS))
        names: dict[str, dict[str, str]] = {}
        regions: dict[str, list[str]] = {}
        first: dict[str, int] = {}
        home: dict[str, str] = {}
        for cells in rows:
            line, given = rows.line_num, [cell.strip() for cell in cells]
            if not any(given):
                continue
            if len(given) != len(COLUMNS):
                raise self._wrong(CELLS_WRONG, line, found=len(given), wanted=len(COLUMNS))
            id_, *called, region = given
            if not _ID.fullmatch(id_):
                raise self._wrong(ID_WRONG, line, id=id_)
            code = self._code(region, line)
            if code in home:
                raise self._wrong(TWICE, line, code=code, group=home[code])
            home[code] = id_
            first.setdefault(id_, line)
            regions.setdefault(id_, []).append(code)
            known = names.setdefault(id_, {})
            for language, name in zip(LANGUAGES, called, strict=True):
                if name and known.setdefault(language, name) != name:
                    raise self._wrong(RENAMED, line, id=id_, name=known[language])
        groups = [MacroRegion(id_, names[id_], tuple(codes)) for id_, codes in regions.items()]
        taken: dict[str, str] = {}
        for group in groups:
            self._check_names(group, first[group.id], taken)
        return groups

    def _code(self, text: str, line: int) -> str:
        try:
            if _CODE.fullmatch(text):
                return find_region(text)
        except NotFound:
            pass
        raise self._wrong(CODE_WRONG, line, code=text)

    def _check_names(self, group: MacroRegion, line: int, taken: dict[str, str]) -> None:
        """Refuse a macro-region without names, or of a name that means something else too."""
        for language in LANGUAGES:
            if language not in group.names:
                raise self._wrong(NAMELESS, line, id=group.id, column=language)
        for name in (group.id, *group.names.values()):
            if taken.setdefault(fold(name), group.id) != group.id:
                raise self._wrong(TAKEN, line, name=name)
            for country in {country_of(code) for code in group.regions}:
                found = named_regions(name, country)
                if len(found) == 1 and group.regions != (found[0],):
                    raise self._wrong(REGIONS_NAME, line, name=name, code=found[0], id=group.id)

    def _wrong(self, message: str, line: int, **values: object) -> BadInput:
        return BadInput(message, path=self.path, line=line, **values)
