"""Administration: how things stand, what was imported, what is set, what was done."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import metrics
from api.state import Admin, Records
from api.web import admin_keys, admin_organisations, admin_same, admin_sources, weights_page
from api.web.refused_rows import heading, why
from api.web.rendering import render, say_of
from api.web.typed import one_line
from matcher import settings_page
from matcher.errors import TinkuyError
from matcher.language import N_
from matcher.store import audit, database, import_runs, keys, organisations
from matcher.store import runs as runs_of_sources

router = APIRouter(include_in_schema=False)
PAGE = 50  # entries of the audit log
SOURCES = {
    "upload": N_("Uploads of the pages"), "table": N_("Spreadsheets (table)"),
    "proinnovate": N_("Funded projects (proinnovate)"), "benchmark": N_("Benchmark folders"),
}  # fmt: skip
ACTIONS = {
    "create": N_("created"), "change": N_("changed"), "delete": N_("deleted"), "erase": N_("erased"),
    "read_private": N_("read what is private"), "make_key": N_("made a key"), "revoke_key": N_("revoked a key"),
    "upload": N_("uploaded"), "undo": N_("undid"), "export": N_("exported"), "step": N_("took a step of"),
    "renew_feed": N_("gave another address to"), "take": N_("took over"), "discard": N_("discarded"),
    "source_delete": N_("let missing records be deleted of"), "source_keep": N_("kept missing records of"),
    "join": N_("joined to another"), "split": N_("told apart from another"),
}  # fmt: skip
KINDS = {
    "partner": N_("partner"), "evidence": N_("text"), "outcome": N_("outcome"), "api_key": N_("key"),
    "organisation": N_("organisation"), "import_run": N_("upload"), "weights": N_("weights"),
    "shortlist": N_("shortlist"), "introduction": N_("introduction"), "saved_search": N_("saved search"),
    "intake": N_("request"), "source": N_("source"),
}  # fmt: skip
COUNTS = {
    "supply_partners": N_("universities and institutes"), "supply_evidence": N_("texts of theirs"),
    "demand_partners": N_("firms and associations"), "demand_evidence": N_("needs of theirs"),
    "outcomes": N_("outcomes"),
}  # fmt: skip
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Index:
    """The engine that answers. `age_s`: of its snapshot; `changed`: texts that are not in the snapshot yet."""

    id: str
    built: Any
    age_s: float
    version: int
    texts: int
    changed: int


@router.get("/admin")
def overview(request: Request, store: Records, _: Admin) -> Response:
    """Show how everything stands."""
    live, settings = request.app.state.live, request.app.state.settings
    try:
        snapshot = (engine := live.current()).snapshot
        index = Index(
            snapshot.id, snapshot.built, metrics.age_s(engine), snapshot.state.version, len(snapshot.evidence),
            snapshot.changed,
        )  # fmt: skip
        problem = ""
    except TinkuyError as error:
        index, problem = None, error.text(say_of(request))
    with store.reading() as session:
        made = keys.made(session)
        count = len(organisations.everyone(session))
        runs = import_runs.last_by_source(session)
        latest = audit.search(session, limit=8)
        asking = runs_of_sources.asking(session)
    return render(
        request, "admin.html", index=index, problem=problem, made=made, organisations=count, runs=runs, latest=latest,
        asking=asking,
        counts=store.counts(), engine=ENGINES.get(store.engine.dialect.name, store.engine.dialect.name),
        step=database.revision(store.engine), version=store.version(), model=live.encoder.revision,
        weights=settings.weights_file(), app=request.app.version, **_words(),
    )  # fmt: skip


@router.get("/admin/imports")
def imports(request: Request, store: Records, _: Admin) -> Response:
    """Show the latest imports of all sources, with what each refused."""
    with store.reading() as session:
        runs = import_runs.latest(session)
    return render(
        request,
        "admin_imports.html",
        runs=runs,
        heading=heading,
        why=why,
        states=admin_sources.STATES,
        say=say_of(request),
        **_words(),
    )


@router.get("/admin/settings")
def settings_in_force(request: Request, _: Admin) -> Response:
    """Show the settings in force; secrets are hidden."""
    lines = settings_page.lines(request.app.state.settings, say_of(request))
    return render(request, "admin_settings.html", lines=lines)


@router.get("/admin/audit")
def audit_log(
    request: Request,
    store: Records,
    _: Admin,
    action: Annotated[str, Query(max_length=60)] = "",
    record: Annotated[str, Query(max_length=300)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """Show who did what, newest first."""
    with store.reading() as session:
        known = audit.actions(session)
        asked = action if action in known else None
        found = audit.search(session, asked, one_line(record), before, PAGE + 1)
    return render(
        request, "admin_audit.html", found=found[:PAGE], more=len(found) > PAGE, known=known, action=asked or "",
        record=record, before=before, **_words(),
    )  # fmt: skip


def _words() -> dict[str, Any]:
    return {"sources": SOURCES, "actions": ACTIONS, "kinds": KINDS, "words": COUNTS}


for part in (admin_keys, admin_organisations, admin_same, admin_sources, weights_page):
    router.include_router(part.router)
