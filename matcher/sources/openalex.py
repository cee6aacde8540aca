"""OpenAlex: works, institutions and authors, from its API, saved replies of it, or its snapshot (JSON lines, gzip).

A work becomes a text of the institutions that its authors name; they are only named by it. Institutions become
partners. Authors are people: they are passed over, unless they are asked for as partners.
"""

from collections.abc import Callable, Iterator
from typing import Any

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.records import Evidence, Partner
from matcher.sources import json_files, openalex_live
from matcher.sources.openalex_fields import ford
from matcher.sources.openalex_partners import Chosen, Made, author, institution, named, person, split_id
from matcher.sources.pages import Asked, Page, paged
from matcher.sources.reading import MAX_TEXT, Refusal, Row, Skipped, Told
from matcher.sources.shapes import Thing, cleaned, day, flag, language, link, string, text, thing, things, whole

NAME = "OpenAlex"
# What a work is that says nothing of what its authors can do.
EMPTY = frozenset(("paratext", "erratum", "retraction", "peer-review", "supplementary-materials"))
OTHERS = {"S": N_("journal"), "T": N_("topic"), "C": N_("concept"), "F": N_("funder"), "P": N_("publisher")}


def read(asked: Asked) -> Iterator[Page]:
    """Yield pages of what files or an address hold.

    :raises BadInput: they cannot be read, or an option is none.
    """
    chosen = Chosen.of(asked)
    if asked.url:
        for reply in openalex_live.pages(asked, chosen.institution):
            rows = tuple(row(each.file, each.number, each.value, chosen) for each in reply.elements)
            yield Page(rows, reply.after, total=reply.total, partial=reply.partial)
        return
    yield from paged((row(each.file, each.number, each.value, chosen) for each in json_files.read(asked.paths)), asked)


def row(file: str, number: int, value: Any, chosen: Chosen) -> Told:
    """Return what one element holds, or why it is refused."""
    try:
        if isinstance(value, TinkuyError):
            raise value
        element = whole(value)
        letter, digits = split_id(string(element, "id"))
        if letter in _MAKE:
            made = _MAKE[letter](element, f"openalex-{letter.lower()}{digits}", chosen)
        else:
            made = OTHERS.get(letter, N_("other"))
        if isinstance(made, str):
            return Skipped(file, number, made)
        records, mentions = made
        return Row(file, number, records, mentions, f"{letter}{digits}")
    except TinkuyError as error:
        return Refusal(file, number, error, str(error.values.get("column", "")))


def _work(work: Thing, id_: str, chosen: Chosen) -> Made:
    if flag(work, "is_retracted"):
        return N_("retracted work")
    if flag(work, "is_paratext") or string(work, "type") in EMPTY:
        return N_("front matter or correction")
    partners: dict[str, Partner] = {}
    for authorship in things(work, "authorships"):
        found = [partner for each in things(authorship, "institutions") if (partner := named(each))]
        if chosen.institution:
            found = [partner for partner in found if chosen.institution in partner.identifiers]
        partners |= {partner.id: partner for partner in found}
        if chosen.people and (found or not chosen.institution) and (who := thing(authorship, "author")):
            somebody = person(who, found[0].country if found else None)
            partners[somebody.id] = somebody
    if not partners:
        return N_("work of other institutions") if chosen.institution else N_("work without an institution")
    title = text(work, "title") or text(work, "display_name")
    abstract = _abstract(thing(work, "abstract_inverted_index"))
    if not (title or abstract):
        return N_("work without a title")
    topic = thing(work, "primary_topic")
    evidence = Evidence(
        id_,
        tuple(partners),
        "publication",
        abstract or title,
        title if abstract else None,
        language(string(work, "language")),
        day(work, "publication_date"),
        fields=ford(_last(topic, "field"), _last(topic, "subfield")),
        source=NAME,
        url=link(string(work, "doi"))
        or link(string(thing(work, "primary_location"), "landing_page_url"))
        or _page(id_),
    )
    return (evidence,), tuple(partners.values())


def _abstract(index: Thing) -> str:
    """Return the text of word -> its places. Sorted, so that a place far out costs no more than one near by.

    :raises BadInput: places that no abstract has.
    """
    try:
        words = {place: word for word, places in index.items() for place in places}
    except TypeError:
        raise _no_place() from None
    if not words:
        return ""
    if set(map(type, words)) != {int}:
        raise _no_place()
    order = sorted(words)
    if order[0] < 0 or order[-1] > MAX_TEXT:
        raise _no_place()
    return cleaned(" ".join(map(words.__getitem__, order)))


def _no_place() -> BadInput:
    message = N_("abstract_inverted_index: word -> list of its places, whole numbers from 0 to {limit}, is expected")
    return BadInput(message, limit=MAX_TEXT, column="abstract_inverted_index")


def _last(topic: Thing, key: str) -> str:
    """Return the number at the end of the id of a topic's field: `22` of `https://openalex.org/fields/22`."""
    found = thing(topic, key).get("id")
    return str(found)[-40:].rpartition("/")[2] if isinstance(found, str | int) else ""


def _page(id_: str) -> str:
    return f"https://openalex.org/{id_.partition('-')[2].upper()}"


_MAKE: dict[str, Callable[[Thing, str, Chosen], Made]] = {"W": _work, "I": institution, "A": author}
