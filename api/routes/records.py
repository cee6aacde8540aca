"""Records written one at a time: created, replaced, changed in part, deleted."""

import json
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from api.addresses import OF_A_RECORD
from api.conditions import Asked, Conditions, etag
from api.idempotency import Answer, Once, OnceOnly
from api.media_types import JSON, MERGE, require_type
from api.record_schemas import EvidenceIn, OutcomeIn, PartnerIn, Written
from api.state import Contributor, Records, request_of
from matcher.access import Caller
from matcher.checking import check, check_id, read_json, take_version
from matcher.editing import Change, Editor
from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store.store import Store
from matcher.store.writer import Writer

router = APIRouter(tags=["records"])
Id = Annotated[str, Path(max_length=300), OF_A_RECORD]
CONDITIONS = [
    {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "ETag of what was read"},
]
KEY = {
    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "Sent again within 24 hours, the same request is done once and answered the same",
}  # fmt: skip


def _described(*parameters: Any, body: dict[str, Any] | None = None, media_type: str = JSON) -> Any:
    described: dict[str, Any] = {"parameters": [*parameters, KEY]}
    if body:
        described["requestBody"] = {"required": True, "content": {media_type: {"schema": body}}}
    return described


def _part(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what describes some fields of a record."""
    return {name: value for name, value in schema.items() if name != "required"}


def _routes(path: str, kind: type[Record], model: type[BaseModel]) -> None:
    """Add the routes that write one kind of record."""
    schema = model.model_json_schema()
    name = kind.__name__.lower()

    @router.post(
        path,
        status_code=201,
        response_model=Written,
        name=f"create_{name}",
        summary=f"Create {name}",
        openapi_extra=_described(body=schema),
    )
    def create(request: Request, once: OnceOnly, store: Records, caller: Contributor) -> Response:
        """Create a record; one that exists already is 409."""
        given = _body(request, once)
        id_ = given.get("id") or uuid4().hex
        change = Change(kind, check_id("id", id_), check(kind, given), whole=True, exists=False)
        return _write(request, once, store, caller, path, change)

    @router.put(
        path + "/{id_:path}",
        response_model=Written,
        responses={201: {"model": Written}},
        name=f"put_{name}",
        summary=f"Replace or create {name}",
        openapi_extra=_described(*CONDITIONS, body=schema),
    )
    def put(request: Request, id_: Id, once: OnceOnly, asked: Asked, store: Records, caller: Contributor) -> Response:
        """Write a record whole: what is left out becomes empty, but its owner.

        One that exists is changed only with `If-Match`, or its `version` among the fields (428 without, 412
        where it was changed meanwhile); `If-None-Match: *` only creates.
        """
        given = _same(id_, _body(request, once))
        asked = asked.of_version(take_version(given))
        change = Change(
            kind, check_id("id", id_), check(kind, given), whole=True, exists=_exists(asked),
            expected=asked.expected, guarded=not asked.any,
        )  # fmt: skip
        return _write(request, once, store, caller, path, change)

    @router.patch(
        path + "/{id_:path}",
        response_model=Written,
        name=f"patch_{name}",
        summary=f"Change {name} in part",
        openapi_extra=_described(*CONDITIONS, body=_part(schema), media_type=MERGE),
    )
    def patch(request: Request, id_: Id, once: OnceOnly, asked: Asked, store: Records, caller: Contributor) -> Response:
        """Change the fields given, as JSON Merge Patch does (RFC 7396): null empties one. `If-Match` as with PUT."""
        given = _same(id_, _body(request, once))
        asked = asked.of_version(take_version(given))
        change = Change(
            kind, check_id("id", id_), check(kind, given), exists=True, expected=asked.expected,
            guarded=not asked.any,
        )  # fmt: skip
        return _write(request, once, store, caller, path, change)

    @router.delete(
        path + "/{id_:path}",
        status_code=204,
        name=f"delete_{name}",
        summary=f"Delete {name}",
        openapi_extra=_described(*CONDITIONS),
    )
    def delete(
        request: Request, id_: Id, once: OnceOnly, asked: Asked, store: Records, caller: Contributor
    ) -> Response:
        """Delete a record; with a partner go the texts that speak of no other, and its outcomes."""
        if "\0" in id_:
            raise NotFound(N_("no {kind} has the id {id!r}"), kind=name, id=id_)
        change = Change(kind, id_, delete=True, expected=asked.expected)
        return _write(request, once, store, caller, path, change)


_routes("/v1/partners", Partner, PartnerIn)
_routes("/v1/evidence", Evidence, EvidenceIn)
_routes("/v1/outcomes", Outcome, OutcomeIn)


def _write(request: Request, once: Once, store: Store, caller: Caller, path: str, change: Change) -> Response:
    def work(writer: Writer) -> Answer:
        done = Editor(writer, caller, request_of(request)).apply(change)
        if done.version is None:
            return Answer()
        headers = {"Content-Type": JSON, "ETag": etag(done.version)}
        if done.effect == "added":
            headers["Location"] = f"{path}/{quote(change.id)}"
        body = {"id": change.id, "effect": done.effect, "version": done.version}
        return Answer(201 if done.effect == "added" else 200, json.dumps(body, ensure_ascii=False), headers)

    return once.write(store, caller, work)


def _body(request: Request, once: Once) -> dict[str, Any]:
    """Return the JSON object that was sent."""
    require_type(request, JSON, MERGE)
    return read_json(once.body)


def _same(id_: str, given: dict[str, Any]) -> dict[str, Any]:
    if given.get("id", id_) != id_:
        raise BadInput(N_("the id {found!r} is not that of the address, {id!r}"), found=str(given["id"])[:300], id=id_)
    return given


def _exists(asked: Conditions) -> bool | None:
    return False if asked.new else True if asked.any else None
