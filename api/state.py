"""What every request can reach: the engine that answers, the database, the caller."""

from typing import Annotated

from fastapi import Depends, Request

from matcher.access import Caller, Role
from matcher.engine import Engine
from matcher.errors import Denied
from matcher.language import N_
from matcher.macro_regions import MacroRegions
from matcher.store.store import Store


def engine_of(request: Request) -> Engine:
    """Return the engine of the snapshot that serves now."""
    engine: Engine = request.app.state.live.current()
    return engine


def store_of(request: Request) -> Store:
    """Return the database of records."""
    store: Store = request.app.state.store
    return store


def macro_regions_of(request: Request) -> MacroRegions:
    """Return the macro-regions of the installation."""
    groups: MacroRegions = request.app.state.live.macro_regions
    return groups


def request_of(request: Request) -> str | None:
    """Return the request's id, where it has one, for the audit log."""
    id_: str | None = getattr(request.state, "request_id", None)
    return id_


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.state.caller  # found by security.Guard, which every request passes
    return caller


class Needs:
    """A dependency that lets only callers of at least `role` pass.

    :raises Denied: the caller's role is below it.
    """

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(self, request: Request) -> Caller:
        """Return the caller."""
        caller = caller_of(request)
        if not caller.is_at_least(self.role):
            raise Denied(N_("this needs a key of role {role}; yours is {yours}"), role=self.role, yours=caller.role)
        return caller


Current = Annotated[Engine, Depends(engine_of)]
Groups = Annotated[MacroRegions, Depends(macro_regions_of)]
Records = Annotated[Store, Depends(store_of)]
Anybody = Annotated[Caller, Depends(Needs(Role.READER))]
Contributor = Annotated[Caller, Depends(Needs(Role.CONTRIBUTOR))]
Officer = Annotated[Caller, Depends(Needs(Role.OFFICER))]
Admin = Annotated[Caller, Depends(Needs(Role.ADMIN))]
