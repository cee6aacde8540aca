"""How introductions went, day by day: what each has reached, and whom it serves."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.introductions import PATH, Standing, is_correction
from matcher.store.desk_views import public_partners, public_texts
from matcher.store.introductions import served
from matcher.store.tables import IntroductionRow, IntroductionStepRow, OrganisationRow

Taken = tuple[Standing | None, Standing, dt.date]  # a step: from where, to where, and the day that it happened


@dataclass(frozen=True, slots=True)
class Journey:
    """One introduction. `days`: stage -> the day on which it was reached; region and sectors of whom it serves."""

    office: str
    days: Mapping[Standing, dt.date]
    region: str | None = None
    sectors: tuple[str, ...] = ()


def reached(steps: Iterable[Taken]) -> dict[Standing, dt.date]:
    """Return stage -> day, after all steps of an introduction in their order.

    A correction takes back what was recorded after the stage that it returns to: that had not happened.
    """
    days: dict[Standing, dt.date] = {}
    for before, after, day in steps:
        if before is not None and is_correction(before, after):
            later = {Standing.DECLINED, *PATH[PATH.index(after) + 1 :]}
            days = {stage: found for stage, found in days.items() if stage not in later}
        days[after] = day
    return days


def journeys(session: Session, office: str | None = None) -> list[Journey]:
    """Return an office's introductions, or all offices' without one, by id.

    Of whom they serve only what everybody may know is told; of partners that withdrew, nothing.
    """
    step, row = IntroductionStepRow, IntroductionRow
    wanted = select(row).order_by(row.id)
    taken = select(step.introduction, step.before, step.after, step.date).order_by(step.id)
    if office is not None:
        wanted = wanted.where(row.organisation == office)
        taken = taken.join(row, row.id == step.introduction).where(row.organisation == office)
    steps: dict[str, list[Taken]] = {}
    for id_, before, after, day in session.execute(taken):
        steps.setdefault(id_, []).append((Standing(before) if before else None, Standing(after), day))
    rows = list(session.scalars(wanted))
    texts = public_texts(session, (r.evidence for r in rows if r.evidence))
    firms = public_partners(session, (r.demand for r in rows))
    found = []
    for r in rows:
        need, firm = texts.get(r.evidence or ""), firms.get(r.demand)
        place, sectors = served(need if need and firm and firm.id in need.partners else None, firm)
        found.append(Journey(r.organisation, reached(steps.get(r.id, ())), place, sectors))
    return found


def offices(session: Session) -> dict[str, str]:
    """Return id -> name of the organisations that ever proposed an introduction, by name."""
    proposing = select(IntroductionRow.organisation)
    rows = session.execute(
        select(OrganisationRow.id, OrganisationRow.name)
        .where(OrganisationRow.id.in_(proposing))
        .order_by(OrganisationRow.name, OrganisationRow.id)
    )
    return {row.id: row.name for row in rows}
