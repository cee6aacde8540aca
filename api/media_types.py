"""What a body may be: a form on somebody's page can send text without asking the browser's owner; JSON it cannot."""

from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException

JSON = "application/json"
MERGE = "application/merge-patch+json"
NDJSON = "application/x-ndjson"


def require_type(request: Request, *types: str) -> None:
    """Make sure that the body is of one of these media types; 415 where not."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in types:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {' or '.join(types)}")


def json_where_read(request: Request) -> None:
    """Make sure that what FastAPI reads as JSON was sent as such; a dependency of all routes."""
    wanted = getattr(request.scope.get("route"), "body_field", None) is not None
    sent = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if wanted and sent:
        require_type(request, JSON)
