"""What a page of a source does to the records that are there: worked out first, then written, or only shown."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from matcher.errors import TinkuyError
from matcher.known import ORDER, Known
from matcher.reconciling import Terms, merged, owned, reconciled, without
from matcher.records import Partner, Record
from matcher.sources.pages import Page
from matcher.sources.reading import Gone, Refusal, Row, Skipped
from matcher.store.import_runs import storable
from matcher.store.runs import Tally
from matcher.store.source_records import SEVERAL, Key, Note, digest, digests
from matcher.store.writer import fault, named_partners, once


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives records. `begun`: the transaction that the run began with; `insists`: see `reconciling.Terms`."""

    name: str
    begun: int
    owner: str | None = None
    insists: bool = False


@dataclass(slots=True)
class Plan:
    """What a page does. `writes`: records as they are to be stored; `notes`: what is to be noted of the source's.

    `old`: what was noted before; `gone`: keys of rows that are no more; `effects`: of each record that is new or
    changed, in order; `seen`: all records that the page gives.
    """

    tally: Tally = field(default_factory=Tally)
    writes: dict[Key, Record] = field(default_factory=dict)
    notes: dict[Key, Note] = field(default_factory=dict)
    old: dict[Key, Note] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    effects: dict[Key, str] = field(default_factory=dict)


def plan(page: Page, known: Known, giver: Giver, version: int) -> Plan:
    """Return what a page does; `known` is brought up to date with it.

    :param version: of the transaction that writes it.
    """
    made = Plan(old={key: found[giver.name] for key, found in known.notes.items() if giver.name in found})
    planner = _Planner(made, known, giver, version, page)
    for told in page.rows:
        made.tally.read += 1
        if isinstance(told, Refusal):
            planner.refuse(told)
        elif isinstance(told, Skipped):
            word = storable(told.what)
            made.tally.skipped[word] = made.tally.skipped.get(word, 0) + 1
        elif isinstance(told, Gone):
            planner.lose(storable(told.key))
        else:
            planner.take(told)
    return made


class _Planner:
    def __init__(self, made: Plan, known: Known, giver: Giver, version: int, page: Page) -> None:
        self.made, self.known, self.giver, self.version, self.partial = made, known, giver, version, page.partial
        self.leaving = _leaving(page)

    def refuse(self, refusal: Refusal) -> None:
        self.made.tally.refused += 1
        self.made.refusals.append(refusal)

    def lose(self, key: str) -> None:
        if key:
            self.made.gone[key] = None
            for record, note in self.made.notes.items():
                if note.key == key:
                    self.made.notes[record] = replace(note, gone=True)

    def take(self, row: Row) -> None:
        key = storable(row.key)
        self.made.gone.pop(key, None)
        for partner in row.mentions:
            self.mention(owned(partner, self.giver.owner))
        errors = []
        for record in in_order(row.records):
            error = self.record(record, key)
            if error:
                errors.append(error)
        if errors:
            self.refuse(Refusal(row.file, row.number, errors[0], key=row.key))

    def mention(self, partner: Partner) -> None:
        key = (Partner, partner.id)
        own = self.own(key)
        if self.barred(key) or self.known.there(key):
            if own:
                own = self.with_contact(key, own, partner.contact)
                self.note(key, replace(own, mention=not self.given(own)), own.key)
        elif not fault(partner, ()):
            self.made.tally.added += 1
            self.write(key, partner, "added")
            self.note(key, Note(digests(partner), mention=True), "")

    def with_contact(self, key: Key, own: Note, contact: str | None) -> Note:
        """Give a unit of this source alone, of which it knew no contact, the one that it tells in naming the unit.

        Research information systems tell a unit's address with its people, behind the unit itself. Never another one
        in its place: of several people the first stands. Return what is noted of the unit.
        """
        stored = self.known.stored.get(key)
        if not contact or "contact" in own.given or not isinstance(stored, Partner) or self.others(key):
            return own
        owners = {stored.owner, self.giver.owner or stored.owner}
        if stored.contact is not None or stored.consent is False or len(owners) > 1:
            return own
        self.made.tally.changed += 1
        self.write(key, replace(stored, contact=contact), "changed")
        return replace(own, given={**own.given, "contact": digest(contact)})

    def record(self, given: Record, row_key: str) -> TinkuyError | None:
        """Plan one record; return why it is refused."""
        tally, key = self.made.tally, (type(given), given.id)
        own = self.own(key)
        named = named_partners(given)
        away = {id_ for id_ in named if self.barred((Partner, id_))}
        record = None if self.barred(key) else without(given, away)
        if record is None:
            tally.kept += 1
            if own:
                self.note(key, own, own.key)
            return None
        record = once(owned(record, self.giver.owner))
        again = (own is not None and self.given(own)) or key in self.known.before
        stored = self.known.stored.get(key)
        if stored is None and key in self.known.before:
            tally.unchanged += 1  # of a dry run, which has not written it
            return None
        kept = False
        new = record
        if stored is not None:
            terms = Terms(own, self.others(key), again, key in self.known.people, self.giver.insists)
            new, kept = reconciled(stored, record, terms)
        there = {id_ for id_ in named if self.known.there((Partner, id_))}
        if error := fault(new, {*there, *named_partners(stored)} if stored else there):
            if own:  # the source gives it still
                self.note(key, own, own.key)
            return error
        effect = "added" if stored is None else "unchanged" if new == stored else "changed"
        setattr(tally, effect, getattr(tally, effect) + 1)
        tally.kept += kept
        if effect != "unchanged":
            self.write(key, new, effect)
        said = merged(own.given if own else {}, digests(record), again=again)
        self.note(key, Note(said), self.key_of(own, row_key, again=again))
        return None

    def key_of(self, own: Note | None, key: str, *, again: bool) -> str:
        """Return by which row's going the record goes; by none where several rows give it.

        Who was only named by others has no row yet; a row that goes as the other comes has been moved.
        """
        if own is None or own.key == key or own.gone or own.key in self.leaving or (own.mention and not own.key):
            return key
        return SEVERAL if again or self.partial else key

    def barred(self, key: Key) -> bool:
        return key in self.known.erased or (self.known.barred(key) and not self.giver.insists)

    def own(self, key: Key) -> Note | None:
        return self.made.notes.get(key) or self.made.old.get(key)

    def given(self, own: Note) -> bool:
        """Tell whether this run has given a record already, and not only named it."""
        return own.seen >= self.giver.begun and not own.mention

    def others(self, key: Key) -> list[Note]:
        return [note for source, note in self.known.notes.get(key, {}).items() if source != self.giver.name]

    def write(self, key: Key, record: Record, effect: str) -> None:
        self.known.stored[key] = self.made.writes[key] = record
        self.made.effects.setdefault(key, effect)

    def note(self, key: Key, note: Note, row_key: str) -> None:
        self.made.notes[key] = replace(note, key=row_key, seen=self.version, gone=False)


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return partners before the texts and outcomes that name them."""
    return sorted(records, key=lambda record: ORDER.index(type(record)))


def _leaving(page: Page) -> set[str]:
    """Return the keys of rows that a page says are gone, and does not give after all."""
    found: set[str] = set()
    for told in page.rows:
        if isinstance(told, Gone) and told.key:
            found.add(storable(told.key))
        elif isinstance(told, Row):
            found.discard(storable(told.key))
    return found
