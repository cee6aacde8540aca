"""Who one is to the service, and the removal of a partner for good."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request

from api.schemas import ErasedOut, WhoAmI
from api.state import Anybody, Contributor, Records, request_of
from matcher import erasure
from matcher.errors import Denied, NotFound
from matcher.language import N_, translator
from matcher.records import Partner
from matcher.store.tables import TombstoneRow

router = APIRouter(tags=["access"])
PartnerId = Annotated[str, Path(max_length=300, examples=["unsaac-procesos"])]


@router.get("/v1/whoami", response_model=WhoAmI)
def whoami(caller: Anybody) -> WhoAmI:
    """Tell the caller's role, organisation, and whom that serves as an office."""
    return WhoAmI(role=caller.role, organisation=caller.organisation, serves=sorted(caller.served), key=caller.key)


@router.post("/v1/partners/{partner_id:path}/erasure", response_model=ErasedOut)
def erase(
    partner_id: PartnerId,
    request: Request,
    store: Records,
    caller: Contributor,
    accept_language: Annotated[str, Header(max_length=200)] = "es",
) -> ErasedOut:
    """Remove a partner for good: texts, vectors, contact and history. For its owner, the owner's office and admins.

    `removed` counts what is gone by place; `notes` tell what could not be reached.
    """
    found = store.get(Partner, partner_id)
    if found is None:
        with store.reading() as session:
            grave = session.get(TombstoneRow, ("partner", partner_id))
        if grave is None or not caller.may_edit(None):  # whose it was is gone too
            raise NotFound(N_("no partner has the id {id!r}"), id=partner_id)
    elif not caller.may_edit(found.record.owner):
        raise Denied(N_("{id!r} is not your organisation's"), id=partner_id)
    live = request.app.state.live
    done = erasure.erase(store, partner_id, live.home, live.encoder, caller, request=request_of(request))
    return ErasedOut(removed=done.removed, notes=done.told(translator(accept_language[:2].lower())))
