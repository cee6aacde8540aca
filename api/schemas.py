"""What comes in and goes out, as pydantic models; the fields are those of `matcher.records`."""

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import Strict as Strictly

from matcher.access import Role
from matcher.asking import MAX_K, MAX_QUERY
from matcher.records import Filters, Query, Side

Code = Annotated[str, Field(max_length=200)]
Codes = Annotated[list[Code], Field(max_length=50)]
Flag = Annotated[bool, Strictly()]  # not what only could mean yes or no: "on", 1
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(given: object) -> object:
    """Let pass what is written as a date; pydantic would take a number for seconds since 1970."""
    if given is None or isinstance(given, dt.date) or (isinstance(given, str) and _DAY.fullmatch(given)):
        return given
    raise ValueError("write a date as 2025-03-31")


Day = Annotated[dt.date, BeforeValidator(_day)]


class Strict(BaseModel):
    """A request body in which an unknown field is an error, not a silent typo."""

    model_config = ConfigDict(extra="forbid")


class FiltersIn(Strict):
    """What must hold of an answer. Countries, regions, sectors and kinds are the partner's, the rest its texts'.

    A region may be a macro-region too, by id or name: it stands for all its regions.
    """

    countries: Codes = []
    regions: Codes = []
    sectors: Codes = []
    kinds: Codes = []
    languages: Codes = []
    since: Day | None = None
    until: Day | None = None

    def record(self) -> Filters:
        """Return the engine's filters."""
        return Filters(
            frozenset(self.countries), frozenset(self.regions), frozenset(self.sectors), frozenset(self.kinds),
            frozenset(self.languages), self.since, self.until,
        )  # fmt: skip


class MatchOptions(Strict):
    """Options of any question. `without` switches rules off; `lang` is the language of the reasons."""

    k: int = Field(10, ge=1, le=MAX_K)
    without: list[Literal["place", "sector", "track_record", "experience"]] = []
    filters: FiltersIn = FiltersIn()
    guess_sector: Flag = Field(True, description="Deduce the sector from the text where none is given")
    spread: Flag = Field(False, description="Let partners with many introductions lately give their place to others")
    lang: Literal["es", "en"] = "es"

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"k": 5, "lang": "es"}]})


class MatchIn(MatchOptions):
    """A question in words. Regions and sectors may be given by code or name."""

    text: str = Field(max_length=10 * MAX_QUERY, description="The problem or the capability, in Spanish or English")
    seeks: Side = Side.SUPPLY
    title: str | None = Field(None, max_length=500)
    language: str | None = Field(None, max_length=8)
    countries: Codes = []
    region: Code | None = None
    sectors: Codes = []
    date: Day | None = None

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Se me corren los colores de las chompas de alpaca cuando las lavan",
                    "seeks": "supply",
                    "region": "Cusco",
                    "sectors": ["textiles"],
                    "k": 5,
                }
            ]
        },
    )

    def record(self) -> Query:
        """Return the engine's query."""
        return Query(
            text=self.text,
            seeks=self.seeks,
            title=self.title,
            language=self.language,
            countries=tuple(self.countries),
            region=self.region,
            sectors=tuple(self.sectors),
            date=self.date,
            k=self.k,
            without=frozenset(self.without),
            filters=self.filters.record(),
            spread=self.spread,
            guess_sector=self.guess_sector,
        )


class PartnerOut(BaseModel):
    """A partner, without what only an office may see."""

    id: str
    side: Side
    name: str
    kind: str
    country: str | None
    region: str | None
    city: str | None
    sectors: list[str]
    size: str | None
    url: str | None
    identifiers: list[str]


class EvidenceOut(BaseModel):
    """A text that shows what its partners can do or need."""

    id: str
    partners: list[str]
    kind: str
    text: str
    title: str | None
    language: str | None
    date: dt.date | None
    sectors: list[str]
    fields: list[str]
    region: str | None
    source: str | None
    url: str | None


class ContributionOut(BaseModel):
    """One term of the score."""

    signal: str
    value: float
    weight: float
    contribution: float
    reason: str


class HighlightOut(BaseModel):
    """A marked part of a passage, in characters.

    `sentence`: it fits. `word`: the question has it too. `meaning`: it means what the question's word `answers` does.
    """

    start: int
    end: int
    kind: Literal["sentence", "word", "meaning"]
    answers: str | None


class PassageOut(BaseModel):
    """A text that fits."""

    evidence_id: str
    title: str | None
    text: str
    highlights: list[HighlightOut]
    score: float


class MatchOut(BaseModel):
    """A partner in its place; `bias` and the contributions add up to the score.

    `rank_without_rules`: by the text alone. `rank_without`: rule -> its rank if that rule alone were off.
    """

    rank: int
    partner: PartnerOut
    score: float
    probability: float
    kilometres: float | None
    contributions: list[ContributionOut]
    passages: list[PassageOut]
    rank_without_rules: int
    rank_without: dict[str, int]


class FiltersOut(BaseModel):
    """The filters as understood."""

    countries: list[str]
    regions: list[str]
    sectors: list[str]
    kinds: list[str]
    languages: list[str]
    since: dt.date | None
    until: dt.date | None


class QueryOut(BaseModel):
    """The question as understood: codes instead of names."""

    text: str
    seeks: Side
    title: str | None
    language: str | None
    countries: list[str]
    region: str | None
    sectors: list[str]
    size: str | None
    date: dt.date | None
    k: int
    without: list[str]
    filters: FiltersOut
    evidence_id: str | None
    exclude: list[str]
    spread: bool
    guess_sector: bool


class GuessedSectorOut(BaseModel):
    """A sector deduced from the question's text; give `sectors` to overrule it."""

    code: str
    confidence: float


class MatchListOut(BaseModel):
    """An answer; the same JSON as `tinkuy match --json`."""

    matches: list[MatchOut]
    verdict: Literal["matches", "no_good_match"]
    advice: list[str]
    query: QueryOut
    bias: float
    candidates: int
    snapshot: str
    took_ms: float
    guessed_sectors: list[GuessedSectorOut]


class CodeName(BaseModel):
    """A code with its names."""

    code: str
    es: str
    en: str


class WhoAmI(BaseModel):
    """The caller as the service knows them. `serves`: organisations whose office theirs is; `key`: its id."""

    role: Role
    organisation: str | None
    serves: list[str]
    key: str | None


class ErasedOut(BaseModel):
    """What an erasure removed, by place, and what it could not reach."""

    removed: dict[str, int]
    notes: list[str]


class ProblemOut(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
