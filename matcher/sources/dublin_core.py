"""Dublin Core (`oai_dc`), which every repository speaks: a work a record, its publisher or repository as partner."""

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_country
from matcher.records import Evidence, Partner, Side
from matcher.sources.metadata import (
    children,
    choose,
    day,
    ford,
    ford_of_title,
    isic,
    language_code,
    licence,
    link,
    local_id,
    tidy,
)
from matcher.sources.reading import MAX_TEXT, too_long
from matcher.sources.repository import Found, Repository, nobody
from matcher.sources.xml_stream import XML_LANG, Element
from matcher.text import detect_language, fold

ROOT = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
# The end of a type, in small letters alone -> kind of evidence, or what is skipped; any other is a publication.
KINDS = {
    "patent": "patent", "patente": "patent", "software": "technology", "dataset": "dataset", "researchdata": "dataset",
    "project": "project", "proyecto": "project",
}  # fmt: skip
SKIPPED = {
    "image": "image", "stillimage": "image", "movingimage": "video", "video": "video", "sound": "sound",
    "physicalobject": "object", "event": "event", "collection": "collection",
}  # fmt: skip
MANY = 100  # children of one name that are read
SHORT = 40  # characters; a shorter description ("Tesis", "Perú") is none where a longer one stands beside it
# Elements that are passed over on purpose, and why.
PASSED = {
    "creator": "people",
    "contributor": "people",
    "format": "of the file",
    "relation": "another record, or a code of the project's funder",
    "coverage": "what the work is about in place or time, which is no place of a partner",
    "source": "how a work is cited: the link back says it",
}
_WORD = re.compile(r"[^a-z]")


def read(element: Element, repository: Repository, local: str, sets: tuple[str, ...] = ()) -> Found | str:
    """Return a work as evidence; or, where it is no text and no technology, a word for what it is.

    :param local: what the repository calls it: its OAI identifier.
    :raises BadInput: no title, or nobody whose it is.
    """
    given = children(element)
    types = [_WORD.sub("", fold((e.text or "").rsplit("/", 1)[-1])) for e in given.get("type", ())[:MANY]]
    for type_ in types:
        if type_ in SKIPPED:
            return SKIPPED[type_]
    language = next((c for e in given.get("language", ())[:MANY] if (c := language_code(e.text))), None)
    text, said_in = _text(given.get("description", ())[:MANY], language)
    title, named_in = choose(given.get("title", ())[:MANY], said_in or language)
    if not title:
        raise BadInput(N_("{element} without a title"), element=local)
    partner = _partner(given, repository, sets)
    if partner is None:
        raise nobody("dc", title)
    keywords, fields, sectors = _subjects(given.get("subject", ())[:MANY])
    words = "\n".join(filter(None, (text or title, keywords)))
    if len(words) > MAX_TEXT:
        raise too_long(words)
    open_ = next((c for e in given.get("rights", ())[:MANY] if (c := licence(e.text or ""))), None)
    identifiers = [tidy(e.text) for e in given.get("identifier", ())[:MANY]]
    evidence = Evidence(
        id=local_id(repository.id, local),
        partners=(partner.id,),
        kind=next((KINDS[type_] for type_ in types if type_ in KINDS), "publication"),
        text=words,
        title=title,
        language=said_in or named_in or language,
        date=_date([e.text or "" for e in given.get("date", ())[:MANY]]),
        sectors=sectors,
        fields=fields,
        source=" · ".join(filter(None, (repository.name, open_))) or None,
        url=_link(identifiers),
    )
    return Found((evidence,), (partner,))


def _text(elements: Sequence[Element], language: str | None) -> tuple[str, str | None]:
    """Return the description in one language: the one that is told, else that of the work itself; parts are joined."""
    said = [(tidy(e.text), language_code(e.get(XML_LANG))) for e in elements]
    long = [(text, of) for text, of in said if len(text) >= SHORT] or [(text, of) for text, of in said if text]
    if len(long) > 1:
        if not any(of for _, of in long):  # two abstracts side by side, unmarked
            long = [(text, detect_language(text)) for text, _ in long]
        languages = [of for _, of in long if of]
        chosen = (
            "es" if "es" in languages else language if language in languages else languages[0] if languages else None
        )
        long = [(text, of) for text, of in long if of in (chosen, None)]
        return "\n".join(dict.fromkeys(text for text, _ in long)), chosen
    return long[0] if long else ("", None)


def _subjects(elements: Sequence[Element]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return keywords, FORD codes and ISIC codes among the subjects; addresses of other vocabularies say nothing."""
    words, fields, sectors = [], [], []
    for element in elements:
        text = tidy(element.text)
        if "ocde/ford" in text:
            fields.append(ford(text))
        elif "inei/ciiu" in text:
            sectors.append(isic(text))
        elif text and "://" not in text and not text.startswith("info:"):
            words.append(text)
            fields.append(ford_of_title(text))
    return (
        "; ".join(dict.fromkeys(words)),
        tuple(dict.fromkeys(filter(None, fields))),
        tuple(dict.fromkeys(filter(None, sectors))),
    )


def _partner(given: dict[str, list[Element]], repository: Repository, sets: tuple[str, ...]) -> Partner | None:
    """Return whose it is: who was named for all of it; else a publisher that does research; else the repository's."""
    if repository.by_set and (found := repository.fallback(sets)):
        return found
    names = [tidy(e.text) for e in given.get("publisher", ())[:MANY]]
    country = next((c for name in names if len(name) == 2 and (c := _country(name))), None)
    for name in names:
        if len(name) > 2:
            organisation = repository.organisation(name, country)
            if organisation.side is Side.SUPPLY and organisation.kind != "other":
                return organisation
    return repository.fallback(sets)


@lru_cache(1000)
def _country(text: str) -> str | None:
    try:
        return find_country(text)
    except NotFound:
        return None


def _date(texts: list[str]) -> dt.date | None:
    """Return when it came out: dates with a time are those of the repository's own work."""
    days = [found for text in texts if "T" not in text and (found := day(text))]
    days = days or [found for text in texts if (found := day(text))]
    return min(days, default=None)


def _link(identifiers: list[str]) -> str | None:
    handles = [i for i in identifiers if "/handle/" in i or "hdl.handle.net" in i]
    return link(handles, identifiers, identifiers)
