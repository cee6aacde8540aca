"""Whose desk a caller works at."""

from dataclasses import replace

from sqlalchemy import select

from matcher.access import Caller, Role
from matcher.errors import BadQuery, Denied, NotFound
from matcher.language import N_
from matcher.store.store import Store
from matcher.store.tables import OrganisationRow

LOCAL = "local"  # the office of an installation that nobody has divided into organisations


def at_desk(store: Store, caller: Caller, named: str | None = None) -> Caller:
    """Return the caller with the organisation whose desk is meant; it exists.

    An officer works at their own office's desk, an admin at any that they name. Where there are no keys
    (an installation open for trying) it is LOCAL, which is made where it is absent.

    :raises Denied: an officer names another office.
    :raises BadQuery: an admin of no organisation names none.
    :raises NotFound: no organisation has that id.
    """
    office = named or caller.organisation
    if office is None:
        if caller.key is not None:
            raise BadQuery(N_("say whose desk is meant, with organisation=ID"))
        office = LOCAL
    elif office != caller.organisation and caller.role is not Role.ADMIN:
        raise Denied(N_("the desk of {id!r} is not yours"), id=office)
    with store.reading() as session:
        known = session.get(OrganisationRow, office) is not None
    if not known and office == LOCAL and caller.key is None:
        with store.writing() as writer:  # writers take turns, so that nobody makes it twice
            if writer.session.get(OrganisationRow, LOCAL) is None:
                writer.session.add(OrganisationRow(id=LOCAL, name="Local", office=None))
    elif not known:
        raise NotFound(N_("no organisation has the id {id!r}"), id=office)
    return replace(caller, organisation=office)


def only_one(store: Store) -> str | None:
    """Return the id of the only organisation; None without any.

    :raises BadQuery: there are several.
    """
    with store.reading() as session:
        ids = list(session.scalars(select(OrganisationRow.id).order_by(OrganisationRow.id).limit(6)))
    if len(ids) > 1:
        raise BadQuery(N_("say whose desk is meant, with --organisation: {known}"), known=", ".join(ids[:5]))
    return ids[0] if ids else None
