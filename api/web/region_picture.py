"""The picture itself: what is counted of the texts that were chosen."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request

from api.web.region_choices import Asked, By, Show, Wanted
from api.web.region_drawing import Drawing, draw
from matcher import regional, specialisation, value_chains
from matcher.coverage_job import CoverageJob, Progress
from matcher.engine import Engine
from matcher.grouping import Grouping
from matcher.places import country_of
from matcher.records import Partner, Side
from matcher.regional import Need, Standing, Tally, Text
from matcher.specialisation import Specialisation
from matcher.value_chains import Chain

WAIT_S = 0.8  # that a page waits for the needs to be asked, before it shows how far that is


@dataclass(frozen=True)
class Picture:
    """What is counted. `every`: of all texts, for the choices of the form; `language`: of names.

    A place is a region or, where `grouping` has any, a macro-region.
    """

    needs: Sequence[Need]
    able: Sequence[Text]
    every: Sequence[Text]
    progress: Progress
    grouping: Grouping
    grouped: bool
    language: str

    @cached_property
    def total(self) -> Tally:
        """What is counted of all."""
        return regional.total(self.needs, self.able)

    @cached_property
    def placeless(self) -> Tally:
        """What is counted of texts whose region is not known."""
        return regional.placeless(self.needs, self.able)

    @cached_property
    def places(self) -> dict[str, Tally]:
        """What is counted of each place, the most needs first."""
        found = regional.by_region(self.needs, self.able, self.grouping.group_of)
        return dict(sorted(found.items(), key=lambda item: (-item[1].needs, -item[1].capabilities, item[0])))

    @cached_property
    def sectors(self) -> dict[str, Tally]:
        """What is counted of each sector, the widest gap first; those without a sector last."""
        return _widest_first(regional.by_sector(self.needs, self.able))

    @cached_property
    def cells(self) -> dict[tuple[str, str], Tally]:
        """What is counted of each place's sector."""
        return regional.by_region_and_sector(self.needs, self.able, self.grouping.group_of)

    @cached_property
    def flows(self) -> list[regional.Flow]:
        """From where needs could be served."""
        return regional.flows(self.needs, self.grouping.group_of)

    @cached_property
    def international(self) -> bool:
        """Whether places of several countries are shown."""
        regions = [t.region for t in (*self.needs, *self.able)]
        regions += [server.partner.region for need in self.needs for server in need.servers]
        return len({country_of(region) for region in regions if region}) > 1

    def name_of(self, place: str) -> str:
        """Return a place's name, with its country's where it must be told."""
        return self.grouping.name(place, self.language, with_country=self.international)

    def drawing(self, asked: Asked, only: str | None = None) -> Drawing | None:
        """Return the map."""
        flows = self.flows if asked.flows == "on" and asked.show is Show.DEMAND else []
        supply = asked.show is Show.SUPPLY
        return draw(self.places, flows, self.name_of, self.grouping.regions_of, supply=supply, only=only)

    def quotients(self, side: Side) -> list[Specialisation]:
        """Return the location quotients of a side."""
        return specialisation.quotients(self.needs if side is Side.DEMAND else self.able, self.grouping.group_of)

    def needs_at(self, place: str) -> list[Need]:
        """Return a place's needs."""
        return [n for n in self.needs if n.region and self.grouping.group_of(n.region) == place]

    def able_at(self, place: str) -> list[Text]:
        """Return a place's capabilities."""
        return [t for t in self.able if t.region and self.grouping.group_of(t.region) == place]

    def sectors_at(self, place: str) -> dict[str, Tally]:
        """Return what is counted of a place's sectors, the widest gap first."""
        return _widest_first({sector: tally for (where, sector), tally in self.cells.items() if where == place})

    def chains_at(self, place: str) -> list[tuple[Chain, list[value_chains.Standing]]]:
        """Return how the value chains of a place stand."""
        return value_chains.standing(value_chains.shipped(), self.needs_at(place), self.able_at(place))

    def partners_at(self, place: str) -> list[tuple[Partner, int, int]]:
        """Return a place's partners, with their texts and the needs anywhere whose best match they are."""
        able, texts, best = self.able_at(place), dict[str, int](), dict[str, int]()
        for text in able:
            texts[text.partner.id] = texts.get(text.partner.id, 0) + 1
        for need in self.needs:
            if need.servers:
                best[need.servers[0].partner.id] = best.get(need.servers[0].partner.id, 0) + 1
        partners = {text.partner.id: text.partner for text in able}
        found = [(partner, texts[id_], best.get(id_, 0)) for id_, partner in partners.items()]
        return sorted(found, key=lambda item: (-item[2], -item[1], item[0].id))

    def listed(self, place: str, standing: Wanted) -> list[Need]:
        """Return needs, those whom nobody near by can serve but somebody elsewhere first, the latest before others."""
        order = {Standing.ELSEWHERE: 0, Standing.UNMET: 1, Standing.NEAR: 2}
        found = [n for n in (self.needs_at(place) if place else self.needs) if standing.has(n)]
        found.sort(key=lambda n: n.evidence.date or dt.date.min, reverse=True)
        return sorted(found, key=lambda n: order[n.standing])


def job_of(request: Request) -> CoverageJob:
    """Return what asks all needs beside the requests."""
    job: CoverageJob = request.app.state.coverage
    return job


Job = Annotated[CoverageJob, Depends(job_of)]
Form = Annotated[Asked, Depends()]


def picture_of(engine: Engine, job: CoverageJob, asked: Asked, language: str) -> Picture:
    """Return the picture of the engine's state; without answers yet nothing is counted."""
    progress = job.look(engine, WAIT_S)
    partners, chosen, grouping = engine.snapshot.partners, asked.chosen(), asked.grouping(engine.macro_regions)
    texts = {side: engine.snapshot.sides[side].evidence for side in Side}
    every = [t for side in Side for t in regional.texts(partners, texts[side], side)]
    asked_all = regional.needs(partners, texts[Side.DEMAND], progress.answers or {}, asked.near, grouping.group_of)
    needs = [n for n in asked_all if chosen.has(n)]
    able = [t for t in every if t.partner.side is Side.SUPPLY and chosen.has(t)]
    return Picture(needs, able, every, progress, grouping, asked.by is By.MACRO, language)


def _widest_first(found: dict[str, Tally]) -> dict[str, Tally]:
    """Return sectors in their order; those without a sector last."""

    def place(item: tuple[str, Tally]) -> tuple[object, ...]:
        sector, tally = item
        return sector == "", -tally.gap, -tally.needs, -tally.capabilities, sector

    return dict(sorted(found.items(), key=place))
