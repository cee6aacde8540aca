"""The routes. They are plain functions, so that the server runs them in threads, off the event loop."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse

from api.schemas import CodeName, EvidenceOut, MatchIn, MatchListOut, MatchOptions, PartnerPage
from matcher.answer_json import plain, to_json
from matcher.engine import Engine
from matcher.errors import NotFound
from matcher.language import N_
from matcher.places import find_country, region_codes, region_name
from matcher.sectors import tree

router = APIRouter()


def engine_of(request: Request) -> Engine:
    """Return the engine of the snapshot that serves now."""
    engine: Engine = request.app.state.live.current()
    return engine


DEFAULTS = MatchOptions.model_validate({})
Current = Annotated[Engine, Depends(engine_of)]
PartnerId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos"])]
EvidenceId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos-e1"])]


@router.get("/", include_in_schema=False)
def home() -> RedirectResponse:
    """Lead to where one can try it."""
    return RedirectResponse("/docs")


@router.post("/v1/matches", response_model=MatchListOut, tags=["match"])
def matches(question: MatchIn, engine: Current) -> dict[str, object]:
    """Rank partners for a question in words.

    `seeks` is `supply` for who can help with a problem, `demand` for who needs a capability.
    `verdict` says `no_good_match` where nothing fits; `advice` then tells what to do.
    """
    return to_json(engine.match(question.record(), reader=question.lang))


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


@router.get("/v1/evidence/{evidence_id:path}", response_model=EvidenceOut, tags=["records"])
def evidence(evidence_id: EvidenceId, engine: Current) -> object:
    """Return one text, of supply or of demand."""
    return plain(engine.evidence(evidence_id))


@router.get("/v1/regions", response_model=list[CodeName], tags=["codes"])
def regions(country: Annotated[str, Query(max_length=60)] = "PE") -> list[dict[str, str]]:
    """List the regions of a country (ISO 3166-2)."""
    return [{"code": c, "es": region_name(c), "en": region_name(c)} for c in region_codes(find_country(country))]


@router.get("/v1/sectors", response_model=list[CodeName], tags=["codes"])
def sectors() -> list[dict[str, str]]:
    """List the sections and divisions of ISIC Rev. 4 (CIIU)."""
    return [{"code": s.code, "es": s.es, "en": s.en} for s in tree().values()]


@router.get("/healthz", tags=["operation"])
def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", tags=["operation"])
def readyz(engine: Current) -> dict[str, str]:
    """Tell that questions can be answered, and from which snapshot; 503 where not."""
    return {"status": "ready", "snapshot": engine.snapshot.id, "model": engine.encoder.revision}
