"""The board: partners kept in mind, then introductions from proposed to project, each a card that can be moved."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from api.cursors import Cursor
from api.desk_state import EXPORTED, whole
from api.web.at_desk import AskedId, Back, Desk, GivenId, Here, Version, Wanted, Written
from api.web.words import STAGES
from matcher.errors import BadInput, Conflict, Stale
from matcher.introductions import PATH, Standing, is_correction, next_stages
from matcher.language import N_
from matcher.list_columns import INTRODUCTIONS, SHORTLIST
from matcher.records import Side
from matcher.store import introductions, keys, shortlists
from matcher.store.desk_views import now, public_partners, public_text, public_texts
from matcher.store.introductions import Introduction
from matcher.store.shortlists import Entry

router = APIRouter(include_in_schema=False)
Noted = Annotated[str, Query(max_length=700)]  # whose note was saved a moment ago: it has the focus again
IN_COLUMN = 20  # cards of a stage; the rest is in its list
WAITING = 100  # entries of the shortlist on the board
LISTED = 50
COLUMNS = (*PATH, Standing.DECLINED)
_NOT_FROM_THERE = N_("from “{stage}” it cannot go to “{to}”; from there it can go to: {allowed}")
MADE = {"shortlisted", "removed", "noted", "proposed"}  # what a page may tell that was done


@router.get("/desk/board")
def board(
    here: Desk,
    moved: Annotated[str, Query(max_length=300)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    noted: Noted = "",
) -> Response:
    """Show the shortlist that waits and the introductions by stage."""
    with here.store.reading() as session:
        waiting = shortlists.entries(session, here.office, waiting=True, limit=WAITING)
        columns = [
            (stage, introductions.introductions(session, here.office, stage=stage, limit=IN_COLUMN))
            for stage in COLUMNS
        ]
        cards = {
            each.id: introductions.introduction(session, here.office, each.id)
            for _, found in columns
            for each in found.items
        }
        pairs = _pairs(session, waiting.items)
    return here.page(
        "desk_board.html",
        waiting=waiting,
        columns=columns,
        cards=cards,
        pairs=pairs,
        allowed=allowed,
        ways=ways,
        moved=cards.get(moved),
        done="noted" if noted else done if done in MADE else "",
        noted=noted,
        Standing=Standing,
    )


@router.get("/desk/shortlist")
def shortlist(here: Desk, cursor: Cursor = None, format_: Wanted = None, noted: Noted = "") -> Response:
    """Show the whole shortlist, also of those who were introduced since."""
    rows, start = (EXPORTED, None) if format_ else (LISTED, cursor)
    with here.store.reading() as session:
        found = shortlists.entries(session, here.office, cursor=start, limit=rows)
        pairs = _pairs(session, found.items) if not format_ else {}
    if format_:
        return here.file(format_).file("shortlist", SHORTLIST, whole(found))
    return here.page("desk_shortlist.html", found=found, pairs=pairs, noted=noted)


@router.post("/desk/shortlist")
def put_on_shortlist(
    here: Desk,
    evidence: GivenId,
    partner: GivenId,
    note: Written = "",
    version: Annotated[int | None, Form(ge=0, le=2**62)] = None,
    back: Back = "",
) -> Response:
    """Put a partner on a text's shortlist, or give its entry another note."""
    expected = None if version is None else frozenset({version})
    with here.writing() as writer:
        entry, _ = shortlists.put(
            writer, here.caller, evidence, partner, note or None, expected=expected, request=here.request_id
        )
    if here.partial and version is None:
        return here.page("desk_kept.html", entry=entry)
    return here.onward(back, "/desk/board", done="noted" if version is not None else "shortlisted")


@router.post("/desk/shortlist/remove")
def take_off_shortlist(here: Desk, evidence: GivenId, partner: GivenId, version: Version, back: Back = "") -> Response:
    """Take a partner off a text's shortlist."""
    with here.writing() as writer:
        shortlists.remove(
            writer, here.caller, evidence, partner, expected=frozenset({version}), request=here.request_id
        )
    return here.onward(back, "/desk/board", done="removed")


@router.post("/desk/propose")
def propose(here: Desk, evidence: GivenId, supply: GivenId, demand: GivenId, note: Written = "") -> Response:
    """Propose that two partners meet."""
    with here.writing() as writer:
        found = introductions.propose(
            writer, here.caller, supply, demand, evidence=evidence, note=note or None, request=here.request_id
        )
    return here.onward("", "/desk/board", moved=found.id)


@router.get("/desk/introductions")
def listed(
    here: Desk,
    stage: Annotated[Standing | None, Query()] = None,
    cursor: Cursor = None,
    format_: Wanted = None,
) -> Response:
    """Show the introductions as a list, the newest first."""
    rows, start = (EXPORTED, None) if format_ else (LISTED, cursor)
    with here.store.reading() as session:
        found = introductions.introductions(session, here.office, stage=stage, cursor=start, limit=rows)
    if format_:
        return here.file(format_).file("introductions", INTRODUCTIONS, whole(found))
    return here.page("desk_introductions.html", found=found, stage=stage, stages=COLUMNS)


@router.get("/desk/introduction")
def introduction(
    here: Desk, id_: Annotated[AskedId, Query(alias="id")], to: Annotated[Standing | None, Query()] = None
) -> Response:
    """Show an introduction: its steps, who took them, and those that may follow."""
    return _shown(here, id_, {"to": to})


@router.post("/desk/step")
def step(
    here: Desk,
    id_: Annotated[GivenId, Form(alias="id")],
    to: Annotated[Standing, Form()],
    version: Version,
    reason: Written = "",
    note: Written = "",
    date: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Take an introduction to another stage; its outcome follows."""
    try:
        with here.writing() as writer:
            introductions.step(
                writer, here.caller, id_, to, reason=reason or None, note=note or None, date=_day(date),
                expected=frozenset({version}), request=here.request_id,
            )  # fmt: skip
    except Stale:
        raise
    except Conflict as error:  # in words, where the error has our codes
        raise Conflict(_NOT_FROM_THERE, **_in_words(here, error.values)) from error
    except BadInput as error:  # a reason is wanting, or the day is none: what was typed stays
        if here.partial:
            raise
        typed = {"to": to, "reason": reason, "note": note, "date": date, "version": version}
        return _shown(here, id_, typed, fault=error.text(here.say))
    return here.onward("", "/desk/board", moved=id_)


@router.post("/desk/note")
def note(
    here: Desk, id_: Annotated[GivenId, Form(alias="id")], version: Version, note: Written = "", back: Back = ""
) -> Response:
    """Give an introduction another note."""
    with here.writing() as writer:
        expected = frozenset({version})
        introductions.annotate(writer, here.caller, id_, note or None, expected=expected, request=here.request_id)
    return here.onward(back, "/desk/board", noted=id_)


def _in_words(here: Here, values: dict[str, object]) -> dict[str, object]:
    """Return the values of an error of ours with stages in the reader's words."""

    def word(stages: object) -> str:
        return ", ".join(here.say(STAGES.get(stage.strip(), stage)) for stage in str(stages).split(","))

    return {name: word(value) for name, value in values.items()}


def allowed(found: Introduction) -> tuple[Standing, ...]:
    """Return the stages that may follow where an introduction stands."""
    return next_stages(found.stage, found.history[-1].before)


def ways(found: Introduction) -> dict[str, list[Standing]]:
    """Return the stages that may follow: forward, which needs no reason, declined, and back, which need one."""
    every = allowed(found)
    back = [to for to in every if is_correction(found.stage, to)]
    return {
        "forward": [to for to in every if to not in back and to is not Standing.DECLINED],
        "declined": [to for to in every if to is Standing.DECLINED],
        "back": back,
    }


def _shown(here: Here, id_: str, typed: dict[str, Any], fault: str = "") -> Response:
    with here.store.reading() as session:
        found = introductions.introduction(session, here.office, id_)
        labels = {key.id: key.label for key in keys.everyone(session)}
        text = public_text(session, found.evidence)
    return here.page(
        "desk_introduction.html",
        422 if fault else 200,
        found=found,
        text=text,
        labels=labels,
        allowed=allowed(found),
        ways=ways(found),
        typed={"reason": "", "note": "", "date": now().date().isoformat(), "version": found.version, **typed},
        fault=fault,
        today=now().date().isoformat(),
    )


def _pairs(session: Any, entries: tuple[Entry, ...]) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Return entry (text, partner) -> whom to introduce to the partner: (supply, demand, the other's name)."""
    texts = public_texts(session, (entry.evidence for entry in entries))
    ids = {id_ for text in texts.values() for id_ in text.partners} | {entry.partner for entry in entries}
    partners = public_partners(session, ids)
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for entry in entries:
        kept = partners.get(entry.partner)
        others = texts[entry.evidence].partners if entry.evidence in texts else ()
        for other in (partners[id_] for id_ in others if id_ in partners):
            if kept and other.side is not kept.side:
                ids_ = (kept.id, other.id) if kept.side is Side.SUPPLY else (other.id, kept.id)
                found.setdefault((entry.evidence, entry.partner), []).append((*ids_, other.name))
    return found


def _day(text: str) -> dt.date | None:
    """Return the day of a form; None where none was given.

    :raises BadInput: it is no day.
    """
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(N_("{date} is no date: write it as 2026-03-31"), date=text) from None
