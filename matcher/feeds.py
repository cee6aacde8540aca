"""What came of a saved search as a JSON feed (1.1) and as Atom, for feed readers.

They cannot send keys, so the address is the secret, and there is nothing in a feed that not everybody may see: the
partner's name, the text's public view. The search's own name and question stay with the office.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from email.utils import format_datetime
from urllib.parse import quote

from feedgen.feed import FeedGenerator

from matcher.language import N_, Translate
from matcher.store.desk_views import label
from matcher.store.inbox import Item
from matcher.table_export import clean

NEWEST = 50  # entries of a feed
TEXT = 2000  # characters of a text
JSON_TYPE, ATOM_TYPE = "application/feed+json", "application/atom+xml"


def json_feed(search: str, items: Sequence[Item], base: str, address: str, say: Translate) -> bytes:
    """Return a JSON feed.

    :param search: id of the saved search. :param base: the service's address, ending in `/`.
    :param address: the feed's own.
    """
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(search, say),
        "home_page_url": base,
        "feed_url": address,
        "language": "es",
        "items": [
            {
                "id": _id(item),
                "url": _link(item, base),
                "title": _heading(item),
                "content_text": _content(item, say),
                "date_published": _utc(item).isoformat(),
                "authors": [{"name": clean(item.partner.name)}],
            }
            for item in items
        ],
    }
    return json.dumps(feed, ensure_ascii=False).encode()


def atom(search: str, created: dt.datetime, items: Sequence[Item], base: str, address: str, say: Translate) -> bytes:
    """Return an Atom feed; see `json_feed`. `created`: when the search was saved, UTC: the date of an empty feed."""
    feed = FeedGenerator()
    feed.id(f"urn:tinkuy:search:{search}")
    feed.title(_title(search, say))
    feed.author(name="Tinkuy")
    feed.link(href=address, rel="self", type=ATOM_TYPE)
    feed.link(href=base, rel="alternate")
    feed.language("es")
    feed.updated(newest(created, items))
    for item in items:
        entry = feed.add_entry(order="append")
        entry.id(_id(item))
        entry.title(_heading(item))
        entry.link(href=_link(item, base))
        entry.author(name=clean(item.partner.name))
        entry.content(_content(item, say), type="text")
        entry.published(_utc(item))
        entry.updated(_utc(item))
    found: bytes = feed.atom_str()
    return found


def newest(created: dt.datetime, items: Sequence[Item]) -> dt.datetime:
    """Return when a feed got its last entry; without any, when the search was saved."""
    return max((_utc(item) for item in items), default=created.replace(tzinfo=dt.UTC))


def http_date(moment: dt.datetime) -> str:
    """Return a moment as HTTP headers write it."""
    return format_datetime(moment, usegmt=True)


def etag(body: bytes) -> str:
    """Return what tells whether a feed is as it was, also after an entry was taken out of it."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _title(search: str, say: Translate) -> str:
    return say(N_("Tinkuy: news of saved search {id}")).format(id=search)


def _heading(item: Item) -> str:
    return clean(f"{item.partner.name}: {label(item.evidence)}")


def _content(item: Item, say: Translate) -> str:
    why = say(N_("New text of {partner}; probability of a match: {percent} %.")).format(
        partner=item.partner.name, percent=f"{100 * item.probability:.0f}"
    )
    return clean(f"{why}\n\n{item.evidence.text}", TEXT)


def _id(item: Item) -> str:
    return f"urn:tinkuy:inbox:{item.search}:{item.id}"


def _link(item: Item, base: str) -> str:
    return f"{base}v1/evidence/{quote(item.evidence.id, safe='/')}"


def _utc(item: Item) -> dt.datetime:
    return item.at.replace(tzinfo=dt.UTC)
