"""Questions and their answers."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.exports import FILES, Exported
from api.metrics import answered
from api.schemas import MatchIn, MatchListOut, MatchOptions
from api.state import Current, Records
from matcher.answer_json import to_json
from matcher.list_columns import match_columns
from matcher.records import MatchList
from matcher.standing_in import stands_for

router = APIRouter()


DEFAULTS = MatchOptions.model_validate({})
EvidenceId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos-e1"])]


@router.post("/v1/matches", response_model=MatchListOut, responses=FILES, tags=["match"])
def matches(question: MatchIn, engine: Current, export: Exported) -> object:
    """Rank partners for a question in words.

    `seeks` is `supply` for who can help with a problem, `demand` for who needs a capability.
    `verdict` says `no_good_match` where nothing fits; `advice` then tells what to do.
    """
    return _answer(answered(engine, question.record(), question.lang), export)


@router.post("/v1/evidence/{evidence_id:path}/matches", response_model=MatchListOut, responses=FILES, tags=["match"])
def evidence_matches_with_options(
    evidence_id: EvidenceId,
    engine: Current,
    store: Records,
    export: Exported,
    options: Annotated[MatchOptions, Body()] = DEFAULTS,
) -> object:
    """Rank partners of the other side for a stored text, with options."""
    query = engine.query_for(
        stands_for(store, engine, evidence_id),
        k=options.k,
        without=frozenset(options.without),
        filters=options.filters.record(),
        spread=options.spread,
        guess_sector=options.guess_sector,
    )
    return _answer(answered(engine, query, options.lang), export)


@router.get("/v1/evidence/{evidence_id:path}/matches", response_model=MatchListOut, responses=FILES, tags=["match"])
def evidence_matches(
    evidence_id: EvidenceId,
    engine: Current,
    store: Records,
    export: Exported,
    k: Annotated[int, Query(ge=1, le=1000)] = 10,
    lang: Annotated[str, Query(pattern="^(es|en)$")] = "es",
) -> object:
    """Rank partners of the other side for a stored text: firms for a capability, researchers for a need."""
    return _answer(answered(engine, engine.query_for(stands_for(store, engine, evidence_id), k=k), lang), export)


def _answer(answer: MatchList, export: Exported) -> object:
    """Return an answer, or its list as a file."""
    return export.file("matches", match_columns(answer), answer.matches) if export else to_json(answer)
