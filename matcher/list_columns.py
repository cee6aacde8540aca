"""The columns of each list that can be taken out as a file."""

from collections.abc import Iterable

from matcher.language import N_
from matcher.records import Evidence, Match, MatchList, Outcome, Partner
from matcher.store.inbox import Item
from matcher.store.introductions import Introduction
from matcher.store.searches import SavedSearch
from matcher.store.shortlists import Entry
from matcher.table_export import Column

REASONS = 4  # the weightiest of a match

CONTACT: Column[Partner] = Column("contact", N_("Contact"), lambda p: p.contact)
PARTNERS: tuple[Column[Partner], ...] = (
    Column("id", N_("Id"), lambda p: p.id),
    Column("side", N_("Side"), lambda p: p.side.value),
    Column("name", N_("Name"), lambda p: p.name),
    Column("kind", N_("Kind"), lambda p: p.kind),
    Column("country", N_("Country"), lambda p: p.country),
    Column("region", N_("Region"), lambda p: p.region),
    Column("city", N_("City"), lambda p: p.city),
    Column("sectors", N_("Sectors"), lambda p: p.sectors),
    Column("size", N_("Size"), lambda p: p.size),
    Column("url", N_("Web page"), lambda p: p.url),
    Column("identifiers", N_("Identifiers"), lambda p: p.identifiers),
)
EVIDENCE: tuple[Column[Evidence], ...] = (
    Column("id", N_("Id"), lambda e: e.id),
    Column("partners", N_("Partners"), lambda e: e.partners),
    Column("kind", N_("Kind"), lambda e: e.kind),
    Column("title", N_("Title"), lambda e: e.title),
    Column("text", N_("Text"), lambda e: e.text),
    Column("language", N_("Language"), lambda e: e.language),
    Column("date", N_("Date"), lambda e: e.date),
    Column("sectors", N_("Sectors"), lambda e: e.sectors),
    Column("fields", N_("Fields"), lambda e: e.fields),
    Column("region", N_("Region"), lambda e: e.region),
    Column("source", N_("Source"), lambda e: e.source),
    Column("url", N_("Web page"), lambda e: e.url),
)
OUTCOMES: tuple[Column[Outcome], ...] = (
    Column("id", N_("Id"), lambda o: o.id),
    Column("partner", N_("Partner"), lambda o: o.partner),
    Column("stage", N_("Stage"), lambda o: o.stage.value),
    Column("counterpart", N_("Counterpart"), lambda o: o.counterpart),
    Column("date", N_("Date"), lambda o: o.date),
    Column("country", N_("Country"), lambda o: o.country),
    Column("region", N_("Region"), lambda o: o.region),
    Column("sectors", N_("Sectors"), lambda o: o.sectors),
)
SHORTLIST: tuple[Column[Entry], ...] = (
    Column("evidence", N_("Text"), lambda e: e.evidence),
    Column("about", N_("About"), lambda e: e.about),
    Column("partner", N_("Partner"), lambda e: e.partner),
    Column("partner_name", N_("Name"), lambda e: e.partner_name),
    Column("note", N_("Note"), lambda e: e.note),
    Column("added", N_("Added (UTC)"), lambda e: e.added),
)
INTRODUCTIONS: tuple[Column[Introduction], ...] = (
    Column("id", N_("Id"), lambda i: i.id),
    Column("stage", N_("Stage"), lambda i: i.stage.value),
    Column("supply", N_("Supply"), lambda i: i.supply),
    Column("supply_name", N_("Supply, name"), lambda i: i.supply_name),
    Column("demand", N_("Demand"), lambda i: i.demand),
    Column("demand_name", N_("Demand, name"), lambda i: i.demand_name),
    Column("evidence", N_("Text"), lambda i: i.evidence),
    Column("about", N_("About"), lambda i: i.about),
    Column("note", N_("Note"), lambda i: i.note),
    Column("created", N_("Created (UTC)"), lambda i: i.created),
)
INBOX: tuple[Column[Item], ...] = (
    Column("id", N_("Id"), lambda i: i.id),
    Column("search", N_("Saved search"), lambda i: i.search),
    Column("search_name", N_("Saved search, name"), lambda i: i.search_name),
    Column("at", N_("Arrived (UTC)"), lambda i: i.at),
    Column("partner", N_("Partner"), lambda i: i.partner.id),
    Column("partner_name", N_("Name"), lambda i: i.partner.name),
    Column("evidence", N_("Text"), lambda i: i.evidence.id),
    Column("title", N_("Title"), lambda i: i.evidence.title),
    Column("text", N_("Passage"), lambda i: i.evidence.text),
    Column("probability", N_("Probability"), lambda i: i.probability),
    Column("read", N_("Read (UTC)"), lambda i: i.read),
)
SEARCHES: tuple[Column[SavedSearch], ...] = (
    Column("id", N_("Id"), lambda s: s.id),
    Column("name", N_("Name"), lambda s: s.name),
    Column("question", N_("Question"), lambda s: s.question.get("evidence_id") or s.question["text"]),
    Column("threshold", N_("Threshold"), lambda s: s.threshold),
    Column("unread", N_("Not read"), lambda s: s.unread),
    Column("feed", N_("Feed"), lambda s: f"/v1/feeds/{s.feed}.atom"),
)
MATCHES: tuple[Column[Match], ...] = (
    Column("rank", N_("Rank"), lambda m: m.rank),
    Column("partner", N_("Partner"), lambda m: m.partner.id),
    Column("name", N_("Name"), lambda m: m.partner.name),
    Column("kind", N_("Kind"), lambda m: m.partner.kind),
    Column("country", N_("Country"), lambda m: m.partner.country),
    Column("region", N_("Region"), lambda m: m.partner.region),
    Column("city", N_("City"), lambda m: m.partner.city),
    Column("sectors", N_("Sectors"), lambda m: m.partner.sectors),
    Column("url", N_("Web page"), lambda m: m.partner.url),
    Column("probability", N_("Probability"), lambda m: m.probability),
    Column("score", N_("Score"), lambda m: m.score),
    Column("kilometres", N_("Kilometres"), lambda m: m.kilometres),
    Column("reasons", N_("Why"), lambda m: tuple(_reasons(m))),
    Column("evidence", N_("Text"), lambda m: m.passages[0].evidence_id if m.passages else None),
    Column("title", N_("Title"), lambda m: m.passages[0].title if m.passages else None),
    Column("text", N_("Passage"), lambda m: m.passages[0].text if m.passages else None),
)


def match_columns(answer: MatchList) -> tuple[Column[Match], ...]:
    """Return the columns of an answer: each row tells its verdict too."""
    return (*MATCHES, Column("verdict", N_("Verdict"), lambda _: answer.verdict.value))


def _reasons(match: Match) -> Iterable[str]:
    weighty = sorted((c for c in match.contributions if c.contribution), key=lambda c: -abs(c.contribution))
    return (c.reason for c in weighty[:REASONS])
