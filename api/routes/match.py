"""Questions and their answers, and the public records that answers name."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.metrics import answered
from api.schemas import EvidenceOut, MatchIn, MatchListOut, MatchOptions, PartnerPage
from api.state import Current
from matcher.answer_json import plain, to_json
from matcher.errors import NotFound
from matcher.language import N_

router = APIRouter()


DEFAULTS = MatchOptions.model_validate({})
PartnerId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos"])]
EvidenceId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos-e1"])]


@router.post("/v1/matches", response_model=MatchListOut, tags=["match"])
def matches(question: MatchIn, engine: Current) -> dict[str, object]:
    """Rank partners for a question in words.

    `seeks` is `supply` for who can help with a problem, `demand` for who needs a capability.
    `verdict` says `no_good_match` where nothing fits; `advice` then tells what to do.
    """
    return to_json(answered(engine, question.record(), question.lang))


@router.get("/v1/partners/{partner_id:path}", response_model=PartnerPage, tags=["records"])
def partner(partner_id: PartnerId, engine: Current) -> object:
    """Return a partner with its texts."""
    found = engine.snapshot.partners.get(partner_id)
    if found is None:
        raise NotFound(N_("no partner has the id {id!r}"), id=partner_id)
    texts = [e for e in engine.snapshot.evidence.values() if partner_id in e.partners]
    return plain({"partner": found, "evidence": texts})


@router.post("/v1/evidence/{evidence_id:path}/matches", response_model=MatchListOut, tags=["match"])
def evidence_matches_with_options(
    evidence_id: EvidenceId, engine: Current, options: Annotated[MatchOptions, Body()] = DEFAULTS
) -> dict[str, object]:
    """Rank partners of the other side for a stored text, with options."""
    query = engine.query_for(
        evidence_id,
        k=options.k,
        without=frozenset(options.without),
        filters=options.filters.record(),
        spread=options.spread,
        guess_sector=options.guess_sector,
    )
    return to_json(answered(engine, query, options.lang))


@router.get("/v1/evidence/{evidence_id:path}/matches", response_model=MatchListOut, tags=["match"])
def evidence_matches(
    evidence_id: EvidenceId,
    engine: Current,
    k: Annotated[int, Query(ge=1, le=1000)] = 10,
    lang: Annotated[str, Query(pattern="^(es|en)$")] = "es",
) -> dict[str, object]:
    """Rank partners of the other side for a stored text: firms for a capability, researchers for a need."""
    return to_json(answered(engine, engine.query_for(evidence_id, k=k), lang))


@router.get("/v1/evidence/{evidence_id:path}", response_model=EvidenceOut, tags=["records"])
def evidence(evidence_id: EvidenceId, engine: Current) -> object:
    """Return one text, of supply or of demand."""
    return plain(engine.evidence(evidence_id))
