"""Configured sources in the pages: how their last runs went, what was refused, and the answer to one that asks."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.state import Admin, Records, request_of
from api.web.refused_rows import heading, why
from api.web.rendering import render, say_of
from api.web.typed import InPath
from matcher.dry_run import missing
from matcher.errors import Busy, Conflict
from matcher.language import N_
from matcher.sources.formats import FORMATS
from matcher.store import audit, runs, source_records, sources
from matcher.store.import_runs import Run
from matcher.store.sources import Source
from matcher.syncing import go_through, keep

router = APIRouter(include_in_schema=False)
RUNS = 5  # of a source are shown
STATES = {
    "reading": N_("not ended yet"), "ending": N_("not ended yet"), "failed": N_("stopped by an error"),
    "done": N_("done"), "asks": N_("asks"), "kept": N_("asked; the records were kept"),
    "left": N_("given up for a newer run"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A source as the page shows it. `records`: that it gives; `asking`: the run that asks, whichever came after.

    `missing`: the names of some records that it asks about.
    """

    source: Source
    records: int
    runs: list[Run]
    asking: Run | None
    missing: list[str]


@router.get("/admin/sources")
def sources_page(request: Request, store: Records, _: Admin) -> Response:
    """List all configured sources with their latest runs."""
    return _page(request, store)


@router.post("/admin/sources/{name}/answer")
def answer(
    request: Request, store: Records, caller: Admin, name: InPath, say: Annotated[str, Form(pattern="^(delete|keep)$")]
) -> Response:
    """Delete what a source's run asks about, or keep it."""
    with store.reading() as session:
        source = sources.get(session, name)
    try:
        (go_through if say == "delete" else keep)(store, source)
    except (Busy, Conflict) as error:
        return _page(request, store, 409, error.text(say_of(request)))
    with store.noting() as session:
        audit.record(session, caller, f"source_{say}", "source", name, request_of(request))
    return RedirectResponse("/admin/sources", 303)


def _page(request: Request, store: Any, status: int = 200, error: str = "") -> Response:
    with store.reading() as session:
        found = []
        for source in sources.everyone(session):
            asking = runs.newest(session, source.name, (runs.State.ASKS,), source.created)
            found.append(
                Shown(
                    source,
                    source_records.count(session, source.name),
                    runs.of_source(session, source.name, RUNS),
                    runs.get(session, asking.id) if asking else None,
                    missing(session, source.name, asking) if asking else [],
                )
            )
    return render(
        request, "admin_sources.html", status, found=found, error=error, states=STATES, heading=heading, why=why,
        formats=FORMATS, say=say_of(request),
    )  # fmt: skip
