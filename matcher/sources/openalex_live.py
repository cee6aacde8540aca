"""OpenAlex's API, page after page: https://api.openalex.org/works?filter=… or one entity by its address."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.addresses import check_address, shown
from matcher.sources.fetching import Fetcher
from matcher.sources.json_files import Element
from matcher.sources.pages import Asked, Cursor
from matcher.sources.shapes import thing, whole

PER_PAGE = "100"  # the most that it gives since 2026
MOST = 1_000_000  # elements; more are what the snapshot is for


class Reply(NamedTuple):
    """One page of elements; `after`, `total` and `partial` as in `Page`."""

    elements: tuple[Element, ...]
    after: Cursor
    total: int | None
    partial: bool


def pages(asked: Asked, institution: str | None) -> Iterator[Reply]:
    """Yield the pages that an address has, from `asked.after` on.

    All of them each time: what was published since says nothing of what was added or mended since, and what was
    changed OpenAlex tells to paying subscribers alone. With the option `changes=updated` it is asked for that.

    :param institution: `ror:…`, whose works alone are asked for.
    :raises BadInput: as `Fetcher.get` does; too many for an API; a cursor that leads in circles.
    """
    url, params = _address(asked, institution)
    file = shown(url)
    with Fetcher() as fetcher:
        if not _is_single(url):
            yield from _listed(fetcher, url, params, asked.after)
        elif not asked.after:
            yield Reply((Element(file, 1, fetcher.get_json(url, params)),), {"cursor": ""}, 1, partial=False)


def _listed(fetcher: Fetcher, url: str, params: dict[str, str], after: Cursor | None) -> Iterator[Reply]:
    """Yield the pages of a list."""
    file = shown(url)
    partial = "from_updated_date:" in params.get("filter", "")
    number, cursor = (int(after["rows"]), str(after["cursor"])) if after else (0, "*")
    while cursor:
        found = whole(fetcher.get_json(url, {**params, "per_page": PER_PAGE, "cursor": cursor}))
        meta, results = thing(found, "meta"), found.get("results")
        total, following = meta.get("count"), meta.get("next_cursor")
        if not isinstance(results, list) or not isinstance(following, str | None) or not isinstance(total, int | None):
            raise BadInput(N_("{address} does not answer as OpenAlex does: {{meta, results}}"), address=file)
        if max(total or 0, number) > MOST:
            message = N_("{address} has {count} elements: name a filter, or read the snapshot from files")
            raise BadInput(message, address=file, count=total or number)
        if following == cursor and results:
            raise BadInput(N_("{address} leads from one page to itself"), address=file)
        cursor = following if following and results else ""
        elements = tuple(Element(file, number + i, value) for i, value in enumerate(results, start=1))
        number += len(results)
        yield Reply(elements, {"cursor": cursor, "rows": number}, total, partial)


def _address(asked: Asked, institution: str | None) -> tuple[str, dict[str, str]]:
    """Return the address without its query, and what is asked there."""
    url = asked.url or ""
    check_address(url)
    parts = urlsplit(url)
    params: dict[str, str] = dict(parse_qsl(parts.query, keep_blank_values=True))
    for paging in ("page", "per-page", "per_page", "cursor"):
        params.pop(paging, None)
    filters = [params["filter"]] if params.get("filter") else []
    if institution and parts.path.rstrip("/").endswith("/works"):
        filters.append(f"institutions.ror:https://ror.org/{institution.partition(':')[2]}")
    changes = asked.options.get("changes", "")
    if changes not in ("", "updated"):
        raise BadInput(N_("changes: {found!r} is not one of {known}"), found=changes[:100], known="updated")
    if changes and asked.since:
        filters.append(f"from_updated_date:{asked.since.date().isoformat()}")
    if filters:
        params["filter"] = ",".join(filters)
    params |= {name: asked.options[name] for name in ("mailto", "api_key") if asked.options.get(name)}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), params


def _is_single(url: str) -> bool:
    """Tell whether an address is one entity's (/works/W1, /institutions/ror:…) and no list."""
    return len([part for part in urlsplit(url).path.split("/") if part]) > 1
