"""The first page: a question in everyday words, and who can help."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.metrics import answered
from api.state import Current
from api.web.rendering import language_of, render
from matcher import records
from matcher.asking import MAX_QUERY
from matcher.records import Side

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form. `q`: the words; an empty one asks nothing yet."""

    q: Annotated[str, Query(max_length=MAX_QUERY)] = ""
    seeks: Annotated[Side, Query()] = Side.SUPPLY
    region: Annotated[str, Query(max_length=200)] = ""
    sector: Annotated[str, Query(max_length=200)] = ""

    def record(self) -> records.Query:
        """Return the engine's query."""
        return records.Query(
            text=self.q,
            seeks=self.seeks,
            region=self.region or None,
            sectors=(self.sector,) if self.sector else (),
        )


@router.get("/")
def ask(request: Request, engine: Current, asked: Annotated[Asked, Depends()]) -> Response:
    """Show the box, and the answer where something was asked."""
    answer = answered(engine, asked.record(), language_of(request)) if asked.q.strip() else None
    return render(request, "ask.html", asked=asked, answer=answer)
