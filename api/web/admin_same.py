"""Partners that are one, in the pages: pairs about which a person is asked, joins, and each taken back."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import func, select

from api.desk_schemas import ID
from api.state import Admin, Records, request_of
from api.web.cards import place_of
from api.web.rendering import language_of, render, say_of
from matcher.errors import BadInput, Conflict, NotFound
from matcher.records import Partner
from matcher.store import audit, same_texts, sameness
from matcher.store.desk_views import label, public_texts
from matcher.store.store import Store
from matcher.store.tables import EvidencePartnerRow
from matcher.store.writer import stored_records
from matcher.whole_words import HOW
from matcher.wholeness import Same

router = APIRouter(include_in_schema=False)
QUESTIONS, JOINS = 20, 100  # on a page
Named = Annotated[str, Form(max_length=300, pattern=ID)]


@dataclass(frozen=True, slots=True)
class Side:
    """A partner of a pair, as it was given, where it is, and how many texts it has."""

    partner: Partner
    where: str
    texts: int


@router.get("/admin/same")
def same_page(request: Request, store: Records, _: Admin) -> Response:
    """Show the pairs about which a person is asked, and who is shown as another."""
    return _page(request, store)


@router.post("/admin/same/answer")
def answer(
    request: Request,
    store: Records,
    caller: Admin,
    a: Named,
    b: Named,
    say: Annotated[str, Form(pattern="^(a|b|two)$")],
) -> Response:
    """Answer for a pair: shown as `a`, as `b`, or `two`."""
    try:
        with store.writing() as writer:
            if say == "two":
                sameness.refuse(writer.session, a, b, caller.key)
            else:
                # Those who are shown as others already are so with all of theirs.
                tops = sameness.top(writer.session, a), sameness.top(writer.session, b)
                partner, as_ = reversed(tops) if say == "a" else tops
                writer.join(partner, as_, key=caller.key)
            joined = b if say == "a" else a
            done = "split" if say == "two" else "join"
            audit.record(writer.session, caller, done, "partner", joined, request_of(request))
    except (BadInput, Conflict, NotFound) as error:
        return _page(request, store, 409, error.text(say_of(request)))
    return RedirectResponse("/admin/same", 303)


@router.post("/admin/same/split")
def split(request: Request, store: Records, caller: Admin, partner: Named) -> Response:
    """Show a partner as itself again."""
    try:
        with store.writing() as writer:
            writer.split(partner, caller.key)
            audit.record(writer.session, caller, "split", "partner", partner, request_of(request))
    except NotFound as error:
        return _page(request, store, 409, error.text(say_of(request)))
    return RedirectResponse("/admin/same", 303)


@router.post("/admin/same/two")
def two(request: Request, store: Records, caller: Admin, text: Named) -> Response:
    """Show a text by itself again: it does not say what the other says."""
    try:
        with store.writing() as writer:
            writer.tell_apart(text, caller.key)
            audit.record(writer.session, caller, "split", "evidence", text, request_of(request))
    except NotFound as error:
        return _page(request, store, 409, error.text(say_of(request)))
    return RedirectResponse("/admin/same#texts", 303)


def _page(request: Request, store: Store, status: int = 200, error: str = "") -> Response:
    with store.reading() as session:
        asked = sameness.questions(session, QUESTIONS)
        joins: list[Same] = sameness.rows_of(session)
        named = [(q.a, q.b) for q in asked] + [(j.partner, j.as_) for j in joins[:JOINS]]
        ids = sorted({id_ for two in named for id_ in two})
        found = [p for p in stored_records(session, Partner, ids) if isinstance(p, Partner)]
        known = {p.id: p if p.consent is not False else replace(p, name=p.id) for p in found}
        link = EvidencePartnerRow
        counted = select(link.partner_id, func.count()).where(link.partner_id.in_(ids)).group_by(link.partner_id)
        texts: dict[str, int] = dict(session.execute(counted).all())
        waiting = sameness.waiting(session)
        texts_shown = same_texts.listed(session, JOINS)
        texts_known = public_texts(session, {id_ for row in texts_shown.rows for id_ in (row.text, row.as_)})
    language = language_of(request)
    sides = {id_: Side(p, place_of(p, language), texts.get(id_, 0)) for id_, p in known.items()}
    pairs = [(each, (sides[each.a], sides[each.b])) for each in asked]
    return render(
        request, "admin_same.html", status, pairs=pairs, waiting=waiting, joins=joins[:JOINS], joined=len(joins),
        known=known, how=HOW, error=error, texts=texts_known, label=label, twins=texts_shown.all,
        links=[row for row in texts_shown.rows if {row.text, row.as_} <= texts_known.keys()],
    )  # fmt: skip
