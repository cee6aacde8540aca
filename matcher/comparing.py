"""Two partners side by side for one text: what each term of the sum gives either, and what each has done."""

from collections import Counter
from dataclasses import dataclass

from matcher.engine import Engine
from matcher.errors import NotFound
from matcher.language import N_
from matcher.records import Match, MatchList, Query, Stage

DEEP = 200  # places of the answer within which both are looked for


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the sum for both: what it gives each, in log-odds, and the reason of each."""

    signal: str
    a: float
    b: float
    why_a: str
    why_b: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two matches of one answer. `terms`: those that tell them apart most first; `records`: outcomes by stage."""

    answer: MatchList
    a: Match
    b: Match
    terms: tuple[Term, ...]
    records: tuple[dict[Stage, int], dict[Stage, int]]

    @property
    def widest(self) -> float:
        """The greatest term, for the bars' length; above 0."""
        return max((abs(value) for term in self.terms for value in (term.a, term.b)), default=0.0) or 1.0


def compare(engine: Engine, query: Query, a: str, b: str, reader: str) -> Comparison:
    """Compare two partners for a question.

    :param query: see `Engine.query_for`; its k must reach both.
    :param reader: language of the reasons.
    :raises NotFound: one of them is not among the answer's partners.
    """
    answer = engine.match(query, reader=reader)
    found = {match.partner.id: match for match in answer.matches}
    for id_ in (a, b):
        if id_ not in found:
            message = N_("{id!r} is not among the {count} partners that fit this text best")
            raise NotFound(message, id=id_, count=len(answer.matches))
    left, right = found[a], found[b]
    terms = [
        Term(x.signal, x.contribution, y.contribution, x.reason, y.reason)
        for x, y in zip(left.contributions, right.contributions, strict=True)
        if x.contribution or y.contribution
    ]
    terms.sort(key=lambda term: -abs(term.a - term.b))
    return Comparison(answer, left, right, tuple(terms), (_record(engine, left), _record(engine, right)))


def _record(engine: Engine, match: Match) -> dict[Stage, int]:
    outcomes = engine.outcomes[match.partner.side].get(match.partner.id, [])
    counted = Counter(outcome.stage for outcome in outcomes)
    return {stage: counted[stage] for stage in reversed(Stage) if counted[stage]}
