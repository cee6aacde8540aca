"""Key figures over time: what everybody may see of records and outcomes, and for officers their own desk's steps."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.exports import Export
from api.state import Anybody, Current, Records
from api.web.charts import Chart
from api.web.figure_tables import NAMES, Name, Table, Words, by_key, days, drawn, in_time
from api.web.rendering import language_of, render, say_of
from matcher import key_figures
from matcher.access import Caller, Role
from matcher.errors import BadQuery, Denied, NotFound
from matcher.key_figures import DESK, PUBLIC, Event, Figure, Gap, Series, Span
from matcher.language import N_
from matcher.macro_regions import MacroRegions
from matcher.sectors import find_sector
from matcher.store.journeys import Journey, journeys, offices
from matcher.table_export import Format

router = APIRouter(include_in_schema=False)

SPANS = {Span.MONTH: N_("month"), Span.QUARTER: N_("quarter"), Span.YEAR: N_("year")}
RECORDED = (Figure.NEEDS, Figure.CAPABILITIES)
STEPS = (Figure.INTRODUCTIONS, Figure.MEETINGS, Figure.AGREEMENTS, Figure.PROJECTS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: slots of time, and whose figures. Empty asks for all."""

    span: Annotated[Span, Query()] = Span.YEAR
    region: Annotated[str, Query(max_length=200)] = ""
    sector: Annotated[str, Query(max_length=200)] = ""
    office: Annotated[str, Query(max_length=300)] = ""
    table: Annotated[str, Query(max_length=50)] = ""
    format: Annotated[Format | None, Query()] = None


@router.get("/regions/figures")
def figures_page(
    request: Request, caller: Anybody, engine: Current, store: Records, wanted: Annotated[Wanted, Depends()]
) -> Response:
    """Show the figures, or give one of their tables as a file."""
    words, groups = Words(say_of(request), language_of(request), wanted.span), engine.macro_regions
    regions, sector = _place(wanted.region, groups), _sector(wanted.sector)
    snapshot, today = engine.snapshot, dt.datetime.now(dt.UTC).date()
    all_events = key_figures.public_events(snapshot.partners, snapshot.evidence.values(), snapshot.outcomes)
    events = key_figures.chosen(all_events, regions, sector)
    series = key_figures.over_time(events, PUBLIC, wanted.span, today)
    tables = [
        in_time("time", words.say(N_("By time")), series, PUBLIC, words),
        by_key(
            "regions", words.say(N_("By region")), key_figures.by_region(events, PUBLIC), PUBLIC, words, words.region
        ),
        by_key(
            "sectors", words.say(N_("By sector")), key_figures.by_sector(events, PUBLIC), PUBLIC, words, words.sector
        ),
    ]
    desk = None
    if caller.is_at_least(Role.OFFICER) or wanted.office:
        whose, known = _whose(caller, wanted.office), {}
        with store.reading() as session:
            known = offices(session)
            if whose is not None and whose != caller.organisation and whose not in known:
                raise NotFound(N_("no organisation has the id {id!r}"), id=whose)
            found = journeys(session, whose)
        desk = _desk(found, whose, known, regions, sector, words, today)
        tables += desk.tables
    if wanted.format:
        chosen = next((each for each in tables if each.id == (wanted.table or "time")), None)
        if chosen is None:
            raise BadQuery(N_("there is no table {name!r}"), name=wanted.table)
        return Export(wanted.format, words.say).file(f"figures-{chosen.id}", chosen.columns(), chosen.lines)
    return render(
        request,
        "figures.html",
        wanted=wanted,
        spans=SPANS,
        series=series,
        charts=[
            drawn("recorded", words.say(N_("Needs and capabilities recorded")), series, RECORDED, words),
            drawn("steps", words.say(N_("What has come of introductions")), series, STEPS, words),
        ],
        tables={table.id: table for table in tables},
        desk=desk,
        figures=NAMES,
        choices=_choices(all_events, groups, words),
        formats=tuple(Format),
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """What an office's desk tells, or all offices'. `office`: its name; `names`: id -> name of those to choose from."""

    office: str | None
    names: Mapping[str, str]
    series: Series
    chart: Chart
    tables: tuple[Table, ...]
    gaps: Sequence[Gap]
    introductions: int


def _desk(
    found: Sequence[Journey],
    whose: str | None,
    known: Mapping[str, str],
    regions: tuple[str, ...],
    sector: str | None,
    words: Words,
    today: dt.date,
) -> Desk:
    kept = [
        j
        for j in found
        if (not regions or j.region in regions) and (not sector or any(c.startswith(sector) for c in j.sectors))
    ]
    events, say = key_figures.desk_events(kept), words.say
    series = key_figures.over_time(events, DESK, words.span, today)
    gaps = key_figures.gaps(kept)
    tables = [
        in_time("desk-time", say(N_("Steps by time")), series, DESK, words),
        by_key(
            "desk-regions", say(N_("Steps by region")), key_figures.by_region(events, DESK), DESK, words, words.region
        ),
        by_key(
            "desk-sectors", say(N_("Steps by sector")), key_figures.by_sector(events, DESK), DESK, words, words.sector
        ),
        days(gaps, words),
    ]
    if whose is None:
        rows = key_figures.by_office(events, DESK)
        title = say(N_("Steps by office"))
        tables.append(by_key("desk-offices", title, rows, DESK, words, lambda id_: known.get(id_ or "", id_ or "")))
    steps = drawn("desk-steps", say(N_("Steps taken on the desk")), series, (Figure.PROPOSED, *STEPS), words)
    name = known.get(whose, whose) if whose else None
    return Desk(name, known if whose is None or len(known) > 1 else {}, series, steps, tuple(tables), gaps, len(kept))


def _whose(caller: Caller, named: str) -> str | None:
    """Return the office whose desk is told of; None: all offices', which only an admin may ask for.

    :raises Denied: it is not the caller's.
    """
    if caller.role is Role.ADMIN:
        return named or None
    if not caller.is_at_least(Role.OFFICER) or (named and named != caller.organisation):
        raise Denied(N_("the desk of {id!r} is not yours"), id=named)
    return caller.organisation or ""


def _place(text: str, groups: MacroRegions) -> tuple[str, ...]:
    return groups.regions_of(text) if text.strip() else ()


def _sector(text: str) -> str | None:
    return find_sector(text) if text.strip() else None


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen: id or code, and name."""

    groups: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    sectors: tuple[tuple[str, str], ...]


def _choices(events: Iterable[Event], groups: MacroRegions, words: Words) -> Choices:
    """Return the places and sectors that there is anything of."""
    regions: set[str] = set()
    sectors: set[str] = set()
    for event in events:
        regions.update(filter(None, (event.region,)))
        sectors.update(code[:3] for code in event.sectors)
    of = {id_ for region in regions if (id_ := groups.group_of(region))}

    def named(codes: Iterable[str], name: Name) -> tuple[tuple[str, str], ...]:
        pairs = [(code, name(code)) for code in codes]
        return tuple(sorted(pairs, key=lambda pair: pair[1]))

    return Choices(
        tuple((id_, groups.name(id_, words.language)) for id_ in groups.groups if id_ in of),
        named(regions, words.region),
        named(sectors, words.sector),
    )
