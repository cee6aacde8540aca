"""What the regional picture's form asks for, and what it offers."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query

from matcher import regional
from matcher.grouping import Grouping
from matcher.language import N_
from matcher.macro_regions import MacroRegions
from matcher.places import country_name
from matcher.regional import Chosen, Need, Standing, Text
from matcher.sectors import sector_name, tree

YEARS = 12


class Show(StrEnum):
    """What the bubbles show."""

    DEMAND = "demand"
    SUPPLY = "supply"


class By(StrEnum):
    """The places that are counted."""

    REGION = "region"
    MACRO = "macro"


class Wanted(StrEnum):
    """Which needs are listed."""

    GAP = "gap"
    NEAR = "near"
    ELSEWHERE = "elsewhere"
    UNMET = "unmet"
    ALL = "all"

    def has(self, need: Need) -> bool:
        """Tell whether a need is one of them."""
        if self is Wanted.GAP:
            return need.standing is not Standing.NEAR
        return self is Wanted.ALL or need.standing.value == self.value


STANDINGS = {
    Wanted.GAP: N_("Without a good match near by"),
    Wanted.ELSEWHERE: N_("Met elsewhere"),
    Wanted.UNMET: N_("Unmet"),
    Wanted.NEAR: N_("Met near by"),
    Wanted.ALL: N_("All"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form; a field that is empty asks for everything. `since`, `until`: years."""

    country: Annotated[str, Query(pattern="^([A-Z]{2})?$")] = ""
    sector: Annotated[str, Query(pattern=r"^([A-U](\d{2})?)?$")] = ""
    since: Annotated[str, Query(pattern=r"^(\d{4})?$")] = ""
    until: Annotated[str, Query(pattern=r"^(\d{4})?$")] = ""
    near: Annotated[int, Query(ge=0, le=1000)] = int(regional.NEAR_KM)
    by: By = By.REGION
    show: Show = Show.DEMAND
    flows: Annotated[str, Query(pattern="^(on|off)$")] = "on"
    all: bool = False

    def chosen(self) -> Chosen:
        """Return what is looked at."""
        return Chosen(
            self.country or None,
            self.sector or None,
            dt.date(max(int(self.since), 1), 1, 1) if self.since else None,
            dt.date(max(int(self.until), 1), 12, 31) if self.until else None,
        )

    def about(self, place: str, groups: MacroRegions) -> "Asked":
        """Return the same, by the kind of places of which `place` is one, where it is of one kind alone."""
        if place in groups.groups:
            return replace(self, by=By.MACRO)
        return replace(self, by=By.REGION) if groups.group_of(place) else self

    def grouping(self, groups: MacroRegions) -> Grouping:
        """Return how regions are counted together."""
        return Grouping(groups) if self.by is By.MACRO else Grouping()

    def address(self, path: str, **more: Any) -> str:
        """Return an address that keeps what was chosen."""
        kept = {"country": self.country, "sector": self.sector, "since": self.since, "until": self.until}
        if self.near != regional.NEAR_KM:
            kept["near"] = str(self.near)
        if self.by is not By.REGION:
            kept["by"] = self.by.value
        question = urlencode({k: v for k, v in (kept | more).items() if v not in ("", None)})
        return f"{path}?{question}" if question else path


def choices(every: Iterable[Text], groups: MacroRegions, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return what the form offers: (value, name) by field; places by another kind only where there are any."""
    every = list(every)
    countries = {t.country for t in every if t.country}
    codes = {code for t in every for code in t.sectors}
    sections = {code[0] for code in codes}
    years = sorted({t.evidence.date.year for t in every if t.evidence.date}, reverse=True)[:YEARS]
    grouped = any(groups.group_of(t.region) for t in every)

    def short(code: str) -> str:
        name = sector_name(code, language)
        return name if len(name) <= 60 else name[:58].rstrip(" ,;") + "…"

    return {
        "country": sorted(((c, country_name(c, language)) for c in countries), key=lambda c: c[1]),
        "sector": [(code, short(code)) for code in tree() if code in codes or code in sections],
        "years": [(str(year), str(year)) for year in years],
        "by": [(By.REGION.value, N_("Regions")), (By.MACRO.value, N_("Macro-regions"))] if grouped else [],
    }
