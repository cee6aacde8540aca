"""A desk's shortlists, introductions, saved searches and inbox, as pydantic models."""

import datetime as dt
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, PlainSerializer, model_validator

from api.schemas import Code, Codes, Day, EvidenceOut, FiltersIn, Flag, PartnerOut, Strict
from matcher.asking import MAX_K, MAX_QUERY
from matcher.introductions import Standing
from matcher.records import Query, Side
from matcher.saved_searches import THRESHOLD

ID = r"^[^\x00-\x1f\x7f]+$"  # no control characters: PostgreSQL takes no NUL
Id = Annotated[str, Field(min_length=1, max_length=300, pattern=ID)]
Moment = Annotated[dt.datetime, PlainSerializer(lambda m: m.replace(tzinfo=dt.UTC), return_type=dt.datetime)]
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
Note = Annotated[str, Field(max_length=5000), AfterValidator(lambda text: _CONTROL.sub("", text).strip())]


class EntryIn(Strict):
    """An entry of a shortlist: why the partner stands on it."""

    note: Note | None = None


class EntryOut(BaseModel):
    """A partner on the shortlist of a text. `about`: the text's title; a name is null where its partner withdrew."""

    evidence: str
    about: str | None
    partner: str
    partner_name: str | None
    note: str | None
    added: Moment
    key: str | None
    version: int


class EntriesOut(BaseModel):
    """Entries by text and partner. `next`: the cursor of the next page."""

    items: list[EntryOut]
    next: str | None


class IntroductionIn(Strict):
    """A request that two partners meet. `evidence`: the need or the capability that it is about."""

    supply: Id
    demand: Id
    evidence: Id | None = None
    note: Note | None = None


class StepIn(Strict):
    """A step. Declining, and going back by one as a correction, need a reason. `date`: when it happened, else today."""

    to: Standing
    reason: Note | None = None
    note: Note | None = None
    date: Day | None = None


class StepOut(BaseModel):
    """A step that was taken: by which key, and when."""

    before: Standing | None
    after: Standing
    reason: str | None
    note: str | None
    date: dt.date
    key: str | None
    at: Moment


class IntroductionOut(BaseModel):
    """A request that two partners meet, and how far it came."""

    id: str
    stage: Standing
    supply: str
    supply_name: str | None
    demand: str
    demand_name: str | None
    evidence: str | None
    about: str | None
    note: str | None
    created: Moment
    version: int


class IntroductionPage(IntroductionOut):
    """An introduction with its history. `allowed`: the stages that may come next."""

    history: list[StepOut]
    allowed: list[Standing]


class IntroductionsOut(BaseModel):
    """Introductions, the newest first. `next`: the cursor of the next page."""

    items: list[IntroductionOut]
    next: str | None


class SearchIn(Strict):
    """A question to be asked again when there is something new: a text, or `evidence_id` of a stored one."""

    name: Annotated[Note, Field(min_length=1, max_length=200)]
    threshold: float = Field(THRESHOLD, ge=0, le=1, description="The least probability of a match that is told")
    evidence_id: Id | None = None
    text: str | None = Field(None, max_length=10 * MAX_QUERY)
    seeks: Side | None = Field(None, description="Default: supply; with evidence_id always the other side")
    title: str | None = Field(None, max_length=500)
    language: str | None = Field(None, max_length=8)
    countries: Codes = Field([])
    region: Code | None = None
    sectors: Codes = Field([])
    k: int = Field(10, ge=1, le=MAX_K)
    filters: FiltersIn = FiltersIn()

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if (self.text is None) == (self.evidence_id is None):
            raise ValueError("give either text or evidence_id")
        own = {"seeks", "title", "language", "countries", "region", "sectors"}
        if self.evidence_id is not None and own & self.model_fields_set:
            raise ValueError("evidence_id brings its own side, title, language, place and sectors")
        return self

    def record(self) -> Query:
        """Return the engine's query; of one that stands for a stored text, its id."""
        return Query(
            text=self.text or "",
            seeks=self.seeks or Side.SUPPLY,
            title=self.title,
            language=self.language,
            countries=tuple(self.countries),
            region=self.region,
            sectors=tuple(self.sectors),
            k=self.k,
            filters=self.filters.record(),
            evidence_id=self.evidence_id,
        )


class FeedsOut(BaseModel):
    """Addresses of a search's feeds: whoever knows them may read them."""

    json_: str = Field(alias="json")
    atom: str


class SearchOut(BaseModel):
    """A saved search. `question`: as understood. `unread`: what is new in the inbox."""

    id: str
    name: str
    threshold: float
    question: dict[str, Any]
    created: Moment
    version: int
    unread: int
    feeds: FeedsOut


class ItemOut(BaseModel):
    """News: a new text of a partner that matches a saved search."""

    id: int
    search: str
    search_name: str
    evidence: EvidenceOut
    partner: PartnerOut
    probability: float
    at: Moment
    read: Moment | None


class InboxOut(BaseModel):
    """News, the newest first. `next`: the cursor of the next page."""

    items: list[ItemOut]
    next: str | None


class MarkIn(Strict):
    """What was read, or is to count as not read."""

    ids: list[Annotated[int, Field(ge=1, lt=2**31)]] = Field(min_length=1, max_length=200)
    read: Flag = True
