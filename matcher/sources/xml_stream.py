"""XML from anybody, element by element: flat in memory; no entities, no document types, nothing from outside."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from lxml import etree

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.reading import Broken

Element = etree._Element
CHUNK = 2**16  # bytes read at a time
MAX_ELEMENT = 16 * 2**20  # bytes of one record: thousands of times what one holds
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_parser = partial(
    etree.XMLPullParser,
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    collect_ids=False,
    remove_comments=True,
    remove_pis=True,
)


class Bytes(Protocol):
    """What bytes are read from: a file, an answer."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


def read_root(data: bytes, name: str) -> Element:
    """Return the first element of a text's beginning, with its attributes; what it holds is not read.

    :param name: of the file or address, for the message.
    :raises BadInput: no XML, or XML with a document type, by which entities come in.
    """
    parser = _parser(events=("start",))
    try:
        parser.feed(data)
    except etree.XMLSyntaxError as error:
        raise broken(name, error) from error
    root = next((found for _, found in parser.read_events()), None)
    if not isinstance(root, etree._Element):
        raise BadInput(N_("{path} is no XML, or its first element stands too far behind its beginning"), path=name)
    if root.getroottree().docinfo.internalDTD is not None:
        message = N_("{path} has a document type (<!DOCTYPE …>), which is not read: entities can do harm. Take it out")
        raise BadInput(message, path=name)
    return root


def read_elements(
    head: bytes, rest: Bytes, wanted: Sequence[str], name: str, *, nested: bool = False
) -> Iterator[Element]:
    """Yield the elements of these names, whole, in their order; each is emptied after.

    Comments and processing instructions are left out.

    :param head: bytes that were read already.
    :param nested: they may stand in each other; then only the outermost are yielded.
    :raises BadInput: not well-formed, or an element larger or deeper than any record is.
    """
    # One tag at a time is matched without making an object of every element.
    parser = _parser(events=("end",), tag=wanted)
    names = {tag[tag.rfind("}") + 1 :] for tag in wanted} if nested else set()
    fed, chunk = 0, head
    try:
        while True:
            if chunk:
                parser.feed(chunk)
            else:
                parser.close()  # which may complete one more
            fed += len(chunk)
            for _, found in parser.read_events():
                if not isinstance(found, etree._Element) or (names and _stands_in(found, names)):
                    continue
                fed = 0
                yield found
                _empty(found)
            if not chunk:
                return
            if fed > MAX_ELEMENT:
                limit = MAX_ELEMENT // 2**20
                raise BadInput(N_("{path}: an element is larger than {limit} MiB"), path=name, limit=limit)
            chunk = rest.read(CHUNK)
    except etree.XMLSyntaxError as error:
        raise broken(name, error) from error


def _stands_in(element: Element, names: set[str]) -> bool:
    return any(above.tag[above.tag.rfind("}") + 1 :] in names for above in element.iterancestors())


def _empty(element: Element) -> None:
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def broken(name: str, error: Exception) -> Broken:
    """Return the error of XML that is not well-formed."""
    return Broken(N_("{path} is not well-formed XML: {reason}"), path=name, reason=str(error)[:300])
