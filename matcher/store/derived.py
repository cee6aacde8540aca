"""Values found out about stored records: rows beside them, put in and taken out again; and what is shown anew."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select, true, update
from sqlalchemy.orm import Session

from matcher.errors import BadInput, NotFound, TinkuyError
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store.moments import now
from matcher.store.tables import DerivedRow, EvidenceRow, PartnerRow, ShownAnewRow
from matcher.wholeness import FILLED, KINDS, LISTS, MENDED, Derived, Kind

PART = 500  # ids looked up at once
NAMES: dict[type[Record], str] = {Partner: "partner", Evidence: "evidence", Outcome: "outcome"}
TYPES: dict[Kind, type[Record]] = {name: kind for kind, name in KINDS.items()}


def show_anew(session: Session, version: int, kind: type[Record], ids: Iterable[str], *, lost: bool = False) -> None:
    """Note that records are shown otherwise from transaction `version` on. `lost`: see `ShownAnewRow`."""
    wanted, row = sorted(set(ids)), ShownAnewRow
    for start in range(0, len(wanted), PART):
        part = wanted[start : start + PART]
        ours = [row.kind == NAMES[kind], row.id.in_(part)]
        there = set(session.scalars(select(row.id).where(*ours)))
        if there:  # what was lost is so still to whoever read it before
            session.execute(update(row).where(*ours).values({"version": version} | ({"lost": True} if lost else {})))
        fresh = [{"kind": NAMES[kind], "id": id_, "version": version, "lost": lost} for id_ in part if id_ not in there]
        if fresh:
            session.execute(insert(row), fresh)


def rows_of(session: Session, kind: Kind | None = None, ids: Sequence[str] | None = None) -> list[Derived]:
    """Return what was found out about some records of a kind; None: about all."""
    row = DerivedRow
    if session.scalar(select(row.record).limit(1)) is None:
        return []
    of_kind = row.kind == kind if kind is not None else true()
    order = (row.kind, row.record, row.field)
    if ids is None:
        return [_derived(each) for each in session.scalars(select(row).where(of_kind).order_by(*order))]
    found: list[Derived] = []
    for start in range(0, len(ids), PART):
        wanted = row.record.in_(ids[start : start + PART])
        found += [_derived(each) for each in session.scalars(select(row).where(of_kind, wanted).order_by(*order))]
    return found


def newest(session: Session, limit: int) -> list[Derived]:
    """Return what was found out last."""
    row = DerivedRow
    found = session.scalars(select(row).order_by(row.at.desc(), row.kind, row.record, row.field).limit(limit))
    return [_derived(each) for each in found]


def derive(session: Session, version: int, rows: Sequence[Derived]) -> list[bool | TinkuyError]:
    """Store values, one a field: another that was there goes. Tell of each whether it is new, or why it cannot be."""
    effects: list[bool | TinkuyError] = []
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        there, kept = _there(session, part), _kept(session, part)
        now_shown: list[bool | TinkuyError] = [_fault(each, there) or _store(session, kept, each) for each in part]
        session.flush()
        for name, kind in TYPES.items():
            new = [
                row.record for row, effect in zip(part, now_shown, strict=True) if effect is True and row.kind == name
            ]
            show_anew(session, version, kind, new)
        session.expunge_all()
        effects += now_shown
    return effects


def refuse(session: Session, version: int, kind: Kind, record: str, field: str) -> None:
    """Take a value out because a person says that it is wrong: it stays, counts for nothing, and is not found again.

    :raises NotFound: nothing was found out for that field.
    """
    row = session.get(DerivedRow, (kind, record, field))
    if row is None:
        raise NotFound(N_("nothing was found out about {field} of {id!r}"), field=field, id=record)
    if not row.refused:
        row.refused, row.at = True, now()
        session.flush()
        show_anew(session, version, TYPES[kind], [record])


def forget(session: Session, version: int, kind: Kind, record: str, field: str | None = None) -> int:
    """Take out what was found out about a record, or one field of it; return how many values that were."""
    where = [DerivedRow.kind == kind, DerivedRow.record == record]
    if field is not None:
        where.append(DerivedRow.field == field)
    gone = int(session.execute(delete(DerivedRow).where(*where)).rowcount)  # type: ignore[attr-defined]
    if gone:
        show_anew(session, version, TYPES[kind], [record])
    return gone


def drop(session: Session, kind: type[Record], ids: Sequence[str]) -> None:
    """Delete what was found out about records that are deleted, or that nothing more may be told of."""
    for start in range(0, len(ids), PART):
        wanted = DerivedRow.record.in_(ids[start : start + PART])
        session.execute(delete(DerivedRow).where(DerivedRow.kind == NAMES[kind], wanted))


def _there(session: Session, rows: Sequence[Derived]) -> dict[tuple[str, str], bool]:
    """Return (kind, id) -> whether it is open, of those records that are there."""
    partners = sorted({row.record for row in rows if row.kind == "partner"})
    texts = sorted({row.record for row in rows if row.kind == "evidence"})
    found = {
        ("partner", id_): True for id_ in session.scalars(select(PartnerRow.id).where(PartnerRow.id.in_(partners)))
    }
    asked = select(EvidenceRow.id, EvidenceRow.confidential).where(EvidenceRow.id.in_(texts))
    return found | {("evidence", id_): not confidential for id_, confidential in session.execute(asked)}


def _kept(session: Session, rows: Sequence[Derived]) -> dict[tuple[str, str, str], DerivedRow]:
    """Return the rows that are stored of the records of these, by their key."""
    found = session.scalars(select(DerivedRow).where(DerivedRow.record.in_(sorted({row.record for row in rows}))))
    return {(row.kind, row.record, row.field): row for row in found}


def _fault(row: Derived, there: dict[tuple[str, str], bool]) -> TinkuyError | None:
    if (row.kind, row.record) not in there:
        return NotFound(N_("no {kind} has the id {id!r}"), kind=row.kind, id=row.record)
    if not there[row.kind, row.record]:
        return BadInput(N_("{id!r} is confidential: nothing is derived from it"), id=row.record)
    if row.field not in FILLED[row.kind] | MENDED[row.kind] or isinstance(row.value, tuple) != (row.field in LISTS):
        return BadInput(N_("{field} of {id!r} cannot be derived"), field=row.field, id=row.record)
    return None


def _store(session: Session, kept: dict[tuple[str, str, str], DerivedRow], row: Derived) -> bool:
    key = (row.kind, row.record, row.field)
    old = kept.get(key)
    if old is not None and _derived(old) == row:
        return False
    new = old or DerivedRow(kind=row.kind, record=row.record, field=row.field)
    new.value = list(row.value) if isinstance(row.value, tuple) else [row.value]
    new.confidence, new.method, new.given, new.at = row.confidence, row.method, row.given, now()
    new.refused = row.refused
    session.add(new)
    kept[key] = new
    return True


def _derived(row: DerivedRow) -> Derived:
    value = tuple(row.value) if row.field in LISTS else row.value[0]
    return Derived(
        row.kind, row.record, row.field, value, row.confidence, row.method, row.given, row.refused  # type: ignore[arg-type]
    )  # fmt: skip
