"""Records as the caller may see them: one by its id, or lists a page at a time."""

import json
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from api.addresses import OF_A_RECORD
from api.conditions import conditional
from api.cursors import Cursor, after, cursor_of
from api.record_schemas import EvidenceList, EvidenceRecord, OutcomeList, OutcomeRecord, PartnerList, PartnerRecordPage
from api.schemas import Day
from api.state import Anybody, Records, request_of
from matcher.access import Caller, Role
from matcher.answer_json import record_json
from matcher.checking import LIMITS, type_name, wanted
from matcher.errors import Denied, NotFound
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.store import audit
from matcher.store.listing import Page, Wanted, page
from matcher.store.rows import ROWS, TO_RECORD
from matcher.store.store import Store, Stored
from matcher.store.view import hidden_partners, private_fields, read_by_role, seen_by
from matcher.store.whole import shown_under

router = APIRouter(tags=["records"])
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The client has just that"}}
TEXTS = 200  # of a partner's texts that come with it

PartnerId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos"]), OF_A_RECORD]
EvidenceId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos-e1"]), OF_A_RECORD]
OutcomeId = Annotated[str, Path(max_length=300), OF_A_RECORD]
Limit = Annotated[int, Query(ge=1, le=200)]
Code = Annotated[str | None, Query(max_length=200, description="Code, or name")]
Kind = Annotated[str | None, Query(max_length=LIMITS["kind"])]
Id = Annotated[str | None, Query(max_length=300)]
Version = Annotated[int | None, Query(ge=0, le=2**62, description="Only what was written after this version")]


@router.get("/v1/partners", response_model=PartnerList, response_model_exclude_unset=True)
def partners(
    request: Request,
    store: Records,
    caller: Anybody,
    text: Annotated[str | None, Query(max_length=300, description="Part of the name")] = None,
    side: Side | None = None,
    kind: Kind = None,
    country: Code = None,
    region: Code = None,
    sector: Code = None,
    owner: Id = None,
    changed_since: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """List partners by id, as they were given: those that are shown as one elsewhere stand here each for itself.

    `sector` finds those inside it too: `C` finds `C13`.
    """
    asked = wanted(Partner, {
        "text": text, "side": side, "kind": kind, "country": country, "region": region, "sector": sector,
        "owner": owner, "changed_since": changed_since,
    })  # fmt: skip
    return _list(request, store, Partner, caller, asked, cursor, limit)


@router.get("/v1/evidence", response_model=EvidenceList, response_model_exclude_unset=True)
def evidence_list(
    request: Request,
    store: Records,
    caller: Anybody,
    partner: Id = None,
    side: Annotated[Side | None, Query(description="`demand`: needs; `supply`: what can be done")] = None,
    kind: Kind = None,
    language: Code = None,
    region: Code = None,
    sector: Code = None,
    since: Day | None = None,
    until: Day | None = None,
    confidential: bool | None = None,
    owner: Id = None,
    changed_since: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """List texts by id, as they were given: what partners can do, and what they need (`side=demand`).

    What was found out (languages, sectors, mended spelling, texts that say the same) is laid over them in answers and
    pages, not here.
    """
    asked = wanted(Evidence, {
        "partner": partner, "side": side, "kind": kind, "language": language, "region": region, "sector": sector,
        "since": since, "until": until, "confidential": confidential, "owner": owner,
        "changed_since": changed_since,
    })  # fmt: skip
    return _list(request, store, Evidence, caller, asked, cursor, limit)


@router.get("/v1/outcomes", response_model=OutcomeList, response_model_exclude_unset=True)
def outcomes(
    request: Request,
    store: Records,
    caller: Anybody,
    partner: Id = None,
    counterpart: Id = None,
    stage: Stage | None = None,
    country: Code = None,
    region: Code = None,
    sector: Code = None,
    since: Day | None = None,
    until: Day | None = None,
    owner: Id = None,
    changed_since: Version = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """List outcomes by id. Country, region and sector are those of the counterpart."""
    asked = wanted(Outcome, {
        "partner": partner, "counterpart": counterpart, "stage": stage, "country": country, "region": region,
        "sector": sector, "since": since, "until": until, "owner": owner, "changed_since": changed_since,
    })  # fmt: skip
    return _list(request, store, Outcome, caller, asked, cursor, limit)


@router.get("/v1/partners/{partner_id:path}", response_model=PartnerRecordPage, responses=UNCHANGED)
def partner(partner_id: PartnerId, store: Records, caller: Anybody, request: Request) -> Response:
    """Return a partner with its texts, as they were given.

    Answers and pages show records made whole: joined with those that are the same, with empty fields filled and each
    text once. Of a partner that they show as another, `Link` with `rel="canonical"` names that one.
    """
    with store.reading() as session:
        found = _one(session, Partner, partner_id, caller)
        texts = page(session, Evidence, caller, Wanted(partner=partner_id), limit=TEXTS)
        shown_as = shown_under(session, [partner_id]).get(partner_id)
    _note(store, caller, request, [found, *texts.items], Partner, partner_id)
    shown = {"partner": _json(found, caller), **_page_json(texts, Evidence, caller)}
    shown["evidence"] = shown.pop("items")
    answer = conditional(request, found.version, json.dumps(shown, ensure_ascii=False))
    if shown_as:
        answer.headers["Link"] = f'</v1/partners/{quote(shown_as, safe="")}>; rel="canonical"'
    return answer


@router.get("/v1/evidence/{evidence_id:path}", response_model=EvidenceRecord, responses=UNCHANGED)
def evidence(evidence_id: EvidenceId, store: Records, caller: Anybody, request: Request) -> Response:
    """Return one text, of supply or of demand."""
    return _page_of(store, Evidence, evidence_id, caller, request)


@router.get("/v1/outcomes/{outcome_id:path}", response_model=OutcomeRecord, responses=UNCHANGED)
def outcome(outcome_id: OutcomeId, store: Records, caller: Anybody, request: Request) -> Response:
    """Return one outcome."""
    return _page_of(store, Outcome, outcome_id, caller, request)


def _page_of(store: Store, kind: type[Record], id_: str, caller: Caller, request: Request) -> Response:
    with store.reading() as session:
        found = _one(session, kind, id_, caller)
    _note(store, caller, request, [found], kind, id_)
    return conditional(request, found.version, json.dumps(_json(found, caller), ensure_ascii=False))


def _one(session: Any, kind: type[Record], id_: str, caller: Caller) -> Stored:
    row = None if "\0" in id_ else session.get(ROWS[kind], id_)
    seen = seen_by(TO_RECORD[kind](row), caller, hidden_partners(session, caller)) if row else None
    if row is None or seen is None:
        raise NotFound(N_("no {kind} has the id {id!r}"), kind=type_name(kind), id=id_)
    return Stored(seen, row.version)


def _list(
    request: Request, store: Store, kind: type[Record], caller: Caller, asked: Wanted, cursor: str | None, limit: int
) -> dict[str, Any]:
    if asked.owner is not None and not caller.is_at_least(Role.CONTRIBUTOR):
        raise Denied(N_("this needs a key of role {role}; yours is {yours}"), role=Role.CONTRIBUTOR, yours=caller.role)
    last = after(type_name(kind), cursor)
    with store.reading() as session:
        found = page(session, kind, caller, asked, after=last, limit=limit)
    _note(store, caller, request, found.items, kind)
    return _page_json(found, kind, caller)


def _note(
    store: Store, caller: Caller, request: Request, shown: Sequence[Stored], kind: type[Record], id_: str | None = None
) -> None:
    """Write to the audit log that the caller reads what only their role lets them see, where they do."""
    if any(read_by_role(each.record, caller) for each in shown):
        with store.noting() as session:
            audit.record(session, caller, "read_private", type_name(kind), id_, request_of(request))


def _page_json(found: Page, kind: type[Record], caller: Caller) -> dict[str, Any]:
    return {"items": [_json(each, caller) for each in found.items], "next": cursor_of(type_name(kind), found.last)}


def _json(found: Stored, caller: Caller) -> dict[str, Any]:
    return record_json(found.record, found.version, private_fields(found.record, caller))
