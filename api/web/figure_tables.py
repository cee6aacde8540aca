"""Key figures as tables and charts: each is shown on the page and can be taken out as a file."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from babel.dates import format_date

from api.web.charts import Chart, chart
from api.web.rendering import locale_of
from matcher.key_figures import Figure, Gap, Row, Series, Span
from matcher.language import N_, Translate
from matcher.places import region_name
from matcher.sectors import sector_name
from matcher.table_export import Column, Value

NAMES = {
    Figure.NEEDS: N_("Needs"),
    Figure.CAPABILITIES: N_("Capabilities"),
    Figure.PROPOSED: N_("Proposed"),
    Figure.INTRODUCTIONS: N_("Introductions"),
    Figure.MEETINGS: N_("Meetings"),
    Figure.AGREEMENTS: N_("Agreements"),
    Figure.PROJECTS: N_("Projects"),
    Figure.DECLINED: N_("Declined"),
}
DATES = {Span.MONTH: "MMM y", Span.QUARTER: "QQQ y", Span.YEAR: "y"}
HEADS = {"regions": N_("Region"), "sectors": N_("Sector"), "offices": N_("Office")}
Name = Callable[[str | None], str]
SHOWN = 8  # rows of a table that are seen at once; the rest unfolds


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. `code`: of the region or sector, or the first day of a slot of time, for files."""

    code: str
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What is shown as a table and can be taken out as a file.

    `first`: head of the names; `keys`: of the values; `heads`: what people read over them. `seen`: rows that are not
    folded away.
    """

    id: str
    title: str
    first: str
    keys: tuple[str, ...]
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    total: tuple[Value, ...] | None = None
    seen: int = SHOWN

    def columns(self) -> tuple[Column[Line], ...]:
        """Return the columns of its file."""
        return (
            Column("code", N_("Code"), lambda line: line.code),
            Column("name", N_("Name"), lambda line: line.name),
            *(_column(i, *each) for i, each in enumerate(zip(self.keys, self.heads, strict=True))),
        )


def _column(number: int, key: str, head: str) -> Column[Line]:
    return Column(key, head, lambda line: line.values[number])


@dataclass(frozen=True, slots=True)
class Words:
    """How things are called in the reader's language."""

    say: Translate
    language: str
    span: Span

    def slot(self, day: dt.date) -> str:
        """Return what a slot of time is called."""
        return str(format_date(day, DATES[self.span], locale=locale_of(self.language)))

    def heads(self, figures: Iterable[Figure]) -> tuple[str, ...]:
        """Return what figures are called."""
        return tuple(self.say(NAMES[figure]) for figure in figures)

    def region(self, code: str | None) -> str:
        """Return what a region is called."""
        return region_name(code) if code else self.say(N_("region not known"))

    def sector(self, code: str | None) -> str:
        """Return what a sector is called."""
        return sector_name(code, self.language) if code else self.say(N_("sector not known"))


def drawn(id_: str, title: str, series: Series, figures: Sequence[Figure], words: Words) -> Chart:
    """Return a chart of some figures over time."""
    return chart(
        f"chart-{id_}",
        title,
        [words.slot(day) for day in series.slots],
        [(words.say(NAMES[f]), series.counts[f]) for f in figures],
    )


def in_time(id_: str, title: str, series: Series, figures: Sequence[Figure], words: Words) -> Table:
    """Return a table of time; what has no place in it has rows of its own, those that hold anything."""
    lines = [
        Line(day.isoformat(), words.slot(day), tuple(series.counts[f][slot] for f in figures))
        for slot, day in enumerate(series.slots)
    ]
    apart = (
        ("before", N_("before"), series.before),
        ("ahead", N_("with a date still to come"), series.ahead),
        ("undated", N_("without a date"), series.undated),
    )
    told = [Line(c, words.say(name), tuple(of[f] for f in figures)) for c, name, of in apart if any(of.values())]
    lines = [each for each in told if each.code == "before"] + lines + [each for each in told if each.code != "before"]
    total = tuple(series.total(f) for f in figures)
    return Table(
        id_, title, words.say(N_("Date")), tuple(figures), words.heads(figures), tuple(lines), total, seen=len(lines)
    )


def by_key(id_: str, title: str, rows: Sequence[Row], figures: Sequence[Figure], words: Words, name: Name) -> Table:
    """Return a table of regions, sectors or offices, which `id_` tells."""
    lines = tuple(Line(row.key or "", name(row.key), tuple(row.counts[f] for f in figures)) for row in rows)
    head = words.say(HEADS[id_.removeprefix("desk-")])
    return Table(id_, title, head, tuple(figures), words.heads(figures), lines)


def days(gaps: Sequence[Gap], words: Words) -> Table:
    """Return a table of the days between steps."""
    say = words.say
    heads = say(N_("Median days")), say(N_("Introductions")), say(N_("Left out: dates out of order"))
    lines = tuple(
        Line(
            f"{gap.first}-{gap.then}",
            say(N_("from {first} to {then}")).format(first=say(gap.first.value), then=say(gap.then.value)),
            (gap.median, gap.introductions, gap.disordered),
        )
        for gap in gaps
    )
    return Table(
        "desk-days",
        say(N_("Days between steps")),
        say(N_("Steps")),
        ("median", "introductions", "disordered"),
        heads,
        lines,
    )
