"""The columns of the regional picture's tables, as files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from matcher.grouping import Grouping
from matcher.language import N_
from matcher.regional import Flow, Need, Tally
from matcher.sectors import sector_name
from matcher.specialisation import Specialisation
from matcher.table_export import Column
from matcher.value_chains import Chain, Standing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of counts: of a place, a sector, or a place's sector; "" where it is of all or of none."""

    region: str
    sector: str
    tally: Tally


COUNTS: tuple[Column[Line], ...] = (
    Column("needs", N_("Needs"), lambda line: line.tally.needs),
    Column("near", N_("Met near by"), lambda line: line.tally.near),
    Column("elsewhere", N_("Met elsewhere"), lambda line: line.tally.elsewhere),
    Column("unmet", N_("Unmet"), lambda line: line.tally.unmet),
    Column("gap", N_("Gap"), lambda line: line.tally.gap),
    Column("capabilities", N_("Capabilities"), lambda line: line.tally.capabilities),
    Column("partners", N_("Universities and institutes"), lambda line: line.tally.partners),
    Column("firms", N_("Firms and associations"), lambda line: line.tally.firms),
)


@dataclass(frozen=True, slots=True)
class ChainLine:
    """A link of a chain in a place."""

    region: str
    chain: Chain
    place: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one picture. `grouping`: of its regions into places, None where each is a place of its own.

    `name_of`: place or region -> its name.
    """

    grouping: Grouping | None
    name_of: Callable[[str], str]
    language: str

    def regions(self) -> tuple[Column[Line], ...]:
        """Return the columns of the counts by place."""
        return (*self._place(lambda line: line.region), *COUNTS)

    def cells(self) -> tuple[Column[Line], ...]:
        """Return the columns of the counts by place and sector."""
        return (*self._place(lambda line: line.region), *self._sector(lambda line: line.sector), *COUNTS)

    def needs(self) -> tuple[Column[Need], ...]:
        """Return the columns of the needs, each with who could serve it best."""
        return (
            Column("id", N_("Id"), lambda n: n.evidence.id),
            Column("partner", N_("Partner"), lambda n: n.partner.id),
            Column("partner_name", N_("Name"), lambda n: n.partner.name),
            Column("region", N_("Region"), lambda n: n.region or ""),
            Column("region_name", N_("Region, name"), lambda n: self.name_of(n.region) if n.region else ""),
            *self._macro_region(),
            Column("sectors", N_("Sectors"), lambda n: n.sectors),
            Column("date", N_("Date"), lambda n: n.evidence.date),
            Column("title", N_("Title"), lambda n: n.evidence.title),
            Column("text", N_("Text"), lambda n: n.evidence.text),
            Column("standing", N_("Standing"), lambda n: n.standing.value),
            Column("server", N_("Best match"), lambda n: n.servers[0].partner.id if n.servers else None),
            Column("server_name", N_("Best match, name"), lambda n: n.servers[0].partner.name if n.servers else None),
            Column(
                "server_region", N_("Best match, region"), lambda n: n.servers[0].partner.region if n.servers else None
            ),
            Column("kilometres", N_("Kilometres"), lambda n: n.servers[0].kilometres if n.servers else None),
            Column("probability", N_("Probability"), lambda n: n.servers[0].probability if n.servers else None),
            Column("servers", N_("Good matches"), lambda n: tuple(server.partner.id for server in n.servers)),
        )

    def flows(self) -> tuple[Column[Flow], ...]:
        """Return the columns of the flows."""
        return (
            Column("origin", N_("From"), lambda f: f.origin),
            Column("origin_name", N_("From, name"), lambda f: self.name_of(f.origin) if f.origin else None),
            Column("target", N_("Towards"), lambda f: f.target),
            Column("target_name", N_("Towards, name"), lambda f: self.name_of(f.target)),
            Column("needs", N_("Needs"), lambda f: f.needs),
        )

    def specialisations(self) -> tuple[Column[tuple[str, Specialisation]], ...]:
        """Return the columns of the location quotients; each row says of which side it is."""
        return (
            Column("side", N_("Side"), lambda s: s[0]),
            *self._place(lambda s: s[1].region),
            *self._sector(lambda s: s[1].sector),
            Column("texts", N_("Texts"), lambda s: s[1].texts),
            Column(
                "of_region",
                N_("Texts of the macro-region") if self.grouping else N_("Texts of the region"),
                lambda s: s[1].of_region,
            ),
            Column("quotient", N_("Location quotient"), lambda s: s[1].quotient),
        )

    def chains(self) -> tuple[Column[ChainLine], ...]:
        """Return the columns of the value chains."""
        return (
            *self._place(lambda c: c.region),
            Column("chain", N_("Value chain"), lambda c: c.chain.name(self.language)),
            Column("place", N_("Place in the chain"), lambda c: c.place),
            Column("link", N_("Link"), lambda c: c.standing.link.name(self.language)),
            Column("sectors", N_("Sectors"), lambda c: c.standing.link.sectors),
            Column("capabilities", N_("Capabilities"), lambda c: c.standing.capabilities),
            Column("needs", N_("Needs"), lambda c: c.standing.needs),
            Column("strength", N_("Strength"), lambda c: c.standing.strength.value),
        )

    def _place(self, code: Callable[[T], str]) -> tuple[Column[T], Column[T]]:
        """Return a place's columns: a region's key stays where macro-regions stand in its place."""
        return (
            Column("region", N_("Macro-region") if self.grouping else N_("Region"), code),
            Column(
                "region_name",
                N_("Macro-region, name") if self.grouping else N_("Region, name"),
                lambda item: self.name_of(code(item)) if code(item) else "",
            ),
        )

    def _macro_region(self) -> tuple[Column[Need], ...]:
        if self.grouping is None:
            return ()
        place = self.grouping.group_of
        return (
            Column("macro_region", N_("Macro-region"), lambda n: place(n.region) if n.region else ""),
            Column(
                "macro_region_name",
                N_("Macro-region, name"),
                lambda n: self.name_of(place(n.region)) if n.region else "",
            ),
        )

    def _sector(self, code: Callable[[T], str]) -> tuple[Column[T], Column[T]]:
        return (
            Column("sector", N_("Sector"), code),
            Column("sector_name", N_("Sector, name"), lambda item: sector_name(code(item), self.language)),
        )
