"""Value chains of a region: how much of each link is on record there, on both sides."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from matcher.errors import BadInput
from matcher.language import N_
from matcher.regional import Text
from matcher.sectors import tree

SHIPPED = Path(__file__).with_name("value_chains.toml")
STRONG = 3  # texts on each side
WRONG = N_("the table of value chains {path} cannot be used: {reason}")


class Strength(StrEnum):
    """How well a link stands: strong with enough texts on both sides, missing where one side has none, else thin."""

    STRONG = "strong"
    THIN = "thin"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name in Spanish and in English."""

    es: str
    en: str

    def name(self, language: str) -> str:
        """Return its name."""
        return self.es if language == "es" else self.en


@dataclass(frozen=True, slots=True)
class Link(Named):
    """One step of a chain; `sectors`: divisions of ISIC Rev. 4."""

    sectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain(Named):
    """A chain, its links in their order; `core`: sectors of which a region must have something to have the chain."""

    id: str
    core: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A link in a region: texts of either side that have one of its sectors."""

    link: Link
    capabilities: int
    needs: int

    @property
    def strength(self) -> Strength:
        """How well it stands."""
        least = min(self.capabilities, self.needs)
        return Strength.STRONG if least >= STRONG else Strength.THIN if least else Strength.MISSING


def load(path: Path = SHIPPED) -> tuple[Chain, ...]:
    """Read a table of chains.

    :raises BadInput: it cannot be read, a name is missing, or a sector is no division of ISIC Rev. 4.
    """
    try:
        chains = tuple(
            Chain(
                c["es"], c["en"], c["id"],
                tuple(c["core"]),
                tuple(Link(link["es"], link["en"], tuple(link["sectors"])) for link in c["links"]),
            )
            for c in tomllib.loads(path.read_text(encoding="utf-8"))["chain"]
        )  # fmt: skip
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise BadInput(WRONG, path=path, reason=error) from error
    except KeyError as error:
        raise BadInput(WRONG, path=path, reason=f"{error.args[0]}: ?") from error
    named = [s for c in chains for part in (c.core, *(link.sectors for link in c.links)) for s in part]
    unknown = [s for s in named if len(s) != 3 or s not in tree()]
    if unknown:
        raise BadInput(WRONG, path=path, reason=unknown[0])
    return chains


@cache
def shipped() -> tuple[Chain, ...]:
    """Return the shipped chains."""
    return load()


def standing(
    chains: Iterable[Chain], asked: Iterable[Text], able: Iterable[Text]
) -> list[tuple[Chain, list[Standing]]]:
    """Return how each chain stands, of whose core something is on record; the fullest first.

    :param asked, able: the needs and the capabilities of one region.
    """
    wanted, can = [set(t.sectors) for t in asked], [set(t.sectors) for t in able]

    def having(sets: list[set[str]], link: Link) -> int:
        return sum(not sectors.isdisjoint(link.sectors) for sectors in sets)

    on_record: set[str] = set().union(*wanted, *can)
    told = [
        (chain, [Standing(link, having(can, link), having(wanted, link)) for link in chain.links])
        for chain in chains
        if not on_record.isdisjoint(chain.core)
    ]
    return sorted(told, key=lambda each: -sum(s.strength is not Strength.MISSING for s in each[1]))
