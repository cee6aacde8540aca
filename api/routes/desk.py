"""An office's desk: its shortlists, and its requests for introduction with their history."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response, status

from api.cursors import Cursor
from api.desk_schemas import (
    ID,
    EntriesOut,
    EntryIn,
    EntryOut,
    Id,
    IntroductionIn,
    IntroductionPage,
    IntroductionsOut,
    StepIn,
)
from api.desk_state import EXPORTED, AtDesk, Expected, Limit, RequestId, tagged, whole
from api.exports import FILES, Exported
from api.state import Records
from matcher.introductions import Standing, next_stages
from matcher.list_columns import INTRODUCTIONS, SHORTLIST
from matcher.store import introductions, shortlists
from matcher.store.introductions import Introduction

router = APIRouter(tags=["desk"])
EvidenceId = Annotated[str, Path(min_length=1, max_length=300, pattern=ID, examples=["cus-confeccion-alpaca-cusco-n1"])]
PartnerId = Annotated[str, Path(min_length=1, max_length=300, pattern=ID, examples=["unsaac-procesos"])]
IntroductionId = Annotated[str, Path(min_length=1, max_length=300, pattern=ID)]
Filter = Annotated[Id | None, Query()]
EMPTY = EntryIn()


@router.get("/v1/shortlists", response_model=EntriesOut, responses=FILES)
def shortlist_entries(
    caller: AtDesk,
    store: Records,
    export: Exported,
    evidence: Filter = None,
    partner: Filter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> object:
    """List the partners on the office's shortlists, by text; as a file, all of them."""
    rows, start = (EXPORTED, None) if export else (limit, cursor)
    with store.reading() as session:
        found = shortlists.entries(
            session, caller.organisation or "", evidence=evidence, partner=partner, cursor=start, limit=rows
        )
    return export.file("shortlist", SHORTLIST, whole(found)) if export else found


# An id may hold slashes: what stands before the last `/partners/` is the text's.
@router.get("/v1/shortlists/{evidence_id:path}/partners/{partner_id:path}", response_model=EntryOut)
def shortlist_entry(
    evidence_id: EvidenceId, partner_id: PartnerId, caller: AtDesk, store: Records, response: Response
) -> object:
    """Return one entry of a shortlist."""
    with store.reading() as session:
        found = shortlists.entry(session, caller.organisation or "", evidence_id, partner_id)
    response.headers.update(tagged(found.version))
    return found


@router.put(
    "/v1/shortlists/{evidence_id:path}/partners/{partner_id:path}",
    response_model=EntryOut,
    responses={201: {"model": EntryOut}},
)
def put_on_shortlist(
    evidence_id: EvidenceId,
    partner_id: PartnerId,
    caller: AtDesk,
    store: Records,
    response: Response,
    expected: Expected,
    request: RequestId,
    entry: Annotated[EntryIn, Body()] = EMPTY,
) -> object:
    """Put a partner on a text's shortlist, or give its entry another note."""
    with store.writing() as writer:
        found, new = shortlists.put(
            writer, caller, evidence_id, partner_id, entry.note, expected=expected, request=request
        )
    response.status_code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
    response.headers.update(tagged(found.version))
    return found


@router.delete("/v1/shortlists/{evidence_id:path}/partners/{partner_id:path}", status_code=status.HTTP_204_NO_CONTENT)
def take_off_shortlist(
    evidence_id: EvidenceId,
    partner_id: PartnerId,
    caller: AtDesk,
    store: Records,
    expected: Expected,
    request: RequestId,
) -> None:
    """Take a partner off a text's shortlist."""
    with store.writing() as writer:
        shortlists.remove(writer, caller, evidence_id, partner_id, expected=expected, request=request)


@router.get("/v1/shortlists/{evidence_id:path}", response_model=EntriesOut, responses=FILES)
def shortlist(
    evidence_id: EvidenceId, caller: AtDesk, store: Records, export: Exported, cursor: Cursor = None, limit: Limit = 50
) -> object:
    """List the partners on the shortlist of one text; as a file, all of them."""
    return shortlist_entries(caller, store, export, evidence_id, None, cursor, limit)


@router.get("/v1/introductions", response_model=IntroductionsOut, responses=FILES)
def list_introductions(
    caller: AtDesk,
    store: Records,
    export: Exported,
    stage: Annotated[Standing | None, Query()] = None,
    partner: Filter = None,
    evidence: Filter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> object:
    """List the office's introductions, the newest first; as a file, all of them."""
    rows, start = (EXPORTED, None) if export else (limit, cursor)
    with store.reading() as session:
        found = introductions.introductions(
            session,
            caller.organisation or "",
            stage=stage,
            partner=partner,
            evidence=evidence,
            cursor=start,
            limit=rows,
        )
    return export.file("introductions", INTRODUCTIONS, whole(found)) if export else found


@router.post("/v1/introductions", response_model=IntroductionPage, status_code=status.HTTP_201_CREATED)
def propose_introduction(
    proposal: IntroductionIn, caller: AtDesk, store: Records, response: Response, request: RequestId
) -> object:
    """Propose that two partners meet. One that is still under way for the same two and text is a conflict."""
    with store.writing() as writer:
        found = introductions.propose(
            writer,
            caller,
            proposal.supply,
            proposal.demand,
            evidence=proposal.evidence,
            note=proposal.note,
            request=request,
        )
    response.headers["Location"] = f"/v1/introductions/{found.id}"
    return _page(found, response)


@router.get("/v1/introductions/{introduction_id}", response_model=IntroductionPage)
def introduction(introduction_id: IntroductionId, caller: AtDesk, store: Records, response: Response) -> object:
    """Return an introduction with its history: who did what, and when."""
    with store.reading() as session:
        found = introductions.introduction(session, caller.organisation or "", introduction_id)
    return _page(found, response)


@router.post("/v1/introductions/{introduction_id}/steps", response_model=IntroductionPage)
def step_introduction(
    introduction_id: IntroductionId,
    step: StepIn,
    caller: AtDesk,
    store: Records,
    response: Response,
    expected: Expected,
    request: RequestId,
) -> object:
    """Take an introduction a step further, decline it, or correct the last step; its outcome follows."""
    with store.writing() as writer:
        found = introductions.step(
            writer,
            caller,
            introduction_id,
            step.to,
            reason=step.reason,
            note=step.note,
            date=step.date,
            expected=expected,
            request=request,
        )
    return _page(found, response)


def _page(found: Introduction, response: Response) -> dict[str, object]:
    response.headers.update(tagged(found.version))
    return asdict(found) | {"allowed": next_stages(found.stage, found.history[-1].before)}
