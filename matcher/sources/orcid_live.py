"""ORCID's public API: one record, https://pub.orcid.org/v3.0/0000-…/record, or those that a search finds.

A search by organisation is `https://pub.orcid.org/v3.0/search/?q=ror-org-id:"https://ror.org/…"`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.addresses import check_address, shown
from matcher.sources.fetching import Fetcher
from matcher.sources.json_files import Element
from matcher.sources.pages import Asked, Cursor
from matcher.sources.shapes import Thing, string, thing, things, whole

PAGE = 50  # records of one page
MOST = 10_000  # that a search gives
_SEARCH = re.compile(r"/(?:search|expanded-search)/?$")
_RECORD = re.compile(r"/[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X](?:/record)?/?$")


class Reply(NamedTuple):
    """One page of records; `after`, `total` and `partial` as in `Page`."""

    elements: tuple[Element, ...]
    after: Cursor
    total: int | None
    partial: bool


def pages(asked: Asked) -> Iterator[Reply]:
    """Yield the records that an address leads to, from `asked.after` on; of a search those changed since `asked.since`.

    :raises BadInput: as `Fetcher.get` does; neither a record nor a search; more than a search gives.
    """
    url = asked.url or ""
    check_address(url)
    parts = urlsplit(url)
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    token = asked.options.get("token")
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with Fetcher(headers=headers) as fetcher:
        if _RECORD.search(parts.path):
            address = plain.rstrip("/").removesuffix("/record") + "/record"
            if not asked.after:
                yield Reply((Element(shown(address), 1, fetcher.get_json(address)),), {"start": 1}, 1, partial=False)
            return
        base = _SEARCH.sub("", plain)
        query = dict(parse_qsl(parts.query)).get("q", "")
        if base == plain or not query:
            message = N_(
                "{address} is neither a record of ORCID (…/v3.0/0000-…/record) nor a search (…/v3.0/search/?q=…)"
            )
            raise BadInput(message, address=shown(url))
        if asked.since:
            query = f"({query}) AND profile-last-modified-date:[{asked.since.strftime('%Y-%m-%dT%H:%M:%SZ')} TO NOW]"
        start = int(asked.after["start"]) if asked.after else 0
        if asked.again and not asked.after:  # they have not changed, so no search for changes finds them
            named: list[Thing] = [{"orcid-identifier": {"path": key}} for key in asked.again]
            elements = tuple(_record(fetcher, base, i, each) for i, each in enumerate(named, start=1))
            yield Reply(elements, {"start": start}, None, partial=bool(asked.since))
        yield from _found(fetcher, base, query, start, partial=bool(asked.since))


def _found(fetcher: Fetcher, base: str, query: str, start: int, *, partial: bool) -> Iterator[Reply]:
    """Yield the records that a search finds, a page of them after the other."""
    search, total = f"{base}/search/", start + 1  # until it tells
    while start < total:
        found = whole(fetcher.get_json(search, {"q": query, "start": str(start), "rows": str(PAGE)}))
        results, count = things(found, "result"), found.get("num-found")
        if type(count) is not int:
            raise BadInput(N_("{address} does not answer as ORCID does: {{result, num-found}}"), address=shown(search))
        if count > MOST:
            message = N_("{address} has {count} elements, and gives no more than {limit}: ask for less at once")
            raise BadInput(message, address=shown(search), count=count, limit=MOST)
        if not results and start < count:
            message = N_("{address} ends after {count} of {total} elements")
            raise BadInput(message, address=shown(search), count=start, total=count)
        elements = tuple(_record(fetcher, base, start + i, each) for i, each in enumerate(results, start=1))
        start, total = start + len(results), count
        yield Reply(elements, {"start": start}, total, partial)


def _record(fetcher: Fetcher, base: str, number: int, result: Thing) -> Element:
    """Return a record that a search has found; or why there is none: it was locked or closed meanwhile."""
    try:
        path = string(thing(result, "orcid-identifier"), "path")
    except BadInput as error:
        return Element(shown(base), number, error)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]", path):
        found = BadInput(N_("orcid-identifier: {found!r} is no ORCID iD"), found=path[:100], column="orcid-identifier")
        return Element(shown(base), number, found)
    address = f"{base}/{path}/record"
    try:
        return Element(shown(address), number, fetcher.get_json(address))
    except BadInput as error:
        if error.values.get("status") not in (404, 409, 410):
            raise
        return Element(shown(address), number, error)
