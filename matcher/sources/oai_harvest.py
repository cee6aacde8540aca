"""A live harvest of an OAI-PMH 2.0 repository: page by page by its resumption tokens, whole, and once each.

Written to the protocol's specification, openarchives.org/OAI/2.0/openarchivesprotocol.htm; numbers of its sections
stand where they matter.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.fetching import Fetcher
from matcher.sources.oai_rows import Rows
from matcher.sources.oai_verbs import Reply, Verbs, failed
from matcher.sources.pages import Asked, Page
from matcher.sources.reading import Broken, Refusal
from matcher.sources.seen import Seen

OVERLAP = dt.timedelta(days=1)  # asked for twice: servers' clocks go wrong, and their time zones (2.7.1 asks for UTC)
AGAIN = 20  # records of a page that are asked for one by one
MAX_PAGES = 20_000
MAX_TOKEN = 8_000  # characters; it travels in an address
MAX_EMPTY = 20  # replies without a record, one after the other
MAX_RESTARTS = 3  # without a new record in between
# Empty, it says that the list ends here (3.5).
_TOKEN = re.compile(rb"<(?:\w+:)?resumptionToken\b[^>]{0,500}(?:(?<=/)>|>([^<]{0,8000})</(?:\w+:)?resumptionToken>)")


@dataclass(slots=True)
class Where:
    """How far a harvest has come: what `Page.after` holds."""

    prefix: str = ""
    set: str = ""
    from_: str = ""
    until: str = ""
    token: str = ""
    rows: int = 0
    requests: int = 0
    again: int = 0  # of `Asked.again`
    partial: bool = False
    done: bool = False


class Harvest:
    """One run over a repository."""

    def __init__(self, asked: Asked, fetcher: Fetcher, rows: Rows) -> None:
        self._asked, self._rows = asked, rows
        self._url = (asked.url or "").split("?")[0].split("#")[0]
        self._verbs = Verbs(self._url, fetcher, rows)
        self._options = asked.options
        self._seen = Seen()
        self._tokens: set[str] = set()
        self._again = False  # the list was begun anew: what was seen is passed over
        self._restarts = self._empty = 0
        self._granularity: Literal["day", "second"] = "day"

    def pages(self) -> Iterator[Page]:
        """Yield the replies as pages.

        :raises BadInput: the repository fails, or its list never ends; what was yielded before stays good.
        """
        where = self._begin()
        most = int(self._options.get("pages", MAX_PAGES))
        while where.again < len(self._asked.again):
            yield self._again_page(where)
        while not where.done:
            if where.requests >= most:
                message = N_("{url}: more than {limit} pages; raise the option pages if the list is as long as that")
                raise BadInput(message, url=self._url, limit=most)
            yield self._page(where)

    def _begin(self) -> Where:
        about = self._verbs.identify()
        self._granularity = "second" if "hh" in about.about.get("granularity", "") else "day"
        chosen = self._rows.chosen
        chosen.name = chosen.name or about.about.get("repositoryName", "")
        if not chosen.partner and not chosen.by_set:
            chosen.partner = about.owner or chosen.name or None
        if chosen.by_set:
            chosen.sets |= self._verbs.sets()
        if self._asked.after:
            return Where(**self._asked.after)
        since = self._asked.since
        start = self._options.get("from") or (since and (since - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")) or ""
        return Where(
            prefix=self._options.get("prefix") or self._verbs.best_prefix(),
            set=self._options.get("set", ""),
            from_=self._stamp("from", start),
            until=self._stamp("until", self._options.get("until", "")),
            partial=bool(start or self._options.get("until")),
        )

    def _again_page(self, where: Where) -> Page:
        """Ask one by one for records that were refused before: they have not changed since, so no list has them."""
        keys = self._asked.again[where.again : where.again + AGAIN]
        rows = tuple(self._verbs.record(key, where.prefix, where.rows + i) for i, key in enumerate(keys, start=1))
        where.rows += len(rows)
        where.again += len(rows)
        return Page(rows, asdict(where), partial=where.partial)

    def _page(self, where: Where) -> Page:
        """Ask for the next reply, and note in `where` how far that brings it."""
        arguments = {}
        if where.token:
            arguments["resumptionToken"] = where.token  # and nothing else (3.5)
        else:
            given = {"metadataPrefix": where.prefix, "set": where.set, "from": where.from_, "until": where.until}
            arguments |= {name: value for name, value in given.items() if value}
        where.requests += 1
        raw: list[bytes] = []
        try:
            reply = self._verbs.records(arguments, where.rows, raw)
        except Broken as error:
            reply = self._lost(error, where, raw[-1])
        codes = {failure.code for failure in reply.failures}
        if "badResumptionToken" in codes and where.token:
            self._restart(where)
            return Page((), asdict(where), partial=where.partial)
        if codes - {"noRecordsMatch"}:
            raise failed(self._url, reply.failures[0], where.prefix)
        rows = tuple(told for identifier, told in reply.rows if not (self._again and identifier in self._seen))
        for identifier, _ in reply.rows:
            self._seen.add(identifier)
        where.rows += len(rows)
        where.token = self._next_token(reply, bool(rows))
        where.done = not where.token
        if rows:
            self._restarts = 0
        return Page(rows, asdict(where), reply.total, where.partial)

    def _next_token(self, reply: Reply, moved: bool) -> str:
        """Return the token of the next reply.

        :raises BadInput: a list with such tokens never ends.
        """
        self._empty = 0 if moved or self._again else self._empty + 1
        url, count = self._url, self._verbs.fetcher.requests
        if reply.token in self._tokens:
            message = N_("{url} gives the resumption token {token!r} again after {count} requests: its list never ends")
            raise BadInput(message, url=url, token=reply.token[:60], count=count)
        if self._empty > MAX_EMPTY:
            message = N_("{url} gives {empty} empty replies one after the other: its list never ends")
            raise BadInput(message, url=url, empty=self._empty)
        if len(reply.token) > MAX_TOKEN:
            message = N_("{url} gives a resumption token of {length} characters, longer than any address")
            raise BadInput(message, url=url, length=len(reply.token))
        if reply.token:
            self._tokens.add(reply.token)
        return reply.token

    def _restart(self, where: Where) -> None:
        """Begin the list anew: its order is not told by the protocol, so that nothing less is complete."""
        self._restarts += 1
        if self._restarts > MAX_RESTARTS:
            message = N_("{url}: its resumption tokens expire before the next page is asked for, {count} times")
            raise BadInput(message, url=self._url, count=self._restarts)
        where.token, self._again = "", True
        self._tokens.clear()
        self._seen.freeze()

    def _lost(self, error: Broken, where: Where, raw: bytes) -> Reply:
        """Return the refusal of a reply that stayed broken, and where the list goes on behind it, if that can be read.

        What is missing from the rest is not gone.
        """
        where.partial = True
        token = _TOKEN.findall(raw)
        if not token:
            message = N_(
                "{reason}. Its records are lost, and so is the way to those behind them; what came before is kept"
            )
            raise BadInput(message, reason=error) from error
        message = N_("{reason}. The records of this reply were not read; the list goes on behind it")
        refusal = Refusal(self._url, where.rows + 1, BadInput(message, reason=error))
        return Reply([("", refusal)], token=token[-1].decode("utf-8", "replace").strip())

    def _stamp(self, option: str, text: str) -> str:
        """Return a day or time as the repository counts (3.3).

        :raises BadInput: it is none.
        """
        if not text:
            return ""
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            message = N_(
                "option {option}: {found!r} is no day such as 2025-03-31 nor a time such as 2025-03-31T14:00:00Z"
            )
            raise BadInput(message, option=option, found=text) from None
        if len(text) == 10 or self._granularity == "day":
            return moment.strftime("%Y-%m-%d")
        moment = moment.replace(tzinfo=moment.tzinfo or dt.UTC)
        return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
