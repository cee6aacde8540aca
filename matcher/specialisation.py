"""What a region does more of than others: the location quotient (P. Sargant Florence 1939; also Isard 1960, ch. 7).

    LQ = (texts of the sector in the region / texts in the region) / (texts of the sector / texts), over all regions

1 means as much as everywhere, 2 twice as much. Of few texts it says nothing: two texts more would change it wholly.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from matcher.regional import GroupOf, Text, itself

LEAST_IN_CELL = 3  # texts of the sector in the region; below, no quotient is given
LEAST_IN_REGION = 8  # texts of the region
SPECIAL = 1.25  # from here on a region counts as specialised, as is usual


@dataclass(frozen=True, slots=True)
class Specialisation:
    """A region's sector with its location quotient. `texts`: of the sector there, of `of_region` in all."""

    region: str
    sector: str
    texts: int
    of_region: int
    quotient: float


def quotients(found: Iterable[Text], group_of: GroupOf = itself) -> list[Specialisation]:
    """Return the location quotients that can be given, region by region, the highest first.

    A text of n sectors counts 1/n in each, so that texts add up; texts without a region or a sector are left out.

    :param found: texts of one side.
    """
    cells: Counter[tuple[str, str]] = Counter()
    shares: dict[tuple[str, str], float] = {}
    regions: Counter[str] = Counter()
    sectors: dict[str, float] = {}
    for text in found:
        if text.region is None or not text.sectors:
            continue
        region, share = group_of(text.region), 1 / len(text.sectors)
        regions[region] += 1
        for sector in text.sectors:
            cells[region, sector] += 1
            shares[region, sector] = shares.get((region, sector), 0.0) + share
            sectors[sector] = sectors.get(sector, 0.0) + share
    everywhere = regions.total()
    given = [
        Specialisation(
            region, sector, count, regions[region],
            (shares[region, sector] / regions[region]) / (sectors[sector] / everywhere),
        )
        for (region, sector), count in cells.items()
        if count >= LEAST_IN_CELL and regions[region] >= LEAST_IN_REGION
    ]  # fmt: skip
    return sorted(given, key=lambda s: (s.region, -s.quotient, s.sector))


def strongest(given: Iterable[Specialisation]) -> list[Specialisation]:
    """Return those in which a region is specialised, the highest quotient first."""
    return sorted((s for s in given if s.quotient >= SPECIAL), key=lambda s: (-s.quotient, s.region, s.sector))
