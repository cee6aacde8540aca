"""Organisations: who owns records and holds keys, and which office serves whom."""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.errors import BadInput, Conflict, NotFound
from matcher.language import N_
from matcher.store.tables import OrganisationRow

_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A firm, a university, an office. `office`: the organisation that serves it as its transfer office."""

    id: str
    name: str
    office: str | None = None


def add(session: Session, id_: str, name: str, office: str | None = None) -> Organisation:
    """Add an organisation.

    :raises BadInput: no good id, or no name.
    :raises Conflict: there is one of that id.
    :raises NotFound: its office does not exist.
    """
    if not _ID.fullmatch(id_):
        message = N_("{id!r} is no id of an organisation: use small letters, digits, dots and hyphens, up to 100")
        raise BadInput(message, id=id_)
    if session.get(OrganisationRow, id_):
        raise Conflict(N_("there is an organisation {id!r} already"), id=id_)
    session.add(OrganisationRow(id=id_, name=_name(name), office=None))
    session.flush()
    if office is not None:
        set_office(session, id_, office)
    return Organisation(id_, name.strip(), office)


def rename(session: Session, id_: str, name: str) -> None:
    """Give an organisation another name.

    :raises NotFound: there is none of that id.
    :raises BadInput: no name.
    """
    _row(session, id_).name = _name(name)


def set_office(session: Session, id_: str, office: str | None) -> None:
    """Say which office serves an organisation; None: nobody but itself.

    :raises NotFound: there is no such organisation or office.
    :raises BadInput: the office would, along a chain, be served by the one that it serves.
    """
    row = _row(session, id_)
    seen, above = {id_}, office
    while above is not None:
        if above in seen:
            raise BadInput(N_("{office!r} cannot serve {id!r}: they would serve each other"), office=office, id=id_)
        seen.add(above)
        above = _row(session, above).office
    row.office = office


def everyone(session: Session) -> list[Organisation]:
    """Return all organisations by id."""
    rows = session.scalars(select(OrganisationRow).order_by(OrganisationRow.id))
    return [Organisation(row.id, row.name, row.office) for row in rows]


def served_by(session: Session, office: str) -> frozenset[str]:
    """Return the ids of the organisations that an office serves, itself included."""
    found = session.scalars(select(OrganisationRow.id).where(OrganisationRow.office == office))
    return frozenset(found) | {office}


def must_exist(session: Session, id_: str) -> None:
    """Make sure that there is an organisation of that id.

    :raises NotFound: there is none.
    """
    _row(session, id_)


def _row(session: Session, id_: str) -> OrganisationRow:
    row = session.get(OrganisationRow, id_)
    if row is None:
        raise NotFound(N_("no organisation has the id {id!r}: add it with `tinkuy organisation add`"), id=id_)
    return row


def _name(name: str) -> str:
    if not name.strip():
        raise BadInput(N_("an organisation needs a name"))
    return name.strip()
