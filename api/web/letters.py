"""What a visitor writes to the offices: "introduce us", and "this does not fit"."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.state import Anybody, Records, request_of
from api.web.question import Asked as Typed
from api.web.question import understand
from api.web.rendering import language_of, render, say_of
from api.web.session import local
from matcher.access import Caller
from matcher.errors import BadInput, Conflict, TinkuyError, TooMany
from matcher.records import Partner, Side
from matcher.store import intake
from matcher.store.desk_views import the_partner
from matcher.store.intake import LIMITS, REASONS, Asked, Kind
from matcher.store.store import Store

router = APIRouter(include_in_schema=False)
TEMPLATE = {Kind.INTRODUCTION: "introduction.html", Kind.UNFIT: "unfit.html"}
STATUS = {BadInput: 422, Conflict: 409, TooMany: 429}
Text = Annotated[str, Form(max_length=20_000)]


@dataclass(frozen=True, slots=True)
class Known:
    """What the address of a form tells: the question that was asked, and whom it is about."""

    q: Annotated[str, Query(max_length=20_000)] = ""
    partner: Annotated[str, Query(max_length=300)] = ""
    seeks: Annotated[Side, Query()] = Side.SUPPLY
    region: Annotated[str, Query(max_length=300)] = ""
    sector: Annotated[str, Query(max_length=300)] = ""
    onward: Annotated[str, Query(max_length=8000)] = "/"


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent. `website`: a field that people do not see; whoever fills it in is a program."""

    question: Text = ""
    partner: Text = ""
    seeks: Annotated[Side, Form()] = Side.SUPPLY
    region: Text = ""
    sector: Text = ""
    who: Text = ""
    company: Text = ""
    contact: Text = ""
    consent: Annotated[bool, Form()] = False
    reason: Text = ""
    words: Text = ""
    website: Text = ""
    onward: Text = "/"


@router.get("/introduction")
def introduction_form(request: Request, store: Records, _: Anybody, known: Annotated[Known, Depends()]) -> Response:
    """Show the form that asks an office for an introduction."""
    return _form(request, store, Kind.INTRODUCTION, _blank(known, request))


@router.get("/unfit")
def unfit_form(request: Request, store: Records, _: Anybody, known: Annotated[Known, Depends()]) -> Response:
    """Show the form that says why a match does not fit."""
    return _form(request, store, Kind.UNFIT, _blank(known, request))


@router.post("/introduction")
def introduction(request: Request, store: Records, caller: Anybody, sent: Annotated[Sent, Depends()]) -> Response:
    """Keep a request for an introduction."""
    return _take(request, store, caller, Kind.INTRODUCTION, sent)


@router.post("/unfit")
def unfit(request: Request, store: Records, caller: Anybody, sent: Annotated[Sent, Depends()]) -> Response:
    """Keep what somebody says of a match that does not fit."""
    return _take(request, store, caller, Kind.UNFIT, sent)


@router.get("/thanks")
def thanks(
    request: Request,
    _: Anybody,
    kind: Annotated[Kind, Query()] = Kind.INTRODUCTION,
    onward: Annotated[str, Query(max_length=8000)] = "/",
) -> Response:
    """Say that it has arrived, and what comes next."""
    return render(request, "thanks.html", kind=kind, kinds=Kind, onward=local(onward))


def _blank(known: Known, request: Request) -> Sent:
    form = understand(Typed(region=known.region, sector=known.sector), language_of(request))
    return Sent(
        question=known.q[: LIMITS["question"]], partner=known.partner.replace("\0", ""), seeks=known.seeks,
        region=form.region.code or "", sector=form.sector.code or "", onward=local(known.onward),
    )  # fmt: skip


def _form(request: Request, store: Store, kind: Kind, sent: Sent, error: TinkuyError | None = None) -> Response:
    """Show a form with what was typed and, where something is wrong, what to mend."""
    partner: Partner | None = None
    if sent.partner or kind is Kind.UNFIT:
        with store.reading() as session:
            partner = the_partner(session, sent.partner.replace("\0", ""))
    status = next((s for kind_, s in STATUS.items() if isinstance(error, kind_)), 200)
    wrong = error.text(say_of(request)) if error else ""
    return render(
        request, TEMPLATE[kind], status, sent=sent, partner=partner, wrong=wrong, reasons=REASONS, limits=LIMITS,
        sides=Side,
    )  # fmt: skip


def _take(request: Request, store: Store, caller: Caller, kind: Kind, sent: Sent) -> Response:
    """Keep what was sent and go on to thanks; show the form again where something is wrong with it."""
    sent = replace(sent, onward=local(sent.onward))
    done = RedirectResponse(f"/thanks?{urlencode({'kind': kind.value, 'onward': sent.onward})}", 303)
    if sent.website:
        return done  # as if it had arrived
    guard = request.state.guard
    places = understand(Typed(region=sent.region, sector=sent.sector), language_of(request))
    asked = Asked(
        kind, sent.question, sent.seeks, places.region.code, places.sector.code, sent.partner or None, sent.who,
        sent.company, sent.contact, sent.consent, sent.reason, sent.words,
    )  # fmt: skip
    try:
        guard.rates.write_to_an_office(caller, guard.address(request))
        with store.noting() as session:
            intake.add(session, asked, caller, request_of(request))
    except (BadInput, Conflict, TooMany) as error:
        return _form(request, store, kind, sent, error)
    return done
