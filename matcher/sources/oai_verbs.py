"""The requests of OAI-PMH 2.0 that a repository answers, and its replies, read to their ends.

Written to the protocol's specification, openarchives.org/OAI/2.0/openarchivesprotocol.htm; numbers of its sections
stand where they matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources import cerif
from matcher.sources.fetching import Fetcher
from matcher.sources.metadata import children, choose, tidy
from matcher.sources.oai_reply import Failure, Item, Token, read_reply
from matcher.sources.oai_rows import Rows
from matcher.sources.reading import Broken, Gone, Refusal, Told
from matcher.sources.xml_stream import Element

DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
MAX_SETS = 20  # replies that list sets
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


class Verbs:
    """Asks one repository.

    :param url: its base address.
    """

    def __init__(self, url: str, fetcher: Fetcher, rows: Rows) -> None:
        self.url, self.fetcher, self.rows = url, fetcher, rows

    def identify(self) -> Reply:
        """Return what a repository says of itself."""
        return self._whole({"verb": "Identify"})

    def best_prefix(self) -> str:
        """Return the format that says most: CERIF of PerúCRIS, of OpenAIRE, else Dublin Core, which all must offer."""
        formats = self._whole({"verb": "ListMetadataFormats"}).formats
        for namespace in (*cerif.PROFILES, DC):
            if found := next((prefix for prefix, of in formats if of.startswith(namespace)), None):
                return found
        return "oai_dc"

    def sets(self) -> dict[str, str]:
        """Return the names of sets by setSpec."""
        found: dict[str, str] = {}
        arguments = {"verb": "ListSets"}
        for _ in range(MAX_SETS):
            reply = self._whole(arguments)
            found |= reply.sets
            if not reply.token:
                break
            arguments = {"verb": "ListSets", "resumptionToken": reply.token}
        return found

    def records(self, arguments: Mapping[str, str], before: int, raw: list[bytes]) -> Reply:
        """Return a reply of ListRecords, with the errors that it tells.

        :param before: rows that came before it; `raw`: gets the bytes of a reply that is broken.
        :raises Broken: it was, each time.
        """
        asked = {"verb": "ListRecords", **arguments}
        return self.fetcher.read(self.url, asked, lambda body: self._read(body, before, raw))

    def record(self, identifier: str, prefix: str, number: int) -> Told:
        """Return what became of one record, asked for by its identifier (4.1)."""
        asked = {"verb": "GetRecord", "identifier": identifier, "metadataPrefix": prefix}
        try:
            reply = self.fetcher.read(self.url, asked, lambda body: self._read(body, number - 1))
        except BadInput as error:
            if not isinstance(error, Broken) and "status" not in error.values:
                raise  # nobody answers at all
            return Refusal(self.url, number, error, key=identifier)
        if reply.rows:
            return reply.rows[0][1]
        if any(failure.code == "idDoesNotExist" for failure in reply.failures):
            return Gone(self.url, number, identifier)
        failure = next(iter(reply.failures), Failure("GetRecord", "-"))
        return Refusal(self.url, number, failed(self.url, failure, prefix), key=identifier)

    def _whole(self, arguments: Mapping[str, str]) -> Reply:
        """Return a reply that tells no error.

        :raises BadInput: it does.
        """
        reply = self.fetcher.read(self.url, arguments, lambda body: self._read(body, 0))
        if reply.failures:
            raise failed(self.url, reply.failures[0])
        return reply

    def _read(self, body: BinaryIO, before: int, raw: list[bytes] | None = None) -> Reply:
        """Read a reply to its end: only a whole one is handed on."""
        reply, url = Reply(), self.url
        try:
            for part in read_reply(body, url):
                if isinstance(part, Item):
                    number = before + len(reply.rows) + 1
                    reply.rows.append((part.identifier, self.rows.tell(part, url, number)))
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
