"""Records of ORCID in files: JSON as its API gives it, XML as its public data file has it, alone or in a tar or zip."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from lxml import etree

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.sources import json_files
from matcher.sources.json_files import Element
from matcher.sources.json_text import MAX_ELEMENT, PACKED, Limited
from matcher.sources.reading import MAX_FILE

_ENDINGS = (".xml", ".json", ".jsonl", ".json.gz", ".jsonl.gz", ".tar", ".tar.gz", ".tgz", ".zip")
_TARS = (".tar", ".tar.gz", ".tgz")
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


def read(paths: Sequence[Path]) -> Iterator[Element]:
    """Yield the records of files and folders; XML in the shape that JSON has.

    :raises BadInput: a file cannot be read, or not behind some record.
    """
    for name, path in json_files.files(paths, _ENDINGS):
        try:
            if path.name.lower().endswith(_TARS):
                yield from _from_tar(name, path)
            elif path.name.lower().endswith(".zip"):
                yield from _from_zip(name, path)
            elif path.name.lower().endswith(".xml"):
                with path.open("rb") as file:
                    yield Element(name, 1, _record(file))
            else:
                yield from (Element(name, each.number, each.value) for each in json_files.read([path]))
        except TinkuyError:
            raise
        except _BROKEN as error:
            message = N_("{path} is cut off, or damaged: {reason}. Fetch it again")
            raise BadInput(message, path=name, reason=str(error)[:200]) from error


def _from_tar(name: str, path: Path) -> Iterator[Element]:
    """Yield the records of a tar as a stream, however large."""
    with path.open("rb") as file:
        size = path.stat().st_size if file.peek(2)[:2] == b"\x1f\x8b" else None
        stream = Limited(name, gzip.GzipFile(fileobj=file) if size is not None else file, size)
        number = 0
        with tarfile.open(fileobj=stream, mode="r|") as packed:  # type: ignore[call-overload]  # it reads alone
            for part in packed:
                found = packed.extractfile(part) if part.isfile() and part.name.lower().endswith(".xml") else None
                if found:
                    number += 1
                    yield Element(f"{name}/{part.name}", number, _record(found))
                stream.element = 0
                packed.members.clear()  # it keeps them all otherwise
        if not number:
            raise BadInput(N_("{path} holds no file that ends in {endings}"), path=name, endings=".xml")


def _from_zip(name: str, path: Path) -> Iterator[Element]:
    left = max(MAX_FILE, path.stat().st_size * PACKED)
    with zipfile.ZipFile(path) as packed:
        parts = [part for part in packed.infolist() if part.filename.lower().endswith((".xml", ".json"))]
        if not parts:
            raise BadInput(N_("{path} holds no file that ends in {endings}"), path=name, endings=".xml, .json")
        for number, part in enumerate(parts, start=1):
            left -= part.file_size
            if left < 0:
                raise BadInput(N_("{path} unpacks to more than {times} times its size"), path=name, times=PACKED)
            with packed.open(part) as file:
                yield Element(f"{name}/{part.filename}", number, _record(file))


def _record(file: IO[bytes]) -> Any:
    """Return the record in a file as JSON has it, or what is wrong with it."""
    data = file.read(MAX_ELEMENT + 1)
    if len(data) > MAX_ELEMENT:
        return BadInput(N_("a record is larger than {limit} MiB"), limit=MAX_ELEMENT // 2**20)
    return parsed(data)


def parsed(data: bytes) -> Any:
    """Return a record, in XML or JSON, as JSON has it; or what is wrong with it."""
    if data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        try:
            found = [each.value for each in json_files.of_stream("JSON", io.BytesIO(data))]
        except BadInput as error:
            return error
        return found[0] if len(found) == 1 else BadInput(N_("one record is expected"))
    # No entities, nothing fetched; libxml2's own limits on depth and size hold.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        return BadInput(N_("this cannot be read as XML: {reason}"), reason=str(error)[:200])
    if root.getroottree().docinfo.internalDTD is not None:
        return BadInput(N_("the XML declares a document type, which a record of ORCID never does"))
    return _as_json(root)


def _as_json(element: Any) -> Any:
    """Return an element's children by their names, lists where several have one; the text where it has none."""
    found: dict[str, Any] = {name: value for name, value in element.attrib.items() if name[:1] != "{"}
    for child in element:
        if not isinstance(child.tag, str):  # a comment
            continue
        name, value = etree.QName(child).localname, _as_json(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    if len(element):
        return found
    text = (element.text or "").strip() or None
    return {**found, "value": text} if found else text
