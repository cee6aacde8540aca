"""What of a match is worth telling first, and its passages in pieces: the same on a page and in a terminal."""

import math
from dataclasses import dataclass
from itertools import pairwise

from matcher.language import N_, Translate
from matcher.records import Contribution, Highlight, Match, Passage
from matcher.weights import RULE_OF

REASONS, WEIGHTY = 4, 0.06  # reasons shown, and the log-odds below which one is none
MOVED = 2  # ranks; fewer are not worth a line
WITHOUT = {
    "place": N_("without counting place: no. {rank}"),
    "sector": N_("without counting sector: no. {rank}"),
    "track_record": N_("without counting track record: no. {rank}"),
    "experience": N_("without counting work with others: no. {rank}"),
    "text": N_("by its texts alone: no. {rank}"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a passage under the same marks. `answers`: the question's word that it means, after its last piece."""

    text: str
    sentence: bool = False
    word: bool = False
    meaning: bool = False
    answers: str | None = None

    @property
    def marked(self) -> bool:
        """Whether it answers a word of the question."""
        return self.word or self.meaning


def weightiest(match: Match) -> list[Contribution]:
    """Return the terms that speak most for a match, one of each rule."""
    told: dict[str, Contribution] = {}
    for c in sorted(match.contributions, key=lambda c: -c.contribution):
        # The same country says little where kilometres stand beside, nor these texts where the sector does.
        if c.contribution >= WEIGHTY and c.signal not in ("same_country", "sector_texts"):
            told.setdefault(RULE_OF.get(c.signal) or "text", c)
    return list(told.values())[:REASONS]


def moved(match: Match, say: Translate) -> str:
    """Return which rule moves a match most, where that is notable: twice as far from the top, or half."""
    ranks = match.rank_without | {"text": match.rank_without_rules} if match.rank_without else {}
    notable = {
        rule: rank
        for rule, rank in ranks.items()
        if abs(rank - match.rank) >= MOVED and not 0.5 < rank / match.rank < 2
    }
    if not notable:
        return ""
    single = {rule: rank for rule, rank in notable.items() if rule != "text"} or notable
    rule = max(single, key=lambda name: abs(math.log(single[name] / match.rank)))
    return say(WITHOUT[rule]).format(rank=single[rule])


def fitting(passage: Passage) -> tuple[int, int]:
    """Return where the sentence that fits best begins and ends; the whole text where none is marked."""
    sentence = next((h for h in passage.highlights if h.kind == "sentence"), None)
    return (sentence.start, sentence.end) if sentence else (0, len(passage.text))


def pieces(passage: Passage, start: int, end: int) -> list[Piece]:
    """Return `passage.text[start:end]` cut where marks begin and end; marks may overlap and reach beyond it."""
    marks = [(max(h.start, start), min(h.end, end), h) for h in passage.highlights if h.start < end and h.end > start]
    cuts = sorted({start, end, *(a for a, _, _ in marks), *(b for _, b, _ in marks)})
    found = []
    for a, b in pairwise(cuts):
        over: list[Highlight] = [h for first, last, h in marks if first <= a and b <= last]
        kinds = {h.kind for h in over}
        answers = next((h.answers for h in over if h.answers and min(h.end, end) == b), None)
        found.append(Piece(passage.text[a:b], "sentence" in kinds, "word" in kinds, "meaning" in kinds, answers))
    return found
