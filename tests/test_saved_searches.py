"""Saved searches: what is new and good enough comes to the inbox, once, whatever happens between."""

import datetime as dt
import json
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from conftest import FakeEncoder
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from matcher import feeds, saved_searches
from matcher.access import Caller, Role
from matcher.engine import Engine
from matcher.errors import BadQuery, Conflict, NotFound
from matcher.index.snapshot import Snapshot
from matcher.language import translator
from matcher.records import Evidence, Filters, Partner, Query, Side
from matcher.store import inbox, searches
from matcher.store.tables import InboxRow, OrganisationRow, SavedSearchRow
from matcher.weights import Weights

CUSCO = Caller(Role.OFFICER, "cusco", frozenset({"cusco"}), "key-cusco")
TACNA = Caller(Role.OFFICER, "tacna", frozenset({"tacna"}), "key-tacna")
ASKED = Query("Se corren los colores de mis chompas de alpaca al lavado", Side.SUPPLY)
FITS = Evidence(
    "nuevo", ("pucp",), "capability", "Colores de chompas de alpaca que no se corren al lavado.", None, "es"
)
STRANGE = Evidence("raro", ("unsaac",), "project", "Vacunas para truchas de lago.", None, "es")


@pytest.fixture
def offices(filled):
    with filled.writing() as writer:
        writer.session.add_all([OrganisationRow(id=id_, name=id_.title(), office=None) for id_ in ("cusco", "tacna")])
    return filled


def write(store, *records):
    with store.writing() as writer:
        for effect in writer.upsert(records):
            assert effect in ("added", "changed")


def save(store, query=ASKED, threshold=0.0, caller=CUSCO, name="Tintes"):
    with store.writing() as writer:
        return searches.create(writer, caller, name, saved_searches.to_question(query), threshold)


@pytest.fixture
def engine_of(tmp_path):
    """Build the engine of a store as it is now; return it with the database's version."""
    homes = iter(range(100))

    def build(store):
        now, encoder, home = store.everything(), FakeEncoder(), tmp_path / f"home{next(homes)}"
        Snapshot.build(home, now.partners, now.evidence, now.outcomes, encoder)
        return Engine(Snapshot.open_current(home, encoder), encoder, Weights.load()), now.version

    return build


def news(store, office="cusco", **filters):
    with store.reading() as session:
        return [(i.evidence.id, i.partner.id) for i in inbox.items(session, office, limit=99, **filters).items]


def seen(store, id_):
    with store.reading() as session:
        return session.scalar(select(SavedSearchRow.seen).where(SavedSearchRow.id == id_))


def test_a_new_text_that_fits_comes_to_the_inbox_once(offices, engine_of):
    search = save(offices)
    engine, version = engine_of(offices)
    assert saved_searches.check(offices, engine, version) == 0  # nothing is new yet
    write(offices, FITS)
    engine, version = engine_of(offices)
    assert saved_searches.check(offices, engine, version) == 1
    assert seen(offices, search.id) == version
    assert saved_searches.check(offices, engine, version) == 0
    assert news(offices) == [("nuevo", "pucp")]
    match = next(m for m in engine.match(ASKED).matches if m.partner.id == "pucp")
    with offices.reading() as session:
        (item,) = inbox.items(session, "cusco", limit=9).items
    assert item.probability == match.probability
    assert (item.search_name, item.read) == ("Tintes", None)


def test_a_text_that_says_nothing_of_the_question_is_no_news_however_well_its_partner_fits(offices, engine_of):
    engine, _ = engine_of(offices)
    best = engine.match(ASKED).matches[0]
    assert best.partner.id == "unsaac"
    save(offices, threshold=best.probability * 0.9)
    write(offices, STRANGE)
    engine, version = engine_of(offices)
    first = next(m for m in engine.match(ASKED).matches if m.partner.id == "unsaac")
    assert first.probability > best.probability * 0.9  # the partner would do, and the answer shows the text
    assert "raro" in {p.evidence_id for p in first.passages}
    assert saved_searches.check(offices, engine, version) == 0
    assert news(offices) == []


def test_the_threshold_parts_news_from_the_rest(offices, engine_of):
    before = offices.version()
    write(offices, FITS)
    engine, version = engine_of(offices)
    match = next(m for m in engine.match(ASKED).matches if m.partner.id == "pucp")
    # By hand: the score with the new text's fit in the place of that of all texts together.
    term = next(c for c in match.contributions if c.signal == "text")
    fit = next(p.score for p in match.passages if p.evidence_id == "nuevo")
    rest = match.score - term.contribution
    alone = saved_searches.probability(rest + Weights.load().signals["text"] * fit)
    low, high = (save(offices, threshold=alone + by) for by in (-1e-9, 1e-9))
    with offices.writing() as writer:
        for row in writer.session.scalars(select(SavedSearchRow)):
            row.seen = before
    assert saved_searches.check(offices, engine, version) == 1
    assert news(offices, search=low.id) == [("nuevo", "pucp")]
    assert news(offices, search=high.id) == []


def test_only_the_first_k_and_what_passes_the_filters_count(offices, engine_of):
    best = save(offices, replace(ASKED, k=1))
    far = save(offices, replace(ASKED, filters=Filters(regions=frozenset({"PE-PUN"}))))
    write(offices, replace(FITS, partners=("pucp", "lejos")))
    engine, version = engine_of(offices)
    first, second = [m.partner.id for m in engine.match(ASKED).matches][:2]
    saved_searches.check(offices, engine, version)
    assert {first, second} <= {"pucp", "lejos", "unsaac"}
    assert news(offices, search=best.id) == ([("nuevo", first)] if first != "unsaac" else [])
    assert news(offices, search=far.id) == []


def test_a_search_for_a_stored_need_asks_with_its_public_summary_alone(offices, engine_of):
    need = Evidence(
        "secreta", ("taller",), "need", "Truchas y vacunas de lago.", "SECRETO", "es", confidential=True,
        summary="Se corren los colores de las chompas de alpaca al lavado.",
    )  # fmt: skip
    write(offices, need)
    save(offices, Query("", Side.SUPPLY, evidence_id="secreta"))
    write(offices, FITS, STRANGE)
    engine, version = engine_of(offices)
    assert engine.query_for("secreta").text == need.summary
    saved_searches.check(offices, engine, version)
    assert ("nuevo", "pucp") in news(offices)


def test_a_search_for_a_capability_finds_new_needs(offices, engine_of):
    save(offices, Query("Teñido de fibra de alpaca y solidez del color al lavado", Side.DEMAND))
    write(offices, Evidence("n2", ("oregano",), "need", "El color de la fibra de alpaca no resiste el lavado.", None, "es"), FITS)  # fmt: skip
    engine, version = engine_of(offices)
    saved_searches.check(offices, engine, version)
    assert news(offices) == [("n2", "oregano")]


def test_a_text_written_anew_is_told_once_at_most(offices, engine_of):
    save(offices)
    write(offices, FITS)
    saved_searches.check(offices, *engine_of(offices))
    write(offices, replace(FITS, text="Colores de chompas de alpaca que nunca se corren al lavado."))
    assert saved_searches.check(offices, *engine_of(offices)) == 0
    assert news(offices) == [("nuevo", "pucp")]


def test_an_engine_that_is_behind_tells_nothing_that_it_does_not_hold(offices, engine_of):
    search = save(offices)
    old = engine_of(offices)
    write(offices, FITS)
    assert saved_searches.check(offices, *old) == 0
    assert seen(offices, search.id) < offices.version()
    assert saved_searches.check(offices, *engine_of(offices)) == 1


def test_checks_at_once_deliver_once(offices, engine_of):
    save(offices)
    save(offices, caller=TACNA)
    write(offices, FITS)
    engine, version = engine_of(offices)
    start, failed = threading.Barrier(4), []

    def one():
        start.wait(timeout=30)
        try:
            saved_searches.check(offices, engine, version)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert news(offices) == news(offices, "tacna") == [("nuevo", "pucp")]
    with offices.reading() as session:
        assert len(list(session.scalars(select(InboxRow)))) == 2


def test_a_crash_between_leaves_neither_news_nor_seen_and_the_next_check_makes_up(offices, engine_of, monkeypatch):
    search = save(offices)
    write(offices, FITS)
    engine, version = engine_of(offices)
    before, real = seen(offices, search.id), inbox.deliver

    def dies(*arguments):
        assert real(*arguments) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox, "deliver", dies)
    with pytest.raises(KeyboardInterrupt):
        saved_searches.check(offices, engine, version)
    monkeypatch.undo()
    assert (news(offices), seen(offices, search.id)) == ([], before)
    assert saved_searches.check(offices, engine, version) == 1
    assert news(offices) == [("nuevo", "pucp")]


def test_what_was_deleted_or_withdrawn_meanwhile_is_not_delivered(offices, engine_of):
    save(offices)
    write(offices, FITS, replace(FITS, id="otro", partners=("lejos",)))
    engine, version = engine_of(offices)
    with offices.writing() as writer:
        writer.delete(Evidence, "nuevo")
        writer.upsert([Partner("lejos", Side.SUPPLY, "Instituto sin lugar", "institute", consent=False)])
    assert saved_searches.check(offices, engine, version) == 0
    assert news(offices) == []


def test_what_is_withdrawn_later_leaves_the_inbox(offices, engine_of):
    save(offices)
    write(offices, FITS)
    saved_searches.check(offices, *engine_of(offices))
    write(offices, Partner("pucp", Side.SUPPLY, "Laboratorio de materiales, Lima", "laboratory", consent=False))
    assert news(offices) == []


def test_a_search_whose_text_is_gone_does_not_stop_the_others(offices, engine_of):
    save(offices, Query("", Side.SUPPLY, evidence_id="nada"))
    save(offices)
    write(offices, FITS)
    assert saved_searches.check(offices, *engine_of(offices)) == 1


def test_the_hook_checks_and_never_raises(offices, engine_of, caplog, monkeypatch):
    save(offices)
    start = offices.version()
    write(offices, FITS)
    engine, _ = engine_of(offices)
    changes = offices.changes(start)
    hook = saved_searches.on_change(offices)

    def away(*_):
        raise OperationalError("select", {}, RuntimeError("database away"))

    with monkeypatch.context() as patch:
        patch.setattr(saved_searches, "check", away)
        hook(engine, changes)
    assert "saved searches were not asked" in caplog.text
    hook(engine, offices.changes(offices.version()))  # nothing was written: nothing is asked
    assert news(offices) == []
    hook(engine, changes)
    assert news(offices) == [("nuevo", "pucp")]


# Searches themselves


def test_a_question_is_kept_as_understood(offices):
    question = saved_searches.to_question(
        Query(" Tintes <b>firmes</b> ", Side.SUPPLY, region="Cusco", sectors=("textiles",), k=3,
              filters=Filters(since=dt.date(2024, 1, 2), countries=frozenset({"Perú"})))
    )  # fmt: skip
    assert question == {
        "text": "Tintes firmes", "title": None, "seeks": "supply", "language": None, "countries": [],
        "region": "PE-CUS", "sectors": ["C13"], "k": 3,
        "filters": {"countries": ["PE"], "regions": [], "sectors": [], "kinds": [], "languages": [],
                    "since": "2024-01-02", "until": None},
    }  # fmt: skip
    asked = saved_searches.to_query(None, json.loads(json.dumps(question)))
    assert (asked.region, asked.sectors, asked.k, asked.filters.since) == ("PE-CUS", ("C13",), 3, dt.date(2024, 1, 2))
    with pytest.raises(BadQuery):
        saved_searches.to_question(Query(" ", Side.SUPPLY))


def test_another_question_makes_what_is_there_old(offices, engine_of):
    search = save(offices)
    write(offices, FITS)
    with offices.writing() as writer:
        changed = searches.change(
            writer, CUSCO, search.id, "Otro", saved_searches.to_question(replace(ASKED, k=5)), 0.0,
            expected=frozenset({search.version}),
        )  # fmt: skip
    assert (changed.name, changed.seen) == ("Otro", offices.version())
    assert saved_searches.check(offices, *engine_of(offices)) == 0
    with pytest.raises(Conflict), offices.writing() as writer:
        searches.remove(writer, CUSCO, search.id, expected=frozenset({search.version}))


def test_offices_keep_their_searches_and_news_to_themselves(offices, engine_of):
    search = save(offices)
    write(offices, FITS)
    saved_searches.check(offices, *engine_of(offices))
    assert news(offices, "tacna") == []
    assert news(offices, "tacna", search=search.id) == []
    with offices.reading() as session:
        assert searches.searches(session, "tacna") == []
        with pytest.raises(NotFound):
            searches.search(session, "tacna", search.id)
        (item,) = inbox.items(session, "cusco", limit=9).items
    for act in (
        lambda w: searches.remove(w, TACNA, search.id),
        lambda w: searches.renew_feed(w, TACNA, search.id),
        lambda w: searches.change(w, TACNA, search.id, "x", search.question, 0.5),
        lambda w: inbox.mark(w, TACNA, [item.id], read=True),
    ):
        with pytest.raises(NotFound), offices.writing() as writer:
            act(writer)
    assert news(offices, unread=True) == [("nuevo", "pucp")]


def test_news_are_read_and_unread(offices, engine_of):
    search = save(offices)
    write(offices, FITS, replace(FITS, id="nuevo2", partners=("lejos",)))
    assert saved_searches.check(offices, *engine_of(offices)) == 2
    with offices.reading() as session:
        first, second = inbox.items(session, "cusco", limit=9).items
        top = inbox.items(session, "cusco", limit=1)
        rest = inbox.items(session, "cusco", limit=1, cursor=top.next)
        assert searches.search(session, "cusco", search.id).unread == 2
    assert (top.items, rest.items, rest.next) == ((first,), (second,), None)
    with pytest.raises(NotFound, match="nothing in the inbox has the id 999"), offices.writing() as writer:
        inbox.mark(writer, CUSCO, [first.id, 999], read=True)
    with offices.writing() as writer:
        inbox.mark(writer, CUSCO, [first.id], read=True)
    assert news(offices, unread=True) == [(second.evidence.id, second.partner.id)]
    with offices.writing() as writer:
        inbox.mark(writer, CUSCO, [first.id], read=False)
    assert len(news(offices, unread=True)) == 2


# Feeds

HOSTILE = '<script>alert("x")</script> & ]]> "=cmd()'


def items_of(store, search):
    with store.reading() as session:
        return inbox.of_feed(session, search.feed, 50)


def test_feeds_are_valid_and_tell_only_what_everybody_may_see(offices, engine_of):
    search = save(offices, name="NOMBRE SECRETO")
    write(offices, Partner("pucp", Side.SUPPLY, HOSTILE, "laboratory", contact="secreto@oficina.example"))
    write(offices, replace(FITS, id="a/b c#1", title=HOSTILE + "\x0b"))
    assert saved_searches.check(offices, *engine_of(offices)) == 1
    id_, created, items = items_of(offices, search)
    base, say = "http://h.example/", translator("es")
    found = json.loads(feeds.json_feed(id_, items, base, base + "f.json", say))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["title"] == f"Tinkuy: novedades de la búsqueda guardada {search.id}"
    assert (found["feed_url"], found["home_page_url"]) == (base + "f.json", base)
    (entry,) = found["items"]
    assert entry["title"] == f"{HOSTILE}: {HOSTILE}"
    assert entry["url"] == "http://h.example/v1/evidence/a/b%20c%231"
    assert entry["content_text"].startswith(f"Texto nuevo de {HOSTILE}; probabilidad de que encaje: ")
    assert entry["content_text"].endswith("\n\n" + FITS.text)
    assert dt.datetime.fromisoformat(entry["date_published"]) == items[0].at.replace(tzinfo=dt.UTC)
    body = feeds.atom(id_, created, items, base, base + "f.atom", say)
    root, name = ET.fromstring(body), "{http://www.w3.org/2005/Atom}"
    assert root.tag == name + "feed"
    assert {child.tag.removeprefix(name) for child in root} >= {"id", "title", "updated", "author", "link", "entry"}
    (atom,) = root.findall(name + "entry")
    assert atom.findtext(name + "title") == entry["title"]
    assert atom.findtext(name + "content") == entry["content_text"]
    assert atom.find(name + "content").get("type") == "text"
    assert atom.find(name + "link").get("href") == entry["url"]
    assert atom.findtext(name + "id") == entry["id"]
    assert dt.datetime.fromisoformat(atom.findtext(name + "updated")) == items[0].at.replace(tzinfo=dt.UTC)
    assert [e.tag for e in root.iter() if "script" in e.tag] == []
    for secret in ("SECRETO", "secreto", 'chompas de alpaca al lavado"'):
        assert secret not in body.decode() + json.dumps(found, ensure_ascii=False)


def test_a_confidential_need_is_in_a_feed_with_its_summary_alone(offices, engine_of):
    search = save(offices, Query("Teñido de fibra de alpaca y solidez del color al lavado", Side.DEMAND))
    write(
        offices,
        Evidence("n2", ("oregano",), "need", "SECRETO texto", "SECRETO título", "es", confidential=True,
                 summary="El color de la fibra de alpaca no resiste el lavado.", source="SECRETO fuente"),
    )  # fmt: skip
    assert saved_searches.check(offices, *engine_of(offices)) == 1
    id_, created, items = items_of(offices, search)
    for body in (
        feeds.json_feed(id_, items, "http://h/", "http://h/f", translator("es")),
        feeds.atom(id_, created, items, "http://h/", "http://h/f", translator("es")),
    ):
        assert "no resiste el lavado" in body.decode()
        assert "SECRETO" not in body.decode()


def test_an_empty_feed_is_a_feed(offices):
    search = save(offices)
    id_, created, items = items_of(offices, search)
    root = ET.fromstring(feeds.atom(id_, created, items, "http://h/", "http://h/f", translator("es")))
    assert dt.datetime.fromisoformat(root.findtext("{http://www.w3.org/2005/Atom}updated")) == search.created.replace(
        tzinfo=dt.UTC
    )
    assert json.loads(feeds.json_feed(id_, items, "http://h/", "http://h/f", translator("es")))["items"] == []


def test_renewed_feeds_close_the_old_address(offices):
    search = save(offices)
    with offices.writing() as writer:
        renewed = searches.renew_feed(writer, CUSCO, search.id)
    assert renewed.feed != search.feed
    assert len(renewed.feed) >= 43  # 256 bits
    with pytest.raises(NotFound, match="there is no such feed"):
        items_of(offices, search)
    assert items_of(offices, renewed)[0] == search.id
