"""What CERIF and Dublin Core have in common: children by name, languages, dates, links, codes of subjects."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import pycountry

from matcher import fields
from matcher.errors import NotFound
from matcher.sectors import find_sector
from matcher.sources.reading import digest, slug
from matcher.sources.xml_stream import XML_LANG, Element
from matcher.text import clean, fold

_LOCAL: dict[str, str] = {}  # tag -> its name without namespace
SPANISH_FIRST = {"es": 0, "en": 1, "pt": 2}  # which of several languages is read
SLIPS = {"sp": "es", "español": "es", "castellano": "es", "english": "en", "português": "pt"}  # for codes
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])")
_FORD = re.compile(r"(?:ford#|^)(\d)(?:\.(\d{1,2}))?(?:\.\d{1,2}[a-z]?)?$", re.IGNORECASE)
_CIIU = re.compile(r"^[A-U]?\d{2,4}$", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_HANDLE = re.compile(r"(?:https?://hdl\.handle\.net/|hdl:\s*)?(\d[\d.]*/\S+)", re.IGNORECASE)
# A name that its slug tells from all others that a system gives: capitals only where an entity's name has them.
_PLAIN = re.compile(r"[A-Za-z][a-z]*(?:[A-Z][a-z]*)?(?:/[a-z0-9]+(?:[-/.:_][a-z0-9]+)*)|[a-z0-9]+(?:[-/.:_][a-z0-9]+)*")
_DASHES = str.maketrans("/.:_", "----")
_CC = re.compile(r"creativecommons\.org/(?:licenses/(by[a-z-]*)/(\d\.\d)|publicdomain/(zero)/(\d\.\d))", re.IGNORECASE)


def units_in(box: Element) -> list[Element]:
    """Return the organisations that are named in an element, also as affiliations; not what they are part of."""
    found = []
    for unit in box.iter("{*}OrgUnit"):
        above = unit.getparent()
        if above is not None and not above.tag.endswith("PartOf"):
            found.append(unit)
    return found


def children(element: Element) -> dict[str, list[Element]]:
    """Return an element's children by their names without namespace: each name is its own in all profiles."""
    found: dict[str, list[Element]] = {}
    for child in list(element):  # at once costs less than one by one
        tag = child.tag
        name = _LOCAL.get(tag) or _local(tag)
        if name in found:
            found[name].append(child)
        else:
            found[name] = [child]
    return found


def _local(tag: str) -> str:
    name = tag[tag.rfind("}") + 1 :]
    if len(_LOCAL) < 10_000:
        _LOCAL[tag] = name
    return name


def tidy(text: str | None) -> str:
    """Return a text clean, on one line where it stands on several: XML is wrapped by those who write it."""
    if not text:
        return ""
    text = text.strip()
    if _is_tidy(text):
        return text
    plain = " ".join(text.split())
    return plain if _is_tidy(plain) else " ".join(clean(plain).split())


def line(element: Element) -> str:
    """Return the text of an element that holds a code or an address."""
    return (element.text or "").strip()


def each_once(codes: list[str | None]) -> tuple[str, ...]:
    """Return what was found, each once, in its order."""
    if len(codes) == 1:
        return (codes[0],) if codes[0] else ()
    return tuple(dict.fromkeys([code for code in codes if code]))


def _is_tidy(text: str) -> bool:
    """Tell at once what needs no cleaning: most of millions of texts."""
    return (
        text.isprintable()
        and "  " not in text
        and "<" not in text
        and "&" not in text
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
    )


def choose(elements: Sequence[Element], wanted: str | None = None) -> tuple[str, str | None]:
    """Return one of the texts that say the same in several languages, and its language: Spanish before English.

    :param wanted: the language that is chosen where there is one.
    """
    if len(elements) == 1:
        text = tidy(elements[0].text)
        return text, language_code(elements[0].get(XML_LANG)) if text else None
    best: tuple[str, str | None] = ("", None)
    rank = 100
    for element in elements:
        language = language_code(element.get(XML_LANG))
        mine = -1 if wanted and language == wanted else SPANISH_FIRST.get(language or "", 3)
        if mine < rank and (text := tidy(element.text)):
            best, rank = (text, language), mine
    return best


@lru_cache(1000)
def language_code(text: str | None) -> str | None:
    """Return the ISO 639-1 code of a language given by any ISO 639 code, with or without a region."""
    plain = fold((text or "").strip())
    plain = SLIPS.get((text or "").strip().lower(), plain)
    code = re.split(r"[-_]", plain)[0]
    if len(code) == 2:
        known = pycountry.languages.get(alpha_2=code)
        return code if known else SLIPS.get(code)
    if len(code) == 3:
        known = pycountry.languages.get(alpha_3=code) or pycountry.languages.get(bibliographic=code)
        return getattr(known, "alpha_2", None)
    return None


@lru_cache(20_000)
def day(text: str | None) -> dt.date | None:
    """Return the day that a date or time of any precision begins on; None where it is none."""
    match = _DATE.match((text or "").strip())
    if not match:
        return None
    try:
        found = dt.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
    return found if found.year >= 1000 else None


@lru_cache(10_000)
def ford(text: str) -> str | None:
    """Return the FORD code, at the depth that Tinkuy knows, of a code or address such as `…/ford#2.11.04`."""
    match = _FORD.search(text.strip())
    if not match:
        return None
    codes = (f"{int(match[1])}.{int(match[2])}" if match[2] else "", match[1])
    return next((code for code in codes if code in fields.names()), None)


@cache
def _field_titles() -> dict[str, str]:
    return {fold(title): code for code, titles in fields.names().items() for title in titles}


@lru_cache(10_000)
def ford_of_title(text: str) -> str | None:
    """Return the FORD code of a field's title, in Spanish or English."""
    return _field_titles().get(fold(text.strip()))


@lru_cache(10_000)
def isic(text: str) -> str | None:
    """Return the ISIC Rev. 4 code of a CIIU code, alone or at an address's end; None where it is none."""
    code = text.strip().rsplit("#", 1)[-1].rsplit("/", 1)[-1]
    if not _CIIU.match(code):
        return None
    try:
        return find_sector(code)
    except NotFound:
        return None


def link(handles: Iterable[str], dois: Iterable[str], addresses: Iterable[str]) -> str | None:
    """Return the link back: the repository's own page by its handle, else by DOI, else the first address."""
    for given in handles:
        if given.lower().startswith("http") and " " not in given:
            return given
        if match := _HANDLE.fullmatch(given):
            return f"https://hdl.handle.net/{match[1]}"
    for given in dois:
        if match := _DOI.fullmatch(given):
            return f"https://doi.org/{match[1]}"
    return next((a for a in addresses if a.lower().startswith(("http://", "https://")) and " " not in a), None)


def licence(text: str) -> str | None:
    """Return a Creative Commons licence's short name: of `https://creativecommons.org/licenses/by/4.0/` `CC BY 4.0`."""
    if "creativecommons" not in text.lower():
        return None
    match = _CC.search(text)
    if not match:
        return None
    return f"CC {match[1].upper()} {match[2]}" if match[1] else f"CC0 {match[4]}"


def local_id(repository: str, local: str, kind: str = "") -> str:
    """Return the id of something that a repository calls `local`; names that a slug would make equal stay apart.

    :param kind: what comes before a bare number: `823948` of an equipment is no `823948` of a person.
    """
    plain = local if "/" in local or not kind else f"{kind}/{local}"
    if _PLAIN.fullmatch(plain):
        return f"oai-{_slug(repository)}{plain.lower().translate(_DASHES)}"
    return f"oai-{_slug(repository)}{slug(plain)}-{digest(plain)[:6]}"


@lru_cache(1000)
def _slug(repository: str) -> str:
    return f"{slug(repository)}-" if repository else ""
