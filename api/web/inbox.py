"""Saved searches, and the inbox that they fill."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from pydantic import Field

from api.cursors import Cursor
from api.desk_state import EXPORTED, whole
from api.state import Current
from api.web.at_desk import Back, Desk, GivenId, Here, Version, Wanted
from api.web.desk import choices
from matcher.asking import MAX_QUERY
from matcher.engine import Engine
from matcher.errors import BadInput, BadQuery
from matcher.language import N_
from matcher.list_columns import INBOX, SEARCHES
from matcher.records import Filters, Side
from matcher.records import Query as Question
from matcher.saved_searches import SETS, THRESHOLD, to_question
from matcher.store import inbox, searches
from matcher.store.desk_views import label, public_text, public_texts, the_text
from matcher.store.searches import SavedSearch

router = APIRouter(include_in_schema=False)
LISTED = 25
PLACES = 10  # partners of a saved search's answer among whom a new text is news
# From which probability something is told of: in words. Few needs of the demonstration have a second partner above 0.1.
THRESHOLDS = {
    0.02: N_("whatever might fit, even a little"),
    THRESHOLD: N_("what fits (recommended)"),
    0.3: N_("what fits well"),
    0.6: N_("only what fits very well"),
}
Chosen = Annotated[str, Form(max_length=20, pattern="^[A-Za-z0-9-]*$")]


@router.get("/desk/inbox")
def news(
    here: Desk,
    unread: Annotated[bool, Query()] = False,
    search: Annotated[str | None, Query(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
    cursor: Cursor = None,
    format_: Wanted = None,
) -> Response:
    """Show what came of the saved searches, the newest first."""
    rows, start = (EXPORTED, None) if format_ else (LISTED, cursor)
    with here.store.reading() as session:
        found = inbox.items(session, here.office, unread=unread, search=search or None, cursor=start, limit=rows)
        kept = searches.searches(session, here.office)
    if format_:
        return here.file(format_).file("inbox", INBOX, whole(found))
    return here.page("desk_inbox.html", found=found, searches=kept, unread=unread, search=search or "", label=label)


@router.post("/desk/inbox/read")
def mark(
    here: Desk,
    ids: Annotated[list[Annotated[int, Field(ge=0, le=2**62)]], Form(max_length=200)],
    read: Annotated[bool, Form()] = True,
    back: Back = "",
) -> Response:
    """Mark news as read, or as not read."""
    with here.writing() as writer:
        inbox.mark(writer, here.caller, ids, read=read)
    return here.onward(back, "/desk/inbox")


@router.get("/desk/searches")
def saved(here: Desk, format_: Wanted = None) -> Response:
    """Show the saved searches with their feeds."""
    with here.store.reading() as session:
        found = searches.searches(session, here.office)
        texts = public_texts(session, (s.question["evidence_id"] for s in found if "evidence_id" in s.question))
    if format_:
        return here.file(format_).file("searches", SEARCHES, found)
    base = str(here.request.base_url).rstrip("/")
    return here.page("desk_searches.html", found=found, texts=texts, label=label, threshold=said, base=base)


@router.get("/desk/search")
def form(
    here: Desk,
    engine: Current,
    id_: Annotated[str | None, Query(alias="id", max_length=300)] = None,
    evidence: Annotated[str | None, Query(max_length=300)] = None,
    q: Annotated[str, Query(max_length=MAX_QUERY)] = "",
    seeks: Annotated[Side, Query()] = Side.SUPPLY,
    region: Annotated[str, Query(max_length=20)] = "",
    sector: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show the form of a saved search: of a new one with what the address says, or of one that is there."""
    if id_ is not None:
        with here.store.reading() as session:
            known = searches.search(session, here.office, id_.replace("\0", ""))
        return _form(here, engine, _typed(known))
    typed = {"q": q, "seeks": seeks, "region": region, "sector": sector, "evidence": evidence or ""}
    return _form(here, engine, typed)


@router.post("/desk/search")
def save(
    here: Desk,
    engine: Current,
    name: Annotated[str, Form(max_length=200)] = "",
    q: Annotated[str, Form(max_length=MAX_QUERY)] = "",
    seeks: Annotated[Side, Form()] = Side.SUPPLY,
    region: Chosen = "",
    sector: Chosen = "",
    evidence: Annotated[str, Form(max_length=300)] = "",
    threshold: Annotated[float, Form(ge=0, le=1)] = THRESHOLD,
    id_: Annotated[str, Form(alias="id", max_length=300)] = "",
    version: Annotated[int | None, Form(ge=0, le=2**62)] = None,
) -> Response:
    """Save a search, or change one; what is wrong with it is told on the form."""
    evidence, id_, name = evidence.replace("\0", ""), id_.replace("\0", ""), " ".join(name.replace("\0", "").split())
    typed = {
        "name": name, "q": q, "seeks": seeks, "region": region, "sector": sector, "evidence": evidence,
        "threshold": threshold, "id": id_, "version": version,
    }  # fmt: skip
    try:
        if not name:
            raise BadInput(N_("give the search a name"))
        with here.writing() as writer:
            kept = searches.search(writer.session, here.office, id_).question if id_ else {}
            question = to_question(_question(typed, kept))
            if evidence:
                the_text(writer.session, evidence)
            if id_:
                expected = None if version is None else frozenset({version})
                searches.change(
                    writer, here.caller, id_, name, question, threshold, expected=expected, request=here.request_id
                )
            else:
                searches.create(writer, here.caller, name, question, threshold, request=here.request_id)
    except (BadInput, BadQuery) as error:
        return _form(here, engine, typed, fault=error.text(here.say))
    return here.onward("", "/desk/searches")


@router.post("/desk/search/remove")
def remove(here: Desk, id_: Annotated[GivenId, Form(alias="id")], version: Version) -> Response:
    """Remove a saved search with its news and feeds."""
    with here.writing() as writer:
        searches.remove(writer, here.caller, id_, expected=frozenset({version}), request=here.request_id)
    return here.onward("", "/desk/searches")


@router.post("/desk/search/feed")
def renew(here: Desk, id_: Annotated[GivenId, Form(alias="id")], version: Version) -> Response:
    """Give a saved search's feeds new addresses."""
    with here.writing() as writer:
        searches.renew_feed(writer, here.caller, id_, expected=frozenset({version}), request=here.request_id)
    return here.onward("", "/desk/searches")


def said(threshold: float) -> str:
    """Return in words (English, to be translated) from when on a search tells of something."""
    return THRESHOLDS[min(THRESHOLDS, key=lambda known: abs(known - threshold))]


def _question(typed: dict[str, Any], kept: dict[str, Any]) -> Question:
    """Return what the form asks; what only programs set stays as it was."""
    filters = kept.get("filters", {})
    days: dict[str, Any] = {
        name: dt.date.fromisoformat(filters[name]) for name in ("since", "until") if filters.get(name)
    }
    sets: dict[str, Any] = {name: frozenset(filters.get(name, ())) for name in SETS}
    more = Filters(**sets, **days)
    k = kept.get("k", PLACES)
    if typed["evidence"]:
        return Question("", Side.SUPPLY, evidence_id=typed["evidence"], k=k, filters=more)
    sectors = tuple(kept.get("sectors", ()))
    if typed["sector"] != next(iter(sectors), ""):
        sectors = (typed["sector"],) if typed["sector"] else ()
    return Question(
        typed["q"],
        typed["seeks"],
        title=kept.get("title"),
        language=kept.get("language"),
        countries=tuple(kept.get("countries", ())),
        region=typed["region"] or None,
        sectors=sectors,
        k=k,
        filters=more,
    )


def _typed(known: SavedSearch) -> dict[str, Any]:
    """Return a saved search as its form holds it."""
    question = known.question
    return {
        "id": known.id,
        "version": known.version,
        "name": known.name,
        "threshold": known.threshold,
        "evidence": question.get("evidence_id", ""),
        "q": question.get("text", ""),
        "seeks": Side(question.get("seeks", Side.SUPPLY)),
        "region": question.get("region") or "",
        "sector": next(iter(question.get("sectors", ())), ""),
    }


def _form(here: Here, engine: Engine, typed: dict[str, Any], fault: str = "") -> Response:
    empty = {"id": "", "version": None, "name": "", "threshold": THRESHOLD, "q": "", "seeks": Side.SUPPLY}
    filled = {**empty, "region": "", "sector": "", "evidence": "", **typed}
    with here.store.reading() as session:
        text = public_text(session, filled["evidence"])
    nearest = min(THRESHOLDS, key=lambda known: abs(known - filled["threshold"]))
    return here.page(
        "desk_search.html",
        422 if fault else 200,
        typed=filled,
        text=text,
        label=label,
        thresholds=THRESHOLDS,
        nearest=nearest,
        choices=choices(engine, None, here.language),
        fault=fault,
    )
