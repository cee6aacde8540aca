"""Changing records: who may change what, and what a change makes of the record that is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import select

from matcher.access import Caller, Role
from matcher.checking import build, fields_of, type_name
from matcher.errors import BadInput, Conflict, Denied, NotFound, Stale, TinkuyError, Unconditional
from matcher.language import N_
from matcher.records import Partner, Record
from matcher.store import audit
from matcher.store.desk_views import expect
from matcher.store.rows import ROWS, TO_RECORD
from matcher.store.tables import OrganisationRow, PartnerRow
from matcher.store.view import hidden_partners, seen_by
from matcher.store.writer import BATCH, Writer, fault, named_partners

Key = tuple[type[Record], str]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of one record.

    :param values: fields as `checking.check` returns them; with `whole` those left out become empty,
        else they stay as they are.
    :param exists: True: it must be there; False: it must not be there yet.
    :param expected: the versions that it may have now; None: any, unless `guarded`, by which one that
        is there is changed only by who says which version they read.
    """

    kind: type[Record]
    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    delete: bool = False
    exists: bool | None = None
    expected: frozenset[int] | None = None
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it, and the version that the record has now (None: it is gone)."""

    effect: Literal["added", "changed", "unchanged", "deleted"]
    version: int | None


class Editor:
    """Changes records for a caller inside one write transaction, each change written to the audit log."""

    def __init__(self, writer: Writer, caller: Caller, request: str | None = None) -> None:
        self.writer = writer
        self.caller = caller
        self.request = request
        self.hidden = hidden_partners(writer.session, caller)

    def apply(self, change: Change) -> Done:
        """Make one change.

        :raises TinkuyError: it cannot or may not be made; nothing is written then.
        """
        (done,) = self.apply_all([change])
        if isinstance(done, TinkuyError):
            raise done
        return done

    def apply_all(self, changes: Sequence[Change]) -> list[Done | TinkuyError]:
        """Make changes one after the other, and tell of each what became of it, or why it was not made."""
        found: list[Done | TinkuyError] = []
        for delete, run in groupby(changes, key=lambda change: change.delete):
            part = list(run)
            if delete:
                found += [self._delete(change) for change in part]
            else:
                for start in range(0, len(part), BATCH):
                    found += self._write(part[start : start + BATCH])
        return found

    def _delete(self, change: Change) -> Done | TinkuyError:
        stored = _Known(self, [change])
        try:
            if (change.kind, change.id) not in stored.records:
                raise NotFound(N_("no {kind} has the id {id!r}"), kind=type_name(change.kind), id=change.id)
            self._permit(change, stored)
            gone = self.writer.delete(change.kind, change.id)
        except TinkuyError as error:
            return error
        for kind, ids in gone.items():
            for id_ in ids:
                self._tell("delete", kind, id_)
        self.writer.session.flush()
        return Done("deleted", None)

    def _write(self, changes: Sequence[Change]) -> list[Done | TinkuyError]:
        known = _Known(self, changes)
        found: list[Done | TinkuyError | None] = []
        records: list[Record] = []
        for change in changes:
            try:
                record = self._settled(change, known)
            except TinkuyError as error:
                found.append(error)
                continue
            known.keep(record, self.writer.version)
            records.append(record)
            found.append(None)
        written = iter(zip(records, self.writer.write(records), strict=True))
        done = [each or self._done(*next(written), known) for each in found]
        self.writer.session.flush()  # before the next batch, at which the writer forgets what is not
        return done

    def _done(self, record: Record, effect: Any, known: "_Known") -> Done | TinkuyError:
        if isinstance(effect, TinkuyError):
            return effect
        if effect == "unchanged":
            return Done("unchanged", known.now(type(record), record.id))
        self._tell("create" if effect == "added" else "change", type(record), record.id)
        return Done(effect, self.writer.version)

    def _tell(self, action: str, kind: type[Record], id_: str) -> None:
        audit.record(self.writer.session, self.caller, action, type_name(kind), id_, self.request)

    def _permit(self, change: Change, known: "_Known") -> None:
        """Make sure that a record that is there may be changed, and is as expected."""
        record = known.records[change.kind, change.id]
        if change.exists is False:
            message = N_("{id!r} exists already; give its ETag with If-Match to change it")
            raise (Stale if change.guarded else Conflict)(message, id=change.id)
        if not self.caller.may_edit(record.owner):
            if seen_by(record, self.caller, self.hidden) is None:
                raise NotFound(N_("no {kind} has the id {id!r}"), kind=type_name(change.kind), id=change.id)
            raise Denied(N_("{id!r} is another organisation's: you may not change it"), id=change.id)
        if change.expected is None:
            if change.guarded:
                raise Unconditional(
                    N_("{id!r} exists: read it, and give the ETag that it came with as If-Match"), id=change.id
                )
            return
        expect(change.id, known.now(change.kind, change.id), change.expected)

    def _settled(self, change: Change, known: "_Known") -> Record:
        """Return the record that a change makes."""
        old = known.records.get((change.kind, change.id))
        if old is not None:
            self._permit(change, known)
        elif change.exists:
            raise NotFound(N_("no {kind} has the id {id!r}"), kind=type_name(change.kind), id=change.id)
        elif change.expected is not None:
            raise Stale(N_("there is no {id!r} that could have the version expected"), id=change.id)
        owner = change.values.get("owner") or (old.owner if old else self.caller.organisation)
        if not self.caller.may_edit(owner):
            raise Denied(N_("you may not write records of organisation {owner!r}"), owner=owner or "-")
        if owner is not None and owner not in known.organisations:
            raise BadInput(N_("no organisation has the id {id!r}"), id=owner)
        kept = fields_of(old) if old and not change.whole else {}
        record = build(change.kind, {**kept, **change.values, "id": change.id, "owner": owner})
        if error := fault(record, known.owners):
            raise error
        self._permit_partners(record, old, known)
        return record

    def _permit_partners(self, record: Record, old: Record | None, known: "_Known") -> None:
        """Make sure that the partners newly named may be named: all known to the caller, one the caller's."""
        named, before = named_partners(record), named_partners(old) if old else ()
        new = sorted(set(named) - set(before))
        if not new or self.caller.role is Role.ADMIN:
            return
        for id_ in self.hidden.intersection(new):  # as if it were not there
            message = N_("{id!r} names partner {partner!r}, which does not exist: import the partners first")
            raise NotFound(message, id=record.id, partner=id_)
        if not any(self.caller.may_edit(known.owners[id_]) for id_ in named if id_ in known.owners):
            raise Denied(N_("{id!r} names none of your organisation's partners: one at least must be"), id=record.id)


class _Known:
    """What is in the database of all that some changes touch, and then what they make of it."""

    def __init__(self, editor: Editor, changes: Sequence[Change]) -> None:
        session = editor.writer.session
        self.records: dict[Key, Record] = {}
        self.versions: dict[Key, int] = {}  # as they were
        self._changed: dict[Key, int] = {}
        for kind, row in _rows(session, changes):
            self.records[kind, row.id] = TO_RECORD[kind](row)
            self.versions[kind, row.id] = row.version
        named = {id_ for record in self.records.values() for id_ in named_partners(record)}
        for change in changes:
            given = change.values
            named |= {*(given.get("partners") or ()), given.get("partner"), given.get("counterpart")} - {None}
        self.owners: dict[str, str | None] = {}  # of partners
        for part in _parts(named):
            found = session.execute(select(PartnerRow.id, PartnerRow.owner).where(PartnerRow.id.in_(part)))
            self.owners |= {row.id: row.owner for row in found}
        owners = {change.values.get("owner") for change in changes} | {r.owner for r in self.records.values()}
        asked = (owners | {editor.caller.organisation}) - {None}
        self.organisations = {
            id_
            for part in _parts(asked)
            for id_ in session.scalars(select(OrganisationRow.id).where(OrganisationRow.id.in_(part)))
        }

    def now(self, kind: type[Record], id_: str) -> int:
        """Return the version that a record has by now."""
        return self._changed.get((kind, id_), self.versions.get((kind, id_), 0))

    def keep(self, record: Record, version: int) -> None:
        """Take a record to be as a change has made it."""
        key = (type(record), record.id)
        if self.records.get(key) != record:
            self._changed[key] = version
        self.records[key] = record
        if isinstance(record, Partner):
            self.owners[record.id] = record.owner


def _rows(session: Any, changes: Sequence[Change]) -> Iterator[tuple[type[Record], Any]]:
    for kind in ROWS:
        row: Any = ROWS[kind]
        for part in _parts({change.id for change in changes if change.kind is kind}):
            for found in session.scalars(select(row).where(row.id.in_(part))):
                yield kind, found


def _parts(ids: Any) -> Iterator[list[Any]]:
    every = sorted(ids)
    for start in range(0, len(every), BATCH):
        yield every[start : start + BATCH]
