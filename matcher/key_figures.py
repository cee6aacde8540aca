"""Key figures over time: what was recorded and what came of it, by month, quarter or year, region, sector and office.

Everything is counted from events, each of a kind and, where it is known, a day: what everybody may see of the records
(`public_events`), or the steps on offices' desks (`desk_events`).
"""

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from matcher.introductions import PATH, Standing
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store.journeys import Journey


class Figure(StrEnum):
    """What is counted."""

    NEEDS = "needs"
    CAPABILITIES = "capabilities"
    PROPOSED = "proposed"
    INTRODUCTIONS = "introductions"
    MEETINGS = "meetings"
    AGREEMENTS = "agreements"
    PROJECTS = "projects"
    DECLINED = "declined"


class Span(StrEnum):
    """How long a slot of time is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


OF_SIDE = {Side.DEMAND: Figure.NEEDS, Side.SUPPLY: Figure.CAPABILITIES}
OF_STAGE = {
    Stage.INTRODUCED: Figure.INTRODUCTIONS, Stage.MET: Figure.MEETINGS, Stage.AGREED: Figure.AGREEMENTS,
    Stage.PROJECT: Figure.PROJECTS, Stage.DECLINED: Figure.DECLINED,
}  # fmt: skip
OF_STANDING = {
    Standing.PROPOSED: Figure.PROPOSED, Standing.SENT: Figure.INTRODUCTIONS, Standing.MET: Figure.MEETINGS,
    Standing.AGREED: Figure.AGREEMENTS, Standing.PROJECT: Figure.PROJECTS, Standing.DECLINED: Figure.DECLINED,
}  # fmt: skip
PUBLIC = (*OF_SIDE.values(), *OF_STAGE.values())
DESK = tuple(OF_STANDING.values())
MOST = {Span.MONTH: 24, Span.QUARTER: 16, Span.YEAR: 12}  # slots that are shown; what is older is told together


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is counted. `day`: None where nobody recorded it; region and sectors of whom it serves."""

    figure: Figure
    day: dt.date | None
    region: str | None = None
    sectors: tuple[str, ...] = ()
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Counts over time. `slots`: first days; `counts`: figure -> (slots,) how many.

    Apart: `before` the first slot, `ahead` (a day that is still to come), `undated`.
    """

    slots: tuple[dt.date, ...]
    counts: Mapping[Figure, tuple[int, ...]]
    before: Mapping[Figure, int]
    ahead: Mapping[Figure, int]
    undated: Mapping[Figure, int]

    def total(self, figure: Figure) -> int:
        """Return how many there are of a figure, whenever they were."""
        return sum(self.counts[figure]) + self.before[figure] + self.ahead[figure] + self.undated[figure]


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of one region, sector or office; `key` None: of those where it is not known."""

    key: str | None
    counts: Mapping[Figure, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """Days from one stage to a later one. `median`: None without any introduction that reached both.

    `disordered`: of how many the later one has the earlier day; these are left out.
    """

    first: Standing
    then: Standing
    median: float | None
    introductions: int
    disordered: int


def public_events(
    partners: Mapping[str, Partner], evidence: Iterable[Evidence], outcomes: Iterable[Outcome]
) -> list[Event]:
    """Return an event a text and side that it speaks of, and one an outcome, which counts as what it has come to.

    :param partners: by id. All records are as everybody may see them.
    """
    found = []
    for text in evidence:
        for side, figure in OF_SIDE.items():
            who = next((partners[p] for p in text.partners if p in partners and partners[p].side is side), None)
            if who:
                found.append(Event(figure, text.date, text.region or who.region, text.sectors or who.sectors))
    for outcome in outcomes:
        other = partners.get(outcome.counterpart or "")
        region = outcome.region or (other.region if other else None)
        sectors = outcome.sectors or (other.sectors if other else ())
        found.append(Event(OF_STAGE[outcome.stage], outcome.date, region, sectors))
    return found


def desk_events(journeys: Iterable[Journey]) -> list[Event]:
    """Return an event each stage that an introduction has reached."""
    return [
        Event(OF_STANDING[stage], day, journey.region, journey.sectors, journey.office)
        for journey in journeys
        for stage, day in journey.days.items()
    ]


def over_time(events: Iterable[Event], figures: Sequence[Figure], span: Span, today: dt.date) -> Series:
    """Return the counts of some figures in slots without a gap, up to the last with anything in it."""
    of = Counter((e.figure, start_of(e.day, span) if e.day and e.day <= today else e.day) for e in events)
    dated = [day for (figure, day), _ in of.items() if figure in figures and day and day <= today]
    slots = _slots(min(dated), max(dated), span) if dated else []
    counts = {f: tuple(of[f, slot] for slot in slots) for f in figures}

    def apart(which: Callable[[dt.date | None], bool]) -> dict[Figure, int]:
        return {f: sum(n for (figure, day), n in of.items() if figure is f and which(day)) for f in figures}

    return Series(
        tuple(slots),
        counts,
        apart(lambda day: day is not None and bool(slots) and day < slots[0]),
        apart(lambda day: day is not None and day > today),
        apart(lambda day: day is None),
    )


def start_of(day: dt.date, span: Span) -> dt.date:
    """Return the first day of the slot that a day lies in."""
    if span is Span.YEAR:
        return day.replace(month=1, day=1)
    month = day.month - (day.month - 1) % 3 if span is Span.QUARTER else day.month
    return day.replace(month=month, day=1)


def by_region(events: Iterable[Event], figures: Sequence[Figure]) -> list[Row]:
    """Return a row a region; an event lies in one."""
    return _rows(events, figures, lambda event: (event.region,))


def by_sector(events: Iterable[Event], figures: Sequence[Figure]) -> list[Row]:
    """Return a row a division of ISIC (a section where no more is said); an event counts in each of its sectors."""
    return _rows(events, figures, lambda event: tuple(dict.fromkeys(code[:3] for code in event.sectors)) or (None,))


def by_office(events: Iterable[Event], figures: Sequence[Figure]) -> list[Row]:
    """Return a row an office."""
    return _rows(events, figures, lambda event: (event.office,))


def chosen(events: Iterable[Event], regions: Iterable[str] = (), sector: str | None = None) -> list[Event]:
    """Return the events of some regions and of a sector, or what lies in it; nothing given asks for nothing."""
    wanted = frozenset(regions)
    return [
        e
        for e in events
        if (not wanted or e.region in wanted) and (not sector or any(code.startswith(sector) for code in e.sectors))
    ]


def gaps(journeys: Iterable[Journey]) -> list[Gap]:
    """Return the medians of days from each stage to the next, and from the first to the last."""
    known = list(journeys)
    return [_gap(known, first, then) for first, then in (*pairwise(PATH), (PATH[0], PATH[-1]))]


def _gap(journeys: Sequence[Journey], first: Standing, then: Standing) -> Gap:
    both = [j.days for j in journeys if first in j.days and then in j.days]
    days = [(d[then] - d[first]).days for d in both]
    good = [n for n in days if n >= 0]
    return Gap(first, then, statistics.median(good) if good else None, len(good), len(days) - len(good))


def _slots(first: dt.date, last: dt.date, span: Span) -> list[dt.date]:
    """Return the first days of the slots between two, both within; no more than MOST, the last ones."""
    found = [last]
    while found[-1] > first and len(found) < MOST[span]:
        found.append(start_of(found[-1] - dt.timedelta(days=1), span))
    return found[::-1]


def _rows(
    events: Iterable[Event], figures: Sequence[Figure], keys: Callable[[Event], Iterable[str | None]]
) -> list[Row]:
    """Return rows by their total, the largest first; who is not known comes last."""
    found: dict[str | None, Counter[Figure]] = {}
    for event in events:
        if event.figure in figures:
            for key in keys(event):
                found.setdefault(key, Counter())[event.figure] += 1
    rows = [Row(key, {f: counts[f] for f in figures}) for key, counts in found.items()]
    return sorted(rows, key=lambda row: (row.key is None, -sum(row.counts.values()), row.key or ""))
