"""RDF files as facts about things, held in memory: only what Tinkuy reads of them, up to a limit that is told.

N-Triples, Turtle (also `.n3`, where it is Turtle) and RDF/XML, plain or gzip. rdflib reads them; nothing is fetched.
"""

import gzip
import logging
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.sax import SAXException

from rdflib import BNode, Graph, Literal
from rdflib.exceptions import ParserError
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.plugins.parsers.ntriples import W3CNTriplesParser

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.sources.json_files import files
from matcher.sources.json_text import PACKED
from matcher.sources.reading import MAX_FILE, Refusal
from matcher.sources.vivo_words import HAS_PART, KEPT, LINKS

MAX_TRIPLES = 5_000_000  # of all files together, of which most are not kept
BLANK = "_:"  # begins the names of things without an address, which are others at each reading
MAX_VALUES, MAX_PARTS = 50, 20_000  # of one thing by one predicate: names, types; organisations in it
MAX_LINE = 2**20  # characters of one triple
MAX_REFUSED = 1000  # lines of one file; with more it is no N-Triples
FORMATS = {".nt": "nt", ".ttl": "turtle", ".n3": "turtle", ".rdf": "xml", ".owl": "xml", ".xml": "xml"}
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    ParserError,
    SAXException,
    ValueError,
    AssertionError,
    LookupError,
    TypeError,
    AttributeError,
)
_URI = r'<([A-Za-z][A-Za-z0-9+.-]*:[^<>"{}|^`\\\x00-\x20]*)>'
# A triple as nearly all are written: without escapes or blank nodes. Ten times as quick as a parser of all.
_PLAIN = re.compile(rf'{_URI} {_URI} (?:{_URI}|"([^"\\\n\r]*)"(?:@([A-Za-z]+(?:-[A-Za-z0-9]+)*)|\^\^{_URI})?) ?\.\s*')

logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # it tells at length of every odd literal of others


class Said(NamedTuple):
    """A literal: its text, and the language that it is said in; "" where none is told."""

    text: str
    language: str


class Things:
    """What is said about things: `facts` by URI, `near` which are tied, `file` in which one stands first."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, list[str | Said]]] = {}  # subject -> predicate -> nodes
        self.near: dict[str, list[str]] = {}
        self.file: dict[str, str] = {}
        self.refused: list[Refusal] = []
        self.triples = 0
        self.names: dict[str, str] = {}  # each URI once, however often it is written

    def add(self, file: str, subject: str, predicate: str, node: str | Said) -> None:
        """Take a triple up, if anything is read of it.

        :raises BadInput: the limit is reached.
        """
        self.triples += 1
        if self.triples > MAX_TRIPLES:
            message = N_("more than {limit} triples: give the files of one university at a time")
            raise BadInput(message, limit=f"{MAX_TRIPLES:,}")
        subject = self.names.setdefault(subject, subject)
        facts = self.facts.get(subject)
        if facts is None:
            facts = self.facts[subject] = {}
            self.file[subject] = file
        if predicate not in KEPT:
            return
        if isinstance(node, str):
            node = self.names.setdefault(node, node)
            if predicate in LINKS:
                self.near.setdefault(subject, []).append(node)
                self.near.setdefault(node, []).append(subject)
                return
        nodes = facts.setdefault(self.names.setdefault(predicate, predicate), [])
        if len(nodes) < (MAX_PARTS if predicate in HAS_PART else MAX_VALUES):
            nodes.append(node)


class _Sink(Graph):
    """What rdflib writes its triples to."""

    def __init__(self, things: Things, file: str) -> None:
        super().__init__()
        self.things, self.of = things, file

    def add(self, triple: Any) -> "_Sink":
        self.triple(*triple)
        return self

    def triple(self, subject: Any, predicate: Any, node: Any) -> None:
        """Take what a parser found."""
        self.things.add(
            self.of,
            _text(subject),
            str(predicate),
            Said(str(node), node.language or "") if isinstance(node, Literal) else _text(node),
        )


def _text(node: Any) -> str:
    return f"{BLANK}{node}" if isinstance(node, BNode) else str(node)


def read(paths: Sequence[Path]) -> Things:
    """Return what files say together; lines of N-Triples that are none are refused.

    :raises BadInput: a file cannot be read, is none of these formats, or is too large.
    """
    things = Things()
    endings = tuple(ending + packed for ending in FORMATS for packed in ("", ".gz"))
    for name, path in files(paths, endings):
        kind = FORMATS.get(Path(name.lower().removesuffix(".gz")).suffix)
        if kind is None:
            message = N_("{path}: RDF is read from files that end in {endings}")
            raise BadInput(message, path=name, endings=", ".join(FORMATS))
        try:
            with path.open("rb") as file:
                head = file.peek(2)[:2]
                stream: IO[bytes] = gzip.open(file) if head == b"\x1f\x8b" else file  # type: ignore[assignment] # noqa: SIM115
                if kind == "nt":
                    limit = max(MAX_FILE, path.stat().st_size * PACKED)
                    _lines(things, name, stream, limit)
                else:
                    _whole(things, name, stream, kind)
        except TinkuyError:
            raise
        except RecursionError:
            raise BadInput(N_("{path} is nested too deeply"), path=name) from None
        except (*_BROKEN, BadSyntax) as error:
            message = N_("{path} cannot be read as RDF: {reason}")
            raise BadInput(message, path=name, reason=" ".join(str(error).split())[:300]) from error
    return things


def _lines(things: Things, name: str, stream: IO[bytes], limit: int) -> None:
    """Read N-Triples line by line; one that is broken is refused alone."""
    parser = W3CNTriplesParser(sink=_Sink(things, name))  # type: ignore[arg-type]  # it asks for `triple`
    refused = 0
    for number, line in enumerate(_split(stream, name, limit), start=1):
        try:
            text = line.decode("utf-8")
            if plain := _PLAIN.fullmatch(text):
                subject, predicate, node, literal, tag, _ = plain.groups()
                things.add(name, subject, predicate, node or Said(literal, tag or ""))
            else:
                parser.line = text.strip()
                parser.parseline()
        except (ParserError, ValueError) as error:
            refused += 1
            if refused > MAX_REFUSED:
                raise BadInput(N_("{path} is no file of N-Triples in UTF-8"), path=name) from None
            reason = " ".join(str(error).split())[:200]
            things.refused.append(Refusal(name, number, BadInput(N_("no triple: {reason}"), reason=reason)))


def _split(stream: IO[bytes], name: str, limit: int) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE + 1):
        limit -= len(line)
        if limit < 0:
            raise BadInput(N_("{path} unpacks to more than {times} times its size"), path=name, times=PACKED)
        if len(line) > MAX_LINE:
            raise BadInput(N_("{path}: a line is longer than {limit} characters"), path=name, limit=MAX_LINE)
        yield line


def _whole(things: Things, name: str, stream: IO[bytes], kind: str) -> None:
    """Read Turtle or RDF/XML, which rdflib holds in memory as a whole."""
    data = stream.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        message = N_("{path} holds more than {limit} MiB; write it as N-Triples, which are read line by line")
        raise BadInput(message, path=name, limit=MAX_FILE // 2**20)
    text = data.decode("utf-8-sig")
    if kind == "xml" and ("<!DOCTYPE" in text or "<!ENTITY" in text):
        message = N_("{path} has a document type (<!DOCTYPE …>), which is not read: entities can do harm. Take it out")
        raise BadInput(message, path=name)
    _Sink(things, name).parse(data=text, format=kind, publicID=f"http://{name.rpartition('/')[2]}.invalid/")
