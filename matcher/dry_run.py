"""What a run of a source would do, before it does: nothing is written, and memory stays flat."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.access import EVERYBODY
from matcher.known import Known
from matcher.page_plan import plan
from matcher.records import Evidence, Partner, Record
from matcher.run_start import NEVER, Names, format_of, where_to_start
from matcher.store import runs, source_records
from matcher.store.rows import ROWS
from matcher.store.runs import Tally
from matcher.store.source_records import KINDS, Key
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.store.tables import ImportRunRow, SourceRecordRow
from matcher.store.view import hidden_partners, seen_by
from matcher.store.writer import stored_records
from matcher.syncing import Progress, at_least, too_many

EXAMPLES = 5  # of each effect
PART = 500


@dataclass(slots=True)
class Difference:
    """What would be done. `tally.gone`: records that the source no longer gives, of the `before` that it gave.

    `examples`: effect (added, changed, gone) -> names of some; `asks`: the run would stop and ask.
    """

    tally: Tally = field(default_factory=Tally)
    examples: dict[str, list[str]] = field(default_factory=dict)
    before: int = 0
    asks: bool = False

    def show(self, effect: str, record: Record) -> None:
        """Keep a record as an example, where there are few yet."""
        shown = self.examples.setdefault(effect, [])
        if len(shown) < EXAMPLES:
            shown.append(label(record))


def difference(store: Store, source: Source, *, whole: bool = False, progress: Progress | None = None) -> Difference:
    """Return what `syncing.sync` would do now.

    :raises BadInput: the source cannot be read.
    """
    with store.reading() as session:
        row, start = where_to_start(session, source, whole=whole)
        found = Difference(before=row.before if row else source_records.count(session, source.name))
        partial, read = bool(row and row.partial), start.read
    pages = format_of(source).read(replace(start.asked, stored=Names(store)))
    with closing(_Seen()) as seen:
        for page in pages if start.state is not runs.State.ENDING else ():
            partial = partial or page.partial
            with store.reading() as session:
                known = Known.read(session, page)
                known.before = seen.among(known.touched)
                made = plan(page, known, start.giver, NEVER)
                seen.add([*_of_rows(session, source.name, list(made.gone))], gone=True)
            seen.add(made.notes, gone=False)
            found.tally.add(made.tally)
            for key, effect in made.effects.items():
                found.show(effect, made.writes[key])
            read += made.tally.read
            if progress:
                progress(read, at_least(page, start.total, read))
        with store.reading() as session:
            absent = 0
            for key, told in _lost(session, source.name, start.giver.begun, seen, whole=not partial):
                found.tally.gone += 1
                absent += not told
                if len(found.examples.get("gone", ())) < EXAMPLES:
                    for record in stored_records(session, key[0], [key[1]]):
                        found.show("gone", record)
            refused = found.tally.refused + (row.refused if row else 0)
            found.asks = too_many(session, source, found.before, found.tally.gone, absent, refused)
    return found


def missing(session: Session, source: str, run: ImportRunRow) -> list[str]:
    """Return the names of some records that a run asks about; ids of those that not everybody may see."""
    keys = source_records.lost(session, source, run.begun, whole=not run.partial, limit=2 * EXAMPLES)
    hidden = hidden_partners(session, EVERYBODY)
    found = [record for kind, id_ in keys for record in stored_records(session, kind, [id_])]
    return [label(record) if seen_by(record, EVERYBODY, hidden) else record.id for record in found]


def label(record: Record) -> str:
    """Return what people know a record by, as everybody may: of what is confidential the summary."""
    if isinstance(record, Partner):
        return record.id if record.consent is False else record.name
    if isinstance(record, Evidence):
        text = (record.summary or record.id) if record.confidential else record.title or record.text
        return text if len(text) <= 100 else text[:99] + "…"
    return record.id


class _Seen:
    """Which records a dry run has met, in a file of its own that goes with it."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # SQLite keeps it in memory while it is small, and deletes it at the end
        self._file.execute("CREATE TABLE seen (kind TEXT, id TEXT, gone INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID")

    def add(self, keys: Iterable[Key], *, gone: bool) -> None:
        """Note that records were given, or said to be gone."""
        rows = [(ROWS[kind].__tablename__, id_, gone) for kind, id_ in keys]
        self._file.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", rows)

    def get(self, key: Key) -> bool | None:
        """Return whether a record was said to be gone, None where nothing was said of it."""
        wanted = "SELECT gone FROM seen WHERE kind = ? AND id = ?"
        row = self._file.execute(wanted, (ROWS[key[0]].__tablename__, key[1])).fetchone()
        return bool(row[0]) if row else None

    def among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the records that were given."""
        return {key for key in keys if self.get(key) is False}

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def _of_rows(session: Session, source: str, keys: list[str]) -> Iterator[Key]:
    row = SourceRecordRow
    wanted = select(row.kind, row.record).where(row.source == source, row.key.in_(keys))
    return ((KINDS[kind], id_) for kind, id_ in session.execute(wanted))


def _lost(session: Session, source: str, since: int, seen: _Seen, *, whole: bool) -> Iterator[tuple[Key, bool]]:
    """Return records that the source no longer gives, and whether it says so itself."""
    row = SourceRecordRow
    wanted = select(row.kind, row.record, row.seen, row.gone).where(row.source == source)
    wanted = wanted.order_by(row.kind, row.record)
    for kind, id_, when, before in session.execute(wanted.execution_options(yield_per=PART)):
        key = (KINDS[kind], id_)
        gone = seen.get(key)
        if gone or (gone is None and before):
            yield key, True
        elif gone is None and whole and when < since:
            yield key, False
