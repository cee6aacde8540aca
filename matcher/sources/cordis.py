"""CORDIS, the European Union's research projects: project.csv, organization.csv, topics.csv, euroSciVoc.csv.

Of a folder, a zip or single files, as data.europa.eu has them for Horizon 2020 and Horizon Europe. Each organisation
(by its participant code, PIC) is a row with a partner, each project a row with a text and outcomes:

- HES and REC (higher education, research organisations) are supply, PRC (private for profit) demand. PUB, public bodies
  besides those, are ministries, agencies and towns: demand, as are associations and foundations, OTH. Hospitals among
  PUB and OTH are supply: they do research with what they know. Who runs a country or a town is no seller of R&D.
- A project's text (its objective) speaks for all its participants: of what the ones can do, and what the others want.
- A supply and a demand participant of one project are an outcome of stage `project`, the firm as counterpart. In
  consortia of more than MET participants work is cut into packages and most never meet: there only the coordinator
  has outcomes with the others.
- A firm that is no SME is large. What an SME is, micro, small or medium, is not said and stays open.

Participations, and of each organisation its latest line, lie on the disk until the projects stream by.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from operator import itemgetter
from pathlib import Path

from matcher import fields
from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_country
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources.aside import CUT, Latest, Notes, Shelf, open_aside
from matcher.sources.delimited import Broken, Table, read_rows, tables_in
from matcher.sources.nuts import region_of
from matcher.sources.reading import MAX_TEXT, Read, Refusal, Row, Skipped, Told, too_long
from matcher.text import clean, fold

ID = "cordis"
MET = 6  # participants of a consortium in which everybody works with everybody
TOGETHER = 200  # projects whose participants are looked up at once
NEEDED = ("project", "organization")
OTHERS = ("topics", "euroscivoc")
COLUMNS = {
    "project": ("id", "title", "startDate", "objective", "frameworkProgramme"),
    "organization": (
        "projectID", "organisationID", "role", "contentUpdateDate",
        "activityType", "name", "city", "country", "nutsCode", "SME", "organizationURL",
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
_TRUE = frozenset(("true", "1", "yes", "y"))
_Cells = Callable[[list[str]], tuple[str, ...]]  # takes some of a row's
# What outcomes must know of an organisation: PIC, the partner's id, side, country and region, "" where not known.
_Who = tuple[str, ...]


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
            yield Skipped(table.file, 0, N_("table"))
    missing = [f"{name}.csv" for name in NEEDED if name not in found]
    if missing:
        raise BadInput(
            N_("{files} is missing: give the folder or the zip with all tables of CORDIS"), files=", ".join(missing)
        )
    with closing(open_aside()) as disk:
        yield from _Reader(found, disk).rows()


class _Reader:
    """One reading. `parts`: PICs of a project's participants, a minus before those that coordinate it."""

    def __init__(self, tables: dict[str, Table], disk: sqlite3.Connection) -> None:
        self.tables = tables
        self.parts, self.said = Notes(disk, "parts"), Notes(disk, "said")
        self.lines = Latest(disk, "lines")  # of an organisation its number and cells
        self.known = Shelf(disk, "known")

    def rows(self) -> Iterator[Told]:
        yield from self._participations()
        for name, say in (("topics", _topic), ("euroscivoc", _field)):
            if name in self.tables:
                yield from self._about(name, say)
        self.parts.sort()
        self.said.sort()
        yield from self._organisations()
        yield from self._projects()

    def _table(self, name: str) -> tuple[Iterator[tuple[int, list[str]]], int, Sequence[int]]:
        """Return a table's rows, how many cells each must have, and the places of those of COLUMNS."""
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
        return rows, len(header), [header.index(column.lower()) for column in columns]

    def _participations(self) -> Iterator[Read]:
        """Note who takes part in what, and of each organisation what its latest row says."""
        file, lines, recent = self.tables["organization"].file, self.lines, self.lines.recent
        rows, width, places = self._table("organization")
        ids, about = itemgetter(*places[:4]), itemgetter(*places[4:])
        last, members = "", self.parts.begin(0)
        for number, values in rows:
            if len(values) != width:
                yield Refusal(file, number, _broken(values))
                continue
            project, code, role, changed = ids(values)
            latest = recent.get(code)
            if project != last:
                if not _is_number(project):
                    yield _no_number(file, number, "projectID", project)
                    continue
                last, members = project, self.parts.begin(int(project))
            if latest is None:  # most lines tell nothing new
                if not _is_number(code):
                    yield _no_number(file, number, "organisationID", code)
                    continue
                if code[0] == "0":
                    latest = recent.get(code := code.lstrip("0"))
            members.append("-" + code if role == "coordinator" else code)
            if latest is None or changed > latest[0]:
                lines.put(code, changed, CUT.join((str(number), *about(values))))

    def _about(self, name: str, say: Callable[[str], str | None]) -> Iterator[Told]:
        """Note what a table says of projects."""
        file = self.tables[name].file
        rows, width, places = self._table(name)
        wanted = itemgetter(*places)
        last, told = "", self.said.begin(0)
        for number, values in rows:
            if len(values) != width:
                yield Refusal(file, number, _broken(values))
                continue
            project, text = wanted(values)
            what = say(text)
            if what is None or (project != last and not _is_number(project)):
                yield Skipped(file, number, N_("subject of no field"))
                continue
            if project != last:
                last, told = project, self.said.begin(int(project))
            told.append(what)

    def _organisations(self) -> Iterator[Read]:
        file, known = self.tables["organization"].file, self.known
        for pic, text in self.lines.all():
            line, kind, name, city, country, nuts, sme, url, *_more = text.split(CUT)
            try:
                partner = _partner(pic, kind, name, city, country, nuts, sme, url)
            except BadInput as error:
                yield Refusal(file, int(line), error)
                continue
            known[str(pic)] = (str(pic), partner.id, partner.side.value, partner.country or "", partner.region or "")
            yield Row(file, int(line), (partner,), key=f"organisation/{pic}")

    def _projects(self) -> Iterator[Read]:
        rows, width, places = self._table("project")
        while together := list(islice(rows, TOGETHER)):
            yield from self._some_projects(together, width, itemgetter(*places))

    def _some_projects(self, rows: list[tuple[int, list[str]]], width: int, wanted: _Cells) -> Iterator[Read]:
        """Yield the projects of some rows, of which the disk is asked at once."""
        file = self.tables["project"].file
        cells = [wanted(values) if len(values) == width else () for _, values in rows]
        ids = [int(each[0]) if each and _is_number(each[0]) else 0 for each in cells]
        parts, said = self.parts.of(ids), self.said.of(ids)
        known = self.known.of(code.lstrip("-") for codes in parts.values() for code in codes)
        for (number, values), each, project in zip(rows, cells, ids, strict=True):
            if not project:
                yield _no_number(file, number, "id", each[0]) if each else Refusal(file, number, _broken(values))
                continue
            id_, title, start, text, programme = each
            leading, others = _members(parts.get(project, ()), known)
            day = _day(start)
            try:
                evidence = _evidence(id_, title, text, programme, day, leading + others, said.get(project, ()))
                yield Row(file, number, (evidence, *_outcomes(id_, leading, others, day)), key=f"project/{id_}")
            except BadInput as error:
                yield Refusal(file, number, error)


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 16 and text.strip("0") != ""


def _no_number(file: str, number: int, column: str, found: str) -> Refusal:
    return Refusal(file, number, BadInput(N_("{column}: {found!r} is no number"), column=column, found=found))


def _broken(values: list[str]) -> BadInput:
    if isinstance(values, Broken):
        return BadInput("{reason}", reason=values.reason)
    return BadInput(N_("the row has {count} columns, the header another number"), count=len(values))


def _members(codes: Iterable[str], known: Mapping[str, _Who]) -> tuple[list[_Who], list[_Who]]:
    """Return a project's coordinators and its other participants. `known`: nothing of an organisation refused."""
    leading, others = [], []
    for code in dict.fromkeys(codes):
        if who := known.get(code):
            others.append(who)
        elif code[0] == "-" and (who := known.get(code[1:])):
            leading.append(who)
    return leading, others


def _evidence(
    id_: str,
    title: str,
    text: str,
    programme: str,
    day: date | None,
    members: Sequence[_Who],
    said: Sequence[str],
) -> Evidence:
    """Return a project's text. `said`: its topic and fields, each with its mark before it."""
    title, text = clean(title), clean(text)
    if not (title or text):
        raise BadInput(N_("{columns}: empty"), columns="title, objective")
    if len(text) > MAX_TEXT:
        raise too_long(text)
    if not members:
        raise BadInput(N_("none of its organisations is in organization.csv, or none can be read"))
    source, about = _source(programme, *said)
    return Evidence(
        id=f"{ID}-{id_}",
        partners=tuple(dict.fromkeys([who[1] for who in members])),
        kind="project",
        text=text or title,
        title=title if text else None,
        language="en",  # the tables' texts are English throughout
        date=day,
        fields=about,
        source=source,
        url=f"https://cordis.europa.eu/project/id/{id_}",
    )


@lru_cache(10_000)
def _source(programme: str, *said: str) -> tuple[str, tuple[str, ...]]:
    """Return where a project is from, in words, and its fields."""
    topic = next((what[1:] for what in said if what[0] == _TOPIC), None)
    words = " · ".join(filter(None, ("CORDIS", PROGRAMMES.get(programme, programme), topic)))
    return words, tuple(sorted({what[1:] for what in said if what[0] == _FIELD}))


def _outcomes(id_: str, leading: Sequence[_Who], others: Sequence[_Who], day: date | None) -> list[Outcome]:
    """Return the outcomes of a project's participants."""
    if len(leading) + len(others) < 2:
        return []
    lead = [who for who in leading if who[2] == Side.SUPPLY]
    able = [*lead, *(who for who in others if who[2] == Side.SUPPLY)]
    met = able if len(leading) + len(others) <= MET else lead  # by those that only take part
    return [
        Outcome(f"{ID}-{id_}-{one[0]}-{pic}", one[1], Stage.PROJECT, needy, day, country or None, region or None)
        for members, partners in ((leading, able), (others, met))
        for pic, needy, side, country, region in members
        if side == Side.DEMAND
        for one in partners
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
    where, region = _seat(country, nuts)
    return Partner(
        id=f"{ID}-{pic}", side=side, name=name, kind=what, country=where, region=region, city=_city(city),
        size="large" if kind == "PRC" and sme and sme.lower() not in _TRUE else None,
        url=url if url.startswith(("http://", "https://")) else None,
        identifiers=(f"pic:{pic}",) if len(str(pic)) == 9 else (),
    )  # fmt: skip


@lru_cache(20_000)
def _seat(country: str, nuts: str) -> tuple[str | None, str | None]:
    """Return an organisation's country, and its region where that lies in it."""
    region, where = region_of(nuts), _country(country)
    return where, region if region and region.split("-")[0] == where else None


@lru_cache(20_000)
def _city(name: str) -> str | None:
    return clean(name) or None


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
