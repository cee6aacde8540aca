"""Which partners of a database should be shown as one, and about which pairs a person should be asked."""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from matcher.errors import TinkuyError
from matcher.identity import Pair, Progress, differing, groups, leader, pairs
from matcher.records import Partner
from matcher.store import completed, sameness
from matcher.store.store import Store
from matcher.wholeness import Same, canonical

BATCH = 500  # joins of a transaction
R = TypeVar("R")
Ids = tuple[str, str]
log = logging.getLogger(__name__)


def find_joins(
    store: Store, partners: Sequence[Partner], fresh: Collection[str], progress: Progress | None = None
) -> tuple[list[Same], list[Pair], list[Ids]]:
    """Return who should be joined to whom, about which pairs to ask, and which open questions are none any more.

    :param partners: those that have not withdrawn. :param fresh: ids of those that are compared with all.
    """
    with store.reading() as session:
        rows = sameness.rows_of(session)
        known = sameness.known_pairs(session)
    by_id = {p.id: p for p in partners}
    at = canonical(rows, by_id)
    apart = frozenset(pair for pair, refused in known.items() if refused)
    alike = pairs(partners, fresh=fresh, progress=progress)
    found = [p for p in alike if (p.a, p.b) not in apart and by_id[p.a].side is by_id[p.b].side]
    there = {(p.a, p.b) for p in found}
    over = [two for two, no in known.items() if not no and two not in there and (two[0] in fresh or two[1] in fresh)]
    whole: dict[str, set[str]] = {}  # canonical -> all that are shown as it
    for id_ in by_id:
        whole.setdefault(at.get(id_, id_), set()).add(id_)
    together = groups(partners, found, apart)
    with store.reading() as session:
        texts = completed.counts(session, [id_ for group in together for id_ in group])
    joins: list[Same] = []
    for group in together:
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
    return joins, asked, over


def keep_joins(
    store: Store, joins: Sequence[Same], asked: Sequence[Pair], over: Sequence[Ids] = ()
) -> tuple[list[Same], list[Pair]]:
    """Store joins and questions, and return those that are new."""
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
        with store.noting() as session:
            there = sameness.present(session, {id_ for pair in part for id_ in (pair.a, pair.b)})
            new += [
                pair
                for pair in part
                if {pair.a, pair.b} <= there and sameness.ask(session, pair.a, pair.b, pair.likeness, pair.how)
            ]
    if over:
        with store.noting() as session:
            sameness.unask(session, over)
    return kept, new


def _contradicts(these: Iterable[str], those: Iterable[str], by_id: dict[str, Partner], apart: frozenset[Ids]) -> bool:
    others = list(those)
    return any(differing(by_id[a], by_id[b]) or (min(a, b), max(a, b)) in apart for a in these for b in others)


def _surest(found: Sequence[Pair], ids: set[str], group: set[str]) -> Pair:
    """Return the likeliest pair that links partners to others of their group; `found` has the likeliest first."""
    return next(p for p in found if (p.a in ids) != (p.b in ids) and {p.a, p.b} <= group | ids)


def _parts(rows: Sequence[R]) -> Iterable[Sequence[R]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
