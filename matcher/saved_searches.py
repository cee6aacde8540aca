"""Saved searches: which new texts are worth telling of, and telling of each once.

A text is told of where all of this holds of it, a partner of its and the search's question:

- it is new: it was written, or written anew, after the search was last asked (or saved, or its question changed);
- the answer's verdict is `matches`, and the partner stands within the first k of it;
- it is one of the passages that the answer shows of the partner;
- it is good enough by itself: were it the only text of the partner that fits, the partner's probability would
  still reach the search's threshold. A new text that has nothing to do with the question is so never told of,
  however well the partner's old ones fit.

The probability told is the one of the answer. The engine holds what everybody may see: a confidential need is asked
with, and found by, its summary alone.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from matcher.asking import checked
from matcher.engine import Engine
from matcher.errors import TinkuyError
from matcher.macro_regions import MacroRegions
from matcher.records import Changes, Filters, Match, Passage, Query, Side, Verdict, probability
from matcher.standing_in import stands_for
from matcher.store import inbox
from matcher.store.inbox import News
from matcher.store.store import Store

log = logging.getLogger(__name__)
THRESHOLD = 0.1  # most needs of the demonstration data have one partner above it, few have a second
SETS = ("countries", "regions", "sectors", "kinds", "languages")


def to_question(query: Query, macro_regions: MacroRegions | None = None) -> dict[str, Any]:
    """Return a question as the database keeps it, checked; of one that stands for a stored text, its id.

    :param macro_regions: see `asking.checked`.
    :raises BadQuery: it cannot be answered as asked.
    """
    stored = query.evidence_id is not None
    # Of a stored text k and filters alone are kept.
    query = checked(replace(query, text="x") if stored else query, macro_regions)
    filters = query.filters
    kept: dict[str, Any] = {
        "k": query.k,
        "filters": {
            **{name: sorted(getattr(filters, name)) for name in SETS},
            "since": filters.since.isoformat() if filters.since else None,
            "until": filters.until.isoformat() if filters.until else None,
        },
    }
    if stored:
        return {"evidence_id": query.evidence_id, **kept}
    return {
        "text": query.text,
        "title": query.title,
        "seeks": query.seeks.value,
        "language": query.language,
        "countries": list(query.countries),
        "region": query.region,
        "sectors": list(query.sectors),
        **kept,
    }


def to_query(engine: Engine, question: dict[str, Any]) -> Query:
    """Return the query that a kept question stands for.

    :raises NotFound: it stands for a text that is no more.
    """
    kept = question["filters"]
    filters = Filters(
        **{name: frozenset(kept[name]) for name in SETS},
        since=date.fromisoformat(kept["since"]) if kept["since"] else None,
        until=date.fromisoformat(kept["until"]) if kept["until"] else None,
    )
    if "evidence_id" in question:
        return engine.query_for(question["evidence_id"], k=question["k"], filters=filters)
    return Query(
        text=question["text"],
        title=question["title"],
        seeks=Side(question["seeks"]),
        language=question["language"],
        countries=tuple(question["countries"]),
        region=question["region"],
        sectors=tuple(question["sectors"]),
        k=question["k"],
        filters=filters,
    )


def find_news(engine: Engine, query: Query, new: Collection[str], threshold: float) -> Iterator[News]:
    """Yield what of the new texts is worth telling to whom asks `query`; see above.

    :param new: ids of the texts. :param threshold: the least probability.
    """
    answer = engine.match(query)
    if answer.verdict is not Verdict.MATCHES:
        return
    for match in answer.matches:
        for passage in match.passages:
            if passage.evidence_id in new and _alone(match, passage) >= threshold:
                yield News(passage.evidence_id, match.partner.id, match.probability)


def check(store: Store, engine: Engine, version: int) -> int:
    """Ask the saved searches to which something is new, fill the inboxes, and return how many news there were.

    Safe when several do it at once, and after a crash: news and how far a search was asked are written together.

    :param version: of the database that the engine answers from.
    """
    with store.reading() as session:
        waiting, texts = inbox.new_texts(session, version)
    found = {}
    for search in waiting:
        try:
            question = search.question
            if "evidence_id" in question:
                question = question | {"evidence_id": stands_for(store, engine, question["evidence_id"])}
            query = to_query(engine, question)
            written = texts[query.seeks]
            new = {id_ for id_, at in written.items() if at > search.seen}
            if new:
                found[search.id] = (search, list(find_news(engine, query, new, search.threshold)))
        except TinkuyError as error:  # such as the text that it stands for being gone: the others go on
            log.info("saved search %s was not asked: %s", search.id, type(error).__name__)
    if not found:
        return 0
    with store.writing() as writer:
        return inbox.deliver(writer, version, found)


def on_change(store: Store) -> Callable[[Engine, Changes], None]:
    """Return what to call when records have changed; it may be called from any thread, and never raises."""
    turn = threading.Lock()

    def told(engine: Engine, changes: Changes) -> None:
        if not changes.evidence:
            return
        try:
            with turn:
                check(store, engine, changes.version)
        except (SQLAlchemyError, TinkuyError):  # the next change finds what this one left
            log.exception("saved searches were not asked")

    return told


def _alone(match: Match, passage: Passage) -> float:
    """Return the probability of a match, were the passage the only text of its partner that fits."""
    term = next(c for c in match.contributions if c.signal == "text")
    return probability(match.score - term.weight * max(0.0, term.value - passage.score))
