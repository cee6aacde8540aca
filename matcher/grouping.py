"""Places that a picture shows: each region by itself, or the macro-regions that they belong to."""

from dataclasses import dataclass

from matcher.macro_regions import NONE, MacroRegions
from matcher.places import country_name, country_of, region_name


@dataclass(frozen=True, slots=True)
class Grouping:
    """How regions count together. `macro_regions`: none where each counts by itself.

    A place is a macro-region's id, or the code of a region that lies in none.
    """

    macro_regions: MacroRegions = NONE

    def group_of(self, region: str) -> str:
        """Return the place that a region counts in."""
        return self.macro_regions.group_of(region) or region

    def regions_of(self, place: str) -> tuple[str, ...]:
        """Return the codes of the regions that count in a place."""
        return self.macro_regions.members(place) if place in self.macro_regions.groups else (place,)

    def name(self, place: str, language: str, *, with_country: bool = False) -> str:
        """Return a place's name; with its country (its countries), where places of several are shown together."""
        known = place in self.macro_regions.groups
        name = self.macro_regions.name(place, language) if known else region_name(place)
        if not with_country:
            return name
        countries = dict.fromkeys(country_of(code) or "" for code in self.regions_of(place))
        return f"{name} ({', '.join(country_name(country, language) for country in countries)})"
