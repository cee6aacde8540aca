"""For schemathesis, which loads it by itself: NDJSON, a JSON value a line."""

import json
from typing import Any

import schemathesis

NDJSON = "application/x-ndjson"


@schemathesis.serializer(NDJSON)
def lines(context: Any, value: Any) -> Any:
    if isinstance(value, str):  # an example, as it is sent
        return value.encode("utf-8", "replace")
    return "\n".join(json.dumps(row) for row in (value if isinstance(value, list) else [value])).encode()


@schemathesis.deserializer(NDJSON)
def rows(context: Any, response: Any) -> list[Any]:
    return [json.loads(line) for line in response.content.decode().split("\n") if line]
