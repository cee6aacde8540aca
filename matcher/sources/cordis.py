"""CORDIS, the European Union's research projects: project.csv, organization.csv, topics.csv, euroSciVoc.csv.

Of a folder, a zip or single files, as data.europa.eu has them for Horizon 2020 and Horizon Europe. Each organisation
(by its participant code, PIC) is a row with a partner, each project a row with a text and outcomes:

- HES and REC (higher education, research organisations) are supply, PRC (private for profit) demand. PUB, public bodies
  besides those, are ministries, agencies and towns: demand, as are associations and foundations, OTH. Hospitals among
  PUB and OTH are supply: they do research with what they know. Who runs a country or a town is no seller of R&D.
- A project's text (its objective) speaks for all its participants: of what the ones can do, and what the others want.
- A supply and a demand participant of one project are an outcome of stage `project`, the firm as counterpart. In
  consortia of more than MET participants most never meet: there only the coordinator has outcomes with the others.
- A firm that is no SME is large. What an SME is, micro, small or medium, is not said and stays open.

Participations wait in a temporary database while projects stream by, so that memory does not grow with them.
"""

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path

from matcher import fields
from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_country
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources.delimited import Broken, Table, read_rows, tables_in
from matcher.sources.nuts import region_of
from matcher.sources.reading import MAX_TEXT, Read, Refusal, Row, Skipped, Told, too_long
from matcher.text import clean, fold

ID = "cordis"
MET = 12  # participants of a consortium in which everybody works with everybody
NEEDED = ("project", "organization")
OTHERS = ("topics", "euroscivoc")
COLUMNS = {
    "project": ("id", "title", "startDate", "objective", "frameworkProgramme"),
    "organization": (
        "projectID", "organisationID", "role", "contentUpdateDate", "activityType",
        "name", "city", "country", "nutsCode", "SME", "organizationURL",
    ),
    "topics": ("projectID", "title"),
    "euroscivoc": ("projectID", "euroSciVocPath"),
}  # fmt: skip
KINDS = {
    "HES": (Side.SUPPLY, "university"), "REC": (Side.SUPPLY, "institute"), "PRC": (Side.DEMAND, "firm"),
    "PUB": (Side.DEMAND, "public_body"), "OTH": (Side.DEMAND, "association"),
}  # fmt: skip
PROGRAMMES = {"HORIZON": "Horizon Europe", "H2020": "Horizon 2020"}
_HOSPITAL = re.compile(
    r"\b(?:hospit|hopita|ospedal|klinik|clinic|sairaal|szpital|spital|nemocnice|ziekenhui|sjukhus|universitatsklinik)"
)
_BATCH = 20_000
_TRUE = frozenset(("true", "1", "yes", "y"))
_Who = tuple[Side, str | None, str | None]  # side, country, region

_TABLES = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000; PRAGMA temp_store = FILE;
    CREATE TABLE part (project INTEGER, pic INTEGER, first INTEGER);
    CREATE TABLE about (project INTEGER, what TEXT);
    CREATE TABLE org (pic INTEGER PRIMARY KEY, line INTEGER, kind TEXT, name TEXT, city TEXT, country TEXT, nuts TEXT,
        sme TEXT, url TEXT);
"""


def read(paths: Sequence[Path]) -> Iterator[Told]:
    """Yield the organisations, then the projects.

    :raises BadInput: project.csv or organization.csv is missing, lacks a column, or cannot be read.
    """
    found: dict[str, Table] = {}
    for table in tables_in(paths):
        name = Path(table.file).stem.lower().replace("organisation", "organization")
        if name in NEEDED + OTHERS and name not in found:
            found[name] = table
        else:
            yield Skipped(table.file, 0, "table")
    missing = [f"{name}.csv" for name in NEEDED if name not in found]
    if missing:
        raise BadInput(
            N_("{files} is missing: give the folder or the zip with all tables of CORDIS"), files=", ".join(missing)
        )
    with tempfile.TemporaryDirectory(prefix="tinkuy-cordis-") as folder:
        base = sqlite3.connect(Path(folder) / "parts.sqlite", isolation_level=None)
        try:
            base.executescript(_TABLES)
            yield from _Reader(base, found).rows()
        finally:
            base.close()


class _Reader:
    """One reading. `who`: by PIC, what outcomes must know of an organisation; None of one that was refused."""

    def __init__(self, base: sqlite3.Connection, tables: dict[str, Table]) -> None:
        self.base, self.tables = base, tables
        self.who: dict[int, _Who | None] = {}

    def rows(self) -> Iterator[Told]:
        self.base.execute("BEGIN")
        yield from self._participations()
        for name, say in (("topics", _topic), ("euroscivoc", _field)):
            if name in self.tables:
                yield from self._about(name, say)
        self.base.execute("CREATE INDEX part_of ON part (project, first, pic)")
        self.base.execute("CREATE INDEX about_of ON about (project, what)")
        yield from self._organisations()
        yield from self._projects()

    def _lines(self, name: str) -> Iterator[tuple[int, tuple[str, ...] | BadInput]]:
        """Yield the lines of a table with the cells of COLUMNS, or why they cannot be read."""
        table, columns = self.tables[name], COLUMNS[name]
        rows = read_rows(table, ";")
        header = [cell.strip().lower() for cell in next(rows, (0, []))[1]]
        missing = [column for column in columns if column.lower() not in header]
        if missing:
            raise BadInput(
                N_("{path} is no table of CORDIS: columns {columns} are missing"),
                path=table.file,
                columns=", ".join(missing),
            )
        wanted = itemgetter(*(header.index(column.lower()) for column in columns))
        width = len(header)
        for number, values in rows:
            if len(values) == width:
                yield number, wanted(values)
            elif isinstance(values, Broken):
                yield number, BadInput("{reason}", reason=values.reason)
            else:
                yield (
                    number,
                    BadInput(N_("the row has {count} columns, the header another number"), count=len(values)),
                )

    def _participations(self) -> Iterator[Read]:
        """Note who takes part in what, and of each organisation what its latest row says."""
        file = self.tables["organization"].file
        parts: list[tuple[int, int, int]] = []
        latest: dict[int, str] = {}
        orgs: list[tuple[object, ...]] = []
        for number, line in self._lines("organization"):
            if isinstance(line, BadInput):
                yield Refusal(file, number, line)
                continue
            project, code, role, changed, *about = line
            try:
                pic = int(code)
                parts.append((int(project), pic, role != "coordinator"))
            except ValueError:
                column = "organisationID" if project.isdecimal() else "projectID"
                found = code if project.isdecimal() else project
                yield Refusal(
                    file, number, BadInput(N_("{column}: {found!r} is no number"), column=column, found=found)
                )
                continue
            if pic not in latest or changed > latest[pic]:
                latest[pic] = changed
                orgs.append((pic, number, *about))
            if len(parts) >= _BATCH:
                self._keep(parts, orgs)
        self._keep(parts, orgs)

    def _keep(self, parts: list[tuple[int, int, int]], orgs: list[tuple[object, ...]]) -> None:
        self.base.executemany("INSERT INTO part VALUES (?, ?, ?)", parts)
        self.base.executemany("INSERT OR REPLACE INTO org VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", orgs)
        parts.clear()
        orgs.clear()

    def _about(self, name: str, say: Callable[[str], str | None]) -> Iterator[Told]:
        """Note what a table says of projects."""
        file = self.tables[name].file
        noted: list[tuple[int, str]] = []
        for number, line in self._lines(name):
            if isinstance(line, BadInput):
                yield Refusal(file, number, line)
                continue
            what = say(line[1])
            if what is None or not line[0].isdecimal():
                yield Skipped(file, number, name)
                continue
            noted.append((int(line[0]), what))
            if len(noted) >= _BATCH:
                self.base.executemany("INSERT INTO about VALUES (?, ?)", noted)
                noted.clear()
        self.base.executemany("INSERT INTO about VALUES (?, ?)", noted)

    def _organisations(self) -> Iterator[Read]:
        file = self.tables["organization"].file
        for pic, line, kind, *about in self.base.execute("SELECT * FROM org ORDER BY line"):
            try:
                partner = _partner(pic, kind, *about)
            except BadInput as error:
                self.who[pic] = None
                yield Refusal(file, line, error)
                continue
            self.who[pic] = _same(partner.side, partner.country, partner.region)
            yield Row(file, line, (partner,), key=f"organisation/{pic}")

    def _projects(self) -> Iterator[Read]:
        file = self.tables["project"].file
        for number, line in self._lines("project"):
            if isinstance(line, BadInput):
                yield Refusal(file, number, line)
                continue
            try:
                yield self._project(file, number, *line)
            except BadInput as error:
                yield Refusal(file, number, error)

    def _project(self, file: str, number: int, id_: str, title: str, start: str, text: str, programme: str) -> Row:
        if not id_.isdecimal():
            raise BadInput(N_("{column}: {found!r} is no number"), column="id", found=id_)
        title, text = clean(title), clean(text)
        if not (title or text):
            raise BadInput(N_("{columns}: empty"), columns="title, objective")
        if len(text) > MAX_TEXT:
            raise too_long(text)
        found = self.base.execute("SELECT pic, first FROM part WHERE project = ? ORDER BY first, pic", (int(id_),))
        members = {pic: (not later, who) for pic, later in found if (who := self.who.get(pic))}
        if not members:
            raise BadInput(N_("none of its organisations is in organization.csv, or none can be read"))
        said = [what for (what,) in self.base.execute("SELECT what FROM about WHERE project = ?", (int(id_),))]
        codes = dict.fromkeys(what[1:] for what in said if what[0] == _FIELD)
        topic = next((what[1:] for what in said if what[0] == _TOPIC), None)
        day = _day(start)
        evidence = Evidence(
            id=f"{ID}-{id_}",
            partners=tuple(f"{ID}-{pic}" for pic in members),
            kind="project",
            text=text or title,
            title=title if text else None,
            language="en",  # the tables' texts are English throughout
            date=day,
            fields=tuple(codes),
            source=" · ".join(filter(None, ("CORDIS", PROGRAMMES.get(programme, programme), topic))),
            url=f"https://cordis.europa.eu/project/id/{id_}",
        )
        return Row(file, number, (evidence, *_outcomes(id_, members, day)), key=f"project/{id_}")


def _outcomes(id_: str, members: dict[int, tuple[bool, _Who]], day: date | None) -> list[Outcome]:
    """Return the outcomes of a project's participants. `members`: PIC -> whether it coordinates, and what it is."""
    sides: dict[Side, list[tuple[int, bool, _Who]]] = {Side.SUPPLY: [], Side.DEMAND: []}
    for pic, (leads, who) in members.items():
        sides[who[0]].append((pic, leads, who))
    small = len(members) <= MET
    return [
        Outcome(
            f"{ID}-{id_}-{supply}-{demand}", f"{ID}-{supply}", Stage.PROJECT, f"{ID}-{demand}", day, country, region
        )
        for demand, buys, (_, country, region) in sides[Side.DEMAND]
        for supply, leads, _ in sides[Side.SUPPLY]
        if small or leads or buys
    ]


def _partner(pic: int, kind: str, name: str, city: str, country: str, nuts: str, sme: str, url: str) -> Partner:
    name = clean(name)
    if not name:
        raise BadInput(N_("{columns}: empty"), columns="name")
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise BadInput(N_("{column}: {found!r} is not one of {known}"), column="activityType", found=kind, known=known)
    side, what = KINDS[kind]
    if kind in ("PUB", "OTH") and _HOSPITAL.search(fold(name)):
        side, what = Side.SUPPLY, "hospital"
    region, where = region_of(nuts), _country(country)
    return Partner(
        id=f"{ID}-{pic}", side=side, name=name, kind=what, country=where, city=clean(city) or None,
        region=region if region and region.split("-")[0] == where else None,
        size="large" if kind == "PRC" and sme and sme.lower() not in _TRUE else None,
        url=url if url.startswith(("http://", "https://")) else None,
        identifiers=(f"pic:{pic}",) if len(str(pic)) == 9 else (),
    )  # fmt: skip


@lru_cache(10_000)
def _same(*who: object) -> _Who:
    """Return one tuple for equal ones: of a hundred thousand organisations there are some hundred."""
    return who  # type: ignore[return-value]


@lru_cache(1000)
def _country(code: str) -> str | None:
    try:
        return find_country(code) if code else None
    except NotFound:
        return None


@lru_cache(20_000)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


_TOPIC, _FIELD = "t", "f"  # before what is noted of a project


def _topic(title: str) -> str | None:
    title = clean(title)
    return _TOPIC + title if title else None


@cache
def _titles() -> dict[str, str]:
    """Return the words of FORD's titles, and of EuroSciVoc's where those are others -> code."""
    titles = {_letters(english): code for code, (_, english) in fields.names().items()}
    return titles | {
        "agriculturalsciences": "4", "humanities": "6", "psychology": "5.1", "educationalsciences": "5.3",
        "politicalsciences": "5.6", "socialgeography": "5.7", "othermedicalsciences": "3.5",
        "veterinarysciences": "4.3", "arts": "6.4",
    }  # fmt: skip


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


@lru_cache(5000)
def _field(path: str) -> str | None:
    """Return the FORD field of a path in EuroSciVoc, whose two upper levels are FORD's: of the deeper one known."""
    codes = [_titles().get(_letters(part)) for part in path.strip("/").split("/")[:2]]
    code = next((code for code in reversed(codes) if code), None)
    return _FIELD + code if code else None
