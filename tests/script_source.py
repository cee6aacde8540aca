"""A format whose pages a test writes: it fails where it is told to, and remembers what it was asked."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from matcher.errors import BadInput
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked, Format, Page
from matcher.sources.reading import Gone, Refusal, Row, Skipped, Told
from matcher.store import sources
from matcher.store.sources import Source
from matcher.store.store import Store


@dataclass
class Script:
    """What the source holds. `fails`: number of the page, from 0, that cannot be read; `partial`: it tells
    only changes; `by_key`: it can be asked for single rows.
    """

    pages: list[list[Told]] = field(default_factory=list)
    fails: int | None = None
    partial: bool = False
    total: int | None = None
    by_key: bool = False
    asked: list[Asked] = field(default_factory=list)

    def read(self, asked: Asked) -> Iterator[Page]:
        self.asked.append(asked)
        start = asked.after["page"] + 1 if asked.after else 0
        for number in range(start, len(self.pages)):
            if number == self.fails:
                raise BadInput("page {number} is broken", number=number)
            yield Page(tuple(self.pages[number]), {"page": number}, self.total, self.partial)


def as_format(script: Script) -> Format:
    return Format(
        "script",
        "pages of a test",
        "tinkuy import script x",
        script.read,
        {"people": "whom"},
        live=True,
        by_key=script.by_key,
    )


def put_format(monkeypatch, script: Script) -> None:
    monkeypatch.setitem(FORMATS, "script", as_format(script))


def configured(store: Store, name: str = "repo", **values: object) -> Source:
    with store.noting() as session:
        sources.add(session, Source(name, "script", url="https://repo.example/oai", **values))
        return sources.get(session, name)


def lab(n: int, name: str = "", **values: object) -> Partner:
    return Partner(f"lab-{n}", Side.SUPPLY, name or f"Laboratorio {n}", "laboratory", **values)


def text(n: int, *partners: str, said: str = "", **values: object) -> Evidence:
    return Evidence(
        f"text-{n}", partners or (f"lab-{n}",), "project", said or f"Ensayos de fibra {n}.", language="es", **values
    )


def met(n: int, partner: str) -> Outcome:
    return Outcome(f"met-{n}", partner, Stage.MET, date=dt.date(2026, 1, 1))


def row(number: int, *records: object, key: str | None = None, mentions: tuple[Partner, ...] = ()) -> Row:
    return Row("pages", number, records, mentions, f"k{number}" if key is None else key)


def rows(*numbers: int) -> list[Told]:
    """A lab with one text each."""
    return [row(n, lab(n), text(n)) for n in numbers]


def refused(number: int, key: str = "") -> Refusal:
    return Refusal("pages", number, BadInput("row {n} is nonsense", n=number), key=key)


def gone(number: int) -> Gone:
    return Gone("pages", number, f"k{number}")


def skipped(number: int, what: str) -> Skipped:
    return Skipped("pages", number, what)
