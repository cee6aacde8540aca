"""Organisations in the pages: list, add, rename, say which office serves whom."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.state import Admin, Records, request_of
from api.web.rendering import render, say_of
from api.web.typed import InPath, one_line
from matcher.errors import TinkuyError
from matcher.sources.reading import slug
from matcher.store import audit, organisations

router = APIRouter(include_in_schema=False)


@router.get("/admin/organisations")
def organisations_page(request: Request, store: Records, _: Admin) -> Response:
    """List all organisations."""
    return _page(request, store)


@router.post("/admin/organisations")
def add(
    request: Request,
    store: Records,
    caller: Admin,
    name: Annotated[str, Form(max_length=300)] = "",
    organisation: Annotated[str, Form(max_length=100)] = "",
    office: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Add an organisation; without an id it gets one made of its name."""
    id_ = organisation.strip() or slug(name)[:100].strip("-")
    try:
        with store.noting() as session:
            organisations.add(session, id_, one_line(name), office or None)
            audit.record(session, caller, "create", "organisation", id_, request_of(request))
    except TinkuyError as error:
        typed = {"name": name, "organisation": organisation, "office": office}
        return _page(request, store, 422, error.text(say_of(request)), typed)
    return RedirectResponse("/admin/organisations", 303)


@router.post("/admin/organisations/{organisation_id}")
def change(
    request: Request,
    store: Records,
    caller: Admin,
    organisation_id: InPath,
    name: Annotated[str, Form(max_length=300)] = "",
    office: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Give an organisation another name or office."""
    try:
        with store.noting() as session:
            organisations.must_exist(session, organisation_id)
            organisations.rename(session, organisation_id, one_line(name))
            organisations.set_office(session, organisation_id, office or None)
            audit.record(session, caller, "change", "organisation", organisation_id, request_of(request))
    except TinkuyError as error:
        return _page(request, store, 422, error.text(say_of(request)))
    return RedirectResponse("/admin/organisations", 303)


def _page(
    request: Request, store: Records, status: int = 200, error: str = "", typed: dict[str, str] | None = None
) -> Response:
    with store.reading() as session:
        found = organisations.everyone(session)
    return render(
        request, "admin_organisations.html", status, organisations=found, error=error,
        typed=typed or {"name": "", "organisation": "", "office": ""},
    )  # fmt: skip
