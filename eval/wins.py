"""Question by question: where a system does better than another, and where worse."""

from dataclasses import dataclass

from eval.answers import Answer, Answered
from eval.evaluation import Measured


@dataclass(frozen=True, slots=True)
class Place:
    """A right partner and where each system put it, from 1; None where it is not in the list."""

    name: str
    own: int | None
    other: int | None


@dataclass(frozen=True, slots=True)
class Duel:
    """One question under two systems. `first`, `other_first`: names of the partners that they put first."""

    question: str
    text: str
    where: str
    own: float
    other: float
    right: tuple[Place, ...]
    first: str
    other_first: str

    @property
    def gap(self) -> float:
        """How much better the system did than the other."""
        return self.own - self.other


def duels(answered: Answered, systems: dict[str, Measured], own: str, other: str, measure: str) -> list[Duel]:
    """Return the judged questions, the greatest win first."""
    names = {partner.id: partner.name for partner in answered.partners}
    ours, theirs = ({a.question: a for a in answered.answers[system]} for system in (own, other))
    values, others = (systems[system].figures[measure].per_question for system in (own, other))
    found = []
    for question in answered.bench.questions:
        grades = answered.bench.qrels.get(question.id)
        if grades is None:
            continue
        mine, its = _places(ours.get(question.id)), _places(theirs.get(question.id))
        right = [Place(names.get(p, p), mine.get(p), its.get(p)) for p, grade in grades.items() if grade > 0]
        right.sort(key=lambda place: (place.own or len(mine) + 1, place.name))
        query = question.query
        found.append(
            Duel(
                question.id,
                query.full_text,
                query.region or ", ".join(query.countries),
                values[question.id],
                others[question.id],
                tuple(right),
                names.get(next(iter(mine), ""), ""),
                names.get(next(iter(its), ""), ""),
            )
        )
    return sorted(found, key=lambda duel: (-duel.gap, duel.question))


def _places(answer: Answer | None) -> dict[str, int]:
    """Return partner -> rank, in order."""
    return {partner: rank for rank, (partner, _) in enumerate(answer.ranking, start=1)} if answer else {}
