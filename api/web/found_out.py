"""What was found out about a record and not given: shown to offices, and taken back by whoever may edit the record."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api.desk_schemas import ID
from api.state import Officer, Records, request_of
from matcher.access import Caller, Role
from matcher.errors import Denied, NotFound
from matcher.language import N_
from matcher.records import Evidence, Partner
from matcher.store import audit, derived, sameness
from matcher.store.view import hidden_partners, seen_by
from matcher.store.writer import Writer, stored_records
from matcher.whole_words import FIELDS, METHODS, value_words
from matcher.wholeness import KINDS, LEAST, Kind, counting

router = APIRouter(include_in_schema=False)
Named = Annotated[str, Form(max_length=300, pattern=ID)]
Field = Annotated[str, Form(max_length=40, pattern="^[a-z]+$")]
KindName = Annotated[Literal["partner", "evidence"], Form()]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was found out, in words. `may`: whether the caller may say that it is wrong."""

    kind: Kind
    record: str
    field: str
    name: str
    value: str
    confidence: float
    method: str
    refused: bool
    may: bool


def found_out(
    session: Session, kind: type[Partner | Evidence], ids: Iterable[str], caller: Caller, language: str
) -> list[Found]:
    """Return what was found out about some records and counts, or was taken back; offices alone are told."""
    if not caller.is_at_least(Role.OFFICER):
        return []
    told = []
    hidden = hidden_partners(session, caller)
    for record in stored_records(session, kind, sorted(ids)):
        if not isinstance(record, Partner | Evidence) or seen_by(record, caller, hidden) != record:
            continue
        rows = derived.rows_of(session, KINDS[kind], [record.id])
        counted = counting(record, [row for row in rows if not row.refused and row.confidence >= LEAST])
        told += [
            Found(
                row.kind, row.record, row.field, FIELDS[row.field], value_words(row.field, row.value, language),
                row.confidence, METHODS.get(row.method, ""), row.refused, caller.may_edit(record.owner),
            )
            for row in rows
            if row.refused or row in counted
        ]  # fmt: skip
    return told


def same_as(session: Session, partner: str, caller: Caller) -> list[Partner]:
    """Return the partners that are shown as one, with their names as given; offices alone are told."""
    if not caller.is_at_least(Role.OFFICER):
        return []
    ids = [id_ for id_ in sameness.group_of(session, partner) if id_ != partner]
    hidden = hidden_partners(session, caller)
    there = stored_records(session, Partner, ids)
    seen = [p for p in there if isinstance(p, Partner) and p.consent is not False and seen_by(p, caller, hidden)]
    return [p for p in seen if sameness.top(session, p.id) == sameness.top(session, partner)]


@router.post("/found/wrong")
def wrong(
    request: Request, store: Records, caller: Officer, kind: KindName, record: Named, field: Field
) -> RedirectResponse:
    """Take a value back for good: it counts for nothing, and is not found again from the same words."""
    with store.writing() as writer:
        _check(writer, caller, kind, record)
        writer.refuse(kind, record, field)
        audit.record(writer.session, caller, "take_back", kind, record, request_of(request))
    return _back(kind, record)


@router.post("/found/again")
def again(
    request: Request, store: Records, caller: Officer, kind: KindName, record: Named, field: Field
) -> RedirectResponse:
    """Forget that a value was taken back: the next `tinkuy complete --again` may find it out once more."""
    with store.writing() as writer:
        _check(writer, caller, kind, record)
        writer.forget(kind, record, field)
        audit.record(writer.session, caller, "find_again", kind, record, request_of(request))
    return _back(kind, record)


def _check(writer: Writer, caller: Caller, kind: Kind, id_: str) -> None:
    """Make sure that the caller may edit a record.

    :raises NotFound: there is none that they see.
    :raises Denied: they may not.
    """
    hidden = hidden_partners(writer.session, caller)
    (record,) = stored_records(writer.session, derived.TYPES[kind], [id_]) or (None,)
    if record is None or seen_by(record, caller, hidden) is None:
        raise NotFound(N_("no {kind} has the id {id!r}"), kind=kind, id=id_)
    if not caller.may_edit(record.owner):
        raise Denied(N_("{id!r} is another organisation's: you may not change it"), id=id_)


def _back(kind: Kind, record: str) -> RedirectResponse:
    page = "partners" if kind == "partner" else "evidence"
    return RedirectResponse(f"/{page}/{quote(record, safe='')}#found-out", 303)
