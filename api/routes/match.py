"""Questions and their answers."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.schemas import MatchIn, MatchListOut, MatchOptions
from api.state import Current
from matcher.answer_json import to_json

router = APIRouter()


DEFAULTS = MatchOptions.model_validate({})
EvidenceId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos-e1"])]


@router.post("/v1/matches", response_model=MatchListOut, tags=["match"])
def matches(question: MatchIn, engine: Current) -> dict[str, object]:
    """Rank partners for a question in words.

    `seeks` is `supply` for who can help with a problem, `demand` for who needs a capability.
    `verdict` says `no_good_match` where nothing fits; `advice` then tells what to do.
    """
    return to_json(engine.match(question.record(), reader=question.lang))


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
    return to_json(engine.match(query, reader=options.lang))


@router.get("/v1/evidence/{evidence_id:path}/matches", response_model=MatchListOut, tags=["match"])
def evidence_matches(
    evidence_id: EvidenceId,
    engine: Current,
    k: Annotated[int, Query(ge=1, le=1000)] = 10,
    lang: Annotated[str, Query(pattern="^(es|en)$")] = "es",
) -> dict[str, object]:
    """Rank partners of the other side for a stored text: firms for a capability, researchers for a need."""
    return to_json(engine.match(engine.query_for(evidence_id, k=k), reader=lang))
