"""The form of the first page: what stands in its address, how it is understood, and the engine's question for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query

from matcher import records
from matcher.engine import Engine
from matcher.errors import NotFound
from matcher.language import N_
from matcher.places import country_of, find_country, find_region, misspelt_region, near_regions, region_name
from matcher.records import Filters, Side
from matcher.sectors import find_sector, near_sectors, sector_name

SHOWN, MOST = 10, 50  # partners of an answer, and the most that one asks for here
ALIKE = 0.8  # how alike a sector's name must be to be taken for what was typed
HINTS = 3  # names that are proposed where none is alike enough
Rule = Literal["place", "sector", "track_record", "experience"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the address. `q`: the words; an empty one asks nothing yet, unless `like` names a stored text.

    `only`: "region" or "country": of partners of the asker's alone. `guess`: "0" where no sector is to be deduced.
    """

    q: Annotated[str, Query(max_length=200_000)] = ""
    seeks: Annotated[Side, Query()] = Side.SUPPLY
    region: Annotated[str, Query(max_length=300)] = ""
    sector: Annotated[str, Query(max_length=300)] = ""
    guess: Annotated[Literal["", "0", "1"], Query()] = ""
    without: Annotated[tuple[Rule, ...], Query(max_length=20)] = ()
    only: Annotated[Literal["", "region"], Query()] = ""
    k: Annotated[int, Query(ge=1, le=MOST)] = SHOWN
    like: Annotated[str, Query(max_length=300)] = ""

    @property
    def asks(self) -> bool:
        """Whether there is something to answer."""
        return bool(self.q.strip() or self.like)

    def address(self, path: str = "/", **changes: object) -> str:
        """Return the shortest address that asks this, with some `changes`."""
        said = replace(self, **changes)  # type: ignore[arg-type]
        values: list[tuple[str, object]] = [("q", said.q.strip())] if said.q.strip() else [("like", said.like)]
        values += [("seeks", said.seeks.value)] if said.seeks is not Side.SUPPLY and said.q.strip() else []
        values += [("region", said.region), ("sector", said.sector)]
        values += [("guess", "0")] if said.guess == "0" else []
        values += [("without", rule) for rule in dict.fromkeys(said.without)]
        values += [("only", said.only), ("k", said.k if said.k != SHOWN else "")]
        kept = urlencode([(name, value) for name, value in values if value])
        return f"{path}?{kept}" if kept else path


@dataclass(frozen=True, slots=True)
class Understood:
    """A name that somebody typed. `code`: None where it is none of ours; `typed`: as it stands in the field.

    `name`: what it was taken for. `mended`: whether it was spelt otherwise. `near`: names that it may have been.
    """

    code: str | None = None
    typed: str = ""
    name: str = ""
    mended: bool = False
    near: tuple[str, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether something was typed that nobody knows."""
        return bool(self.typed) and self.code is None


@dataclass(frozen=True, slots=True)
class Form:
    """The form with its place and sector understood."""

    asked: Asked
    region: Understood
    sector: Understood

    def query(self, engine: Engine) -> records.Query:
        """Return the engine's question: without a region or a sector that is not known.

        :raises NotFound: there is no text of that id to ask like.
        """
        asked, region = self.asked, self.region.code
        regions = frozenset({region}) if asked.only == "region" and region else frozenset()
        options: dict[str, object] = {
            "k": asked.k,
            "without": frozenset(asked.without),
            "guess_sector": asked.guess != "0",
            "filters": Filters(regions=regions),
        }
        if region:
            options["region"] = region
        if self.sector.code:
            options["sectors"] = (self.sector.code,)
        if asked.q.strip() or not asked.like:
            return records.Query(asked.q, asked.seeks, **options)  # type: ignore[arg-type]
        return engine.query_for(asked.like, **options)


def understand(asked: Asked, language: str) -> Form:
    """Return the form as it is meant: place and sector by code or name, also with other accents or letters."""
    return Form(asked, _region(asked.region), _sector(asked.sector, language))


def place_name(code: str) -> str:
    """Return a region's name as the field has it: with its country where namesakes would be taken for it."""
    name = region_name(code)
    try:
        found: str | None = find_region(name)
    except NotFound:
        found = None
    return name if found == code else f"{name} ({country_of(code)})"


def _region(typed: str) -> Understood:
    return _understood(typed, _find_place, misspelt_region, near_regions, place_name)


def _find_place(text: str) -> str:
    """Return the code of `Cusco`, `PE-CUS` or, with its country, `Amazonas (CO)`, `Amazonas, Colombia`."""
    for before, after in (("(", ")"), (",", "")):
        name, cut, rest = text.partition(before)
        if cut and rest.strip(after + " "):
            return find_region(name, find_country(rest.strip(after + " ")))
    return find_region(text)


def _sector(typed: str, language: str) -> Understood:
    def slip(text: str) -> str | None:
        return next(iter(near_sectors(text, ALIKE)), None)

    return _understood(
        typed, find_sector, slip, lambda t: near_sectors(t, 0.6), lambda code: sector_name(code, language)
    )


def _understood(
    typed: str,
    find: Callable[[str], str],
    slip: Callable[[str], str | None],
    near: Callable[[str], list[str]],
    name: Callable[[str], str],
) -> Understood:
    typed = " ".join(typed.split())
    if not typed:
        return Understood()
    try:
        code = find(typed)
    except NotFound:
        pass
    else:
        return Understood(code, name(code), name(code))
    if meant := slip(typed):
        return Understood(meant, name(meant), name(meant), mended=True)
    return Understood(None, typed, near=tuple(dict.fromkeys(map(name, near(typed))))[:HINTS])


EXAMPLES = {
    Side.SUPPLY: (
        N_("Little worms are eating my oregano and I do not want to spray more poison"),
        N_("The colours of my alpaca jumpers run when customers wash them"),
        N_("My cheese swells after two weeks and shops send it back"),
    ),
    Side.DEMAND: (
        N_("We control pests of oregano and other herbs without chemicals"),
        N_("We test whether dyes on alpaca fibre stand washing and light"),
        N_("We help small dairies to find out why their cheese spoils"),
    ),
}
"""Illustrative questions, of either side."""
