"""ROR's API, page after page: https://api.ror.org/v2/organizations?… or one organisation by its address."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.addresses import check_address, shown
from matcher.sources.fetching import Fetcher
from matcher.sources.json_files import Element
from matcher.sources.pages import Asked, Cursor
from matcher.sources.shapes import whole

MOST = 10_000  # organisations that it gives to one question; more are what the dump is for
_COUNTRY = "locations.geonames_details.country_code"


class Reply(NamedTuple):
    """One page of elements; `after` and `total` as in `Page`."""

    elements: tuple[Element, ...]
    after: Cursor
    total: int | None


def pages(asked: Asked, countries: tuple[str, ...]) -> Iterator[Reply]:
    """Yield the pages that an address has, from `asked.after` on; all of them each time, for the register is small.

    :param countries: whose organisations alone are asked for.
    :raises BadInput: as `Fetcher.get` does; more than the API gives; an answer of another shape.
    """
    url = asked.url or ""
    check_address(url)
    parts = urlsplit(url)
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    params: dict[str, str] = {n: v for n, v in parse_qsl(parts.query, keep_blank_values=True) if n != "page"}
    client = asked.options.get("client_id")
    with Fetcher(headers={"Client-Id": client} if client else None) as fetcher:
        if parts.path.rstrip("/").endswith("organizations"):
            if len(countries) == 1:
                params["filter"] = ",".join(filter(None, (params.get("filter"), f"{_COUNTRY}:{countries[0]}")))
            yield from _listed(fetcher, url, params, asked.after)
        elif not asked.after:
            yield Reply((Element(shown(url), 1, fetcher.get_json(url, params)),), {"page": 1, "rows": 1}, 1)


def _listed(fetcher: Fetcher, url: str, params: dict[str, str], after: Cursor | None) -> Iterator[Reply]:
    """Yield the pages of a list."""
    file = shown(url)
    page, done = (int(after["page"]), int(after["rows"])) if after else (0, 0)
    total = done + 1  # until it tells
    while done < total:
        found = whole(fetcher.get_json(url, {**params, "page": str(page + 1)}))
        items, count = found.get("items"), found.get("number_of_results")
        if not isinstance(items, list) or not isinstance(count, int):
            message = N_("{address} does not answer as ROR does: {{number_of_results, items}}")
            raise BadInput(message, address=file)
        total = count
        if total > MOST:
            raise BadInput(
                N_("{address} has {count} elements, and gives no more than {limit}: read the data dump from a file"),
                address=file,
                count=total,
                limit=MOST,
            )
        if not items and done < total:
            message = N_("{address} ends after {count} of {total} elements")
            raise BadInput(message, address=file, count=done, total=total)
        elements = tuple(Element(file, done + i, value) for i, value in enumerate(items, start=1))
        page, done = page + 1, done + len(items)
        yield Reply(elements, {"page": page, "rows": done}, total)
