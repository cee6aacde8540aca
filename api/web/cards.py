"""An answer as cards: what stands on each, ready for its template, and all of it out of the answer alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from matcher.language import N_, Translate
from matcher.places import country_name, region_name
from matcher.records import Contribution, Match, MatchList, Partner, Passage
from matcher.sectors import SHARED_LEVEL
from matcher.shown import WITHOUT, Piece, fitting, moved, pieces, weightiest
from matcher.weights import RULE_OF

EXCERPT = 420  # characters of the sentence that fits
GROUPS = {  # rule -> what a part of the bar is called
    "text": N_("texts"),
    "place": N_("place"),
    "sector": N_("sector"),
    "track_record": N_("track record"),
    "experience": N_("work with others"),
    "turns": N_("turns"),
}
SIGNALS = {
    "text": N_("How well its texts fit"), "profile": N_("Its work as a whole"), "distance": N_("Distance"),
    "same_region": N_("Same region"), "same_country": N_("Same country"), "sector": N_("Sector"),
    "sector_texts": N_("Texts of the sector"), "track_record": N_("Track record"),
    "track_record_near": N_("Track record near by"), "track_record_sector": N_("Track record in the sector"),
    "experience": N_("Texts on record"), "collaboration": N_("Work with others"),
    "exposure": N_("Turns for others"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a bar: what a rule adds or takes. `x`, `width`: in hundredths of the bar's length."""

    group: str
    name: str
    value: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Fitting:
    """A text that fits, as an excerpt in pieces. `cut`: whether it goes on."""

    evidence: str
    title: str | None
    pieces: list[Piece]
    before: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A match as it is shown. `zero`: where the bar's zero stands, in hundredths."""

    match: Match
    where: str
    near: str
    here: bool
    why: str
    first: Fitting | None
    more: list[Fitting]
    bars: list[Bar]
    zero: float
    sum: list[tuple[str, Contribution]]
    ranks: list[str]
    moved: str


def cards(answer: MatchList, say: Translate, language: str) -> list[Card]:
    """Return the cards of an answer; all bars are drawn to one scale."""
    grouped = [_grouped(match.contributions) for match in answer.matches]
    most = max((sum(v for v in g.values() if v > 0) for g in grouped), default=0.0)
    least = max((-sum(v for v in g.values() if v < 0) for g in grouped), default=0.0)
    scale = 100 / (most + least) if most + least else 0.0
    return [
        _card(match, answer, group, (least, scale), say, language)
        for match, group in zip(answer.matches, grouped, strict=True)
    ]


def place_of(partner: Partner, language: str) -> str:
    """Return where a partner is: city, region, country, as far as is known, each once."""
    country = country_name(partner.country, language) if partner.country else None
    region = region_name(partner.region) if partner.region else None
    return ", ".join(dict.fromkeys(part for part in (partner.city, region, country) if part))


def excerpt(passage: Passage) -> Fitting:
    """Return the sentence of a passage that fits best, in pieces."""
    start, end = fitting(passage)
    cut = end if end - start <= EXCERPT else passage.text.rfind(" ", start, start + EXCERPT) + 1 or start + EXCERPT
    return Fitting(
        passage.evidence_id, passage.title, pieces(passage, start, cut), start > 0, cut < len(passage.text.rstrip())
    )


def one_sentence(parts: Iterable[str]) -> str:
    """Return reasons as one sentence: they are clauses without a capital or a stop."""
    said = "; ".join(part.rstrip(".") for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _card(
    match: Match,
    answer: MatchList,
    group: dict[str, float],
    drawn: tuple[float, float],
    say: Translate,
    language: str,
) -> Card:
    least, scale = drawn
    asked = answer.query.region
    here = bool(asked) and match.partner.region == asked
    near = ""
    if here:
        near = say(N_("in your region"))
    elif match.kilometres is not None:
        near = say(N_("{km} km away")).format(km=round(match.kilometres))
    texts = [excerpt(passage) for passage in match.passages]
    ranks = match.rank_without | {"text": match.rank_without_rules} if match.rank_without else {}
    return Card(
        match,
        place_of(match.partner, language) or say(N_("place unknown")),
        near,
        here,
        one_sentence(_clause(c, answer, say) for c in weightiest(match))
        or say(N_("The nearest that there is, though little speaks for it.")),
        texts[0] if texts else None,
        texts[1:],
        _bars(group, least, scale, say),
        least * scale,
        [(say(SIGNALS[c.signal]) if c.signal in SIGNALS else c.signal, c) for c in match.contributions],
        [say(WITHOUT[rule]).format(rank=rank) for rule, rank in ranks.items()],
        moved(match, say),
    )


def _clause(c: Contribution, answer: MatchList, say: Translate) -> str:
    """Return a term's reason; a sector that was deduced is told once, above all cards."""
    if c.signal == "sector" and answer.guessed_sectors:
        alike = c.value / answer.guessed_sectors[0].confidence  # a guess counts for as much as it is sure
        same = alike >= SHARED_LEVEL["division"]
        return say(N_("works in that sector") if same else N_("works in a sector close to that"))
    return c.reason


def _grouped(contributions: Iterable[Contribution]) -> dict[str, float]:
    """Return group -> what its terms come to."""
    found = dict.fromkeys(GROUPS, 0.0)
    for c in contributions:
        found["turns" if c.signal == "exposure" else RULE_OF.get(c.signal) or "text"] += c.contribution
    return found


def _bars(group: dict[str, float], least: float, scale: float, say: Translate) -> list[Bar]:
    """Return the parts of a bar: what speaks for a partner to the right of zero, what against to its left."""
    right = left = least
    found = []
    for name, value in group.items():
        if abs(value) < 0.005:  # nothing that a figure of two places shows
            continue
        if value < 0:
            left += value
        found.append(Bar(name, say(GROUPS[name]), value, (right if value > 0 else left) * scale, abs(value) * scale))
        if value > 0:
            right += value
    return found
