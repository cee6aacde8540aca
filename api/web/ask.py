"""The first page: a question in everyday words, and who can help."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from api.exports import Export
from api.metrics import answered
from api.state import Current, Records
from api.web.cards import GROUPS, cards
from api.web.question import EXAMPLES, MOST, SHOWN, Asked, understand
from api.web.regions_known import known_regions
from api.web.rendering import is_partial, language_of, render, say_of
from api.web.saved_cookie import saved_of
from matcher.advice import CALLS
from matcher.engine import Engine
from matcher.errors import BadQuery
from matcher.list_columns import match_columns
from matcher.records import Evidence, MatchList, Side, Verdict
from matcher.sectors import sector_name, tree
from matcher.standing_in import stands_for
from matcher.store.desk_views import also_in
from matcher.store.store import Store
from matcher.table_export import Format
from matcher.weights import RULES

router = APIRouter(include_in_schema=False)
Question = Annotated[Asked, Depends()]
OTHER_SECTORS = 2  # proposed beside one that was guessed


class FileType(StrEnum):
    """Kinds of file that an answer can be taken out as."""

    CSV = "csv"
    XLSX = "xlsx"


@router.get("/")
def ask(request: Request, engine: Current, store: Records, asked: Question) -> Response:
    """Show the box, and the answer where something was asked."""
    language, say = language_of(request), say_of(request)
    if asked.like:
        asked = replace(asked, like=stands_for(store, engine, asked.like))
    form = understand(asked, language)
    asked = replace(asked, region=form.region.typed, sector=form.sector.typed)  # as understood, from here on
    answer, wrong = None, ""
    if asked.asks:
        try:
            answer = answered(engine, form.query(engine), language)
        except BadQuery as error:  # what was typed stays, and what to mend is told
            wrong = error.text(say)
    said = _told(answer) if answer else {}
    headers = {"HX-Push-Url": asked.address()} if is_partial(request) and asked.asks and not wrong else None
    return render(
        request, "ask.html", 422 if wrong else 200, headers, asked=asked, form=form, answer=answer, wrong=wrong,
        cards=cards(answer, say, language) if answer else [], examples=EXAMPLES, sides=Side,
        divisions=[s for code, s in tree().items() if len(code) > 1], regions=known_regions(engine.snapshot),
        also=_also(store, answer) if answer else {},
        groups=GROUPS, rules=RULES, saved=saved_of(request), like=_like(engine, asked),
        counts={side: len(engine.snapshot.sides[side].partners) for side in Side},
        absolute=str(request.base_url).rstrip("/") + asked.address(),
        weak=answer is not None and answer.verdict is Verdict.NO_GOOD_MATCH,
        advice=[line for line in answer.advice if line not in map(say, CALLS.values())] if answer else [],
        more=min(asked.k + SHOWN, MOST) if answer and asked.k < min(MOST, answer.candidates) else 0, **said,
    )  # fmt: skip


@router.get("/answer.{type_}")
def answer_file(request: Request, engine: Current, store: Records, asked: Question, type_: FileType) -> Response:
    """Give the answer as a file.

    :raises BadQuery: nothing was asked.
    """
    if asked.like:
        asked = replace(asked, like=stands_for(store, engine, asked.like))
    answer = answered(engine, understand(asked, language_of(request)).query(engine), language_of(request))
    export = Export(Format(type_.value), say_of(request))
    return export.file("matches", match_columns(answer), answer.matches)


def _also(store: Store, answer: MatchList) -> dict[str, list[Evidence]]:
    """Return id -> other texts that say the same, of the texts of an answer; nothing while the database is away."""
    try:
        with store.reading() as session:
            return also_in(session, [p.evidence_id for match in answer.matches for p in match.passages])
    except SQLAlchemyError:
        return {}


def _like(engine: Engine, asked: Asked) -> dict[str, str] | None:
    """Return id and name of the stored text that the question is like, where it is."""
    if not asked.like or asked.q.strip():
        return None
    text = engine.evidence(asked.like)
    return {"id": text.id, "name": text.title or text.text[:120]}


def _told(answer: MatchList) -> dict[str, object]:
    """Return what is told of the sector that was deduced, and others that it may be: those of the first partners."""
    guessed = answer.guessed_sectors[0].code if answer.guessed_sectors else None
    others = dict.fromkeys(
        code[:3] for match in answer.matches[:3] for code in match.partner.sectors if code[:3] != (guessed or "")[:3]
    )
    known = [code for code in others if sector_name(code, "es") != code]
    return {"guessed": guessed, "other_sectors": known[:OTHER_SECTORS] if guessed else []}
