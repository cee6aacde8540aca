"""The regional picture: what is needed and what can be done, place by place; who could serve whom."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.state import Current
from api.web import region_data
from api.web.region_choices import STANDINGS, Wanted, choices
from api.web.region_picture import Form, Job, Picture, picture_of
from api.web.rendering import language_of, render
from matcher import coverage, specialisation, value_chains
from matcher.macro_regions import MacroRegions
from matcher.places import find_region
from matcher.records import Side
from matcher.regional import Standing, Tally

router = APIRouter(include_in_schema=False)
router.include_router(region_data.router)
ROWS = 12  # of a table, before "show all"
LISTED = 60  # needs on a page
FEW = 7  # lines of a table that a place's two-page report has room for


@router.get("/regions")
def regions(request: Request, engine: Current, job: Job, asked: Form) -> Response:
    """Show the picture of all regions, or macro-regions."""
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
        choices=choices(picture.every, engine.macro_regions, language),
        figures=_figures(),
        tables=region_data.tables(grouped=picture.grouped),
        Side=Side,
    )


@router.get("/regions/needs")
def needs(
    request: Request,
    engine: Current,
    job: Job,
    asked: Form,
    region: Annotated[str, Query(max_length=100)] = "",
    standing: Wanted = Wanted.GAP,
) -> Response:
    """List needs, and who could serve them."""
    asked = asked.about(region, engine.macro_regions)
    picture = picture_of(engine, job, asked, language_of(request))
    if picture.progress.answers is None:
        return _wait(request, picture)
    listed = picture.listed(region, standing)
    return render(
        request, "region_needs.html", picture=picture, asked=asked, region=region, standing=standing,
        needs=listed[:LISTED], more=max(len(listed) - LISTED, 0), count=len(listed), choices=STANDINGS,
    )  # fmt: skip


@router.get("/regions/{code}")
def region(request: Request, engine: Current, job: Job, asked: Form, code: str) -> Response:
    """Show one region, or macro-region; its name leads to its address too."""
    groups = engine.macro_regions
    found = _found(code, groups)
    if found != code:
        return RedirectResponse(asked.address(f"/regions/{found}"), 303)
    asked = asked.about(code, groups)
    picture = picture_of(engine, job, asked, language_of(request))
    if picture.progress.answers is None:
        return _wait(request, picture)
    gap = sorted(
        (n for n in picture.needs_at(code) if n.standing is not Standing.NEAR),
        key=lambda n: n.standing is Standing.UNMET,
    )
    return render(
        request,
        "region.html",
        picture=picture,
        asked=asked,
        code=code,
        within=groups.group_of(code),
        members=groups.members(code) if code in groups.groups else (),
        groups=groups,
        tally=picture.places.get(code, Tally()),
        drawing=picture.drawing(asked, only=code) if code in picture.places else None,
        sectors=picture.sectors_at(code),
        gap=gap,
        partners=picture.partners_at(code),
        comes=[f for f in picture.flows if f.target == code],
        goes=[f for f in picture.flows if f.origin == code],
        special={
            side: [s for s in specialisation.strongest(picture.quotients(side)) if s.region == code] for side in Side
        },
        chains=picture.chains_at(code),
        figures=_figures(),
        tables=region_data.tables(grouped=picture.grouped),
        few=FEW,
        today=dt.datetime.now(dt.UTC).date(),
        Side=Side,
    )


def _found(text: str, groups: MacroRegions) -> str:
    """Return the code of a region or the id of a macro-region that goes by a code, an id or a name.

    :raises NotFound: nothing does.
    """
    return groups.find(text) or find_region(text)


def _wait(request: Request, picture: Picture) -> Response:
    return render(request, "regions_wait.html", 200, progress=picture.progress)


def _figures() -> dict[str, float]:
    """Return the numbers that the definitions name."""
    return {
        "good": coverage.GOOD,
        "least_in_cell": specialisation.LEAST_IN_CELL,
        "least_in_region": specialisation.LEAST_IN_REGION,
        "special": specialisation.SPECIAL,
        "strong": value_chains.STRONG,
    }
