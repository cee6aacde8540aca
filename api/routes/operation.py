"""Whether the service lives and can answer."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from api.state import Current

router = APIRouter()


@router.get("/", include_in_schema=False)
def home() -> RedirectResponse:
    """Lead to where one can try it."""
    return RedirectResponse("/docs")


@router.get("/healthz", tags=["operation"])
def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", tags=["operation"])
def readyz(engine: Current) -> dict[str, str]:
    """Tell that questions can be answered, and from which snapshot; 503 where not."""
    return {"status": "ready", "snapshot": engine.snapshot.id, "model": engine.encoder.revision}
