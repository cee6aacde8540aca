"""Whether the service lives and can answer, and its figures."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api import metrics, problems
from api.security import is_direct
from api.state import Records, caller_of
from matcher.access import Role
from matcher.errors import Denied, TinkuyError
from matcher.language import N_
from matcher.store import database

router = APIRouter()


@router.get("/healthz", tags=["operation"])
def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", tags=["operation"])
def readyz(request: Request, store: Records) -> Response:
    """Tell whether questions can be answered: database, snapshot and model, each with its state; 503 where not."""
    live = request.app.state.live

    def check_database() -> dict[str, object]:
        database.check(store.engine)
        return {"step": database.head(), "version": store.version()}

    def check_snapshot() -> dict[str, object]:
        engine = live.current()
        return {
            "id": engine.snapshot.id,
            "version": metrics.served_version(engine),
            "age_s": round(metrics.age_s(engine)),
        }

    parts: tuple[tuple[str, Callable[[], dict[str, object]]], ...] = (
        ("snapshot", check_snapshot),
        ("database", check_database),
        ("model", lambda: {"id": live.encoder.revision}),
    )
    say, checks, failed = problems.language_of(request), {}, list[TinkuyError]()
    for name, check in parts:
        told: dict[str, Any]
        try:
            told = {"ok": True, **check()}
        except TinkuyError as error:
            failed.append(error)
            told = {"ok": False, "why": error.text(say)}
        checks[name] = told
    if failed:
        detail = "; ".join(error.text(say) for error in failed)
        return problems.problem(request, 503, type(failed[0]).__name__, detail, checks=checks)
    return JSONResponse(
        {"status": "ready", "snapshot": checks["snapshot"]["id"], "model": checks["model"]["id"], "checks": checks}
    )


@router.get("/metrics", include_in_schema=False)
def metrics_page(request: Request, store: Records) -> PlainTextResponse:
    """Give the figures to Prometheus: on this machine itself, or with an admin's key.

    :raises Denied: from elsewhere, or through a proxy, without such a key.
    """
    if not (is_direct(request, request.app.state.settings) or caller_of(request).is_at_least(Role.ADMIN)):
        raise Denied(N_("figures are for this machine itself, or for a key of role admin"))
    return PlainTextResponse(metrics.exposition(request.app.state.live, store), media_type=CONTENT_TYPE_LATEST)
