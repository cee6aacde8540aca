"""What everybody may know of the partners and texts that a desk's rows name."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.errors import NotFound, Stale
from matcher.language import N_
from matcher.records import Evidence, Partner
from matcher.store import same_texts
from matcher.store.moments import now as now
from matcher.store.rows import public_evidence, public_partner, to_evidence, to_partner
from matcher.store.tables import EvidenceRow, PartnerRow
from matcher.store.whole import as_shown, shown_under

LABEL = 120  # characters of a text that stand in for a title
BATCH = 500  # ids looked up at once


def expect(id_: str, version: int, expected: frozenset[int] | None) -> None:
    """Make sure that what is there has one of the versions expected; None expects nothing.

    :raises Stale: it has not.
    """
    if expected is not None and version not in expected:
        raise Stale(
            N_("{id!r} was changed meanwhile (it is at {found}, not at {expected}): read it again and decide anew"),
            id=id_,
            found=version,
            expected=", ".join(map(str, sorted(expected))) or "-",
        )


def label(evidence: Evidence) -> str:
    """Return a text's title, else its beginning."""
    if evidence.title:
        return evidence.title
    return evidence.text if len(evidence.text) <= LABEL else evidence.text[: LABEL - 1].rstrip() + "…"


def public_texts(session: Session, ids: Iterable[str]) -> dict[str, Evidence]:
    """Return id -> what everybody may read of a text; those that nobody may see are absent."""
    wanted = sorted(set(ids))
    found: dict[str, Evidence] = {}
    for batch in _batches(wanted):
        rows = [to_evidence(row) for row in session.scalars(select(EvidenceRow).where(EvidenceRow.id.in_(batch)))]
        named = {id_ for e in rows for id_ in e.partners}
        withdrawn = frozenset(
            session.scalars(select(PartnerRow.id).where(PartnerRow.consent.is_(False), PartnerRow.id.in_(named)))
        )
        shown = as_shown(session, evidence=rows).evidence
        found |= {e.id: seen for e in shown if (seen := public_evidence(e, withdrawn))}
    return found


def public_text(session: Session, id_: str | None) -> Evidence | None:
    """Return what everybody may read of one text; None where there is none that may be seen, or none is named."""
    return public_texts(session, [id_]).get(id_) if id_ else None


def public_partners(session: Session, ids: Iterable[str]) -> dict[str, Partner]:
    """Return id -> what everybody may know of a partner; those that withdrew are absent.

    One that is joined to another is given as that one, whose id it has then.
    """
    found: dict[str, Partner] = {}
    for batch in _batches(sorted(set(ids))):
        rows = session.scalars(select(PartnerRow).where(PartnerRow.id.in_(batch), PartnerRow.consent.is_not(False)))
        given = [to_partner(row) for row in rows]
        of = shown_under(session, (p.id for p in given))
        shown = {p.id: public_partner(p) for p in as_shown(session, given).partners}
        found |= {p.id: shown[of.get(p.id, p.id)] for p in given}
    return found


def also_in(session: Session, ids: Iterable[str]) -> dict[str, list[Evidence]]:
    """Return id -> the other texts that say the same as a text, as everybody may read them."""
    fellows = same_texts.fellows(session, ids)
    texts = public_texts(session, {other for others in fellows.values() for other in others}) if fellows else {}
    seen = {
        id_: [texts[o] for o in others if o in texts and not texts[o].confidential] for id_, others in fellows.items()
    }
    return {id_: others for id_, others in seen.items() if others}


def the_partner(session: Session, id_: str) -> Partner:
    """Return a partner as everybody may see it: it has another id where it is shown as another one.

    :raises NotFound: there is none, or it has withdrawn.
    """
    found = public_partners(session, [id_]).get(id_)
    if found is None:
        raise NotFound(N_("no partner has the id {id!r}"), id=id_)
    return found


def the_text(session: Session, id_: str) -> Evidence:
    """Return a text as everybody may see it.

    :raises NotFound: there is none, or its partners have withdrawn.
    """
    found = public_text(session, id_)
    if found is None:
        raise NotFound(N_("no evidence or need has the id {id!r}"), id=id_)
    return found


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
