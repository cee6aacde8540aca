"""Records as they come in and go out; what their fields may hold `matcher.checking` tells."""

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import EvidenceOut, PartnerOut
from matcher.checking import LIMITS, MANY
from matcher.records import Stage


def _text(name: str, about: str | None = None) -> Any:
    return Field(None, max_length=LIMITS[name], description=about)


ID = Field(None, min_length=1, max_length=LIMITS["id"], description="Your own; made where you give none")
OWNER = Field(None, max_length=LIMITS["owner"], description="Organisation whose record it is; yours where not given")
COUNTRY = Field(None, max_length=LIMITS["code"], description="ISO 3166-1 code, or name")
VERSION = Field(None, description="What it must have now; says what If-Match does")
REGION = Field(None, max_length=LIMITS["code"], description="ISO 3166-2 code, or name")
SECTORS: Any = Field([], max_length=MANY, description="ISIC Rev. 4 codes, or names")
IDENTIFIERS: Any = Field([], max_length=MANY, description="Of public registers: ror:…, ruc:…, wikidata:…")


class Given(BaseModel):
    """What is written; the description of it, as `matcher.checking` reads it."""

    model_config = ConfigDict(extra="forbid")


class PartnerIn(Given):
    """A partner to write. `consent` false takes it out of all answers."""

    id: str | None = ID
    side: Literal["supply", "demand"]
    name: str = Field(min_length=1, max_length=LIMITS["name"])
    kind: str | None = _text("kind", "university, laboratory, firm…")
    country: str | None = COUNTRY
    region: str | None = REGION
    city: str | None = _text("city")
    sectors: list[str] | None = SECTORS
    size: Literal["micro", "small", "medium", "large"] | None = None
    url: str | None = _text("url", "http or https")
    identifiers: list[str] | None = IDENTIFIERS
    contact: str | None = _text("contact", "Shown to offices and to the owner only")
    consent: bool | None = None
    owner: str | None = OWNER
    version: int | None = VERSION


class EvidenceIn(Given):
    """A text to write. Of a `confidential` one everybody but owner and office sees the `summary` in its place."""

    id: str | None = ID
    partners: list[str] = Field(min_length=1, max_length=MANY, description="Ids")
    kind: str = Field(min_length=1, max_length=LIMITS["kind"], description="capability, project, patent, need…")
    text: str = Field(min_length=1, max_length=LIMITS["text"])
    title: str | None = _text("title")
    language: str | None = Field(None, max_length=LIMITS["code"], description="ISO 639-1; found from the text if empty")
    date: dt.date | None = None
    sectors: list[str] | None = SECTORS
    fields: list[str] | None = Field([], max_length=MANY, description="OECD FORD codes")
    region: str | None = REGION
    source: str | None = _text("source")
    url: str | None = _text("url", "http or https; where it stands in its source")
    confidential: bool | None = None
    summary: str | None = _text("summary", "What everybody may read of a confidential text")
    owner: str | None = OWNER
    version: int | None = VERSION


class OutcomeIn(Given):
    """What came of an introduction. `text` is for owner and office only."""

    id: str | None = ID
    partner: str = Field(min_length=1, max_length=LIMITS["id"], description="Id")
    stage: Literal["introduced", "met", "agreed", "project", "declined"]
    counterpart: str | None = Field(None, min_length=1, max_length=LIMITS["id"], description="Id")
    date: dt.date | None = None
    country: str | None = COUNTRY
    region: str | None = REGION
    sectors: list[str] | None = SECTORS
    text: str | None = _text("text")
    owner: str | None = OWNER
    version: int | None = VERSION


class PartnerRecord(PartnerOut):
    """A partner with its version; contact, consent and owner only for those who may see them."""

    contact: str | None = None
    consent: bool | None = None
    owner: str | None = None
    version: int


class EvidenceRecord(EvidenceOut):
    """A text with its version; where it is confidential, summary and owner only for those who may see them."""

    confidential: bool | None
    summary: str | None = None
    owner: str | None = None
    version: int


class OutcomeRecord(BaseModel):
    """An outcome with its version; text and owner only for those who may see them."""

    id: str
    partner: str
    stage: Stage
    counterpart: str | None
    date: dt.date | None
    country: str | None
    region: str | None
    sectors: list[str]
    text: str | None = None
    owner: str | None = None
    version: int


class PartnerRecordPage(BaseModel):
    """A partner with its first texts; `next` goes on in `GET /v1/evidence?partner=ID&cursor=`."""

    partner: PartnerRecord
    evidence: list[EvidenceRecord]
    next: str | None


class PartnerList(BaseModel):
    """Part of a list; `next` is the cursor of the part that follows."""

    items: list[PartnerRecord]
    next: str | None


class EvidenceList(BaseModel):
    """Part of a list; `next` is the cursor of the part that follows."""

    items: list[EvidenceRecord]
    next: str | None


class OutcomeList(BaseModel):
    """Part of a list; `next` is the cursor of the part that follows."""

    items: list[OutcomeRecord]
    next: str | None


class Written(BaseModel):
    """What became of a record, and its version now."""

    id: str
    effect: Literal["added", "changed", "unchanged"]
    version: int


class BulkRow(BaseModel):
    """What became of a row, `row` counted from 1; `reason` where it was refused."""

    row: int
    type: Literal["partner", "evidence", "outcome"] | None
    id: str | None
    effect: Literal["added", "changed", "unchanged", "deleted", "refused"]
    version: int | None = None
    reason: str | None = None
