"""An office's desk: the texts of its own, each with who answers it best, what is new since the last visit first."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.cursors import Cursor
from api.desk_state import EXPORTED
from api.metrics import answered
from api.state import Current, Officer, Records
from api.web import visits
from api.web.at_desk import AskedId, Desk, Here, Wanted, here_of
from api.web.rendering import render
from matcher.desk_news import news
from matcher.engine import Engine
from matcher.errors import NotFound
from matcher.language import N_
from matcher.list_columns import EVIDENCE, match_columns
from matcher.places import region_name
from matcher.records import Evidence, MatchList, Partner, Passage, Side, Verdict
from matcher.sectors import sector_name, tree
from matcher.shown import Piece, fitting, pieces, weightiest
from matcher.standing_in import stands_for
from matcher.store import organisations, own_texts, shortlists
from matcher.store.desk_views import label, public_partners
from matcher.store.offices import at_desk
from matcher.store.own_texts import Sought
from matcher.store.rows import to_evidence
from matcher.store.tables import EvidenceRow
from matcher.store.view import hidden_partners, seen_by
from matcher.text import fold

router = APIRouter(include_in_schema=False)
SHOWN = 10  # texts on a page
FEW, MANY = 3, 20  # partners with a text on the list, and on its own page
REASONS = 3
KINDS = {
    Side.SUPPLY: ("capability", "technology", "project", "publication", "patent", "equipment", "service", "other"),
    Side.DEMAND: ("need", "problem", "challenge", "other"),
}
Code = Annotated[str, Query(max_length=20, pattern="^[A-Za-z0-9-]*$")]


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the list. `side`: whose texts."""

    side: Annotated[Side, Query()] = Side.SUPPLY
    words: Annotated[str, Query(max_length=300)] = ""
    sector: Code = ""
    region: Code = ""
    kind: Annotated[str, Query(max_length=40)] = ""
    new: Annotated[bool, Query()] = False

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.words.strip() or self.sector or self.region or self.kind or self.new)


@router.get("/desk")
def desk(
    request: Request,
    caller: Officer,
    store: Records,
    engine: Current,
    asked: Annotated[Asked, Depends()],
    organisation: Annotated[str | None, Query(max_length=300)] = None,
    cursor: Cursor = None,
    format_: Wanted = None,
) -> Response:
    """Show the texts of the office's own, or let an admin choose the office."""
    if caller.key is not None and caller.organisation is None and organisation is None:
        with store.reading() as session:
            return render(request, "desk_choose.html", offices=_offices(organisations.everyone(session)))
    here = here_of(request, at_desk(store, caller, organisation), store, organisation)
    now = dt.datetime.now(dt.UTC)
    visit, kept = visits.visit(request, here.caller, store.state(), now)
    with store.reading() as session:
        stirring = news(session, engine, here.caller, asked.side, visit.since)
        sought = Sought(
            asked.words.replace("\0", "") or None, asked.region or None, asked.sector or None, asked.kind or None,
            visit.since, frozenset(stirring), asked.new,
        )  # fmt: skip
        rows, start = (EXPORTED, None) if format_ else (SHOWN, cursor)
        found = own_texts.own_texts(session, here.caller, asked.side, sought, cursor=start, limit=rows)
        counts = {side: own_texts.count(session, here.caller, side) for side in Side}
    here.note((text.evidence for text in found.items), "evidence")
    if format_:
        return here.file(format_).file("texts", EVIDENCE, (text.evidence for text in found.items))
    response = here.page(
        "desk.html",
        asked=asked,
        found=found,
        counts=counts,
        stirring=stirring,
        visit=visit,
        label=label,
        choices=choices(engine, asked.side, here.language),
        kinds=KINDS[asked.side],
        filters={name: value for name, value in asdict(asked).items() if value},
    )
    visits.keep(response, here.caller, kept, secure=request.state.guard.is_https(request))
    return response


@router.post("/desk/seen")
def seen(here: Desk, side: Annotated[Side, Form()] = Side.SUPPLY) -> Response:
    """Take all that is there now as seen."""
    response = RedirectResponse(here.url("/desk", side=side.value), 303)
    value = visits.all_seen(here.store.state(), dt.datetime.now(dt.UTC))
    visits.keep(response, here.caller, value, secure=here.request.state.guard.is_https(here.request))
    return response


@router.get("/desk/text")
def text(here: Desk, engine: Current, evidence: AskedId, format_: Wanted = None) -> Response:
    """Show one text and who answers it best; to htmx the first few alone."""
    visit, _ = visits.visit(here.request, here.caller, here.store.state(), dt.datetime.now(dt.UTC))
    with here.store.reading() as session:
        row = session.get(EvidenceRow, evidence)
        record = seen_by(to_evidence(row), here.caller, hidden_partners(session, here.caller)) if row else None
        if not isinstance(record, Evidence):
            raise NotFound(N_("no evidence or need has the id {id!r}"), id=evidence)
        partners = public_partners(session, record.partners)
    answer = _answer(engine, here, evidence, FEW if here.partial else MANY)
    if format_ and answer:
        return here.file(format_).file("matches", match_columns(answer), answer.matches)
    matches = answer.matches if answer else ()
    passages = [passage.evidence_id for match in matches for passage in match.passages]
    with here.store.reading() as session:
        fresh = own_texts.written_since(session, visit.since, passages)
        kept = shortlists.entries(session, here.office, evidence=evidence, limit=200).items
        shown_as = public_partners(session, (entry.partner for entry in kept))
    shown: dict[str, Any] = {
        "evidence": record,
        "answer": answer,
        "fresh": fresh,
        "kept": {shown_as[entry.partner].id: entry for entry in kept if entry.partner in shown_as},
        "weightiest": weightiest,
        "reasons": REASONS,
        "parts": parts,
        "fits": answer is not None and answer.verdict is Verdict.MATCHES,
    }
    if here.partial:
        return here.page("desk_matches.html", whole=False, **shown)
    here.note([record], "evidence", evidence)
    owners = list(dict.fromkeys(partners[id_] for id_ in record.partners if id_ in partners))
    return here.page("desk_text.html", whole=True, partners=owners, label=label, **shown)


def parts(passage: Passage) -> list[Piece]:
    """Return the sentence of a passage that fits best, cut where marks begin and end."""
    return pieces(passage, *fitting(passage))


def _answer(engine: Engine, here: Here, evidence: str, k: int) -> MatchList | None:
    """Return who answers a text; None while the engine has not read it yet."""
    try:
        query = engine.query_for(stands_for(here.store, engine, evidence), k=k)
    except NotFound:
        return None
    return answered(engine, query, here.language)


def _offices(everyone: list[organisations.Organisation]) -> list[organisations.Organisation]:
    """Return those who serve others, else all."""
    serving = {each.office for each in everyone} - {None}
    return sorted([o for o in everyone if o.id in serving] or everyone, key=lambda o: fold(o.name))


def choices(engine: Engine, side: Side | None, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return the regions and sectors that partners of a side, or of both, have: (code, name), by name."""
    partners: list[Partner] = [p for p in engine.snapshot.partners.values() if side in (None, p.side)]
    regions = {p.region for p in partners if p.region}
    sectors = {code[:3] for p in partners for code in p.sectors} & set(tree())
    return {
        "regions": sorted(((c, region_name(c)) for c in regions), key=lambda found: fold(found[1])),
        "sectors": sorted(((c, sector_name(c, language)) for c in sectors), key=lambda found: fold(found[1])),
    }
