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

Of participations only numbers are kept, 16 bytes each, and of an organisation one line, until the projects stream by.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np

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
MET = 6  # participants of a consortium in which everybody works with everybody
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
_TRUE = frozenset(("true", "1", "yes", "y"))
_Place = tuple[Side, str | None, str | None]  # side, country, region
_Who = tuple[str, _Place]  # a partner's id, and where it is
_CUT = "\x1f"  # between the cells that are kept of a line


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
    yield from _Reader(found).rows()


class _Pairs:
    """Numbers noted of projects, and given back by project: 16 bytes a pair, in the order in which they came."""

    def __init__(self) -> None:
        self.keys, self.values = array("q"), array("q")

    def sort(self) -> None:
        """Make ready for being asked."""
        order = np.argsort(np.array(self.keys, np.int64), kind="stable")
        for pairs in (self.keys, self.values):
            pairs[:] = array("q", np.array(pairs, np.int64)[order].tobytes())

    def of(self, key: int) -> list[int]:
        """Return what was noted of a project."""
        start = end = bisect_left(self.keys, key)
        while end < len(self.keys) and self.keys[end] == key:
            end += 1
        return self.values[start:end].tolist()


class _Reader:
    """One reading. `who`: by PIC, what outcomes must know of an organisation; None of one that was refused."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self.tables = tables
        self.who: dict[int, _Who | None] = {}
        self.kept: dict[str, str] = {}  # PIC -> the latest line's date, number and cells
        self.parts, self.said = _Pairs(), _Pairs()  # PICs, below zero where they coordinate; places in `notes`
        self.notes: dict[str, int] = {}  # fields and topics, each once

    def rows(self) -> Iterator[Told]:
        yield from self._participations()
        for name, say in (("topics", _topic), ("euroscivoc", _field)):
            if name in self.tables:
                yield from self._about(name, say)
        self.parts.sort()
        self.said.sort()
        yield from self._organisations()
        yield from self._projects()

    def _table(self, name: str) -> tuple[Iterator[tuple[int, list[str]]], int, Callable[[list[str]], tuple[str, ...]]]:
        """Return a table's rows, how many cells each must have, and what takes those of COLUMNS from it."""
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
        return rows, len(header), itemgetter(*(header.index(column.lower()) for column in columns))

    def _participations(self) -> Iterator[Read]:
        """Note who takes part in what, and of each organisation what its latest row says."""
        file, kept = self.tables["organization"].file, self.kept
        rows, width, wanted = self._table("organization")
        projects, pics = self.parts.keys.append, self.parts.values.append
        last = ""
        for number, values in rows:
            if len(values) != width:
                yield Refusal(file, number, _broken(values))
                continue
            project, code, role, changed, *about = wanted(values)
            latest = kept.get(code)
            if project != last or latest is None:  # most lines tell nothing new
                if not (_is_number(project) and _is_number(code)):
                    column, found = ("organisationID", code) if _is_number(project) else ("projectID", project)
                    error = BadInput(N_("{column}: {found!r} is no number"), column=column, found=found)
                    yield Refusal(file, number, error)
                    continue
                last = project
            projects(int(project))
            pics(-int(code) if role == "coordinator" else int(code))
            if latest is None or (not latest.startswith(changed) and changed > latest):
                kept[code] = _CUT.join((changed, str(number), *about))

    def _about(self, name: str, say: Callable[[str], str | None]) -> Iterator[Told]:
        """Note what a table says of projects."""
        file, notes = self.tables[name].file, self.notes
        rows, width, wanted = self._table(name)
        for number, values in rows:
            if len(values) != width:
                yield Refusal(file, number, _broken(values))
                continue
            project, text = wanted(values)
            what = say(text)
            if what is None or not _is_number(project):
                yield Skipped(file, number, N_("subject of no field"))
                continue
            self.said.keys.append(int(project))
            self.said.values.append(notes.setdefault(what, len(notes)))

    def _organisations(self) -> Iterator[Read]:
        file = self.tables["organization"].file
        while self.kept:
            code = next(iter(self.kept))
            _, line, kind, name, city, country, nuts, sme, url, *_more = self.kept.pop(code).split(_CUT)
            pic = int(code)
            try:
                partner = _partner(pic, kind, name, city, country, nuts, sme, url)
            except BadInput as error:
                self.who[pic] = None
                yield Refusal(file, int(line), error)
                continue
            self.who[pic] = partner.id, _same(partner.side, partner.country, partner.region)
            yield Row(file, int(line), (partner,), key=f"organisation/{pic}")

    def _projects(self) -> Iterator[Read]:
        file, notes = self.tables["project"].file, tuple(self.notes)
        rows, width, wanted = self._table("project")
        for number, values in rows:
            if len(values) != width:
                yield Refusal(file, number, _broken(values))
                continue
            id_, title, start, text, programme = wanted(values)
            try:
                if not _is_number(id_):
                    raise BadInput(N_("{column}: {found!r} is no number"), column="id", found=id_)
                members = self._members(int(id_))
                said = [notes[place] for place in self.said.of(int(id_))]
                day = _day(start)
                evidence = _evidence(id_, title, text, programme, day, members, said)
                yield Row(file, number, (evidence, *_outcomes(id_, members, day)), key=f"project/{id_}")
            except BadInput as error:
                yield Refusal(file, number, error)

    def _members(self, project: int) -> list[tuple[int, bool, _Who]]:
        """Return PIC, whether it coordinates, and who it is of each participant, the coordinator first."""
        found = dict.fromkeys(self.parts.of(project))
        told = [(abs(pic), pic < 0, who) for pic in found if (who := self.who.get(abs(pic)))]
        return told if len(told) < 2 else sorted(told, key=itemgetter(1), reverse=True)


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 16 and text.strip("0") != ""


def _broken(values: list[str]) -> BadInput:
    if isinstance(values, Broken):
        return BadInput("{reason}", reason=values.reason)
    return BadInput(N_("the row has {count} columns, the header another number"), count=len(values))


def _evidence(
    id_: str,
    title: str,
    text: str,
    programme: str,
    day: date | None,
    members: Sequence[tuple[int, bool, _Who]],
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
    topic = next((what[1:] for what in said if what[0] == _TOPIC), None)
    return Evidence(
        id=f"{ID}-{id_}",
        partners=tuple(dict.fromkeys([who[0] for _, _, who in members])),
        kind="project",
        text=text or title,
        title=title if text else None,
        language="en",  # the tables' texts are English throughout
        date=day,
        fields=tuple(sorted({what[1:] for what in said if what[0] == _FIELD})),
        source=_source(programme, topic),
        url=f"https://cordis.europa.eu/project/id/{id_}",
    )


@lru_cache(10_000)
def _source(programme: str, topic: str | None) -> str:
    return " · ".join(filter(None, ("CORDIS", PROGRAMMES.get(programme, programme), topic)))


def _outcomes(id_: str, members: Sequence[tuple[int, bool, _Who]], day: date | None) -> list[Outcome]:
    """Return the outcomes of a project's participants."""
    if len(members) < 2:
        return []
    supply, demand = ([each for each in members if each[2][1][0] is side] for side in (Side.SUPPLY, Side.DEMAND))
    small = len(members) <= MET
    return [
        Outcome(f"{ID}-{id_}-{able}-{needy}", able_id, Stage.PROJECT, needy_id, day, country, region)
        for needy, buys, (needy_id, (_, country, region)) in demand
        for able, leads, (able_id, _) in supply
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
def _same(*who: object) -> _Place:
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
