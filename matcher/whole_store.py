"""The records of a database made whole: what can be found out about them is found out, and laid beside them.

Called again it changes nothing where nothing has changed; what is no longer found is taken back.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from matcher.completing import codes_of, places_of, texts_of
from matcher.encode import Encoder
from matcher.errors import TinkuyError
from matcher.identity import Pair, differing, groups, leader, pairs
from matcher.records import Evidence, Partner
from matcher.store import derived, sameness
from matcher.store.store import Store
from matcher.wholeness import Derived, Same, canonical

# By which `completing` finds values: those that it finds no longer are taken back, what others found stays.
METHODS = frozenset({"region", "city", "mended", "py3langid", "text"})
CODES = frozenset({"text"})  # those that need an encoder
LITTLE = 0.05  # of confidence: what is learned from all texts moves a little with each of them
BATCH = 500  # values, or joins, of a transaction
R = TypeVar("R")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Whole:
    """What was done, or would be. `found`: (kind, field) -> new or other values; `back`: values taken back.

    `joins`: partners now shown as others; `asked`: pairs about which a person is asked now.
    """

    found: dict[tuple[str, str], int]
    back: int
    joins: tuple[Same, ...]
    asked: tuple[Pair, ...]


def make_whole(store: Store, encoder: Encoder | None, *, dry: bool = False) -> Whole:
    """Find out what can be found out about all records, and store it; `dry`: only tell what it would be.

    :param encoder: finds codes of texts; without one they stay as they are.
    """
    partners = [p for p in store.partners() if p.consent is not False]
    evidence = store.evidence()
    found, back = _values(store, partners, evidence, encoder)
    joins, asked = _joins(store, partners, evidence)
    if not dry:
        found, back = _keep_values(store, found, back)
        joins, asked = _keep_joins(store, joins, asked)
    counted = Counter((row.kind, row.field) for row in found)
    return Whole(dict(sorted(counted.items())), len(back), tuple(joins), tuple(asked))


def _values(
    store: Store, partners: Sequence[Partner], evidence: Sequence[Evidence], encoder: Encoder | None
) -> tuple[list[Derived], list[Derived]]:
    """Return values that are not stored yet, and stored ones that are found no longer."""
    with store.reading() as session:
        stored = {(row.kind, row.record, row.field): row for row in derived.rows_of(session)}
    found = [*places_of(partners), *texts_of(evidence), *(codes_of(evidence, encoder) if encoder else ())]
    now = {(row.kind, row.record, row.field): row for row in reversed(found)}  # the first of a field is the surest
    looked = METHODS if encoder else METHODS - CODES
    new = [row for key, row in now.items() if _goes_before(row, stored.get(key))]
    return new, [row for key, row in stored.items() if row.method in looked and key not in now]


def _goes_before(new: Derived, old: Derived | None) -> bool:
    """Tell whether a value takes the place of one that is stored: never of one that somebody else found."""
    if old is None:
        return True
    as_sure = abs(old.confidence - new.confidence) < LITTLE
    return old.method in METHODS and not (as_sure and replace(new, confidence=old.confidence) == old)


def _keep_values(store: Store, found: list[Derived], back: list[Derived]) -> tuple[list[Derived], list[Derived]]:
    kept: list[Derived] = []
    for part in _parts(found):
        with store.writing() as writer:
            effects = writer.derive(part)
        # A record that was deleted, or became confidential, meanwhile has nothing found out about it.
        kept += [row for row, effect in zip(part, effects, strict=True) if effect is True]
    for part in _parts(back):
        with store.writing() as writer:
            for row in part:
                writer.forget(row.kind, row.record, row.field)
    return kept, back


def _joins(store: Store, partners: Sequence[Partner], evidence: Sequence[Evidence]) -> tuple[list[Same], list[Pair]]:
    """Return who should be joined to whom, and about which pairs a person should be asked."""
    with store.reading() as session:
        rows = sameness.rows_of(session)
        known = sameness.known_pairs(session)
    by_id = {p.id: p for p in partners}
    at = canonical(rows, by_id)
    apart = frozenset(pair for pair, refused in known.items() if refused)
    found = [p for p in pairs(partners) if (p.a, p.b) not in apart and by_id[p.a].side is by_id[p.b].side]
    texts = Counter(id_ for e in evidence for id_ in e.partners)
    whole: dict[str, set[str]] = {}  # canonical -> all that are shown as it
    for id_ in by_id:
        whole.setdefault(at.get(id_, id_), set()).add(id_)
    joins: list[Same] = []
    for group in groups(partners, found, apart):
        tops = sorted({at.get(id_, id_) for id_ in group})
        # Who has others already stays the one: a person, or an earlier run, has chosen it.
        most = max(len(whole[top]) for top in tops)
        first = [by_id[top] for top in tops if len(whole[top]) == most] if most > 1 else [by_id[id_] for id_ in group]
        chosen = leader(first, texts).id
        for top in tops:
            if top != chosen and not _contradicts(whole[top], whole[chosen], by_id, apart):
                pair = _surest(found, whole[top], set(group))
                joins.append(Same(top, chosen, pair.how, pair.likeness))
                whole[chosen] |= whole[top]
    now = {id_: top for top, ids in whole.items() for id_ in ids}  # those joined come after who they were
    now |= {id_: row.as_ for row in joins for id_ in whole[row.partner]}
    asked = [p for p in found if now[p.a] != now[p.b] and (p.a, p.b) not in known]
    return joins, asked


def _contradicts(
    these: Iterable[str], those: Iterable[str], by_id: dict[str, Partner], apart: frozenset[tuple[str, str]]
) -> bool:
    others = list(those)
    return any(differing(by_id[a], by_id[b]) or (min(a, b), max(a, b)) in apart for a in these for b in others)


def _surest(found: Sequence[Pair], ids: set[str], group: set[str]) -> Pair:
    """Return the likeliest pair that links partners to others of their group; `found` has the likeliest first."""
    return next(p for p in found if (p.a in ids) != (p.b in ids) and {p.a, p.b} <= group | ids)


def _keep_joins(store: Store, joins: list[Same], asked: list[Pair]) -> tuple[list[Same], list[Pair]]:
    kept: list[Same] = []
    new: list[Pair] = []
    for some in _parts(joins):
        with store.writing() as writer:
            for row in some:
                try:
                    if writer.join(row.partner, row.as_, row.how, row.confidence):
                        kept.append(row)
                except TinkuyError as error:  # somebody has deleted one of them, or told them apart, meanwhile
                    log.info("%s", error)
    for part in _parts(asked):
        with store.writing() as writer:
            there = sameness.present(writer.session, {id_ for pair in part for id_ in (pair.a, pair.b)})
            new += [
                pair
                for pair in part
                if {pair.a, pair.b} <= there and sameness.ask(writer.session, pair.a, pair.b, pair.likeness, pair.how)
            ]
    return kept, new


def _parts(rows: Sequence[R]) -> Iterable[Sequence[R]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
