"""What must change in a snapshot for it to be like the database: all of it, or only what must no longer be seen."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from matcher.index.snapshot import Snapshot
from matcher.records import Changes, Evidence, Outcome, Partner, Record, State


class Records(Protocol):
    """All records of a database as everybody may see them."""

    @property
    def state(self) -> State:
        """Which state the database was in."""

    @property
    def partners(self) -> tuple[Partner, ...]:
        """All partners."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All texts."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All outcomes."""


def difference(snapshot: Snapshot, now: Records) -> Changes:
    """Return what has to change in `snapshot` for it to hold what the database holds, whatever its history."""
    partners = tuple(p for p in now.partners if snapshot.partners.get(p.id) != p)
    gone: set[tuple[type[Record], str]] = {(Partner, id_) for id_ in snapshot.partners.keys() - _ids(now.partners)}
    touched = {p.id for p in partners} | {id_ for _, id_ in gone}
    evidence = tuple(e for e in now.evidence if snapshot.evidence.get(e.id) != e or not touched.isdisjoint(e.partners))
    outcomes = tuple(
        o for o in now.outcomes if snapshot.outcome.get(o.id) != o or o.partner in touched or o.counterpart in touched
    )
    gone |= {(Evidence, id_) for id_ in snapshot.evidence.keys() - _ids(now.evidence)}
    gone |= {(Outcome, id_) for id_ in snapshot.outcome.keys() - _ids(now.outcomes)}
    return Changes(now.state, partners, evidence, outcomes, frozenset(gone))


def without(snapshot: Snapshot, gone: frozenset[tuple[type[Record], str]]) -> Changes:
    """Return how `snapshot` forgets some records, and that partners among them were named elsewhere.

    The result has the state of `snapshot`: nothing else that was written is in it.
    """
    left = {id_ for kind, id_ in gone if kind is Partner and id_ in snapshot.partners}
    dead = {id_ for kind, id_ in gone if kind is Evidence and id_ in snapshot.evidence}
    void = {id_ for kind, id_ in gone if kind is Outcome and id_ in snapshot.outcome}
    evidence = []
    if left:
        for text in snapshot.texts_of(left):
            if text.id not in dead:
                others = tuple(id_ for id_ in text.partners if id_ not in left)
                if others:
                    evidence.append(replace(text, partners=others))
                else:
                    dead.add(text.id)
        void |= {outcome.id for outcome in snapshot.outcome.values() if outcome.partner in left}
    outcomes = [o for o in snapshot.outcome.values() if o.counterpart in left and o.id not in void] if left else []
    named = [(Partner, left), (Evidence, dead), (Outcome, void)]
    return Changes(
        snapshot.state,
        evidence=tuple(evidence),
        outcomes=tuple(replace(outcome, counterpart=None) for outcome in outcomes),
        gone=frozenset((kind, id_) for kind, ids in named for id_ in ids),
    )


def stale(changes: Changes) -> frozenset[tuple[type[Record], str]]:
    """Return what was true before some changes and is not after them: what is gone, and what is another now."""
    changed: list[Record] = [*changes.partners, *changes.evidence, *changes.outcomes]
    return changes.gone | {(type(record), record.id) for record in changed}


def to_read(snapshot: Snapshot, evidence: Iterable[Evidence]) -> int:
    """Return how many of some texts the encoder would have to read."""
    known = snapshot.evidence
    return sum(
        1
        for e in evidence
        if (old := known.get(e.id)) is None or (old.text, old.title, old.language) != (e.text, e.title, e.language)
    )


def _ids(records: Iterable[Record]) -> set[str]:
    return {record.id for record in records}
