"""The service's OpenAPI description: what FastAPI finds by itself, and what every route answers besides.

Which problems a request may meet follows from what it is: whether it names a record, sends a body, writes.
"""

import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from api.media_types import JSON
from api.problems import MEDIA_TYPE
from api.schemas import ProblemOut

Node = dict[str, Any]
PROBLEM = "#/components/schemas/ProblemOut"
WATCHED = "operation"  # the tag of routes that pass without a key
OPENED = "feeds"  # that of routes whose address is the key
WITH_ETAG = frozenset(
    ["Written", "PartnerRecordPage", "EvidenceRecord", "OutcomeRecord", "EntryOut", "IntroductionPage", "SearchOut"]
)  # what is of one record, and tells its version
KEYS = {
    "key": {"type": "http", "scheme": "bearer", "description": "`tinkuy key create` makes one"},
    "key_header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
TAG: Node = {"ETag": {"schema": {"type": "string"}, "required": True, "description": "For If-Match, If-None-Match"}}
_NAME = re.compile(r"{(\w+)}")
TEXT: Node = {"schema": {"type": "string"}}


def describe(app: FastAPI) -> None:
    """Let `app` describe itself with all of it."""
    plain = app.openapi

    def full() -> Node:
        if app.openapi_schema is None:
            app.openapi_schema = _full(plain())
        return app.openapi_schema

    app.openapi = full  # type: ignore[method-assign]


def _full(found: Node) -> Node:
    components = found["components"]
    components["schemas"]["ProblemOut"] = ProblemOut.model_json_schema()
    components["securitySchemes"] = KEYS
    found["paths"] = _joined(found["paths"])
    for path, item in found["paths"].items():
        for method, operation in item.items():
            _answers(path, method, operation)
    return found


def _joined(paths: dict[str, Node]) -> dict[str, Node]:
    """Return paths of which no two differ in their parameters' names alone: to OpenAPI they are the same."""
    first: dict[str, str] = {}
    joined: dict[str, Node] = {}
    for path, item in paths.items():
        name = first.setdefault(_NAME.sub("{}", path), path)
        names = dict(zip(_NAME.findall(path), _NAME.findall(name), strict=True))
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["name"] = names[parameter["name"]]
        joined.setdefault(name, {}).update(item)
    return joined


def _answers(path: str, method: str, operation: Node) -> None:
    """Add to an operation who may call it, the problems that it may meet, and what its answers carry."""
    answers, tags = operation["responses"], operation.get("tags", [])
    if WATCHED not in tags and OPENED not in tags:
        reads = (method == "get" and "desk" not in tags) or path.endswith("/matches")
        operation["security"] = [*({} for _ in range(reads)), *({name: []} for name in KEYS)]
    for status in sorted(_problems(path, method, operation)):
        answer = answers.setdefault(str(status.value), {"description": status.phrase})
        answer.setdefault("content", {})[MEDIA_TYPE] = {"schema": {"$ref": PROBLEM}}
    for status, answer in answers.items():
        schema = answer.get("content", {}).get(JSON, {}).get("schema", {})
        if status in ("200", "201") and schema.get("$ref", "").rpartition("/")[2] in WITH_ETAG:
            answer["headers"] = TAG
    if any(p["name"] == "format" for p in operation.get("parameters", ())):  # a list that is a file too
        content = answers["200"]["content"]
        rows = {"type": "array", "items": {"type": "object"}, "title": "The file of `format=json`"}
        content[JSON]["schema"] = {"anyOf": [content[JSON]["schema"], rows]}
        content["text/csv"] = TEXT


def _problems(path: str, method: str, operation: Node) -> set[HTTPStatus]:
    if WATCHED in operation.get("tags", ()):
        return {HTTPStatus.SERVICE_UNAVAILABLE} if path == "/readyz" else set()
    sends, given = "requestBody" in operation, {p["name"].lower() for p in operation.get("parameters", ())}
    writes = method != "get" and not path.endswith("/matches")
    found = {
        HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE,
    }  # fmt: skip
    if given or sends:
        found |= {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
    if sends:
        found |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
    if writes:
        found.add(HTTPStatus.CONFLICT)
    if "if-match" in given:
        found.add(HTTPStatus.PRECONDITION_FAILED)
    if "if-match" in given and method in ("put", "patch"):
        found.add(HTTPStatus.PRECONDITION_REQUIRED)
    return found
