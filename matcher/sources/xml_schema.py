"""Records checked against an XSD, by request; nothing that it names is fetched.

The published CERIF profiles name parts (`includes/…`, `vocabularies/…`) that often lie nowhere beside them. Where such
a part is missing, our own stand-in (`cerif_parts.xsd`) says loosely what it holds, so that the profile itself is
checked; a log line names what stood in. What else is missing is an error that names it.
"""

import copy
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.reading import check_size
from matcher.sources.xml_stream import Element

XS = "{http://www.w3.org/2001/XMLSchema}"
XML = "http://www.w3.org/XML/1998/namespace"
STAND_IN = Path(__file__).with_name("cerif_parts.xsd")
MAX_PARTS = 100
_XML_XSD = (
    f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{XML}">'
    '<xs:attribute name="lang" type="xs:string"/><xs:attribute name="space" type="xs:string"/></xs:schema>'
)
logger = logging.getLogger(__name__)


def checker(path: Path) -> Callable[[Element], None]:
    """Return what raises BadInput of an element that is not valid by an XSD, with line and reason.

    :raises BadInput: no XSD, or one whose parts are missing.
    """
    schema = _compile(path)

    def check(element: Element) -> None:
        if not schema.validate(element):
            error = schema.error_log[0]  # type: ignore[index]
            message = N_("not valid by {schema}, line {line}: {reason}")
            raise BadInput(message, schema=path.name, line=error.line, reason=error.message[:400])

    return check


def missing_parts(path: Path) -> list[str]:
    """Return the parts that an XSD names and that do not lie beside it, as it names them."""
    missing: set[str] = set()
    _whole(path, missing)
    return sorted(missing)


def _compile(path: Path) -> etree.XMLSchema:
    missing: set[str] = set()
    root = _whole(path, missing)
    if missing:
        logger.warning("parts of a schema are missing", extra={"schema": path.name, "parts": sorted(missing)})
        _fill(root)
    with tempfile.TemporaryDirectory() as folder:
        for number, node in enumerate(list(root.iter(f"{XS}import"))):
            namespace, place = node.get("namespace") or "", node.get("schemaLocation") or ""
            if namespace == XML or place in missing:
                stub = Path(folder, f"{number}.xsd")
                stub.write_text(_XML_XSD if namespace == XML else _stub(root, namespace), encoding="utf-8")
                node.set("schemaLocation", stub.as_uri())
        try:
            return etree.XMLSchema(etree.ElementTree(root))
        except etree.XMLSchemaParseError as error:
            raise BadInput(
                N_("{path} is no XSD that can be used: {reason}. Parts that it names and that are missing: {parts}"),
                path=path,
                reason=str(error)[:300],
                parts=", ".join(sorted(missing)) or "-",
            ) from error


def _parse(path: Path) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        check_size(path, path.stat().st_size)
        root = etree.parse(str(path), parser).getroot()
    except (OSError, etree.XMLSyntaxError) as error:
        raise BadInput(N_("{path} cannot be read: {reason}"), path=path, reason=str(error)[:300]) from error
    if root.getroottree().docinfo.internalDTD is not None or root.tag != f"{XS}schema":
        raise BadInput(N_("{path} is no XSD"), path=path)
    return root


def _whole(path: Path, missing: set[str]) -> Element:
    """Return an XSD with the parts that lie beside it in the place of their includes; imports name files in full."""
    root = _parse(path)
    todo, done = [(root, path.resolve())], {path.resolve()}
    while todo:
        part, own = todo.pop()
        for node in list(part.iter(f"{XS}include", f"{XS}redefine", f"{XS}import")):
            place = node.get("schemaLocation") or ""
            beside = None if "://" in place or not place else (own.parent / place).resolve()
            exists = beside is not None and beside.is_relative_to(own.parent) and beside.is_file()
            if node.tag == f"{XS}import":
                if exists and beside is not None:
                    node.set("schemaLocation", beside.as_uri())
                elif node.get("namespace") != XML:
                    missing.add(place)
                if part is not root:
                    root.insert(0, node)
                continue
            node.getparent().remove(node)  # type: ignore[union-attr]
            if not exists or beside is None:
                missing.add(place)
            elif beside not in done and len(done) < MAX_PARTS:  # PerúCRIS's redefines itself, which means nothing
                done.add(beside)
                inside = _parse(beside)
                todo.append((inside, beside))
        if part is not root:
            root.extend([copy.deepcopy(child) for child in part])
    return root


def _fill(root: Element) -> None:
    """Put what our stand-in defines and the schema does not into the schema."""
    known = {(child.tag, child.get("name")) for child in root}
    ours = [child for child in _parse(STAND_IN) if (child.tag, child.get("name")) not in known]
    root.extend(ours)
    for group in ours:
        # Where an element has identifiers of its own, those of the group would be told twice.
        users = [e for e in root.iter(f"{XS}group") if e.get("ref") == group.get("name") and group.tag == f"{XS}group"]
        twice = any(n.get("name") == "Identifier" for user in users for n in user.getparent().iter(f"{XS}element"))  # type: ignore[union-attr]
        for choice in group.iter(f"{XS}choice"):
            for element in list(choice):
                if twice and element.get("name") == "Identifier":
                    choice.remove(element)


def _stub(root: Element, namespace: str) -> str:
    """Return a schema in which what is referred to of a namespace may hold anything."""
    names = set()
    for node in root.iter(f"{XS}element"):
        prefix, _, name = (node.get("ref") or "").rpartition(":")
        if name and node.nsmap.get(prefix or None) == namespace:
            names.add(name)
    elements = "".join(f'<xs:element name="{name}" type="xs:anyType"/>' for name in sorted(names))
    return (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}" '
        f'elementFormDefault="qualified">{elements}</xs:schema>'
    )
