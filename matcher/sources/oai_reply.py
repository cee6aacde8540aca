"""Replies of OAI-PMH and files of their records, read as a stream: what each element is, and what it holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from matcher.language import N_
from matcher.sources import cerif, dublin_core
from matcher.sources.xml_stream import CHUNK, Bytes, Element, read_elements, read_root

OAI = "{http://www.openarchives.org/OAI/2.0/}"
IDENTIFIER, DATESTAMP, SET = OAI + "identifier", OAI + "datestamp", OAI + "setSpec"
METADATA = OAI + "metadata"
RECORD, TOKEN, ERROR = OAI + "record", OAI + "resumptionToken", OAI + "error"
# Elements of replies that list no records -> what they are called in a summary.
OTHERS = {
    OAI + "Identify": N_("description of a repository"),
    OAI + "metadataFormat": N_("metadata format"),
    OAI + "set": N_("set"),
}
HEADER = OAI + "header"  # of a record; alone in a list of identifiers


class Item(NamedTuple):
    """One record. `metadata`: None of a deleted one; valid until the next is asked for."""

    identifier: str
    datestamp: str
    sets: tuple[str, ...]
    deleted: bool
    metadata: Element | None


@dataclass(frozen=True, slots=True)
class Token:
    """Where the list goes on; `text` is empty at its end. `total`: of records in the list, where it is told."""

    text: str
    total: int | None


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that the repository tells: `badResumptionToken`, `noRecordsMatch` and others."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """An element that is no record. `what`: a word for it; `element`: valid until the next is asked for."""

    what: str
    element: Element


def read_reply(stream: Bytes, name: str) -> Iterator[Item | Token | Failure | Other]:
    """Yield what a reply holds, or a file of bare records, in its order.

    :param name: of the file or address, for messages.
    :raises BadInput: no XML, not well-formed, or with a document type.
    """
    head = stream.read(CHUNK)
    root = read_root(head, name)
    if root.tag == OAI + "OAI-PMH":
        wanted = [RECORD, TOKEN, ERROR, *OTHERS, *((HEADER,) if b"ListIdentifiers" in head else ())]
        for element in read_elements(head, stream, wanted, name):
            tag = element.tag
            if tag == RECORD:
                yield _item(element)
            elif tag == TOKEN:
                total = element.get("completeListSize") or ""
                yield Token((element.text or "").strip(), int(total) if total.isascii() and total.isdecimal() else None)
            elif tag == ERROR:
                yield Failure(element.get("code") or "", (element.text or "").strip())
            else:
                yield Other(OTHERS.get(tag, N_("header")), element)
        return
    names = [f"{{*}}{entity}" for entity in cerif.ENTITIES]
    for element in read_elements(head, stream, (RECORD, dublin_core.ROOT, *names), name, nested=True):
        if element.tag == RECORD:
            yield _item(element)
        elif element.tag == dublin_core.ROOT or cerif.entity(element):
            yield Item("", "", (), False, element)


def _item(element: Element) -> Item:
    identifier, datestamp, sets, deleted, metadata = "", "", [], False, None
    for part in element:
        tag = part.tag
        if tag == HEADER:
            deleted = part.get("status") == "deleted"
            for child in part:
                text = (child.text or "").strip()
                name = child.tag
                if name == IDENTIFIER:
                    identifier = text
                elif name == DATESTAMP:
                    datestamp = text
                elif name == SET:
                    sets.append(text)
        elif tag == METADATA and len(part):
            metadata = part[0]
    return Item(identifier, datestamp, tuple(sets), deleted, metadata)
