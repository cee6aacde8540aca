"""A live harvest of an OAI-PMH 2.0 repository: page by page by its resumption tokens, whole, and once each.

Written to the protocol's specification, openarchives.org/OAI/2.0/openarchivesprotocol.htm; numbers of its sections
stand where they matter.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import BinaryIO, Literal

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources import cerif
from matcher.sources.fetching import Fetcher
from matcher.sources.metadata import children, choose, tidy
from matcher.sources.oai_reply import Failure, Item, Token, read_reply
from matcher.sources.oai_rows import Rows
from matcher.sources.pages import Asked, Page
from matcher.sources.reading import Broken, Refusal, Told
from matcher.sources.seen import Seen
from matcher.sources.xml_stream import Element

DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
OVERLAP = dt.timedelta(days=1)  # asked for twice: servers' clocks go wrong, and their time zones (2.7.1 asks for UTC)
MAX_PAGES = 20_000
MAX_TOKEN = 8_000  # characters; it travels in an address
MAX_EMPTY = 20  # replies without a record, one after the other
MAX_RESTARTS = 3  # without a new record in between
# What a repository says in codes (3.6), in plain words.
ERRORS = {
    "badArgument": N_(
        "{url}: it does not understand the request; check the options set, from and until ({code}: {text})"
    ),
    "badVerb": N_("{url}: it does not know the request; is this the base address of an OAI-PMH 2.0 service? ({text})"),
    "badResumptionToken": N_("{url}: it does not know its own resumption token any more ({text})"),
    "cannotDisseminateFormat": N_(
        "{url}: it does not offer the metadata format {prefix}; choose another with the option prefix ({text})"
    ),
    "noMetadataFormats": N_("{url}: it offers no metadata format ({text})"),
    "noSetHierarchy": N_("{url}: it has no sets; leave the option set out ({text})"),
    "idDoesNotExist": N_("{url}: it does not know the record ({text})"),
}
_TOKEN = re.compile(rb"<(?:\w+:)?resumptionToken[^>]*>([^<]{1,8000})</(?:\w+:)?resumptionToken>")


@dataclass(slots=True)
class Reply:
    """A reply of any verb, read to its end."""

    rows: list[tuple[str, Told]] = field(default_factory=list)  # with their identifiers
    token: str = ""
    total: int | None = None
    failures: list[Failure] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)  # of Identify
    owner: str = ""
    formats: list[tuple[str, str]] = field(default_factory=list)  # prefix, namespace
    sets: dict[str, str] = field(default_factory=dict)


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
    partial: bool = False
    done: bool = False


class Harvest:
    """One run over a repository."""

    def __init__(self, asked: Asked, fetcher: Fetcher, rows: Rows) -> None:
        self._asked, self._fetcher, self._rows = asked, fetcher, rows
        self._url = (asked.url or "").split("?")[0].split("#")[0]
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
        while not where.done:
            if where.requests >= most:
                message = N_("{url}: more than {limit} pages; raise the option pages if the list is as long as that")
                raise BadInput(message, url=self._url, limit=most)
            yield self._page(where)

    def _begin(self) -> Where:
        about = self._talk({"verb": "Identify"})
        self._granularity = "second" if "hh" in about.about.get("granularity", "") else "day"
        chosen = self._rows.chosen
        chosen.name = chosen.name or about.about.get("repositoryName", "")
        if not chosen.partner and not chosen.by_set:
            chosen.partner = about.owner or chosen.name or None
        if chosen.by_set:
            self._sets()
        if self._asked.after:
            return Where(**self._asked.after)
        since = self._asked.since
        start = self._options.get("from") or (since and (since - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")) or ""
        return Where(
            prefix=self._options.get("prefix") or self._best_prefix(),
            set=self._options.get("set", ""),
            from_=self._stamp("from", start),
            until=self._stamp("until", self._options.get("until", "")),
            partial=bool(start or self._options.get("until")),
        )

    def _page(self, where: Where) -> Page:
        """Ask for the next reply, and note in `where` how far that brings it."""
        arguments = {"verb": "ListRecords"}
        if where.token:
            arguments["resumptionToken"] = where.token  # and nothing else (3.5)
        else:
            given = {"metadataPrefix": where.prefix, "set": where.set, "from": where.from_, "until": where.until}
            arguments |= {name: value for name, value in given.items() if value}
        where.requests += 1
        raw: list[bytes] = []
        try:
            reply = self._fetcher.read(self._url, arguments, lambda body: self._read(body, where.rows, raw))
        except Broken as error:
            reply = self._lost(error, where, raw[-1])
        codes = {failure.code for failure in reply.failures}
        if "badResumptionToken" in codes and where.token:
            self._restart(where)
            return Page((), asdict(where), partial=where.partial)
        if codes - {"noRecordsMatch"}:
            raise self._told(reply.failures, where.prefix)
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
        url, count = self._url, self._fetcher.requests
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

    def _talk(self, arguments: Mapping[str, str]) -> Reply:
        reply = self._fetcher.read(self._url, arguments, lambda body: self._read(body, 0))
        if reply.failures:
            raise self._told(reply.failures, "")
        return reply

    def _read(self, body: BinaryIO, before: int, raw: list[bytes] | None = None) -> Reply:
        """Read a reply to its end: only a whole one is handed on."""
        reply, url = Reply(), self._url
        try:
            for part in read_reply(body, url):
                if isinstance(part, Item):
                    number = before + len(reply.rows) + 1
                    reply.rows.append((part.identifier, self._rows.tell(part, url, number)))
                elif isinstance(part, Token):
                    reply.token, reply.total = part.text, part.total
                elif isinstance(part, Failure):
                    reply.failures.append(part)
                else:
                    _note(part.element, part.what, reply)
        except Broken:
            if raw is not None:
                body.seek(0)
                raw[:] = [body.read()]
            raise
        return reply

    def _best_prefix(self) -> str:
        """Return the format that says most: CERIF of PerúCRIS, of OpenAIRE, else Dublin Core, which all must offer."""
        formats = self._talk({"verb": "ListMetadataFormats"}).formats
        for namespace in (*cerif.PROFILES, DC):
            if found := next((prefix for prefix, of in formats if of.startswith(namespace)), None):
                return found
        return "oai_dc"

    def _sets(self) -> None:
        arguments = {"verb": "ListSets"}
        for _ in range(MAX_EMPTY):
            reply = self._talk(arguments)
            self._rows.chosen.sets |= reply.sets
            if not reply.token:
                return
            arguments = {"verb": "ListSets", "resumptionToken": reply.token}

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

    def _told(self, failures: list[Failure], prefix: str) -> BadInput:
        return failed(self._url, failures[0], prefix)


def failed(url: str, failure: Failure, prefix: str = "") -> BadInput:
    """Return the error that a repository tells, in plain words."""
    message = ERRORS.get(failure.code, N_("{url}: {code}: {text}"))
    return BadInput(message, url=url, code=failure.code, text=failure.text[:300], prefix=prefix)


def _note(element: Element, what: str, reply: Reply) -> None:
    """Keep what a description says that will be needed."""
    given = children(element)
    if what == "description of a repository":
        reply.about = {name: tidy(found[0].text) for name, found in given.items()}
        for box in given.get("description", ()):
            for service in children(box).get("Service", ()):
                for unit in (u for o in children(service).get("Owner", ()) for u in children(o).get("OrgUnit", ())):
                    inside = children(unit)
                    reply.owner = choose(inside.get("Name", ()))[0] or choose(inside.get("Acronym", ()))[0]
    elif what == "metadata format":
        values = {name: tidy(found[0].text) for name, found in given.items()}
        reply.formats.append((values.get("metadataPrefix", ""), values.get("metadataNamespace", "")))
    elif what == "set":
        values = {name: tidy(found[0].text) for name, found in given.items()}
        reply.sets[values.get("setSpec", "")] = values.get("setName", "")
