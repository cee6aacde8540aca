"""Names to choose from in the field of the region: where partners are first, then the rest of their countries."""

from collections import Counter

from api.web.question import place_name
from matcher.index.snapshot import Snapshot
from matcher.places import country_of, region_codes

MOST = 120  # names: a list that a phone loads at once
_kept: dict[str, tuple[tuple[str, str], ...]] = {}


def known_regions(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Return (name, country code) of regions, by country: the country with most partners first.

    Counted once for each state of the records.
    """
    at = f"{snapshot.id} {snapshot.state}"
    found = _kept.get(at)
    if found is None:
        found = _regions(Counter(p.region for p in snapshot.partners.values() if p.region))
        _kept.clear()  # one state is served at a time
        _kept[at] = found
    return found


def _regions(counted: Counter[str]) -> tuple[tuple[str, str], ...]:
    countries: Counter[str] = Counter()
    for region, count in counted.items():
        countries[country_of(region) or ""] += count
    found: list[tuple[str, str]] = []
    for country, _ in sorted(countries.items(), key=lambda item: (-item[1], item[0])):
        codes = {*region_codes(country), *(code for code in counted if country_of(code) == country)}
        found += sorted((place_name(code), country) for code in codes)
    return tuple(found[:MOST])
