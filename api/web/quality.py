"""How good the answers are, what they cannot know, where the data is from, and how to leave."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.web import words
from api.web.rendering import render
from matcher.errors import BadInput, NotFound, SnapshotError
from matcher.language import N_
from matcher.quality import FIGURES, PAGE, SHIPPED, limits, read_report, sources, together
from matcher.settings import Settings

router = APIRouter(include_in_schema=False)
# The report is one page with its styles in it and no script: it may have these here, and may do nothing else.
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
MOST_SOURCES = 20  # told one by one
COMMAND = "python -m eval report data/questions --publish"
FOLDERS = {
    "demo-questions": N_(
        "Questions that we wrote over the demonstration data: a test that nothing gets worse, and no claim of quality"
    ),
    "corfo-2019": N_("Real outcomes: which organisation carried out a Chilean firm's project"),
    "horizon-dev": N_("Real outcomes: who took part in European research projects"),
    "melo-es-en": N_("Spanish names of occupations and their English counterparts: a test of meaning across languages"),
}
SYSTEMS = {
    "random": N_("by chance"),
    "popularity": N_("whoever has most texts"),
    "same region, popularity": N_("same region, then most texts"),
    "same region, track record": N_("same region, then track record"),
    "BM25": N_("words alone"),
    "dense": N_("meaning alone"),
    "hybrid": N_("words and meaning"),
}
SOURCES = {
    "illustrative": N_("illustrative: made up for the demonstration"),
    "web-form": N_("requests on the public pages, taken over by an office"),
}


@router.get("/quality")
def quality_page(request: Request) -> Response:
    """Show figures, meaning, limits, sources, and how to have a record changed or removed."""
    settings: Settings = request.app.state.settings
    live = request.app.state.live
    snapshot = _snapshot(live)
    found = sources(snapshot.evidence.values()) if snapshot else []
    own, trouble = None, None
    try:
        own = read_report(settings.reports / FIGURES)
    except BadInput as error:
        trouble = error
    shipped = read_report(SHIPPED)
    measured = own or shipped
    return render(
        request,
        "quality.html",
        own=own,
        limits=limits(measured) if measured else None,
        trouble=trouble,
        page=own is not None and (settings.reports / PAGE).is_file(),
        shipped=shipped,
        weights=live.weights,
        words=words.ABOUT_SIGNALS,
        folders=FOLDERS,
        systems=SYSTEMS,
        command=COMMAND,
        snapshot=snapshot,
        model=live.encoder.revision,
        sources=found[:MOST_SOURCES],
        others=together(found[MOST_SOURCES:]) if found[MOST_SOURCES:] else None,
        more=len(found) - MOST_SOURCES,
        source_words=SOURCES,
        contact=settings.contact,
    )


@router.get("/quality/report")
def report_page(request: Request) -> Response:
    """Return the kept report as it was written, with a policy of its own: styles, and nothing that runs.

    :raises NotFound: none was made.
    """
    settings: Settings = request.app.state.settings
    try:
        text = (settings.reports / PAGE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(N_("no evaluation report was made here yet")) from error
    return HTMLResponse(text, headers={"Content-Security-Policy": REPORT_POLICY, "Content-Language": "en"})


def _snapshot(live: Any) -> Any:
    """Return the snapshot that serves; None where there is none yet: the page has more to tell."""
    try:
        return live.current().snapshot
    except SnapshotError:
        return None
