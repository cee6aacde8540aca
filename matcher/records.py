"""The records that everything else speaks of: frozen, and nothing but data."""

import datetime as dt
import math
from dataclasses import dataclass, field
from enum import StrEnum

from matcher.frozen import quick_to_make


class Side(StrEnum):
    """Who can do R&D (supply) and who needs it (demand)."""

    SUPPLY = "supply"
    DEMAND = "demand"

    @property
    def other(self) -> "Side":
        """The side across."""
        return Side.DEMAND if self is Side.SUPPLY else Side.SUPPLY


class Stage(StrEnum):
    """How far an introduction came."""

    INTRODUCED = "introduced"
    MET = "met"
    AGREED = "agreed"
    PROJECT = "project"
    DECLINED = "declined"


class Verdict(StrEnum):
    """Whether the best of a list is worth anybody's time."""

    MATCHES = "matches"
    NO_GOOD_MATCH = "no_good_match"


@quick_to_make
@dataclass(frozen=True, slots=True)
class Partner:
    """One who can be recommended. `country` ISO 3166-1, `region` ISO 3166-2, `sectors` ISIC Rev. 4.

    `contact`: for offices and the owner only. `consent`: False takes it out of all answers; None was never asked.
    `owner`: the organisation whose record it is. `identifiers`: of public registers, see `matcher.identifiers`.
    """

    id: str
    side: Side
    name: str
    kind: str
    country: str | None = None
    region: str | None = None
    city: str | None = None
    sectors: tuple[str, ...] = ()
    size: str | None = None
    url: str | None = None
    contact: str | None = None
    consent: bool | None = None
    owner: str | None = None
    identifiers: tuple[str, ...] = ()


@quick_to_make
@dataclass(frozen=True, slots=True)
class Evidence:
    """One text that shows what its partners can do, or need. `fields` OECD FORD, `language` ISO 639-1.

    `source`: where it is from, in words; `url`: where it stands there.
    Of a `confidential` one everybody but its owner and the owner's office sees the `summary` in the text's place.
    `owner`: the organisation whose record it is.
    """

    id: str
    partners: tuple[str, ...]
    kind: str
    text: str
    title: str | None = None
    language: str | None = None
    date: dt.date | None = None
    sectors: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    region: str | None = None
    source: str | None = None
    url: str | None = None
    confidential: bool | None = None
    summary: str | None = None
    owner: str | None = None

    @property
    def full_text(self) -> str:
        """The title and the text as one passage."""
        return join_title(self.title, self.text)


@quick_to_make
@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an introduction. Country, region, sectors are those of the counterpart (the one served).

    `text`: for its `owner` and offices only.
    """

    id: str
    partner: str
    stage: Stage
    counterpart: str | None = None
    date: dt.date | None = None
    country: str | None = None
    region: str | None = None
    sectors: tuple[str, ...] = ()
    text: str | None = None
    owner: str | None = None


Record = Partner | Evidence | Outcome


@dataclass(frozen=True, slots=True)
class State:
    """Which state a database is in: the number of the last transaction that wrote, in the history `lineage`.

    Numbers of different histories (of another database, or one that was restored) say nothing about each other.
    """

    version: int = 0
    lineage: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What everybody may see of the records that were written before `state` and after an earlier one.

    `gone`: (kind, id) of records that are no more, or no longer to be seen; kinds are the record classes.
    """

    state: State
    partners: tuple[Partner, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    gone: frozenset[tuple[type[Record], str]] = frozenset()

    @property
    def version(self) -> int:
        """The number of the last transaction that is in it."""
        return self.state.version

    def __bool__(self) -> bool:
        return bool(self.partners or self.evidence or self.outcomes or self.gone)


@dataclass(frozen=True, slots=True)
class Filters:
    """What must hold of an answer; an empty set or None asks for nothing.

    Countries, regions, sectors and kinds are the partner's, languages and dates its texts'.
    """

    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is being looked for, and from where.

    :param without: rules that are switched off ("place", "sector", "track_record", "experience").
    :param date: the day of the question; outcomes from that day on are not known to it.
    :param spread: partners that were proposed often lately let others have a turn.
    :param guess_sector: where no sector is given, one may be deduced from the text.
    """

    text: str
    seeks: Side
    title: str | None = None
    language: str | None = None
    countries: tuple[str, ...] = ()
    region: str | None = None
    sectors: tuple[str, ...] = ()
    size: str | None = None
    date: dt.date | None = None
    k: int = 10
    without: frozenset[str] = frozenset()
    filters: Filters = field(default_factory=Filters)
    evidence_id: str | None = None
    exclude: frozenset[str] = frozenset()
    spread: bool = False
    guess_sector: bool = True

    @property
    def full_text(self) -> str:
        """The title and the text as one passage."""
        return join_title(self.title, self.text)


@dataclass(frozen=True, slots=True)
class GuessedSector:
    """A division of ISIC Rev. 4 that a text seems to speak of, and how sure that is, 0 to 1."""

    code: str
    confidence: float


@quick_to_make
@dataclass(frozen=True, slots=True)
class Contribution:
    """One term of the formula: `contribution = weight x value`, in log-odds, and why."""

    signal: str
    value: float
    weight: float
    contribution: float
    reason: str


@quick_to_make
@dataclass(frozen=True, slots=True)
class Highlight:
    """A part of a passage, in characters, of one of three kinds.

    A `sentence` that fits; a `word` that the question has too; a word whose `meaning` is that of the
    question's word `answers`, though spelt differently.
    """

    start: int
    end: int
    kind: str
    answers: str | None = None


@quick_to_make
@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the partner's that fits. `score` is in standard deviations above this side's average text."""

    evidence_id: str
    title: str | None
    text: str
    highlights: tuple[Highlight, ...]
    score: float


@quick_to_make
@dataclass(frozen=True, slots=True)
class Match:
    """A partner in its place, with the terms that brought it there: they and the bias add up to the score.

    `rank_without_rules`: by the text alone. `rank_without`: rule -> its rank if that rule alone were off.
    """

    rank: int
    partner: Partner
    score: float
    probability: float
    kilometres: float | None
    contributions: tuple[Contribution, ...]
    passages: tuple[Passage, ...]
    rank_without_rules: int
    rank_without: dict[str, int]


@quick_to_make
@dataclass(frozen=True, slots=True)
class MatchList:
    """An answer. `bias` is the formula's b; `candidates` counts the partners that were ranked.

    `guessed_sectors`: deduced from the question's text, where it gave none.
    """

    matches: tuple[Match, ...]
    verdict: Verdict
    advice: tuple[str, ...]
    query: Query
    bias: float
    candidates: int
    snapshot: str
    took_ms: float
    guessed_sectors: tuple[GuessedSector, ...] = ()


def join_title(title: str | None, text: str) -> str:
    """Return the title and the text as one passage, the title a sentence of its own."""
    if not title or text.startswith(title):
        return text
    return f"{title}{'' if title[-1] in '.?!:' else '.'} {text}"


def probability(score: float) -> float:
    """Return the sigmoid of a score in log-odds."""
    return 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))
