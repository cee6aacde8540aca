"""Addresses of records, whose ids may hold slashes, and the methods that an address knows."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from pydantic import AfterValidator
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

ACTIONS = ("/matches", "/erasure")  # what may stand after a record's address; no id ends so (`checking.check_id`)


def _of_a_record(id_: str) -> str:
    """Refuse what only looks like an id: the address of something that is done with a record."""
    if id_.endswith(ACTIONS):
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)
    return id_


OF_A_RECORD = AfterValidator(_of_a_record)


def allowed(routes: Iterable[BaseRoute], path: str) -> str:
    """Return the methods that an address knows, as the header Allow gives them: of all its routes, not of one."""
    action = next((each for each in ACTIONS if path.endswith(each)), "")
    fitting = (r for r in _all(routes) if r.path.endswith(action) and r.path_regex.match(path))
    return ", ".join(sorted({method for route in fitting for method in route.methods or ()}))


def _all(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    for route in routes:
        inner = getattr(route, "original_router", None)  # FastAPI keeps included routers whole
        if inner is not None:
            yield from _all(inner.routes)
        elif isinstance(route, Route):
            yield route
