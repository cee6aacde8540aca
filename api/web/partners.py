"""What everybody may read of a partner and of a text; to officers also how to reach a partner."""

from collections import Counter
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.state import Anybody, Current, Records, request_of
from api.web.cards import place_of
from api.web.found_out import found_out, same_as
from api.web.rendering import language_of, render, say_of
from api.web.saved_cookie import saved_of
from matcher.access import EVERYBODY, Caller
from matcher.engine import Engine
from matcher.identifiers import page_of
from matcher.language import Translate
from matcher.reasons import STAGES
from matcher.records import Evidence, Partner, Side
from matcher.store import audit
from matcher.store.desk_views import also_in, public_partners, the_partner, the_text
from matcher.store.listing import Wanted, page
from matcher.store.store import Store
from matcher.store.view import read_by_role
from matcher.store.whole import to_reach

router = APIRouter(include_in_schema=False)
TEXTS = 20  # of a partner's, on a page
Id = Annotated[str, Path(max_length=300)]


@router.get("/partners/{partner_id:path}")
def partner(
    request: Request,
    store: Records,
    engine: Current,
    caller: Anybody,
    partner_id: Id,
    after: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """Show a partner with its texts and what came of introductions; of one that is shown as another, go there.

    :raises NotFound: there is none, or it has withdrawn.
    """
    with store.reading() as session:
        found = the_partner(session, partner_id.replace("\0", ""))
        if found.id != partner_id.replace("\0", ""):
            return RedirectResponse(f"/partners/{quote(found.id, safe='')}", 303)
        wanted = Wanted(partner=found.id)
        texts = page(session, Evidence, EVERYBODY, wanted, after=_plain(after), limit=TEXTS, whole=True)
        stored = to_reach(session, found.id, caller.sees_contact) or found
        also = also_in(session, [each.record.id for each in texts.items])
        same = same_as(session, found.id, caller)
        told = found_out(session, Partner, [found.id, *(p.id for p in same)], caller, language_of(request))
    contact = _contact(store, stored, caller, request)
    return render(
        request, "partner.html", partner=found, where=place_of(found, language_of(request)), web=web_address(found.url),
        texts=[each.record for each in texts.items], last=texts.last, after=after, contact=contact,
        record=_record(engine, found, say_of(request)), is_saved=found.id in saved_of(request),
        also=also, same=same, found=told,
        supply=found.side is Side.SUPPLY, registers=[(each, page_of(each)) for each in found.identifiers],
    )  # fmt: skip


@router.get("/evidence/{evidence_id:path}")
def evidence(request: Request, store: Records, caller: Anybody, evidence_id: Id) -> Response:
    """Show a text with its partners.

    :raises NotFound: there is none, or its partners have withdrawn.
    """
    with store.reading() as session:
        text = the_text(session, evidence_id.replace("\0", ""))
        partners = public_partners(session, text.partners)
        also = also_in(session, [text.id]).get(text.id, [])
        told = found_out(session, Evidence, [text.id], caller, language_of(request))
    of = [partners[id_] for id_ in text.partners if id_ in partners]
    return render(
        request, "evidence.html", text=text, partners=of, supply=of[0].side is Side.SUPPLY,
        source=web_address(text.source), link=web_address(text.url), also=also, found=told,
    )  # fmt: skip


def web_address(url: str | None) -> str | None:
    """Return an address of the web that may stand in a link; None for anything else."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


def _plain(after: str | None) -> str | None:
    """Return an id that a database can be asked for."""
    return after.replace("\0", "") if after else None


def _contact(store: Store, stored: Partner, caller: Caller, request: Request) -> str | None:
    """Return how to reach a partner, to those who may know it; that they read it is written down."""
    if not stored.contact or not caller.sees_contact(stored.owner):
        return None
    if read_by_role(stored, caller):
        with store.noting() as session:
            audit.record(session, caller, "read_private", "partner", stored.id, request_of(request))
    return stored.contact


def _record(engine: Engine, found: Partner, say: Translate) -> list[str]:
    """Return what the ranking knows of a partner's outcomes: how many of each stage, the furthest first."""
    counted = Counter(outcome.stage for outcome in engine.outcomes[found.side].get(found.id, []))
    return [
        say(one if counted[stage] == 1 else many).format(count=counted[stage])
        for stage, (one, many) in STAGES.items()
        if counted[stage]
    ]
