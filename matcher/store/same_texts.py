"""Which stored texts say the same: rows that say so, put in and taken out again, and by which one each is shown.

All that say the same are shown by one: rows make stars, never chains.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from matcher.errors import NotFound
from matcher.language import N_
from matcher.records import Evidence
from matcher.store.derived import show_anew
from matcher.store.moments import now
from matcher.store.tables import EvidenceRow, SameTextRow
from matcher.wholeness import SameText

PART = 400  # ids looked up at once, twice in a statement


def rows_of(session: Session, ids: Sequence[str] | None = None) -> list[SameText]:
    """Return the rows that say of some texts by which they are shown; None: all rows."""
    row = SameTextRow
    asked = select(row.text, row.other, row.likeness).where(row.refused.is_(False)).order_by(row.text)
    if ids is None:
        return [SameText(*each) for each in session.execute(asked)]
    if session.scalar(select(row.text).limit(1)) is None:
        return []
    return [SameText(*each) for part in _parts(ids) for each in session.execute(asked.where(row.text.in_(part)))]


def fellows(session: Session, ids: Iterable[str]) -> dict[str, list[str]]:
    """Return id -> the ids of the texts that say the same, for those of some texts that have such, in order."""
    row, wanted = SameTextRow, sorted(set(ids))
    if not wanted or session.scalar(select(row.text).limit(1)) is None:
        return {}
    centre = {row.text: row.as_ for row in rows_of(session, wanted)}
    centres = sorted({centre.get(id_, id_) for id_ in wanted})
    stars: dict[str, set[str]] = {}
    for part in _parts(centres):
        asked = select(row.text, row.other).where(row.refused.is_(False), row.other.in_(part))
        for text, other in session.execute(asked):
            stars.setdefault(other, {other}).add(text)
    found = {id_: sorted(stars.get(centre.get(id_, id_), set()) - {id_}) for id_ in wanted}
    return {id_: others for id_, others in found.items() if others}


def link(session: Session, version: int, text: str, as_: str, likeness: float) -> bool:
    """Show a text, and those shown by it, by another one; tell whether that is new.

    It is not where one of them is gone or confidential, or a person has said that they are two.
    """
    row = SameTextRow
    open_ = select(func.count()).where(EvidenceRow.id.in_([text, as_]), EvidenceRow.confidential.is_not(True))
    as_ = session.scalar(select(row.other).where(row.text == as_, row.refused.is_(False))) or as_
    if text == as_ or (session.scalar(open_) or 0) < 2 or _refused(session, text, as_):
        return False
    old = session.scalar(select(row).where(row.text == text, row.refused.is_(False)))
    if old is not None and (old.other, old.likeness) == (as_, likeness):
        return False
    if old is not None:
        session.delete(old)
        session.flush()
    below = list(session.scalars(select(row.text).where(row.other == text, row.refused.is_(False))))
    for other in below:  # whose star this was
        session.execute(delete(row).where(row.text == other, row.other == text))
        if other != as_ and not _refused(session, other, as_):
            session.add(_row(other, as_, likeness))
    session.add(_row(text, as_, likeness))
    session.flush()
    show_anew(session, version, Evidence, [text, *below])
    return True


def tell_apart(session: Session, version: int, text: str, key: str | None) -> str:
    """Show a text by itself again, and remember that it does not say what the others of its star say.

    :return: the id of the text by which it was shown.
    :raises NotFound: it is shown by none.
    """
    row = SameTextRow
    found = session.scalar(select(row).where(row.text == text, row.refused.is_(False)))
    if found is None:
        raise NotFound(N_("{id!r} is shown by no other text"), id=text)
    other, likeness = found.other, found.likeness
    for fellow in fellows(session, [text])[text]:
        a, b = sorted((text, fellow))
        session.execute(delete(row).where(row.text.in_([a, b]), row.other.in_([a, b])))
        session.add(_row(a, b, likeness, refused=True, key=key))
    session.flush()
    show_anew(session, version, Evidence, [text])
    return other


def drop(session: Session, version: int, ids: Sequence[str], *, refused: bool) -> None:
    """Take texts out of their stars: they are gone, confidential, or say something else now.

    :param refused: forget also from which others a person has told them apart.
    """
    row = SameTextRow
    if session.scalar(select(row.text).limit(1)) is None:
        return
    for part in _parts(ids):
        named = or_(row.text.in_(part), row.other.in_(part))
        linked = [row.refused.is_(False), named]
        show_anew(session, version, Evidence, session.scalars(select(row.text).where(*linked)))
        session.execute(delete(row).where(named) if refused else delete(row).where(*linked))


def apart(session: Session, ids: Sequence[str]) -> set[tuple[str, str]]:
    """Return the pairs of ids, each in order, that a person has told apart, of which the first is one of `ids`."""
    row = SameTextRow
    asked = select(row.text, row.other).where(row.refused.is_(True))
    return {(a, b) for part in _parts(ids) for a, b in session.execute(asked.where(row.text.in_(part)))}


def count(session: Session, ids: Sequence[str]) -> int:
    """Return how many rows speak of some texts."""
    row, found = SameTextRow, set()
    for part in _parts(ids):
        named = or_(row.text.in_(part), row.other.in_(part))
        found |= {(a, b) for a, b in session.execute(select(row.text, row.other).where(named))}
    return len(found)


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows, the newest first, and how many there are."""

    rows: tuple[SameText, ...]
    all: int


def listed(session: Session, limit: int) -> Listed:
    """Return texts that are shown by another."""
    row = SameTextRow
    some = select(row.text, row.other, row.likeness).where(row.refused.is_(False))
    found = session.execute(some.order_by(row.at.desc(), row.text).limit(limit))
    every = session.scalar(select(func.count()).select_from(row).where(row.refused.is_(False))) or 0
    return Listed(tuple(SameText(*each) for each in found), every)


def _row(text: str, other: str, likeness: float, *, refused: bool = False, key: str | None = None) -> SameTextRow:
    return SameTextRow(text=text, other=other, likeness=likeness, refused=refused, at=now(), key=key)


def _refused(session: Session, one: str, other: str) -> bool:
    a, b = sorted((one, other))
    return bool(session.scalar(select(SameTextRow.refused).where(SameTextRow.text == a, SameTextRow.other == b)))


def _parts(ids: Collection[str]) -> Iterable[Sequence[str]]:
    wanted = sorted(set(ids))
    return (wanted[start : start + PART] for start in range(0, len(wanted), PART))
