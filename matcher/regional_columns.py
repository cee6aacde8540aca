"""The columns of the regional picture's tables, as files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from matcher.language import N_
from matcher.places import region_name
from matcher.regional import Flow, Need, Tally
from matcher.sectors import sector_name
from matcher.specialisation import Specialisation
from matcher.table_export import Column
from matcher.value_chains import Chain, Standing

T = TypeVar("T")
NameOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of counts: of a region, a sector, or a region's sector; "" where it is of all or of none."""

    region: str
    sector: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class ChainLine:
    """A link of a chain in a region."""

    region: str
    chain: Chain
    place: int
    standing: Standing


def regions(name_of: NameOf = region_name) -> tuple[Column[Line], ...]:
    """Return the columns of the counts by region."""
    return (*_region(lambda line: line.region, name_of), *_counts())


def cells(language: str, name_of: NameOf = region_name) -> tuple[Column[Line], ...]:
    """Return the columns of the counts by region and sector."""
    return (
        *_region(lambda line: line.region, name_of),
        Column("sector", N_("Sector"), lambda line: line.sector),
        Column("sector_name", N_("Sector, name"), lambda line: sector_name(line.sector, language)),
        *_counts(),
    )


def needs(name_of: NameOf = region_name) -> tuple[Column[Need], ...]:
    """Return the columns of the needs, each with who could serve it best."""
    return (
        Column("id", N_("Id"), lambda n: n.evidence.id),
        Column("partner", N_("Partner"), lambda n: n.partner.id),
        Column("partner_name", N_("Name"), lambda n: n.partner.name),
        *_region(lambda n: n.region or "", name_of),
        Column("sectors", N_("Sectors"), lambda n: n.sectors),
        Column("date", N_("Date"), lambda n: n.evidence.date),
        Column("title", N_("Title"), lambda n: n.evidence.title),
        Column("text", N_("Text"), lambda n: n.evidence.text),
        Column("standing", N_("Standing"), lambda n: n.standing.value),
        Column("server", N_("Best match"), lambda n: n.servers[0].partner.id if n.servers else None),
        Column("server_name", N_("Best match, name"), lambda n: n.servers[0].partner.name if n.servers else None),
        Column("server_region", N_("Best match, region"), lambda n: n.servers[0].partner.region if n.servers else None),
        Column("kilometres", N_("Kilometres"), lambda n: n.servers[0].kilometres if n.servers else None),
        Column("probability", N_("Probability"), lambda n: n.servers[0].probability if n.servers else None),
        Column("servers", N_("Good matches"), _servers),
    )


def flows(name_of: NameOf = region_name) -> tuple[Column[Flow], ...]:
    """Return the columns of the flows."""
    return (
        Column("origin", N_("From"), lambda f: f.origin),
        Column("origin_name", N_("From, name"), lambda f: name_of(f.origin) if f.origin else None),
        Column("target", N_("Towards"), lambda f: f.target),
        Column("target_name", N_("Towards, name"), lambda f: name_of(f.target)),
        Column("needs", N_("Needs"), lambda f: f.needs),
    )


def specialisations(language: str, name_of: NameOf = region_name) -> tuple[Column[tuple[str, Specialisation]], ...]:
    """Return the columns of the location quotients; each row says of which side it is."""
    return (
        Column("side", N_("Side"), lambda s: s[0]),
        *_region(lambda s: s[1].region, name_of),
        Column("sector", N_("Sector"), lambda s: s[1].sector),
        Column("sector_name", N_("Sector, name"), lambda s: sector_name(s[1].sector, language)),
        Column("texts", N_("Texts"), lambda s: s[1].texts),
        Column("of_region", N_("Texts of the region"), lambda s: s[1].of_region),
        Column("quotient", N_("Location quotient"), lambda s: s[1].quotient),
    )


def chains(language: str, name_of: NameOf = region_name) -> tuple[Column[ChainLine], ...]:
    """Return the columns of the value chains."""
    return (
        *_region(lambda c: c.region, name_of),
        Column("chain", N_("Value chain"), lambda c: c.chain.name(language)),
        Column("place", N_("Place in the chain"), lambda c: c.place),
        Column("link", N_("Link"), lambda c: c.standing.link.name(language)),
        Column("sectors", N_("Sectors"), lambda c: c.standing.link.sectors),
        Column("capabilities", N_("Capabilities"), lambda c: c.standing.capabilities),
        Column("needs", N_("Needs"), lambda c: c.standing.needs),
        Column("strength", N_("Strength"), lambda c: c.standing.strength.value),
    )


def _servers(need: Need) -> tuple[str, ...]:
    return tuple(server.partner.id for server in need.servers)


def _region(code: Callable[[T], str], name_of: NameOf) -> tuple[Column[T], Column[T]]:
    return (
        Column("region", N_("Region"), code),
        Column("region_name", N_("Region, name"), lambda item: name_of(code(item)) if code(item) else ""),
    )


def _counts() -> tuple[Column[Line], ...]:
    return (
        Column("needs", N_("Needs"), lambda line: line.tally.needs),
        Column("near", N_("Met near by"), lambda line: line.tally.near),
        Column("elsewhere", N_("Met elsewhere"), lambda line: line.tally.elsewhere),
        Column("unmet", N_("Unmet"), lambda line: line.tally.unmet),
        Column("gap", N_("Gap"), lambda line: line.tally.gap),
        Column("capabilities", N_("Capabilities"), lambda line: line.tally.capabilities),
        Column("partners", N_("Universities and institutes"), lambda line: line.tally.partners),
        Column("firms", N_("Firms and associations"), lambda line: line.tally.firms),
    )
