"""Addresses of records, whose ids may hold slashes, and the methods that an address knows."""

from collections.abc import Iterable, Iterator

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import BaseRoute, Route

ACTIONS = ("matches", "erasure")  # what may stand after a record's address; no id ends so (`checking.check_id`)


class RecordId(Convertor[str]):
    """`{name:record}`: anything, slashes too, but not the address of something that is done with a record."""

    regex = rf"(?!.*/(?:{'|'.join(ACTIONS)})$).*"

    def convert(self, value: str) -> str:
        """Return the id inside an address."""
        return value

    def to_string(self, value: str) -> str:
        """Return the id as it stands in an address."""
        return value


register_url_convertor("record", RecordId())


def allowed(routes: Iterable[BaseRoute], path: str) -> str:
    """Return the methods that an address knows, as the header Allow gives them: of all its routes, not of one."""
    return ", ".join(sorted({method for route in _all(routes) for method in _methods(route, path)}))


def _methods(route: BaseRoute, path: str) -> set[str]:
    return route.methods or set() if isinstance(route, Route) and route.path_regex.match(path) else set()


def _all(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        inner = getattr(route, "original_router", None)  # FastAPI keeps included routers whole
        if inner is None:
            yield route
        else:
            yield from _all(inner.routes)
