"""A format whose pages a test writes: it fails where it is told to, and remembers what it was asked."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from matcher.access import EVERYTHING
from matcher.editing import Change, Editor
from matcher.errors import BadInput
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked, Format, Page
from matcher.sources.reading import Gone, Refusal, Row, Skipped, Told
from matcher.store import runs, sources
from matcher.store.import_runs import Run
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.store.tables import SourceRecordRow


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


def counts(run: Run) -> tuple[int, ...]:
    """Return how many were read, added, changed, unchanged, kept, gone, refused."""
    return tuple(runs.told(run).values())


def ids(store):
    """Return the ids of partners and of texts."""
    return [p.id for p in store.partners()], [e.id for e in store.evidence()]


def edit(store, type_, id_, **values):
    with store.writing() as writer:
        Editor(writer, EVERYTHING).apply(Change(type_, id_, values))


def delete(store, kind, id_):
    with store.writing() as writer:
        Editor(writer, EVERYTHING).apply(Change(kind, id_, delete=True))


def given(store, source="repo"):
    """Return the records that are noted as a source's, with the keys of their rows."""
    with store.reading() as session:
        wanted = select(SourceRecordRow).where(SourceRecordRow.source == source)
        return {r.record: r.key for r in session.scalars(wanted.order_by(SourceRecordRow.record))}
