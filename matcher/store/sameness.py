"""Which stored partners are one: rows that say so, put in and taken out again, and who is together by them.

A row joins a partner to another, which may be joined to a third: taking one row out leaves the others as they were.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import CTE, SelectBase, delete, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from matcher.errors import BadInput, Conflict, NotFound
from matcher.language import N_
from matcher.records import Partner
from matcher.store.derived import show_anew
from matcher.store.moments import now
from matcher.store.tables import PartnerRow, SameAsRow, SamePairRow
from matcher.wholeness import How, Same

PART = 400  # ids looked up at once, twice in a statement


def together(start: SelectBase) -> CTE:
    """Return a query (`c.id`) for the ids of `start` and all that rows join to them, however far."""
    row = SameAsRow
    ends = union_all(
        select(row.partner.label("one"), row.canonical.label("other")),
        select(row.canonical.label("one"), row.partner.label("other")),
    ).subquery()
    found = select(start.subquery().c.id).cte("together", recursive=True)
    return found.union(select(ends.c.other).join(found, found.c.id == ends.c.one))


def above() -> CTE:
    """Return a query (`c.partner`, `c.canonical`) for the partners that are shown as another, at once or by others.

    Rows that count for nothing are left out: of partners that have withdrawn, or of different sides.
    """
    one, other = aliased(PartnerRow), aliased(PartnerRow)
    row = (
        select(SameAsRow.partner, SameAsRow.canonical)
        .join(one, one.id == SameAsRow.partner)
        .join(other, other.id == SameAsRow.canonical)
        .where(one.consent.is_not(False), other.consent.is_not(False), one.side == other.side)
        .subquery()
    )
    found = select(row.c.partner, row.c.canonical).cte("above", recursive=True)
    return found.union(select(found.c.partner, row.c.canonical).join(row, row.c.partner == found.c.canonical))


def rows_of(session: Session, ids: Iterable[str] | None = None) -> list[Same]:
    """Return the rows among the partners that are together with these; None: all rows."""
    if ids is None:
        return [_same(row) for row in session.scalars(select(SameAsRow).order_by(SameAsRow.partner))]
    found: dict[str, Same] = {}
    if session.scalar(select(SameAsRow.partner).limit(1)) is None:
        return []
    met: set[str] = set()
    fresh = set(ids)
    while fresh:
        met |= fresh
        asked = sorted(fresh)
        rows: list[Same] = []
        for start in range(0, len(asked), PART):
            part = asked[start : start + PART]
            wanted = or_(SameAsRow.partner.in_(part), SameAsRow.canonical.in_(part))
            rows += [_same(row) for row in session.scalars(select(SameAsRow).where(wanted))]
        found |= {row.partner: row for row in rows}
        fresh = {id_ for row in rows for id_ in (row.partner, row.as_)} - met
    return [found[id_] for id_ in sorted(found)]


def group_of(session: Session, partner: str) -> list[str]:
    """Return the ids of all that rows join to a partner, it among them, in order."""
    return sorted({partner} | {id_ for row in rows_of(session, [partner]) for id_ in (row.partner, row.as_)})


def count(session: Session, partner: str) -> int:
    """Return how many rows say of a partner that it is the same as another, may be, or is not."""
    same = or_(SameAsRow.partner == partner, SameAsRow.canonical == partner)
    pair = or_(SamePairRow.a == partner, SamePairRow.b == partner)
    asked = (
        select(func.count()).select_from(SameAsRow).where(same),
        select(func.count()).select_from(SamePairRow).where(pair),
    )
    return sum(session.scalar(each) or 0 for each in asked)


def join(session: Session, version: int, partner: str, as_: str, how: How, confidence: float, key: str | None) -> bool:
    """Join a partner, and those joined to it, to another; tell whether that is new. It leaves whom it was joined to.

    :raises NotFound: one of them is not there.
    :raises BadInput: they are the same record, or of different sides.
    :raises Conflict: they are one already the other way round, or a person has told them apart and `how` is no person.
    """
    found = {row.id: row.side for row in session.scalars(select(PartnerRow).where(PartnerRow.id.in_([partner, as_])))}
    for id_ in (partner, as_):
        if id_ not in found:
            raise NotFound(N_("no partner has the id {id!r}"), id=id_)
    if partner == as_:
        raise BadInput(N_("{id!r} cannot be joined to itself"), id=partner)
    if found[partner] != found[as_]:
        raise BadInput(N_("{a!r} and {b!r} are of different sides, which are asked apart"), a=partner, b=as_)
    old = session.get(SameAsRow, partner)
    if old is not None and (old.canonical, old.how, old.confidence) == (as_, how, confidence):
        return False
    if partner in _up(session, as_):
        raise Conflict(N_("{b!r} is joined to {a!r} already: split it first"), a=partner, b=as_)
    part = _with_below(session, partner)
    others = [id_ for id_ in group_of(session, as_) if id_ not in part]
    if how == "person":
        _drop_pairs(session, part, others, refused=True)
    elif refused_among(session, [*part, *others], part):
        raise Conflict(N_("{a!r} and {b!r} were told apart by a person"), a=partner, b=as_)
    if old is not None:
        leave(session, version, [partner])
        session.delete(old)
        session.flush()
    values = {"how": how, "confidence": confidence, "at": now(), "key": key, "version": version}
    session.add(SameAsRow(partner=partner, canonical=as_, **values))
    session.flush()
    _drop_pairs(session, part, others, refused=False)
    show_anew(session, version, Partner, [partner, *_up(session, partner)])
    return True


def split(session: Session, version: int, partner: str, key: str | None) -> str:
    """Take a partner, with those joined to it, from whom it is joined to, and remember that they are not one.

    :return: the id that it was joined to.
    :raises NotFound: it is joined to nobody.
    """
    row = session.get(SameAsRow, partner)
    if row is None:
        raise NotFound(N_("{id!r} is joined to no other partner"), id=partner)
    whole = group_of(session, partner)
    part = _with_below(session, partner)
    leave(session, version, [partner])
    show_anew(session, version, Partner, [partner])
    canonical, likeness, how = row.canonical, row.confidence, row.how
    session.delete(row)
    session.flush()
    for one in part:
        for other in (id_ for id_ in whole if id_ not in part):
            _ask(session, one, other, likeness, how, refused=True, key=key)
    session.flush()
    return canonical


def leave(session: Session, version: int, partners: Collection[str]) -> None:
    """Note that what partners lent to those they are joined to is to be forgotten, and whom they leave alone."""
    ids = sorted(partners)
    for start in range(0, len(ids), PART):
        part = ids[start : start + PART]
        joined = list(session.scalars(select(SameAsRow.partner).where(SameAsRow.partner.in_(part))))
        upper = sorted({id_ for one in joined for id_ in _up(session, one)})
        show_anew(session, version, Partner, upper, lost=True)
        show_anew(
            session, version, Partner, session.scalars(select(SameAsRow.partner).where(SameAsRow.canonical.in_(part)))
        )


def drop(session: Session, partners: Sequence[str]) -> None:
    """Delete the rows of partners that are deleted."""
    for start in range(0, len(partners), PART):
        part = partners[start : start + PART]
        session.execute(delete(SameAsRow).where(or_(SameAsRow.partner.in_(part), SameAsRow.canonical.in_(part))))
        session.execute(delete(SamePairRow).where(or_(SamePairRow.a.in_(part), SamePairRow.b.in_(part))))


def ask(session: Session, a: str, b: str, likeness: float, how: How) -> bool:
    """Put a pair into the queue that a person goes through; tell whether it is new there."""
    if a == b or session.get(SamePairRow, (min(a, b), max(a, b))) is not None:
        return False
    _ask(session, a, b, likeness, how, refused=False, key=None)
    session.flush()
    return True


def unask(session: Session, pairs: Iterable[tuple[str, str]]) -> None:
    """Take pairs of ids, each in order, out of the queue: they are no longer alike."""
    row = SamePairRow
    for a, b in pairs:
        session.execute(delete(row).where(row.a == a, row.b == b, row.refused.is_(False)))


def refuse(session: Session, a: str, b: str, key: str | None) -> None:
    """Remember that a person has told two partners apart.

    :raises NotFound: nobody was asked about them.
    """
    row = session.get(SamePairRow, (min(a, b), max(a, b)))
    if row is None:
        raise NotFound(N_("nobody was asked about {a!r} and {b!r}"), a=a, b=b)
    row.refused, row.at, row.key = True, now(), key
    session.flush()


@dataclass(frozen=True, slots=True)
class Question:
    """Two partners that may be one, and a person is asked. `likeness`: 0 to 1; `how`: by what they are alike."""

    a: str
    b: str
    likeness: float
    how: How


def questions(session: Session, limit: int) -> list[Question]:
    """Return what a person is asked, the likeliest first."""
    row = SamePairRow
    wanted = select(row).where(row.refused.is_(False)).order_by(row.likeness.desc(), row.a, row.b).limit(limit)
    return [Question(each.a, each.b, each.likeness, each.how) for each in session.scalars(wanted)]  # type: ignore[arg-type]


def waiting(session: Session) -> int:
    """Return about how many pairs a person is asked."""
    return session.scalar(select(func.count()).select_from(SamePairRow).where(SamePairRow.refused.is_(False))) or 0


def top(session: Session, partner: str) -> str:
    """Return the last in the chain of those that a partner is joined to; itself where it is joined to none."""
    return [partner, *_up(session, partner)][-1]


def known_pairs(session: Session) -> dict[tuple[str, str], bool]:
    """Return the pairs of ids, each in order, that a person is asked about -> whether they were told apart."""
    return {(a, b): no for a, b, no in session.execute(select(SamePairRow.a, SamePairRow.b, SamePairRow.refused))}


def refused_pairs(session: Session) -> set[tuple[str, str]]:
    """Return the pairs of ids, each in order, that a person has told apart."""
    return {pair for pair, refused in known_pairs(session).items() if refused}


def present(session: Session, ids: Iterable[str]) -> set[str]:
    """Return those of the ids that are partners'."""
    wanted = sorted(set(ids))
    parts = (wanted[start : start + PART] for start in range(0, len(wanted), PART))
    return {id_ for part in parts for id_ in session.scalars(select(PartnerRow.id).where(PartnerRow.id.in_(part)))}


def refused_among(session: Session, ids: Collection[str], part: Collection[str]) -> bool:
    """Tell whether a person has told one of `part` apart from one of the other ids."""
    row = SamePairRow
    found = session.execute(
        select(row.a, row.b).where(row.refused.is_(True), row.a.in_(sorted(ids)), row.b.in_(sorted(ids)))
    )
    return any((a in part) != (b in part) for a, b in found)


def _ask(session: Session, one: str, other: str, likeness: float, how: str, *, refused: bool, key: str | None) -> None:
    a, b = sorted((one, other))
    session.merge(SamePairRow(a=a, b=b, likeness=likeness, how=how, refused=refused, at=now(), key=key))


def _drop_pairs(session: Session, part: Collection[str], others: Collection[str], *, refused: bool) -> None:
    row = SamePairRow
    here, there = sorted(part), sorted(others)
    across = or_(row.a.in_(here) & row.b.in_(there), row.a.in_(there) & row.b.in_(here))
    session.execute(delete(row).where(across, row.refused.is_(refused)))


def _up(session: Session, partner: str) -> list[str]:
    """Return whom a partner is joined to, at once or by others, the nearest first."""
    found: list[str] = []
    at: str | None = partner
    while (at := session.scalar(select(SameAsRow.canonical).where(SameAsRow.partner == at))) and at not in found:
        found.append(at)
    return found


def _with_below(session: Session, partner: str) -> list[str]:
    """Return a partner and those joined to it, at once or by others, in order."""
    steps = {row.partner: row.as_ for row in rows_of(session, [partner])}
    found = {partner}
    while more := {id_ for id_, as_ in steps.items() if as_ in found} - found:
        found |= more
    return sorted(found)


def _same(row: SameAsRow) -> Same:
    return Same(row.partner, row.canonical, row.how, row.confidence)  # type: ignore[arg-type]
