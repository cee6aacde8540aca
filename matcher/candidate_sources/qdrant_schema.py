"""What lies in Qdrant: names, payload, what a collection says of itself, and filters as Qdrant takes them.

One collection for each side of a snapshot. Its points are the windows of the texts, by the numbers of their rows, with
the vector `dense`; the first window of each text has its weighed stems too, the sparse vector `words`. So one upsert
writes all of a text, one alias serves both legs, and no payload is kept twice but that of the few long texts. Sides lie
apart because statistics and numbers of stems are a side's, and no filter need divide the graph of neighbours.

Nothing in it can be read: no text, no name; vectors, numbers of stems, ids and codes.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import Wanted
from matcher.records import Side
from matcher.sectors import lies_within

SCHEMA = 1  # of all that this module says; a collection of another one is refused
DENSE, WORDS = "dense", "words"
KEYWORDS = ("language", "partners[].id", "partners[].country", "partners[].region", "partners[].kind",
            "partners[].sectors")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """What a collection says of itself. `part`, `of`: which share of the texts it holds, where they are shared out."""

    snapshot: str
    side: Side
    model: str
    dimensions: int
    texts: int
    windows: int
    part: int = 0
    of: int = 1

    def metadata(self) -> dict[str, Any]:
        """Return it as a collection keeps it."""
        return {"tinkuy": {"schema": SCHEMA, **{name: getattr(self, name) for name in self.__slots__}}}

    @property
    def first_last(self) -> tuple[int, int]:
        """The texts of this part: from this row to before that one."""
        return self.texts * self.part // self.of, self.texts * (self.part + 1) // self.of


def alias(prefix: str, side: Side) -> str:
    """Return the name under which the collection that serves is found."""
    return f"{prefix}-{side}"


def alias_before(prefix: str, side: Side) -> str:
    """Return the name of the one that served before, to which one can go back."""
    return f"{prefix}-{side}-before"


def collection(prefix: str, side: Side, snapshot: str) -> str:
    """Return the name of a snapshot's collection."""
    return f"{prefix}-{side}-{snapshot}"


def is_ours(name: str, prefix: str, side: Side) -> bool:
    """Tell whether a collection is one of this prefix and side, of whatever snapshot."""
    return re.fullmatch(rf"{re.escape(prefix)}-{side}-\d{{8}}T\d{{6}}Z-[0-9a-f]{{6}}", name) is not None


def payloads(base: Base, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Return what is kept of some texts; what is empty is left out."""
    side = base.side
    found = []
    for row in rows:
        text = base.texts[row]
        partners = [int(side.pair_partner[pair]) for pair in side.pairs_of(np.array([row])).tolist()]
        payload = {
            "id": text.id,
            "language": text.language,
            "day": text.date.toordinal() if text.date else None,
            "partners": [_partner(base, partner) for partner in partners],
        }
        found.append({name: value for name, value in payload.items() if value is not None})
    return found


def condition(base: Base, wanted: Wanted) -> Any:
    """Return a filter of Qdrant's that lets the same texts through as `wanted`; None for all.

    One partner must have all that is asked of partners: of a text with two, one of Cusco and one that is a firm, no
    firm of Cusco follows.
    """
    from qdrant_client import models

    def among(key: str, values: Collection[str]) -> Any:
        return models.FieldCondition(key=key, match=models.MatchAny(any=sorted(values)))

    filters = wanted.filters
    of_partner = [
        among(key, values)
        for key, values in (("country", filters.countries), ("region", filters.regions), ("kind", filters.kinds))
        if values
    ]
    if filters.sectors:  # by the codes that there are, so that Qdrant need not know which lies in which
        of_partner.append(
            among("sectors", [c for c in base.side.sector_codes.names if lies_within(c, filters.sectors)])
        )
    without = [among("id", sorted(wanted.excluded))] if wanted.excluded else []
    must: list[Any] = []
    if of_partner or without:
        one = models.Filter(must=of_partner or None, must_not=without or None)
        must.append(models.NestedCondition(nested=models.Nested(key="partners", filter=one)))
    if filters.languages:
        must.append(among("language", sorted(filters.languages)))
    if filters.since or filters.until:
        day = models.Range(
            gte=filters.since.toordinal() if filters.since else None,
            lte=filters.until.toordinal() if filters.until else None,
        )
        must.append(models.FieldCondition(key="day", range=day))
    return models.Filter(must=must) if must else None


def _partner(base: Base, row: int) -> dict[str, Any]:
    partner = base.partners[row]
    kept = {
        "id": partner.id,
        "country": partner.country,
        "region": partner.region,
        "kind": partner.kind,
        "sectors": sorted(base.side.sectors[row]),
    }
    return {name: value for name, value in kept.items() if value}
