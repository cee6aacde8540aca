"""Writing records: whole transactions, one after the other, each with its number."""

import re
import uuid
from collections.abc import Container, Mapping, Sequence
from dataclasses import fields as record_fields
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from matcher.errors import BadInput, Conflict, NotFound, Stale, TinkuyError
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store import derived, same_texts, sameness
from matcher.store.rows import ROWS, TO_RECORD, to_links, to_row, to_values
from matcher.store.tables import ClockRow, EvidencePartnerRow, OutcomeRow, ShownAnewRow, TombstoneRow
from matcher.wholeness import Derived, How, Kind

BATCH = 500  # records looked up and written at once; SQLite allows 999 variables at least
_SURROGATE = re.compile("[\ud800-\udfff]")
Effect = Literal["added", "changed", "unchanged"]


class Writer:
    """What can be done inside one write transaction. `version`: its number, greater than any before."""

    def __init__(self, session: Session) -> None:
        self.session = session
        # The row stays locked until the transaction ends, so that numbers become visible in their order.
        session.execute(update(ClockRow).values(version=ClockRow.version + 1))
        self.version = int(session.scalars(select(ClockRow.version)).one())

    def upsert(self, records: Sequence[Record]) -> list[Effect | TinkuyError]:
        """Add or update records by id; tell of each what became of it, in order.

        A value that is not given (None or empty) leaves the stored one as it is; a partner named twice counts
        once. A record that names a partner that does not exist, or is confidential without a summary, is not
        written, and its error returned.
        """
        return self._write(records, merge=True)

    def write(self, records: Sequence[Record]) -> list[Effect | TinkuyError]:
        """Write records as they are given, and tell of each what became of it, in order; faults as in `upsert`."""
        return self._write(records, merge=False)

    def put(self, record: Record, *, expected: int | None = None, new: bool = False) -> Effect:
        """Write a record as it is given: what it leaves empty becomes empty.

        :param expected: the version that it must have now.
        :param new: it must not exist yet.
        :raises Stale: it has another version.
        :raises Conflict: it exists already.
        :raises NotFound: it names a partner that does not exist, or must be there and is not.
        :raises BadInput: confidential without a summary.
        """
        self._expect(type(record), record.id, expected, new=new)
        (effect,) = self._write([record], merge=False)
        if isinstance(effect, TinkuyError):
            raise effect
        return effect

    def delete(self, kind: type[Record], id_: str, *, expected: int | None = None) -> dict[type[Record], list[str]]:
        """Delete a record and what cannot be without it; return the ids of all that is gone, by kind.

        With a partner go the texts that speak of no other and its outcomes; outcomes with it as
        counterpart stay without a name.

        :raises NotFound: there is none.
        :raises Stale: it has another version than expected.
        """
        self._expect(kind, id_, expected, must=True)
        gone: dict[type[Record], list[str]] = {kind: [id_]}
        if kind is Partner:
            self._leave(id_, gone)
        elif kind is Evidence:
            same_texts.drop(self.session, self.version, [id_], refused=True)
        for each, ids in gone.items():  # `shown_anew` of them goes when tombstones do
            derived.drop(self.session, each, ids)
        self.session.execute(delete(ROWS[kind]).where(ROWS[kind].id == id_))
        for each, ids in gone.items():
            for one in ids:
                self.session.merge(TombstoneRow(kind=ROWS[each].__tablename__, id=one, version=self.version))
        self.session.flush()
        return gone

    def remove(self, kind: type[Record], ids: Sequence[str]) -> None:
        """Delete records that nothing names any more; what is not there is passed over."""
        row: Any = ROWS[kind]
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            there = list(self.session.scalars(select(row.id).where(row.id.in_(part))))
            derived.drop(self.session, kind, there)
            if kind is Partner:
                sameness.leave(self.session, self.version, there)
                sameness.drop(self.session, there)
            elif kind is Evidence:
                same_texts.drop(self.session, self.version, there, refused=True)
            self.session.execute(delete(row).where(row.id.in_(there)))
            for id_ in there:
                self.session.merge(TombstoneRow(kind=row.__tablename__, id=id_, version=self.version))
        self.session.flush()
        self.session.expunge_all()

    def join(
        self, partner: str, as_: str, how: How = "person", confidence: float = 1.0, key: str | None = None
    ) -> bool:
        """Show a partner, and those joined to it, as another one; tell whether that is new. See `sameness.join`."""
        return sameness.join(self.session, self.version, partner, as_, how, confidence, key)

    def split(self, partner: str, key: str | None = None) -> str:
        """Show a partner as itself again, and return whom it was joined to. See `sameness.split`."""
        return sameness.split(self.session, self.version, partner, key)

    def link(self, text: str, as_: str, likeness: float) -> bool:
        """Show a text by another one that says the same; tell whether that is new. See `same_texts.link`."""
        return same_texts.link(self.session, self.version, text, as_, likeness)

    def tell_apart(self, text: str, key: str | None = None) -> str:
        """Show a text by itself again, and return by which it was shown. See `same_texts.tell_apart`."""
        return same_texts.tell_apart(self.session, self.version, text, key)

    def derive(self, rows: Sequence[Derived]) -> list[bool | TinkuyError]:
        """Lay values over records; tell of each whether it is new, or why it cannot be. See `derived.derive`."""
        return derived.derive(self.session, self.version, rows)

    def forget(self, kind: Kind, record: str, field: str | None = None) -> int:
        """Take values from records, as they were laid over them; return how many that were. See `derived.forget`."""
        return derived.forget(self.session, self.version, kind, record, field)

    def refuse(self, kind: Kind, record: str, field: str) -> None:
        """Take a value back for good because a person says that it is wrong. See `derived.refuse`."""
        derived.refuse(self.session, self.version, kind, record, field)

    def purge(self, version: int) -> None:
        """Forget which records were deleted up to `version`: nobody asks any more for what changed since before."""
        self.session.execute(delete(TombstoneRow).where(TombstoneRow.version <= version))
        self.session.execute(delete(ShownAnewRow).where(ShownAnewRow.version <= version))
        self.session.execute(update(ClockRow).values(purged=version).where(ClockRow.purged < version))

    def begin_lineage(self) -> None:
        """Begin another history: what was restored has not seen what was written since it was saved."""
        self.session.execute(update(ClockRow).values(lineage=uuid.uuid4().hex))

    def _leave(self, partner: str, gone: dict[type[Record], list[str]]) -> None:
        """Take a partner out of texts and outcomes before it is deleted."""
        session, link = self.session, EvidencePartnerRow
        sameness.leave(session, self.version, [partner])
        sameness.drop(session, [partner])
        texts = list(session.scalars(select(link.evidence_id).where(link.partner_id == partner)))
        shared = set(
            session.scalars(select(link.evidence_id).where(link.evidence_id.in_(texts), link.partner_id != partner))
        )
        session.execute(delete(link).where(link.partner_id == partner))
        evidence, outcome = ROWS[Evidence], OutcomeRow
        gone[Evidence] = sorted(set(texts) - shared)
        same_texts.drop(session, self.version, gone[Evidence], refused=True)
        session.execute(delete(evidence).where(evidence.id.in_(gone[Evidence])))
        session.execute(update(evidence).where(evidence.id.in_(shared)).values(version=self.version))
        gone[Outcome] = sorted(session.scalars(select(outcome.id).where(outcome.partner == partner)))
        session.execute(delete(outcome).where(outcome.partner == partner))
        session.execute(
            update(outcome).where(or_(outcome.counterpart == partner)).values(counterpart=None, version=self.version)
        )

    def _expect(
        self, kind: type[Record], id_: str, expected: int | None, *, new: bool = False, must: bool = False
    ) -> None:
        found = self.session.scalar(select(ROWS[kind].version).where(ROWS[kind].id == id_))
        if found is None and (must or expected is not None):
            raise NotFound(N_("no {kind} has the id {id!r}"), kind=ROWS[kind].__tablename__, id=id_)
        if new and found is not None:
            raise Conflict(N_("{id!r} exists already; give its ETag with If-Match to change it"), id=id_)
        if expected is not None and found != expected:
            raise Stale(
                N_("{id!r} was changed meanwhile (it is at {found}, not at {expected}): read it again and decide anew"),
                id=id_,
                found=found,
                expected=expected,
            )

    def _write(self, records: Sequence[Record], *, merge: bool) -> list[Effect | TinkuyError]:
        effects: list[Effect | TinkuyError] = []
        for start in range(0, len(records), BATCH):
            effects += self._write_batch(records[start : start + BATCH], merge=merge)
        return effects

    def _write_batch(self, batch: Sequence[Record], *, merge: bool) -> list[Effect | TinkuyError]:
        stored = {
            (type(r), r.id): r
            for kind in ROWS
            for r in stored_records(self.session, kind, [x.id for x in batch if type(x) is kind])
        }
        before = dict(stored)
        named = {id_ for record in batch for id_ in named_partners(record)}
        partners = {p.id for p in stored_records(self.session, Partner, sorted(named))}
        effects: list[Effect | TinkuyError] = []
        for record in batch:
            old = stored.get((type(record), record.id))
            new = once(_merge(old, record) if old and merge else record)
            error = fault(new, partners)
            if error:
                effects.append(error)
                continue
            stored[type(record), record.id] = new
            if isinstance(new, Partner):
                partners.add(new.id)
            effects.append("added" if old is None else "unchanged" if new == old else "changed")
        self._hide(before, stored)
        for kind in ROWS:  # partners before the texts that name them
            fresh = [record for key, record in stored.items() if key[0] is kind and key not in before]
            if fresh:
                self.session.execute(insert(ROWS[kind]), [to_values(record, self.version) for record in fresh])
            if links := [link for record in fresh for link in to_links(record)]:
                self.session.execute(insert(EvidencePartnerRow), links)
            for key, record in stored.items():
                if key[0] is kind and key in before and before[key] != record:
                    self.session.merge(to_row(record, self.version))
            self.session.flush()
        self.session.expunge_all()
        added = [key for key in stored if key not in before]
        for kind in ROWS:  # what is written again is no longer dead
            ids = [id_ for k, id_ in added if k is kind]
            self.session.execute(
                delete(TombstoneRow).where(TombstoneRow.kind == ROWS[kind].__tablename__, TombstoneRow.id.in_(ids))
            )
        return effects

    def _hide(self, before: Mapping[tuple[type[Record], str], Record], now: Mapping[Any, Record]) -> None:
        """See to it that nothing is told any more, by what was found out, of what is to be hidden from now on."""
        changed = [(old, new) for key, old in before.items() if (new := now[key]) != old]
        texts = [new.id for _, new in changed if isinstance(new, Evidence) and new.confidential]
        derived.drop(self.session, Evidence, texts)
        said = [
            new.id
            for old, new in changed
            if isinstance(new, Evidence) and isinstance(old, Evidence)
            if new.confidential or (old.title, old.text) != (new.title, new.text)
        ]
        same_texts.drop(self.session, self.version, said, refused=False)
        left = [
            new.id
            for old, new in changed
            if isinstance(new, Partner)
            and isinstance(old, Partner)
            and new.consent is False
            and old.consent is not False
        ]
        sameness.leave(self.session, self.version, left)


def stored_records(session: Session, kind: type[Record], ids: Sequence[str]) -> list[Record]:
    """Return the records of some ids, of those that are there."""
    row: Any = ROWS[kind]
    found: list[Record] = []
    for start in range(0, len(ids), BATCH):
        part = [id_ for id_ in dict.fromkeys(ids[start : start + BATCH]) if is_storable(id_)]
        found += [TO_RECORD[kind](r) for r in session.scalars(select(row).where(row.id.in_(part)))]
    return found


def fault(record: Record, partners: Container[str]) -> TinkuyError | None:
    """Return why a record cannot be written where there are these partners, None where it can."""
    for field in record_fields(record):
        value = getattr(record, field.name)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not is_storable(text):
                message = N_("{id!r}: {field} holds characters that are none (NUL, or half of one)")
                return BadInput(message, id=record.id, field=field.name)
    missing = [id_ for id_ in named_partners(record) if id_ not in partners]
    if missing:
        message = N_("{id!r} names partner {partner!r}, which does not exist: import the partners first")
        return NotFound(message, id=record.id, partner=missing[0])
    if isinstance(record, Evidence) and record.confidential and not (record.summary or "").strip():
        return BadInput(N_("{id!r} is confidential and needs a summary that everybody may read"), id=record.id)
    return None


def is_storable(text: str) -> bool:
    """Tell whether both engines can hold a text: PostgreSQL knows no NUL, neither knows lone surrogates."""
    return "\0" not in text and not _SURROGATE.search(text)


def named_partners(record: Record) -> tuple[str, ...]:
    """Return the ids of the partners that a record names, its own not counted."""
    if isinstance(record, Evidence):
        return record.partners
    if isinstance(record, Outcome):
        return tuple(id_ for id_ in (record.partner, record.counterpart) if id_)
    return ()


def once(record: Record) -> Record:
    """Return the record naming each partner once, in the order of the first mentions."""
    if isinstance(record, Evidence) and len(set(record.partners)) < len(record.partners):
        return replace(record, partners=tuple(dict.fromkeys(record.partners)))
    return record


def _merge(old: Record, new: Record) -> Record:
    given = {f.name: value for f in record_fields(new) if (value := getattr(new, f.name)) not in (None, ())}
    return replace(old, **given)
