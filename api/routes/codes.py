"""The codes that records and questions use, with their names."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas import CodeName
from matcher.places import find_country, region_codes, region_name
from matcher.sectors import tree

router = APIRouter(tags=["codes"])


@router.get("/v1/regions", response_model=list[CodeName])
def regions(country: Annotated[str, Query(max_length=60)] = "PE") -> list[dict[str, str]]:
    """List the regions of a country (ISO 3166-2)."""
    return [{"code": c, "es": region_name(c), "en": region_name(c)} for c in region_codes(find_country(country))]


@router.get("/v1/sectors", response_model=list[CodeName])
def sectors() -> list[dict[str, str]]:
    """List the sections and divisions of ISIC Rev. 4 (CIIU)."""
    return [{"code": s.code, "es": s.es, "en": s.en} for s in tree().values()]
