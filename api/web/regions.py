"""The regional picture: what is needed and what can be done, region by region; who could serve whom."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.exports import Export
from api.state import Current
from api.web.region_drawing import Drawing, draw
from api.web.rendering import language_of, render, say_of
from matcher import coverage, regional, regional_columns, specialisation, value_chains
from matcher.coverage_job import CoverageJob, Progress
from matcher.engine import Engine
from matcher.errors import Busy
from matcher.language import N_
from matcher.places import country_name, country_of, find_region, locate, region_name
from matcher.records import Side
from matcher.regional import Chosen, Need, Standing, Tally, Text
from matcher.regional_columns import ChainLine, Line
from matcher.sectors import sector_name, tree
from matcher.specialisation import Specialisation
from matcher.table_export import Format
from matcher.value_chains import Strength

router = APIRouter(include_in_schema=False)
WAIT_S = 0.8  # that a page waits for the needs to be asked, before it shows how far that is
ROWS = 12  # of a table, before "show all"
LISTED = 60  # needs on a page
FEW = 7  # lines of a table that a region's two-page report has room for
YEARS = 12


class Show(StrEnum):
    """What the bubbles show."""

    DEMAND = "demand"
    SUPPLY = "supply"


class Wanted(StrEnum):
    """Which needs are listed."""

    GAP = "gap"
    NEAR = "near"
    ELSEWHERE = "elsewhere"
    UNMET = "unmet"
    ALL = "all"

    def has(self, need: Need) -> bool:
        """Tell whether a need is one of them."""
        if self is Wanted.GAP:
            return need.standing is not Standing.NEAR
        return self is Wanted.ALL or need.standing.value == self.value


class Table(StrEnum):
    """A table as data, at an address that stays."""

    REGIONS = "regions"
    SECTORS = "sectors"
    NEEDS = "needs"
    FLOWS = "flows"
    SPECIALISATIONS = "specialisations"
    CHAINS = "chains"


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form; a field that is empty asks for everything. `since`, `until`: years."""

    country: Annotated[str, Query(pattern="^([A-Z]{2})?$")] = ""
    sector: Annotated[str, Query(pattern=r"^([A-U](\d{2})?)?$")] = ""
    since: Annotated[str, Query(pattern=r"^(\d{4})?$")] = ""
    until: Annotated[str, Query(pattern=r"^(\d{4})?$")] = ""
    near: Annotated[int, Query(ge=0, le=1000)] = int(regional.NEAR_KM)
    show: Show = Show.DEMAND
    flows: Annotated[str, Query(pattern="^(on|off)$")] = "on"
    all: bool = False

    def chosen(self) -> Chosen:
        """Return what is looked at."""
        return Chosen(
            self.country or None,
            self.sector or None,
            dt.date(max(int(self.since), 1), 1, 1) if self.since else None,
            dt.date(max(int(self.until), 1), 12, 31) if self.until else None,
        )

    def address(self, path: str, **more: Any) -> str:
        """Return an address that keeps what was chosen."""
        kept = {"country": self.country, "sector": self.sector, "since": self.since, "until": self.until}
        if self.near != regional.NEAR_KM:
            kept["near"] = str(self.near)
        question = urlencode({k: v for k, v in (kept | more).items() if v not in ("", None)})
        return f"{path}?{question}" if question else path


@dataclass(frozen=True)
class Picture:
    """What is counted, of the texts that were chosen. `every`: of all texts, for the choices of the form."""

    asked: Sequence[Need]
    able: Sequence[Text]
    every: Sequence[Text]
    progress: Progress
    group_of: regional.GroupOf = regional.itself
    names: dict[str, str] = field(default_factory=dict)

    @cached_property
    def total(self) -> Tally:
        """What is counted of all."""
        return regional.total(self.asked, self.able)

    @cached_property
    def placeless(self) -> Tally:
        """What is counted of texts whose region is not known."""
        return regional.placeless(self.asked, self.able)

    @cached_property
    def regions(self) -> dict[str, Tally]:
        """What is counted of each region, the most needs first."""
        found = regional.by_region(self.asked, self.able, self.group_of)
        return dict(sorted(found.items(), key=lambda item: (-item[1].needs, -item[1].capabilities, item[0])))

    @cached_property
    def sectors(self) -> dict[str, Tally]:
        """What is counted of each sector, the widest gap first; those without a sector last."""
        found = regional.by_sector(self.asked, self.able)
        return dict(sorted(found.items(), key=lambda item: (item[0] == "", -item[1].gap, -item[1].needs, item[0])))

    @cached_property
    def cells(self) -> dict[tuple[str, str], Tally]:
        """What is counted of each region's sector."""
        return regional.by_region_and_sector(self.asked, self.able, self.group_of)

    @cached_property
    def flows(self) -> list[regional.Flow]:
        """From where needs could be served."""
        return regional.flows(self.asked, self.group_of)

    def name_of(self, region: str) -> str:
        """Return a region's name, with its country's where regions of several are shown."""
        return self.names.get(region) or region_name(region)

    def drawing(self, asked: Asked, only: str | None = None) -> Drawing | None:
        """Return the map."""
        flows = self.flows if asked.flows == "on" and asked.show is Show.DEMAND else []
        supply = asked.show is Show.SUPPLY
        return draw(self.regions, flows, self.name_of, _point, supply=supply, only=only)

    def quotients(self, side: Side) -> list[Specialisation]:
        """Return the location quotients of a side."""
        return specialisation.quotients(self.asked if side is Side.DEMAND else self.able, self.group_of)


def job_of(request: Request) -> CoverageJob:
    """Return what asks all needs beside the requests."""
    job: CoverageJob = request.app.state.coverage
    return job


Job = Annotated[CoverageJob, Depends(job_of)]
Form = Annotated[Asked, Depends()]


def picture_of(engine: Engine, job: CoverageJob, asked: Asked, language: str) -> Picture:
    """Return the picture of the engine's state; without answers yet nothing is counted."""
    progress = job.look(engine, WAIT_S)
    partners, chosen = engine.snapshot.partners, asked.chosen()
    texts = {side: engine.snapshot.sides[side].evidence for side in Side}
    every = [t for side in Side for t in regional.texts(partners, texts[side], side)]
    countries = {country_of(t.region) for t in every if t.region}
    names = {}
    if len(countries) > 1:
        for code in {t.region for t in every if t.region}:
            names[code] = f"{region_name(code)} ({country_name(country_of(code) or '', language)})"
    answers = progress.answers or {}
    needs = [n for n in regional.needs(partners, texts[Side.DEMAND], answers, asked.near) if chosen.has(n)]
    able = [t for t in every if t.partner.side is Side.SUPPLY and chosen.has(t)]
    return Picture(needs, able, every, progress, names=names)


@router.get("/regions")
def regions(request: Request, engine: Current, job: Job, asked: Form) -> Response:
    """Show the picture of all regions."""
    language = language_of(request)
    picture = picture_of(engine, job, asked, language)
    if picture.progress.answers is None:
        return _wait(request, picture)
    named = [s for s in picture.sectors if s and picture.sectors[s].needs]
    return render(
        request,
        "regions.html",
        picture=picture,
        asked=asked,
        drawing=picture.drawing(asked),
        shown_sectors=named if asked.all else named[:ROWS],
        more_sectors=0 if asked.all else len(named) - ROWS,
        special={side: specialisation.strongest(picture.quotients(side))[:ROWS] for side in Side},
        choices=_choices(picture, language),
        figures=_figures(),
        tables=_tables(),
        Side=Side,
    )


@router.get("/regions/needs")
def needs(
    request: Request,
    engine: Current,
    job: Job,
    asked: Form,
    region: Annotated[str, Query(max_length=20)] = "",
    standing: Wanted = Wanted.GAP,
) -> Response:
    """List needs, and who could serve them."""
    picture = picture_of(engine, job, asked, language_of(request))
    if picture.progress.answers is None:
        return _wait(request, picture)
    listed = _listed(picture, region, standing)
    return render(
        request, "region_needs.html", picture=picture, asked=asked, region=region, standing=standing,
        needs=listed[:LISTED], more=max(len(listed) - LISTED, 0), count=len(listed), choices=STANDINGS,
    )  # fmt: skip


@router.get("/regions/data/{table}")
def data(
    request: Request,
    engine: Current,
    job: Job,
    asked: Form,
    table: Table,
    region: Annotated[str, Query(max_length=20)] = "",
    standing: Wanted = Wanted.ALL,
    format: Format = Format.CSV,  # noqa: A002
) -> Response:
    """Return one of the picture's tables as a file."""
    language = language_of(request)
    picture = picture_of(engine, job, asked, language)
    if picture.progress.answers is None:
        raise Busy(N_("the needs are still being asked; try again in a minute"))
    name = picture.name_of

    def here(code: str) -> bool:
        return region in ("", code)

    export = Export(format, say_of(request))
    if table is Table.REGIONS:
        lines = [Line(code, "", tally) for code, tally in picture.regions.items() if here(code)]
        return export.file("regions", regional_columns.regions(name), lines)
    if table is Table.SECTORS:
        lines = [Line(code, sector, tally) for (code, sector), tally in sorted(picture.cells.items()) if here(code)]
        return export.file("regions-sectors", regional_columns.cells(language, name), lines)
    if table is Table.NEEDS:
        return export.file("regions-needs", regional_columns.needs(name), _listed(picture, region, standing))
    if table is Table.FLOWS:
        flows = [f for f in picture.flows if here(f.target) or f.origin == region]
        return export.file("regions-flows", regional_columns.flows(name), flows)
    if table is Table.SPECIALISATIONS:
        found = [(side.value, s) for side in Side for s in picture.quotients(side) if here(s.region)]
        return export.file("regions-specialisations", regional_columns.specialisations(language, name), found)
    links = [line for code in sorted(picture.regions) if here(code) for line in _chain_lines(picture, code)]
    return export.file("regions-chains", regional_columns.chains(language, name), links)


@router.get("/regions/{code}")
def region(request: Request, engine: Current, job: Job, asked: Form, code: str) -> Response:
    """Show one region; its name leads to its address too."""
    found = find_region(code)
    if found != code:
        return RedirectResponse(asked.address(f"/regions/{found}"), 303)
    language = language_of(request)
    picture = picture_of(engine, job, asked, language)
    if picture.progress.answers is None:
        return _wait(request, picture)
    own = [n for n in picture.asked if n.region == code]
    able = [t for t in picture.able if t.region == code]
    gap = sorted((n for n in own if n.standing is not Standing.NEAR), key=lambda n: n.standing is Standing.UNMET)
    return render(
        request,
        "region.html",
        picture=picture,
        asked=asked,
        code=code,
        tally=picture.regions.get(code, Tally()),
        drawing=picture.drawing(asked, only=code) if code in picture.regions else None,
        sectors=_sectors_of(picture, code),
        gap=gap,
        partners=_partners_of(picture, able),
        comes=[f for f in picture.flows if f.target == code],
        goes=[f for f in picture.flows if f.origin == code],
        special={
            side: [s for s in specialisation.strongest(picture.quotients(side)) if s.region == code] for side in Side
        },
        chains=value_chains.standing(value_chains.shipped(), own, able),
        figures=_figures(),
        tables=_tables(),
        few=FEW,
        today=dt.datetime.now(dt.UTC).date(),
        Side=Side,
        Strength=Strength,
    )


STANDINGS = {
    Wanted.GAP: N_("Without a good match near by"),
    Wanted.ELSEWHERE: N_("Met elsewhere"),
    Wanted.UNMET: N_("Unmet"),
    Wanted.NEAR: N_("Met near by"),
    Wanted.ALL: N_("All"),
}


def _wait(request: Request, picture: Picture) -> Response:
    return render(request, "regions_wait.html", 200, progress=picture.progress)


def _point(code: str) -> tuple[float, float] | None:
    return locate(None, code, None)


def _listed(picture: Picture, region: str, standing: Wanted) -> list[Need]:
    """Return needs, those whom nobody near by can serve but somebody elsewhere first, the latest before others."""
    order = {Standing.ELSEWHERE: 0, Standing.UNMET: 1, Standing.NEAR: 2}
    found = [n for n in picture.asked if region in ("", n.region) and standing.has(n)]
    found.sort(key=lambda n: n.evidence.date or dt.date.min, reverse=True)
    return sorted(found, key=lambda n: order[n.standing])


def _sectors_of(picture: Picture, code: str) -> list[tuple[str, Tally]]:
    found = [(sector, tally) for (region, sector), tally in picture.cells.items() if region == code]
    return sorted(found, key=lambda item: (item[0] == "", -item[1].gap, -item[1].needs, -item[1].capabilities, item[0]))


def _partners_of(picture: Picture, able: Sequence[Text]) -> list[tuple[Any, int, int]]:
    """Return a region's partners, with their texts and the needs anywhere whose best match they are."""
    texts: dict[str, int] = {}
    for text in able:
        texts[text.partner.id] = texts.get(text.partner.id, 0) + 1
    best: dict[str, int] = {}
    for need in picture.asked:
        if need.servers:
            best[need.servers[0].partner.id] = best.get(need.servers[0].partner.id, 0) + 1
    partners = {text.partner.id: text.partner for text in able}
    found = [(partner, texts[id_], best.get(id_, 0)) for id_, partner in partners.items()]
    return sorted(found, key=lambda item: (-item[2], -item[1], item[0].id))


def _chain_lines(picture: Picture, code: str) -> list[ChainLine]:
    own = [n for n in picture.asked if n.region == code]
    able = [t for t in picture.able if t.region == code]
    told = value_chains.standing(value_chains.shipped(), own, able)
    return [ChainLine(code, chain, i, link) for chain, links in told for i, link in enumerate(links, start=1)]


def _choices(picture: Picture, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return what the form offers: (value, name) by field."""
    countries = {t.country for t in picture.every if t.country}
    codes = {code for t in picture.every for code in t.sectors}
    sections = {code[0] for code in codes}
    years = sorted({t.evidence.date.year for t in picture.every if t.evidence.date}, reverse=True)[:YEARS]

    def short(code: str) -> str:
        name = sector_name(code, language)
        return name if len(name) <= 60 else name[:58].rstrip(" ,;") + "…"

    return {
        "country": sorted(((c, country_name(c, language)) for c in countries), key=lambda c: c[1]),
        "sector": [(code, short(code)) for code in tree() if code in codes or code in sections],
        "years": [(str(year), str(year)) for year in years],
    }


def _figures() -> dict[str, float]:
    """Return the numbers that the definitions name."""
    return {
        "good": coverage.GOOD,
        "least_in_cell": specialisation.LEAST_IN_CELL,
        "least_in_region": specialisation.LEAST_IN_REGION,
        "special": specialisation.SPECIAL,
        "strong": value_chains.STRONG,
    }


def _tables() -> list[tuple[str, str]]:
    return [
        (Table.REGIONS.value, N_("Counts by region")),
        (Table.SECTORS.value, N_("Counts by region and sector")),
        (Table.NEEDS.value, N_("Needs with who could serve them")),
        (Table.FLOWS.value, N_("Flows between regions")),
        (Table.SPECIALISATIONS.value, N_("Specialisations")),
        (Table.CHAINS.value, N_("Value chains")),
    ]
