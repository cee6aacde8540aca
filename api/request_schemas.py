"""What people without a key ask of the offices, as pydantic models."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from api.desk_schemas import Id, Moment, Note
from api.schemas import Code, Flag, Strict
from matcher.checking import LIMITS as FIELDS
from matcher.records import Side
from matcher.store.intake import LIMITS, REASONS, Kind, State

CONSENT = "That offices keep this, call or write about it, and record the organisation and its problem to introduce it"
_said = AfterValidator(lambda text: text.strip())


class RequestIn(Strict):
    """What is asked: an introduction (who, contact and consent are needed), or that a match does not fit (a reason)."""

    kind: Kind = Kind.INTRODUCTION
    question: Note = Field("", max_length=LIMITS["question"], description="The problem, or what is offered")
    seeks: Side = Side.SUPPLY
    region: Code | None = Field(None, description="ISO 3166-2 code, or name")
    sector: Code | None = Field(None, description="ISIC Rev. 4 code, or name")
    partner: Id | None = Field(None, description="Whom they wish to meet, or who does not fit; none: whoever can help")
    who: Annotated[str, _said] = Field("", max_length=LIMITS["who"])
    company: Annotated[str, _said] = Field("", max_length=LIMITS["company"])
    contact: Annotated[str, _said] = Field("", max_length=LIMITS["contact"], description="For officers alone")
    consent: Flag = Field(False, description=CONSENT)
    reason: str = Field("", max_length=LIMITS["reason"], description=f"One of {', '.join(REASONS)}")
    words: Note = Field("", max_length=LIMITS["words"])


class ReceivedOut(BaseModel):
    """It has arrived."""

    id: str


class RequestOut(BaseModel):
    """One of them as an officer sees it. Who asked is null once it was seen to; `made`: the partner made of it."""

    id: str
    kind: Kind
    at: Moment
    question: str
    seeks: Side
    region: str | None
    sector: str | None
    partner: str | None
    partner_name: str | None
    who: str | None
    company: str | None
    contact: str | None
    reason: str | None
    words: str | None
    office: str | None
    state: State
    handled: dt.datetime | None
    made: str | None


class RequestsOut(BaseModel):
    """Requests. `next`: the cursor of the next page."""

    items: list[RequestOut]
    next: str | None


class TakeOver(Strict):
    """How a request becomes a partner and its text. Of a confidential one everybody else reads the summary."""

    name: str = Field(min_length=1, max_length=FIELDS["name"], description="Of the new partner; everybody reads it")
    summary: Note = Field("", max_length=FIELDS["summary"])
    confidential: Flag = True
    introduce: Flag = Field(True, description="Propose the introduction at once, where a partner is named")


class TakenOut(BaseModel):
    """What was made of it."""

    partner: str
    evidence: str
    introduction: str | None
