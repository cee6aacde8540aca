"""A database's records told apart by a day: what was known before it, and what is asked from then on.

Which outcome belongs to which need, `history.py` decides.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcher.errors import BadInput
from matcher.history import GRADES, PastQuestion, questions_from_outcomes
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Side
from matcher.signals import by_partner

LEAST = 5  # questions; fewer tell nothing
ASKED_SHARE = 0.25  # of the dated outcomes that lie after the default day


@dataclass(frozen=True, slots=True)
class Split:
    """Supply with its texts and outcomes before `since`, and the questions from then on.

    `undated_evidence` counts texts that are kept though nobody knows whether they were there before;
    `later_evidence` and `undated_outcomes` count what is left out.
    """

    since: dt.date
    partners: tuple[Partner, ...]
    evidence: tuple[Evidence, ...]
    outcomes: tuple[Outcome, ...]
    questions: tuple[PastQuestion, ...]
    undated_evidence: int
    later_evidence: int
    undated_outcomes: int


def default_since(outcomes: Iterable[Outcome]) -> dt.date:
    """Return a day from which on about a quarter of the dated outcomes lies.

    :raises BadInput: no outcome has a date.
    """
    days = sorted(o.date for o in outcomes if o.date)
    if not days:
        raise BadInput(N_("no outcome has a date: nothing can be told apart into before and after"))
    return days[min(round(len(days) * (1 - ASKED_SHARE)), len(days) - 1)]


def split(
    partners: Sequence[Partner], evidence: Sequence[Evidence], outcomes: Sequence[Outcome], since: dt.date
) -> Split:
    """Return what was known before `since`, and the needs first served from that day on.

    :raises BadInput: fewer than LEAST questions come out; the message says what is missing.
    """
    asked = [
        q for q in questions_from_outcomes(partners, evidence, outcomes, since) if any(q.grades.values())
    ]  # a need of which only refusals came has no right answer
    if len(asked) < LEAST:
        raise _too_few(partners, evidence, outcomes, since, asked)
    supply = {p.id: p for p in partners if p.side is Side.SUPPLY}
    texts = [e for e in evidence if not supply.keys().isdisjoint(e.partners)]
    known = by_partner(tuple(outcomes), Side.SUPPLY, {p.id: p for p in partners})  # with the counterparts' places
    past = [o for id_ in supply for o in known.get(id_, ()) if o.date and o.date < since]
    return Split(
        since,
        tuple(supply.values()),
        tuple(e for e in texts if e.date is None or e.date < since),
        tuple(sorted(past, key=lambda o: o.id)),
        tuple(asked),
        sum(e.date is None for e in texts),
        sum(e.date is not None and e.date >= since for e in texts),
        sum(o.date is None for o in outcomes),
    )


def _too_few(
    partners: Sequence[Partner],
    evidence: Sequence[Evidence],
    outcomes: Sequence[Outcome],
    since: dt.date,
    asked: Sequence[PastQuestion],
) -> BadInput:
    """Return the error that tells why outcomes from `since` on became no question."""
    later = [o for o in outcomes if o.date and o.date >= since]
    linked = frozenset[str]().union(*(q.outcomes for q in questions_from_outcomes(partners, evidence, outcomes)))
    useful = [o for o in later if o.counterpart and GRADES.get(o.stage)]
    return BadInput(
        N_(
            "{questions} questions come out of the {later} outcomes from {since} on; at least {least} are needed. "
            "{unnamed} of these outcomes name no counterpart, {early} of the others did not reach a meeting, and "
            "{needless} of the rest have a counterpart without a need recorded by then. Give an earlier --since, or "
            "record more."
        ),
        questions=len(asked),
        later=len(later),
        since=since,
        least=LEAST,
        unnamed=sum(not o.counterpart for o in later),
        early=sum(bool(o.counterpart) and not GRADES.get(o.stage) for o in later),
        needless=sum(o.id not in linked for o in useful),
    )
