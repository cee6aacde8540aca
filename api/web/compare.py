"""Two partners side by side for one text, and the draft of a message that introduces one to the other."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.state import Current
from api.web.at_desk import AskedId, Desk
from api.web.desk import parts
from matcher.comparing import DEEP, compare
from matcher.drafts import draft, mailto
from matcher.engine import Engine
from matcher.errors import BadQuery, NotFound
from matcher.language import N_, languages, translator
from matcher.records import Match, Partner, Side
from matcher.standing_in import stands_for
from matcher.store import introductions
from matcher.store.desk_views import label, public_partners, the_partner, the_text
from matcher.store.offices import LOCAL
from matcher.store.tables import OrganisationRow
from matcher.store.view import hidden_partners, seen_by
from matcher.store.whole import to_reach

router = APIRouter(include_in_schema=False)


@router.get("/desk/compare")
def side_by_side(here: Desk, engine: Current, evidence: AskedId, partner: Annotated[list[str], Query()]) -> Response:
    """Show what speaks for either of two partners.

    :param partner: of the text's answer, two of them.
    """
    chosen = list(dict.fromkeys(partner))
    if len(chosen) != 2:
        raise BadQuery(N_("choose two partners to compare"))
    with here.store.reading() as session:
        text = the_text(session, evidence)
        owners = public_partners(session, text.partners)
    found = compare(
        engine, engine.query_for(stands_for(here.store, engine, evidence), k=DEEP), chosen[0], chosen[1], here.language
    )
    return here.page(
        "desk_compare.html", text=text, found=found, owners=list(owners.values()), label=label, parts=parts,
        both=(found.a, found.b),
    )  # fmt: skip


@router.get("/desk/draft")
def message(
    here: Desk,
    engine: Current,
    evidence: Annotated[str | None, Query(max_length=300)] = None,
    supply: Annotated[str | None, Query(max_length=300)] = None,
    demand: Annotated[str | None, Query(max_length=300)] = None,
    introduction: Annotated[str | None, Query(max_length=300)] = None,
    text_language: Annotated[str | None, Query(max_length=2)] = None,
) -> Response:
    """Show the draft of a message to two partners: of an introduction, or of two who may be introduced."""
    with here.store.reading() as session:
        if introduction is not None:
            known = introductions.introduction(session, here.office, _clean(introduction))
            supply, demand, evidence = known.supply, known.demand, known.evidence
        if supply is None or demand is None:
            raise BadQuery(N_("choose two partners to introduce to each other"))
        two = the_partner(session, _clean(supply)), the_partner(session, _clean(demand))
        text = the_text(session, _clean(evidence)) if evidence else None
        row = session.get(OrganisationRow, here.office)
        office = row.name if row and row.id != LOCAL else None
        hidden = hidden_partners(session, here.caller)
        found = [to_reach(session, _clean(id_), here.caller.sees_contact) for id_ in (supply, demand)]
        seen = [seen_by(each, here.caller, hidden) for each in found if each]
    contacts = [each for each in seen if isinstance(each, Partner)]
    here.note(contacts, "partner", contacts[0].id if len(contacts) == 1 else None)
    language = text_language if text_language in languages() else here.language
    match = _match(engine, stands_for(here.store, engine, text.id), *two, language) if text else None
    written = draft(translator(language), *two, text, match, office)
    return here.page(
        "desk_draft.html",
        written=written,
        address=mailto([partner.contact for partner in contacts], written),
        contacts=contacts,
        two=two,
        text=text,
        label=label,
        text_language=language,
        introduction=introduction,
        evidence=evidence,
    )


def _match(engine: Engine, text: str, supply: Partner, demand: Partner, language: str) -> Match | None:
    """Return what the answer for a text says of the partner of the other side; None where it says nothing."""
    try:
        query = engine.query_for(text, k=DEEP)
    except NotFound:
        return None
    wanted = supply if query.seeks is Side.SUPPLY else demand
    answer = engine.match(query, reader=language)
    return next((match for match in answer.matches if match.partner.id == wanted.id), None)


def _clean(id_: str) -> str:
    """Return an id as a database may be asked for it."""
    return id_.replace("\0", "")
