"""Many records at once: NDJSON in, what became of each row out."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.idempotency import Answer, Once, once
from api.media_types import NDJSON, require_type
from api.problems import language_of
from api.record_schemas import BulkRow
from api.routes.records import KEY
from api.state import Contributor, Records, request_of
from matcher import bulk
from matcher.editing import Editor
from matcher.errors import TinkuyError
from matcher.store.writer import Writer

router = APIRouter(tags=["records"])
EXAMPLE = "\n".join(
    json.dumps(row)
    for row in (
        {"type": "partner", "id": "taller", "side": "demand", "name": "Taller", "kind": "firm"},
        {"type": "evidence", "id": "taller-n1", "partners": ["taller"], "kind": "need", "text": "…"},
        {"type": "outcome", "id": "o1", "delete": True},
    )
)
ROWS = {
    "type": "array",  # of lines, each an object
    "items": {
        "type": "object",
        "required": ["type", "id"],
        "properties": {
            "type": {"enum": ["partner", "evidence", "outcome"]},
            "id": {"type": "string", "minLength": 1, "maxLength": 300},
            "delete": {"type": "boolean"},
            "version": {"type": ["integer", "null"]},
        },
    },
}
ANSWERS = {"type": "array", "items": BulkRow.model_json_schema()}
DESCRIBED = {
    "parameters": [KEY],
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": ROWS, "example": EXAMPLE}},
    },
}
Body = Annotated[Once, Depends(once(bulk.MAX_BYTES))]


@router.post(
    "/v1/bulk",
    response_class=Response,
    responses={key: {"content": {NDJSON: {"schema": ANSWERS}}, "description": "Row by row"} for key in (200, 422)},
    openapi_extra=DESCRIBED,
)
def write_bulk(
    request: Request,
    body: Body,
    store: Records,
    caller: Contributor,
    atomic: Annotated[bool, Query(description="All rows or none; none: 422")] = False,
) -> Response:
    """Write up to 10,000 records, one JSON object a line, and tell of each row what became of it.

    Each has its `type` (`partner`, `evidence`, `outcome`) and `id`; with `"delete": true` it is deleted.
    Of a record that exists the fields left out stay as they are, and null empties one. `version`, where
    given, is the version that the record must have. A row that is refused leaves the others as they are.
    """
    require_type(request, NDJSON, "application/ndjson", "application/jsonl")
    lines, say = bulk.read_lines(body.body), language_of(request)
    results: list[bulk.Result] = []

    def work(writer: Writer) -> Answer:
        results[:] = bulk.write(Editor(writer, caller, request_of(request)), lines)
        if atomic and any(isinstance(result.done, TinkuyError) for result in results):
            raise bulk.Undone
        return Answer(200, "".join(bulk.told(results, say)), {"Content-Type": NDJSON})

    try:
        return body.write(store, caller, work)
    except bulk.Undone:
        told = bulk.told(bulk.all_refused(results), say)
        return Response("".join(told), 422, media_type=NDJSON)
