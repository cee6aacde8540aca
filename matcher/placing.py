"""In which region something is, worked out from an address, a city or Peru's ubigeo code, and how sure that is."""

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from matcher.errors import NotFound
from matcher.places import (
    HOME,
    country_of,
    find_country,
    kilometres,
    named_regions,
    region_centres,
    region_name,
    world_cities,
)
from matcher.text import fold

# INEI's codes of Peru's departments: the first two digits of a ubigeo (those of RENIEC are others).
_DEPARTMENTS = "AMA ANC APU ARE AYA CAJ CAL CUS HUV HUC ICA JUN LAL LAM LIM LOR MDD MOQ PAS PIU PUN SAM TAC TUM UCA"
UBIGEO = {f"{number:02}": region for number, region in enumerate(_DEPARTMENTS.split(), 1)}
NAMED, OF_CITY, OF_OTHER_NAME = 0.95, 0.9, 0.75  # by what a place is known: its region's name, its own, an old one
OF_PROVINCE = 0.9
# Of small places there are more than GeoNames has: people -> how sure the name is then; saints' names are everywhere.
BY_PEOPLE = ((100_000, 1.0), (40_000, 0.8), (0, 0.6))
COMMON = 0.6
LIKE_ITS_CITY = 0.3  # of the kilometres
_COMMON = re.compile(r"^(?:san|santa|santo|villa|nuev[oa]|pueblo|el|la|los|las|miraflores|barranco|jesus|belen)\b")
SURE = 0.8  # from here on a place is believed
DISAGREE = 0.7  # an address that names places of two regions
MOST_WORDS = 4  # of a place's name
LONGEST_ADDRESS, MOST_PARTS = 400, 8  # characters; parts, counted from the end
_STREET = re.compile(
    r"^(?:av|avda|avenida|jr|jiron|jron|calle|cl|cra|carrera|psje|pje|pasaje|urb|urbanizacion|mz|mza|manzana|lote|lt|km"
    r"|carretera|calz|calzada|blvd|boulevard|bulevar|rua|travessa|rodovia|estrada|ruta|street|st|road|rd|alameda|malecon"
    r"|prolongacion|prol|paseo|piso|oficina|of|nro|no|n|interior|int|dpto|edificio|torre|esquina|esq|a\.?h|aahh)\b"
)
_NUMBER = re.compile(r"\b[a-z]?\d[\d\-]*[a-z]?\b|\bn[º°]\s*")
_SEPARATOR = re.compile(r"\s*[,;\n|/]\s*|\s+[-–—]\s+")


@dataclass(frozen=True, slots=True)
class Placed:
    """A region (ISO 3166-2), the city where one was found, how sure that is (0 to 1) and by what.

    `how`: "ubigeo", "region", "province", "city" or "address".
    """

    region: str
    city: str | None
    confidence: float
    how: str

    @property
    def country(self) -> str:
        """The country that the region lies in, ISO 3166-1."""
        return country_of(self.region) or ""


def from_ubigeo(code: str) -> Placed | None:
    """Return the department of INEI's code of a district (six digits; spreadsheets eat the first 0)."""
    digits = code.strip()
    if digits.endswith(".0"):  # and take it for a fraction
        digits = digits[:-2]
    if not digits.isdigit() or len(digits) not in (2, 4, 5, 6):
        return None
    department = UBIGEO.get(digits.zfill(6 if len(digits) > 4 else len(digits))[:2])
    return Placed(f"PE-{department}", None, 1.0, "ubigeo") if department else None


def from_city(city: str, country: str | None = None) -> Placed | None:
    """Return the region of the city of a name; where several share it, the more people live in one the surer."""
    name = " ".join(fold(city).split())
    countries = [country] if country else sorted(_by_country())
    entries = [entry for each in countries for entry in _cities(each).get(name, ())]
    if not entries:
        return None
    people: dict[str, float] = defaultdict(float)
    for _, region, population, own in entries:
        people[region] += max(population, 1) * (1.0 if own else 0.1)
    best = max(people, key=lambda region: (people[region], region))
    name, _, _, own = max((e for e in entries if e[1] == best), key=lambda e: (e[3], e[2]))
    sure = (OF_CITY if own else OF_OTHER_NAME) * people[best] / sum(people.values())
    sure *= next(factor for least, factor in BY_PEOPLE if people[best] >= least)
    sure *= COMMON if _COMMON.match(fold(city).strip()) else 1.0
    return Placed(best, name, round(sure, 3), "city")


def from_province(name: str) -> Placed | None:
    """Return the department of a province of Peru."""
    region = _provinces().get(" ".join(fold(name).split()))
    if region is None:
        return None
    return Placed(region, None, OF_PROVINCE * (COMMON if _COMMON.match(fold(name).strip()) else 1.0), "province")


def from_address(address: str, country: str | None = None) -> Placed | None:
    """Return the region of an address: what stands last says most, streets say nothing.

    :param country: ISO 3166-1, where it is known; what the address itself says comes first.
    """
    address = "\n".join(" ".join(line.split()) for line in address[-LONGEST_ADDRESS:].splitlines())
    parts = [part for part in _SEPARATOR.split(fold(address)) if part and not _STREET.match(part.strip())]
    parts = [stripped for part in parts if (stripped := " ".join(_NUMBER.sub(" ", part).split()).strip(" .-()"))]
    found: list[Placed] = []
    for i, part in enumerate(reversed(parts[-MOST_PARTS:])):
        named = _country(part) if i == 0 or not found else None
        if named:
            country, part = named
        placed = _of_part(part, country, whole=i > 0)
        if placed:
            found.append(placed)
    if not found:
        return None
    best = max(found[:2], key=lambda placed: (placed.how == "region", placed.confidence))
    regions = {placed.region for placed in found if placed.confidence > 0.6}
    city = next((p.city for p in found if p.city and p.region == best.region), None)
    sure = best.confidence * (DISAGREE if len(regions) > 1 else 1.0)
    return Placed(best.region, city, round(sure, 3), "address")


def _country(part: str) -> tuple[str, str] | None:
    """Return the country that a part of an address ends with, and what stands before it."""
    words = part.split()
    for length in range(min(MOST_WORDS, len(words)), 0, -1):
        name = " ".join(words[-length:])
        if len(name) > 3:  # two letters are more often something else
            try:
                return find_country(name), " ".join(words[:-length])
            except NotFound:
                continue
    return None


def _of_part(part: str, country: str | None, *, whole: bool) -> Placed | None:
    """Return what a part of an address is the name of, or what it ends with where `whole` is false."""
    words = part.split()
    for length in range(min(MOST_WORDS, len(words)), 0, -1):
        if whole and length < len(words):
            break
        name = " ".join(words[-length:])
        region = _region(name, country)
        if region:
            return Placed(region, None, NAMED if country else OF_CITY, "region")
        options = [from_province(name) if country == "PE" else None, from_city(name, country)]
        placed = max((p for p in options if p), key=lambda p: p.confidence, default=None)
        if placed:
            return placed
    return None


def _region(name: str, country: str | None) -> str | None:
    found = named_regions(name, country) if len(name) > 2 else []
    at_home = [code for code in found if code.startswith(HOME + "-")]
    return next((choice[0] for choice in (found, at_home) if len(choice) == 1), None)


City = tuple[str, str, int, bool]  # name, region, population, whether that is its own name or another


@cache
def _provinces() -> dict[str, str]:
    found = tomllib.loads(Path(__file__).with_name("peru_provinces.toml").read_text(encoding="utf-8"))
    return {fold(name): region for region, names in found.items() for name in names}


@cache
def _by_country() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for city in world_cities():
        found[city["countrycode"]].append(city)
    return found


@cache
def _cities(country: str) -> dict[str, tuple[City, ...]]:
    """Return folded name -> the cities of a country that go by it."""
    regions = _admin_regions(country)
    found: dict[str, list[City]] = defaultdict(list)
    for city in _by_country().get(country, ()):
        region = regions.get(city["admin1code"])
        if region:
            own = fold(city["name"])
            for name in {own, *(fold(n) for n in city["alternatenames"] if len(n) > 3 and n.isprintable())}:
                found[name].append((city["name"], region, int(city["population"]), name == own))
    return {name: tuple(entries) for name, entries in found.items()}


@cache
def _admin_regions(country: str) -> dict[str, str]:
    """Return GeoNames' code of a country's first level -> ISO 3166-2.

    The two lists have no key in common: each code gets the region nearest to its cities, no region twice (an
    assignment of least cost; a city named like the region draws it nearer). Peru's codes are INEI's.
    """
    if country == "PE":
        return {code: f"PE-{region}" for code, region in UBIGEO.items()} | {"LMA": "PE-LIM"}
    from scipy.optimize import linear_sum_assignment

    cities: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for city in _by_country().get(country, ()):
        cities[city["admin1code"]].append(city)
    centres = region_centres(country)
    if not centres or not cities:
        return {}
    codes, regions = sorted(cities), sorted(centres)
    middles = [
        (
            float(np.median([c["latitude"] for c in cities[code]])),
            float(np.median([c["longitude"] for c in cities[code]])),
        )
        for code in codes
    ]
    cost = np.array([kilometres(middles, centres[region]) for region in regions]).T
    for i, code in enumerate(codes):
        names = {fold(c["name"]) for c in cities[code]}
        for j, region in enumerate(regions):
            if fold(region_name(region)) in names:
                cost[i, j] *= LIKE_ITS_CITY
    rows, columns = linear_sum_assignment(cost)
    return {codes[i]: regions[j] for i, j in zip(rows, columns, strict=True)}
