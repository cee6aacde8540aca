"""An office's inbox: what came of its saved searches, once each, as everybody may see it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.errors import NotFound
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.store.desk_views import now, public_partners, public_text, public_texts
from matcher.store.paging import Page, page, read_cursor
from matcher.store.sameness import above
from matcher.store.searches import SavedSearch
from matcher.store.tables import EvidencePartnerRow, EvidenceRow, InboxRow, PartnerRow, SavedSearchRow
from matcher.store.writer import Writer


@dataclass(frozen=True, slots=True)
class News:
    """What a saved search found: a new text of a partner that matches with this probability."""

    evidence: str
    partner: str
    probability: float


@dataclass(frozen=True, slots=True)
class Item:
    """News in the inbox. `evidence`, `partner`: as everybody may see them."""

    id: int
    search: str
    search_name: str
    evidence: Evidence
    partner: Partner
    probability: float
    at: dt.datetime
    read: dt.datetime | None


def items(
    session: Session,
    office: str,
    *,
    unread: bool = False,
    search: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> Page[Item]:
    """Return what is in an office's inbox, the newest first.

    :raises BadQuery: the cursor is none of ours.
    """
    query = _visible().where(SavedSearchRow.organisation == office)
    if unread:
        query = query.where(InboxRow.read.is_(None))
    if search is not None:
        query = query.where(InboxRow.search == search)
    if cursor:
        query = query.where(InboxRow.id < read_cursor(cursor, (int,))[0])
    return page(_items(session, query.order_by(InboxRow.id.desc()).limit(limit + 1)), limit, lambda item: (item.id,))


def of_feed(session: Session, feed: str, limit: int) -> tuple[str, dt.datetime, list[Item]]:
    """Return the saved search that a feed's token belongs to (id, when it was saved), and the newest that came of it.

    :raises NotFound: no feed has that token.
    """
    found = session.scalar(select(SavedSearchRow).where(SavedSearchRow.feed == feed))
    if found is None:
        raise NotFound(N_("there is no such feed: it may have been renewed"))
    query = _visible().where(InboxRow.search == found.id).order_by(InboxRow.id.desc()).limit(limit)
    return found.id, found.created, _items(session, query)


def mark(writer: Writer, caller: Caller, ids: Sequence[int], *, read: bool) -> None:
    """Mark what is in the inbox of the caller's office as read, or as not read.

    :raises NotFound: one of them is not in it; then none is marked.
    """
    row, wanted = InboxRow, sorted(set(ids))
    ours = select(SavedSearchRow.id).where(SavedSearchRow.organisation == caller.organisation)
    found = set(writer.session.scalars(select(row.id).where(row.id.in_(wanted), row.search.in_(ours))))
    missing = [id_ for id_ in wanted if id_ not in found]
    if missing:
        raise NotFound(N_("nothing in the inbox has the id {id}"), id=missing[0])
    writer.session.execute(
        update(row).where(row.id.in_(wanted), row.read.is_(None) if read else row.read.is_not(None))
        .values(read=now() if read else None)
    )  # fmt: skip


def new_texts(session: Session, version: int) -> tuple[list[SavedSearch], dict[Side, dict[str, int]]]:
    """Return the saved searches that were not asked since `version`, and what was written between.

    :return: searches, and side -> id of a text of that side -> the version that last wrote it.
    """
    rows = session.scalars(select(SavedSearchRow).where(SavedSearchRow.seen < version).order_by(SavedSearchRow.id))
    waiting = [
        SavedSearch(r.id, r.name, r.question, r.threshold, r.feed, r.created, r.seen, r.version) for r in rows
    ]  # fmt: skip
    texts: dict[Side, dict[str, int]] = {side: {} for side in Side}
    if waiting:
        found = session.execute(
            select(PartnerRow.side, EvidenceRow.id, EvidenceRow.version)
            .join(EvidencePartnerRow, EvidencePartnerRow.evidence_id == EvidenceRow.id)
            .join(PartnerRow, PartnerRow.id == EvidencePartnerRow.partner_id)
            .where(EvidenceRow.version > min(s.seen for s in waiting), EvidenceRow.version <= version)
        )
        for side, id_, written in found:
            texts[Side(side)][id_] = written
    return waiting, texts


def deliver(writer: Writer, version: int, found: Mapping[str, tuple[SavedSearch, Iterable[News]]]) -> int:
    """Put news into the inbox and remember in the same transaction that the searches were asked; return how many.

    What somebody else has delivered meanwhile, and what is no longer to be seen, is left out.

    :param version: up to which the searches were asked. :param found: id -> the search as it was asked, its news.
    """
    session, delivered = writer.session, 0
    rows = session.scalars(select(SavedSearchRow).where(SavedSearchRow.id.in_(list(found))))
    for row in list(rows):
        asked, news = found[row.id]
        if row.version != asked.version or row.seen >= version:
            continue
        row.seen = version
        there = set(session.execute(select(InboxRow.evidence, InboxRow.partner).where(InboxRow.search == row.id)))
        for each in news:
            if (each.evidence, each.partner) in there or not _may_be_seen(session, each):
                continue
            session.add(
                InboxRow(
                    search=row.id,
                    evidence=each.evidence,
                    partner=each.partner,
                    probability=each.probability,
                    at=now(),
                    read=None,
                )
            )
            delivered += 1
    session.flush()
    return delivered


def _may_be_seen(session: Session, news: News) -> bool:
    """Tell whether the text is still the partner's, and the partner has not withdrawn."""
    text, partner = public_text(session, news.evidence), public_partners(session, [news.partner]).get(news.partner)
    return text is not None and partner is not None and partner.id in text.partners


def _visible() -> Select[InboxRow, str]:
    """Return a query for what came of searches and may still be seen: the partner has not withdrawn.

    The text is the partner's, or that of one which is the same as it.
    """
    row, link, other = InboxRow, EvidencePartnerRow, above()
    one, two = other.alias(), other.alias()
    named = exists().where(link.evidence_id == row.evidence, link.partner_id == row.partner)
    lent = exists().where(
        link.evidence_id == row.evidence,
        or_(
            (other.c.partner == link.partner_id) & (other.c.canonical == row.partner),
            (other.c.canonical == link.partner_id) & (other.c.partner == row.partner),
        ),
    )
    siblings = exists().where(
        link.evidence_id == row.evidence,
        one.c.partner == link.partner_id,
        two.c.partner == row.partner,
        one.c.canonical == two.c.canonical,
    )
    return (
        select(row, SavedSearchRow.name)
        .join(SavedSearchRow, SavedSearchRow.id == row.search)
        .join(PartnerRow, PartnerRow.id == row.partner)
        .where(PartnerRow.consent.is_not(False), or_(named, lent, siblings))
    )


def _items(session: Session, query: Select[InboxRow, str]) -> list[Item]:
    rows = session.execute(query).all()
    texts = public_texts(session, (row.evidence for row, _ in rows))
    partners = public_partners(session, (row.partner for row, _ in rows))
    return [
        Item(
            row.id, row.search, name, texts[row.evidence], partners[row.partner], row.probability, row.at, row.read
        )
        for row, name in rows
    ]  # fmt: skip
