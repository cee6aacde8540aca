"""What is known of all that a page of a source touches: the records that are there, who gave them, who erased them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matcher.records import Evidence, Outcome, Partner, Record
from matcher.sources.pages import Page
from matcher.sources.reading import Row
from matcher.store import erased, source_records
from matcher.store.source_records import Key, Note
from matcher.store.writer import is_storable, named_partners, stored_records

ORDER = (Partner, Evidence, Outcome)  # partners before those that name them


@dataclass(slots=True)
class Known:
    """What is known of all that a page touches: `touched`, the records themselves and the partners that they name.

    `notes`: record -> source -> what it gave; `erased`, `people`: records that were erased, or written by hand;
    `before`: records that this run has given, though nothing shows it (a dry run's).
    """

    touched: set[Key]
    stored: dict[Key, Record]
    notes: dict[Key, dict[str, Note]]
    erased: set[Key]
    people: set[Key]
    before: Collection[Key] = ()

    @classmethod
    def read(cls, session: Session, page: Page) -> "Known":
        """Read it."""
        return cls.read_keys(session, _touched(page))

    @classmethod
    def read_keys(cls, session: Session, touched: Iterable[Key]) -> "Known":
        """Read what is known of some records."""
        keys = {key for key in touched if is_storable(key[1])}
        stored: dict[Key, Record] = {}
        for kind in ORDER:
            ids = sorted(id_ for each, id_ in keys if each is kind)
            stored.update(((kind, record.id), record) for record in stored_records(session, kind, ids))
        notes = source_records.notes(session, keys)
        unknown = [key for key in stored if key not in notes]
        gone, people = erased.erased_among(session, keys), source_records.by_people(session, unknown)
        return cls(keys, stored, notes, gone, people)

    def there(self, key: Key) -> bool:
        """Tell whether a record is in the database, or would be by now."""
        return key in self.stored or key in self.before

    def barred(self, key: Key) -> bool:
        """Tell whether a record must not come back: it was erased, or somebody has deleted what a source gave."""
        return key in self.erased or (not self.there(key) and key in self.notes)


def _touched(page: Page) -> Iterator[Key]:
    for row in page.rows:
        if isinstance(row, Row):
            for record in (*row.mentions, *row.records):
                yield type(record), record.id
                for id_ in named_partners(record):
                    yield Partner, id_
