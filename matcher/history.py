"""A database's own history as questions: what was needed, and who came of use, without telling the answer."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from matcher.records import Evidence, Outcome, Partner, Query, Side, Stage

# An introduction alone is no judgement: nothing has come of it yet.
GRADES = {Stage.PROJECT: 3, Stage.AGREED: 2, Stage.MET: 1, Stage.DECLINED: 0}


class PastQuestion(NamedTuple):
    """A need that led to introductions.

    `grades`: partner -> the best that came of it (see GRADES). `outcomes`: ids of all outcomes of this
    need, which whoever predicts `grades` must not know. `query.date` is the day of the first of them;
    the query stands for the need `query.evidence_id`.
    """

    query: Query
    grades: dict[str, int]
    outcomes: frozenset[str]


def questions_from_outcomes(
    partners: Iterable[Partner], evidence: Iterable[Evidence], outcomes: Iterable[Outcome], since: dt.date | None = None
) -> list[PastQuestion]:
    """Return the needs that outcomes came of, as questions for supply, by date and need.

    Which need an outcome was about is not recorded: taken is the counterpart's newest that is not younger
    than it, else one without a date. An outcome's own text tells what came of it, so it is never asked.

    :param since: only needs whose first outcome is of that day or later; those without a date are left out.
    """
    known = {p.id: p for p in partners}
    needs: dict[str, list[Evidence]] = {}
    for text in evidence:
        for owner in text.partners:
            if owner in known and known[owner].side is Side.DEMAND:
                needs.setdefault(owner, []).append(text)
    groups: dict[tuple[str, str], list[Outcome]] = {}
    need_of: dict[str, Evidence] = {}
    for outcome in outcomes:
        owner = outcome.counterpart or ""
        need = _need(needs.get(owner, ()), outcome.date)
        if need and outcome.partner in known and known[outcome.partner].side is Side.SUPPLY:
            groups.setdefault((owner, need.id), []).append(outcome)
            need_of[need.id] = need
    found = []
    for (owner, need_id), record in sorted(groups.items()):
        first = min((o.date for o in record if o.date), default=None)
        grades = _grades(record)
        if grades and (since is None or (first is not None and first >= since)):
            query = _query(need_of[need_id], known[owner], first)
            found.append(PastQuestion(query, grades, frozenset(o.id for o in record)))
    return sorted(found, key=lambda q: (q.query.date or dt.date.min, q.query.evidence_id or ""))


def _need(needs: Iterable[Evidence], day: dt.date | None) -> Evidence | None:
    """Return the newest need that was known on `day` (None: ever); one without a date comes after all others."""
    fitting = [n for n in needs if n.date is None or day is None or n.date <= day]
    return max(fitting, key=lambda n: (n.date or dt.date.min, n.id), default=None)


def _grades(record: Iterable[Outcome]) -> dict[str, int]:
    grades: dict[str, int] = {}
    for outcome in record:
        if outcome.stage in GRADES:
            grades[outcome.partner] = max(grades.get(outcome.partner, 0), GRADES[outcome.stage])
    return grades


def _query(need: Evidence, owner: Partner, date: dt.date | None) -> Query:
    return Query(
        text=need.text,
        title=need.title,
        seeks=Side.SUPPLY,
        language=need.language,
        countries=(owner.country,) if owner.country else (),
        region=need.region or owner.region,
        sectors=need.sectors or owner.sectors,
        size=owner.size,
        date=date,
        evidence_id=need.id,
        exclude=frozenset(need.partners),
    )
