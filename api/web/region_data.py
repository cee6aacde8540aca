"""The regional picture's tables as files, at addresses that stay."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.exports import Export
from api.state import Current
from api.web.region_choices import Wanted
from api.web.region_picture import Form, Job, Picture, picture_of
from api.web.rendering import language_of, say_of
from matcher import regional_columns
from matcher.errors import Busy
from matcher.language import N_
from matcher.records import Side
from matcher.regional_columns import ChainLine, Line
from matcher.table_export import Format

router = APIRouter(include_in_schema=False)


class Table(StrEnum):
    """A table."""

    REGIONS = "regions"
    SECTORS = "sectors"
    NEEDS = "needs"
    FLOWS = "flows"
    SPECIALISATIONS = "specialisations"
    CHAINS = "chains"


@router.get("/regions/data/{table}")
def data(
    request: Request,
    engine: Current,
    job: Job,
    asked: Form,
    table: Table,
    region: Annotated[str, Query(max_length=100)] = "",
    standing: Wanted = Wanted.ALL,
    format: Format = Format.CSV,  # noqa: A002
) -> Response:
    """Return one of the picture's tables as a file."""
    language, asked = language_of(request), asked.about(region, engine.macro_regions)
    picture = picture_of(engine, job, asked, language)
    if picture.progress.answers is None:
        raise Busy(N_("the needs are still being asked; try again in a minute"))
    columns = regional_columns.Columns(picture.grouping if picture.grouped else None, picture.name_of, language)

    def here(place: str) -> bool:
        return region in ("", place)

    export, name = Export(format, say_of(request)), "macro-regions" if picture.grouped else "regions"
    if table is Table.REGIONS:
        lines = [Line(place, "", tally) for place, tally in picture.places.items() if here(place)]
        return export.file(name, columns.regions(), lines)
    if table is Table.SECTORS:
        lines = [Line(place, sector, tally) for (place, sector), tally in sorted(picture.cells.items()) if here(place)]
        return export.file(f"{name}-sectors", columns.cells(), lines)
    if table is Table.NEEDS:
        return export.file(f"{name}-needs", columns.needs(), picture.listed(region, standing))
    if table is Table.FLOWS:
        flows = [f for f in picture.flows if here(f.target) or f.origin == region]
        return export.file(f"{name}-flows", columns.flows(), flows)
    if table is Table.SPECIALISATIONS:
        found = [(side.value, s) for side in Side for s in picture.quotients(side) if here(s.region)]
        return export.file(f"{name}-specialisations", columns.specialisations(), found)
    links = [line for place in sorted(picture.places) if here(place) for line in _chain_lines(picture, place)]
    return export.file(f"{name}-chains", columns.chains(), links)


def tables(*, grouped: bool) -> list[tuple[str, str]]:
    """Return what can be taken out: a table's value and its name."""
    by, cells, flows = N_("Counts by region"), N_("Counts by region and sector"), N_("Flows between regions")
    if grouped:
        by, cells = N_("Counts by macro-region"), N_("Counts by macro-region and sector")
        flows = N_("Flows between macro-regions")
    return [
        (Table.REGIONS.value, by),
        (Table.SECTORS.value, cells),
        (Table.NEEDS.value, N_("Needs with who could serve them")),
        (Table.FLOWS.value, flows),
        (Table.SPECIALISATIONS.value, N_("Specialisations")),
        (Table.CHAINS.value, N_("Value chains")),
    ]


def _chain_lines(picture: Picture, place: str) -> list[ChainLine]:
    told = picture.chains_at(place)
    return [ChainLine(place, chain, i, link) for chain, links in told for i, link in enumerate(links, start=1)]
