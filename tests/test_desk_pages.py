"""The officer's desk: what stands on it and for whom, what its forms do, and what they refuse."""

import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS
from fastapi.testclient import TestClient
from network import CONTACT, LATE, NEED, SECRET, SUMMARY, Network, network

from api.web import visits
from matcher.access import EVERYTHING, Caller, Role
from matcher.comparing import compare
from matcher.drafts import cut, draft, mailto
from matcher.errors import NotFound
from matcher.language import translator
from matcher.records import Evidence, Partner, Side, Stage, State
from matcher.store import audit, introductions, organisations, searches, shortlists
from matcher.store.offices import LOCAL
from matcher.store.own_texts import Sought, count, own_texts
from matcher.store.store import Store

CUSCO = Caller(Role.OFFICER, "ott-cusco", frozenset({"ott-cusco", "tejedoras"}), "k")
TACNA = Caller(Role.OFFICER, "ott-tacna", frozenset({"ott-tacna", "secadores"}), "k")


@pytest.fixture
def site(tmp_path) -> Iterator[Network]:
    with network(tmp_path) as found:
        yield found


def officer(site: Network, who: str = "officer") -> TestClient:
    client = site.client()
    client.headers.update({"Accept": "text/html", **site.keys[who]})
    return client


def titles(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<h2><a href="[^"]*">(.*?)</a></h2>', page)]


def value(page: str, name: str, after: str = "") -> str:
    """Return the value of a form's hidden field."""
    return unescape(re.search(rf'name="{name}" value="([^"]*)"', page[page.index(after) :]).group(1))


# What is an office's own


def office_of(store: Store) -> None:
    """Two offices: Cusco's serves the weavers with their faculty and workshop, Tacna's the dryers."""
    from dataclasses import replace

    owners = {"unsaac": "tejedoras", "taller": "tejedoras", "unjbg": "secadores", "oregano": "secadores"}
    with store.noting() as session:
        for id_, office in (
            ("ott-cusco", None),
            ("ott-tacna", None),
            ("tejedoras", "ott-cusco"),
            ("secadores", "ott-tacna"),
        ):
            organisations.add(session, id_, id_, office)
    with store.writing() as writer:
        writer.upsert([replace(p, owner=owners.get(p.id)) for p in PARTNERS] + EVIDENCE + OUTCOMES)


def ids(store: Store, caller: Caller, side: Side, sought: Sought | None = None, limit: int = 50) -> list[str]:
    """Return the ids of all pages, which must hold `limit` each."""
    found, cursor = [], None
    while True:
        with store.reading() as session:
            page = own_texts(session, caller, side, sought or Sought(), cursor=cursor, limit=limit)
        found += [text.evidence.id for text in page.items]
        if page.next is None:
            return found
        assert len(page.items) == limit
        cursor = page.next


def test_an_office_has_the_texts_of_those_whom_it_serves(store):
    office_of(store)
    assert sorted(ids(store, CUSCO, Side.SUPPLY)) == ["unsaac-1", "unsaac-2"]
    assert ids(store, CUSCO, Side.DEMAND) == ["taller-1"]
    assert ids(store, TACNA, Side.SUPPLY) == ["unjbg-1"]
    with store.reading() as session:
        assert [count(session, CUSCO, side) for side in Side] == [2, 1]


def test_where_nobody_owns_anything_all_texts_are_the_offices(filled):
    local = Caller(Role.ADMIN, LOCAL)
    assert sorted(ids(filled, local, Side.SUPPLY)) == ["lejos-1", "pucp-1", "unjbg-1", "unsaac-1", "unsaac-2"]
    assert sorted(ids(filled, CUSCO, Side.DEMAND)) == ["oregano-1", "taller-1"]


def test_what_is_new_stands_first_and_pages_meet_each_text_once(filled):
    local = Caller(Role.ADMIN, LOCAL)
    since = filled.version()
    with filled.writing() as writer:
        writer.upsert([Evidence("zz", ("lejos",), "project", "Clima.")])
    with filled.writing() as writer:
        writer.upsert([Evidence("aa", ("lejos",), "project", "Olas.")])
    sought = Sought(since=since, stirred=frozenset({"unsaac-2"}))
    every = ["aa", "zz", "unsaac-2", "lejos-1", "pucp-1", "unjbg-1", "unsaac-1"]
    for limit in (1, 2, 3, 50):
        assert ids(filled, local, Side.SUPPLY, sought, limit) == every if limit == 50 else True
    with filled.reading() as session:
        first = own_texts(session, local, Side.SUPPLY, sought, limit=2)
        second = own_texts(session, local, Side.SUPPLY, sought, cursor=first.next, limit=4)
        third = own_texts(session, local, Side.SUPPLY, sought, cursor=second.next, limit=4)
    assert [t.evidence.id for page in (first, second, third) for t in page.items] == every
    assert [t.new for t in first.items] == [True, True]
    assert [t.new for t in second.items] == [False] * 4  # what is stirred is not itself new
    only = Sought(since=since, stirred=frozenset({"unsaac-2"}), only_new=True)
    assert ids(filled, local, Side.SUPPLY, only) == ["aa", "zz", "unsaac-2"]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (Sought(words="TENIDO solidez"), ["unsaac-1"]),
        (Sought(words="tintes"), ["unsaac-1"]),  # of the title
        (Sought(words="nada"), []),
        (Sought(region="PE-CUS"), ["unsaac-1", "unsaac-2"]),
        (Sought(sector="C1"), ["unjbg-1", "unsaac-1", "unsaac-2"]),
        (Sought(sector="C25", kind="technology"), ["pucp-1"]),
        (Sought(kind="service"), ["unsaac-2"]),
        (Sought(only_new=True), []),
    ],
)
def test_filters(filled, sought, found):
    assert sorted(ids(filled, Caller(Role.ADMIN, LOCAL), Side.SUPPLY, sought)) == found


def test_words_that_may_not_be_read_are_not_found_either(site):
    hidden = officer(site, "other officer")
    mine = officer(site)
    asked = {"side": "demand", "words": SECRET}
    assert len(titles(mine.get("/desk", params=asked).text)) == 2
    assert titles(hidden.get("/desk", params=asked).text) == []


# The list


def test_the_desk_shows_ones_own_needs_whole_and_notes_that_they_were_read(site):
    page = officer(site).get("/desk?side=demand").text
    assert set(titles(page)) == {EVIDENCE[5].text, NEED.title}
    assert unescape(page).count(LATE.text[:30]) >= 1
    with site.store.reading() as session:
        last = audit.entries(session, limit=1)[-1]
    assert (last.action, last.kind, last.organisation) == ("read_private", "evidence", "ott-cusco")
    assert SECRET not in officer(site, "other officer").get("/desk?side=demand").text


def test_of_others_confidential_needs_the_summary_alone_is_read(site):
    page = officer(site, "other officer").get("/desk/text?evidence=taller-2").text
    assert SUMMARY in page
    assert SECRET not in page
    own = officer(site).get("/desk/text?evidence=taller-2").text
    assert NEED.text in unescape(own)
    assert SUMMARY in own  # and it is told that others read it


def test_matches_come_when_they_are_seen_and_by_a_link_without_scripts(site):
    client = officer(site)
    page = client.get("/desk?side=demand").text
    assert 'hx-get="/desk/text?evidence=taller-1" hx-trigger="revealed"' in page
    piece = client.get("/desk/text?evidence=taller-1", headers={"HX-Request": "true"}).text
    assert "<html" not in piece
    names = re.findall(r'<a class="partner" href="[^"]*">(.*?)</a>', piece)
    assert names[0] == "Facultad textil, Cusco"
    assert len(names) == 3
    whole = client.get("/desk/text?evidence=taller-1").text
    assert re.findall(r'<a class="partner" href="[^"]*">(.*?)</a>', whole)[:3] == names
    answer = client.get("/v1/evidence/taller-1/matches").json()
    assert names == [m["partner"]["name"] for m in answer["matches"][:3]]


def test_the_first_visit_has_nothing_new_and_the_next_what_was_written_since(site, monkeypatch):
    clock = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return clock

    monkeypatch.setattr("api.web.desk.dt.datetime", Clock)
    client = officer(site)
    assert "is-new" not in client.get("/desk?side=demand").text
    site.write(Evidence("taller-9", ("taller",), "need", "Lana de oveja que pica.", language="es", owner="tejedoras"))
    assert "is-new" not in client.get("/desk?side=demand").text  # it is the same visit still, and the first
    clock += dt.timedelta(hours=20)
    site.write(Evidence("taller-8", ("taller",), "need", "Botones que se caen.", language="es", owner="tejedoras"))
    for _ in range(2):  # throughout the visit
        page = client.get("/desk?side=demand").text
        assert titles(page)[0] == "Botones que se caen."
        assert page.count("is-new") == 1
    assert "20 nov 2026" in page
    assert titles(client.get("/desk?side=demand&new=true").text) == ["Botones que se caen."]
    client.post("/desk/seen", data={"side": "demand"}, headers={"Origin": "http://testserver"})
    assert "is-new" not in client.get("/desk?side=demand").text


def test_a_new_text_of_the_other_side_stirs_what_answers_it(tmp_path, monkeypatch):
    clock = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return clock

    monkeypatch.setattr("api.web.desk.dt.datetime", Clock)
    with network(tmp_path, fresh=True) as site:
        monkeypatch.setattr("matcher.desk_news.THRESHOLD", 0.05)  # the fake encoder is sure of little
        client = site.client()
        client.headers["Accept"] = "text/html"
        client.get("/desk")
        clock += dt.timedelta(days=1)
        site.write(
            Evidence(
                "oregano-9",
                ("oregano",),
                "need",
                "El color del orégano se pierde en el secado en bandejas.",
                "Bandejas",
                "es",
            )
        )
        site.live.catch_up()
        page = client.get("/desk").text
        card = page[page.index("Secador") - 200 : page.index("Secador") + 900]
        assert titles(page)[0] == "Secador"
        assert "is-new" in card
        assert "evidence=oregano-9" in card
        assert "Bandejas" in card


def test_a_visit_of_another_history_or_a_forged_one_is_a_first_one():
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

    class Asking:
        def __init__(self, kept: str) -> None:
            self.cookies = {visits._name(CUSCO): kept}

    state = State(40, "b")
    for kept in ("", "1.2.3.4.a", "x.2.3.4.b", "1.2.3.b", "-1.2.3.4.b", f"{10**20}.1.1.1.b", "1.2.3.4.5.b"):
        assert visits.visit(Asking(kept), CUSCO, state, now)[0].since is None, kept
    found, value_ = visits.visit(Asking("7.100.9.200.b"), CUSCO, state, now)
    assert (found.since, found.left) == (9, dt.datetime.fromtimestamp(200, dt.UTC))
    assert value_ == f"9.200.40.{int(now.timestamp())}.b"
    found, _ = visits.visit(Asking(f"7.100.9.{int(now.timestamp()) - 60}.b"), CUSCO, state, now)
    assert (found.since, found.left) == (7, dt.datetime.fromtimestamp(100, dt.UTC))


def test_an_admin_with_a_key_chooses_the_office_and_every_link_then_says_it(site):
    client = officer(site, "admin")
    page = client.get("/desk").text
    assert re.findall(r'href="/desk\?organisation=([^"]+)"', page) == ["ott-cusco", "ott-tacna"]
    desk = client.get("/desk?organisation=ott-cusco&side=demand").text
    inside = desk[desk.index("<main") : desk.index("</main")]
    links = [unescape(a) for a in re.findall(r'(?:href|action|hx-get)="(/desk[^"]+)"', inside)]
    assert len(links) > 10
    assert [a for a in links if parse_qs(urlsplit(a).query).get("organisation") != ["ott-cusco"]] == []
    assert client.get("/desk?organisation=nadie").status_code == 404


def test_an_open_installation_needs_no_choice(tmp_path):
    with network(tmp_path, fresh=True) as site:
        client = site.client()
        client.headers["Accept"] = "text/html"
        assert "Secador" in titles(client.get("/desk").text)


# Shortlist and board


def test_from_the_list_to_an_agreed_project_which_the_ranking_then_knows(site):
    client = officer(site)
    before = client.get("/v1/evidence/taller-1/matches").json()["matches"]
    piece = client.post(
        "/desk/shortlist",
        data={"evidence": "taller-1", "partner": "unjbg", "note": "llamar"},
        headers={"HX-Request": "1"},
    )
    assert piece.status_code == 200
    assert "✓" in piece.text
    board = client.get("/desk/board").text
    assert "llamar" in board
    form = {name: value(board, name, "/desk/propose") for name in ("evidence", "supply", "demand", "note")}
    assert form == {"evidence": "taller-1", "supply": "unjbg", "demand": "taller", "note": "llamar"}
    answer = client.post("/desk/propose", data=form, follow_redirects=False)
    assert answer.status_code == 303
    (id_,) = parse_qs(urlsplit(answer.headers["location"]).query)["moved"]
    for stage in ("sent", "met", "agreed", "project"):
        board = client.get("/desk/board").text
        card = board[board.index(f'name="id" value="{id_}"') :]
        step = {"id": id_, "version": value(card, "version"), "to": value(card, "to")}
        assert step["to"] == stage
        page = client.post("/desk/step", data=step)
        assert page.url.path == "/desk/board"
        assert 'role="status"' in page.text
    assert (
        "llamar" not in client.get("/desk/board").text.split('aria-labelledby="introductions"')[0]
    )  # it waits no more
    with site.store.reading() as session:
        found = introductions.introduction(session, "ott-cusco", id_)
    assert [s.after.value for s in found.history] == ["proposed", "sent", "met", "agreed", "project"]
    outcome = site.store.get(type(OUTCOMES[0]), f"intro-{id_}").record
    assert (outcome.partner, outcome.counterpart, outcome.stage) == ("unjbg", "taller", Stage.PROJECT)
    site.live.catch_up()
    after = client.get("/v1/evidence/taller-1/matches").json()["matches"]

    def score(matches):
        return next(m["score"] for m in matches if m["partner"]["id"] == "unjbg")

    assert score(after) > score(before)


def test_a_stale_form_overwrites_nothing(site):
    client = officer(site)
    id_ = site.desks["ott-cusco"].introductions[0]  # it is met
    with site.store.reading() as session:
        version = introductions.introduction(session, "ott-cusco", id_).version
    step = {"id": id_, "version": str(version), "to": "agreed"}
    assert client.post("/desk/step", data=step, follow_redirects=False).status_code == 303
    stale = client.post("/desk/step", data={**step, "to": "project"})
    assert stale.status_code == 412
    assert "alguien lo cambió mientras tanto; no se sobrescribió nada" in stale.text
    piece = client.post("/desk/step", data={**step, "to": "project"}, headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["hx-retarget"]) == (412, "#notice")
    with site.store.reading() as session:
        assert introductions.introduction(session, "ott-cusco", id_).stage == "agreed"
    note = {"evidence": NEED.id, "partner": "unsaac", "version": "1", "note": "otra"}
    assert client.post("/desk/shortlist", data=note).status_code == 412
    assert client.post("/desk/shortlist/remove", data=note).status_code == 412
    with site.store.reading() as session:
        assert shortlists.entry(session, "ott-cusco", NEED.id, "unsaac").note == "nota"


def test_a_step_that_is_not_allowed_is_refused(site):
    client, id_ = officer(site), site.desks["ott-cusco"].introductions[0]
    with site.store.reading() as session:
        version = introductions.introduction(session, "ott-cusco", id_).version
    refused = client.post("/desk/step", data={"id": id_, "version": version, "to": "project"})
    assert refused.status_code == 409
    assert (
        "desde «reunidos» no se puede pasar a «proyecto»; desde ahí puede pasar a: acordado, rechazado, enviado"
        in refused.text
    )


def test_declining_needs_a_reason_and_what_was_typed_stays(site):
    client, id_ = officer(site), site.desks["ott-cusco"].introductions[0]
    with site.store.reading() as session:
        version = introductions.introduction(session, "ott-cusco", id_).version
    form = {
        "id": id_,
        "version": version,
        "to": "declined",
        "reason": " ",
        "note": "<b>quizá</b>",
        "date": "2026-03-04",
    }
    page = client.post("/desk/step", data=form)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'value="&lt;b&gt;quizá&lt;/b&gt;"' in page.text
    assert 'value="2026-03-04"' in page.text
    wrong = client.post("/desk/step", data={**form, "reason": "caro", "date": "ayer"})
    assert wrong.status_code == 422
    done = client.post("/desk/step", data={**form, "reason": "Muy caro para ellos"})
    assert done.status_code == 200
    assert "Muy caro para ellos" in done.text  # on its card
    shown = client.get("/desk/introduction", params={"id": id_}).text
    assert "Muy caro para ellos" in shown
    assert "4 mar 2026" in shown
    with site.store.reading() as session:
        last = introductions.introduction(session, "ott-cusco", id_).history[-1]
    assert (last.date, last.note) == (dt.date(2026, 3, 4), "<b>quizá</b>")
    back = client.get("/desk/introduction", params={"id": id_, "to": "met"}).text
    assert value(back, "to", "<details open") == "met"


def test_notes_are_changed_and_entries_taken_off(site):
    client = officer(site)
    page = client.get("/desk/shortlist").text
    card = page[page.index(f'value="{NEED.id}"') :]
    form = {"evidence": NEED.id, "partner": "unsaac", "version": value(card, "version"), "note": "Llamar el lunes"}
    done = client.post("/desk/shortlist", data={**form, "back": "/desk/shortlist"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/shortlist")
    away = client.post("/desk/shortlist", data={**form, "back": "https://elsewhere.example"}, follow_redirects=False)
    assert away.status_code == 412  # the version went on with the note
    page = client.get("/desk/shortlist").text
    assert "Llamar el lunes" in page
    card = page[page.index(f'value="{NEED.id}"') :]
    form["version"] = value(card, "version")
    gone = client.post("/desk/shortlist/remove", data={**form, "back": "//elsewhere.example"}, follow_redirects=False)
    assert gone.headers["location"] == "/desk/board?done=removed"
    with site.store.reading() as session, pytest.raises(NotFound):
        shortlists.entry(session, "ott-cusco", NEED.id, "unsaac")


def test_a_cards_note_is_changed_on_the_board(site):
    client = officer(site)
    id_ = site.desks["ott-cusco"].introductions[0]
    page = client.get("/desk/board").text
    card = page[: page.index(f'name="id" value="{id_}"')].rindex('action="/desk/note"')
    form = {"id": id_, "version": value(page[card:], "version"), "note": "Llamar el lunes"}
    done = client.post("/desk/note", data=form, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/desk/board?noted={id_}")
    page = client.get(done.headers["location"]).text
    assert "La nota quedó guardada." in page
    assert re.findall(r"<summary autofocus>(.*?)</summary>", page) == ["Llamar el lunes"]
    with site.store.reading() as session:
        found = introductions.introduction(session, "ott-cusco", id_)
        told = next((e.action, e.kind) for e in audit.search(session, record=id_))
    assert (found.note, found.stage.value, len(found.history)) == ("Llamar el lunes", "met", 3)
    assert told == ("change", "introduction")
    assert client.post("/desk/note", data={**form, "note": "otra"}).status_code == 412  # made of what was before
    emptied = {**form, "version": str(found.version), "note": ""}
    assert client.post("/desk/note", data=emptied, follow_redirects=False).status_code == 303
    with site.store.reading() as session:
        assert introductions.introduction(session, "ott-cusco", id_).note is None
    assert officer(site, "other officer").post("/desk/note", data=form).status_code == 404


def test_who_was_introduced_waits_no_more(filled):
    office_of_nobody = Caller(Role.OFFICER, "ott", frozenset(), "k")
    with filled.noting() as session:
        organisations.add(session, "ott", "OTT")
    with filled.writing() as writer:
        for evidence, partner in (
            ("taller-1", "unsaac"),
            ("taller-1", "pucp"),
            ("unsaac-1", "taller"),
            ("unsaac-2", "taller"),
        ):
            shortlists.put(writer, office_of_nobody, evidence, partner, None)
        introductions.propose(writer, office_of_nobody, "unsaac", "taller", evidence="taller-1")
        introductions.propose(writer, office_of_nobody, "unsaac", "taller", evidence="unsaac-1")
    with filled.reading() as session:
        waiting = shortlists.entries(session, "ott", waiting=True, limit=10).items
    assert [(e.evidence, e.partner) for e in waiting] == [("taller-1", "pucp"), ("unsaac-2", "taller")]


def test_history_tells_who_and_when(site):
    id_ = site.desks["ott-cusco"].introductions[0]
    page = officer(site).get("/desk/introduction", params={"id": id_}).text
    assert page.count("en este equipo") == 3  # proposed, sent, met: without a key
    client = officer(site)
    with site.store.reading() as session:
        version = introductions.introduction(session, "ott-cusco", id_).version
    client.post("/desk/step", data={"id": id_, "version": version, "to": "agreed", "note": "Firmado en Cusco"})
    key = client.get("/v1/introductions/" + id_).json()["history"][-1]["key"]
    page = client.get("/desk/introduction", params={"id": id_}).text
    assert f"clave {key}" in page
    assert "Firmado en Cusco" in page


# Side by side


def test_two_side_by_side_have_the_terms_of_the_answer(engine):
    found = compare(engine, engine.query_for("taller-1", k=200), "unjbg", "unsaac", "es")
    matches = {m.partner.id: m for m in engine.match(engine.query_for("taller-1", k=200)).matches}
    assert (found.a.rank, found.b.rank) == (matches["unjbg"].rank, matches["unsaac"].rank)
    for side, match in (("a", matches["unjbg"]), ("b", matches["unsaac"])):
        total = found.answer.bias + sum(getattr(term, side) for term in found.terms)
        assert total == pytest.approx(match.score)
    apart = [abs(term.a - term.b) for term in found.terms]
    assert apart == sorted(apart, reverse=True)
    assert found.records == ({}, {Stage.PROJECT: 1, Stage.MET: 1})
    with pytest.raises(NotFound, match="oregano"):
        compare(engine, engine.query_for("taller-1", k=200), "unsaac", "oregano", "es")


def test_the_page_compares_two_and_no_other_number(site):
    client = officer(site)
    page = client.get("/desk/compare?evidence=taller-1&partner=unsaac&partner=unjbg").text
    assert re.findall(r'<th scope="col"><a class="partner" href="[^"]*">(.*?)</a></th>', page) == [
        "Facultad textil, Cusco",
        "Facultad agraria, Tacna",
    ]
    assert "proyecto: 1" in page
    for partners in ("partner=unsaac", "partner=unsaac&partner=unsaac", "partner=a&partner=b&partner=c"):
        assert client.get(f"/desk/compare?evidence=taller-1&{partners}").status_code == 422
    assert client.get("/desk/compare?evidence=taller-1&partner=unsaac&partner=oregano").status_code == 404


# Drafts


def test_a_draft_says_who_why_and_in_which_language(engine):
    supply, demand = PARTNERS[0], PARTNERS[4]
    match = next(m for m in engine.match(engine.query_for("taller-1")).matches if m.partner.id == "unsaac")
    message = draft(translator("es"), supply, demand, EVIDENCE[5], match, "OTT Cusco")
    assert message.subject == "Posible colaboración: Se corren los colores de mis chompas de alpaca al lavado."
    for told in (
        "colegas de Facultad textil, Cusco y de Taller de chompas, Chinchero",
        "Lo que busca Taller de chompas, Chinchero: «Se corren los colores de mis chompas de alpaca al lavado.»",
        "misma región, Cusco", "1 proyecto y 1 reunión con empresas", "OTT Cusco",
    ):  # fmt: skip
        assert told in message.body
    english = draft(translator("en"), supply, demand, EVIDENCE[0], None, None)
    assert "What Facultad textil, Cusco can do: “Teñido de fibra" in english.body
    assert english.body.endswith("Kind regards,\n(your name and office)")
    assert "Why we think" not in english.body
    assert draft(translator("en"), supply, demand, None, None, None).subject == (
        "Possible collaboration: Facultad textil, Cusco – Taller de chompas, Chinchero"
    )


def test_the_mail_address_holds_all_of_it_whatever_it_says():
    supply = Partner("a", Side.SUPPLY, "I+D & Cía: 100% ñandú?", "group")
    demand = Partner("b", Side.DEMAND, "Fábrica #1", "firm")
    message = draft(translator("es"), supply, demand, None, None, None)
    address = mailto(["Rosa <rosa+ventas@correo.example>, 084 123", None, "a@b.example?bcc=x@y.example"], message)
    parts = urlsplit(address)
    assert parts.scheme == "mailto"
    assert unquote(parts.path) == "rosa+ventas@correo.example,a@b.example,x@y.example"
    assert "?" not in parts.path
    fields = parse_qs(parts.query, strict_parsing=True)
    assert set(fields) == {"subject", "body"}
    assert fields["subject"] == [message.subject]
    assert fields["body"] == [message.body.replace("\n", "\r\n")]
    assert "+" not in parts.query  # mail programs take it for a plus, not for a blank


def test_a_long_text_is_cut_at_a_word():
    assert cut("uno  dos\ntres", 20) == "uno dos tres"
    assert cut("uno dos, tres cuatro", 10) == "uno dos…"


def test_a_draft_of_a_confidential_need_says_its_summary_alone_and_contacts_are_noted(site):
    id_ = site.desks["ott-cusco"].introductions[0]
    page = officer(site).get("/desk/draft", params={"introduction": id_}).text
    assert SUMMARY in page
    assert SECRET not in page
    assert f"mailto:{CONTACT}@correo.example?" in page
    with site.store.reading() as session:
        assert audit.entries(session, limit=1)[-1].kind == "partner"
    english = officer(site).get("/desk/draft", params={"introduction": id_, "text_language": "en"}).text
    assert "Dear colleagues" in english
    assert '<html lang="es"' in english  # the page stays as it is
    assert quote("Dear colleagues of", safe="") in english


# Inbox and saved searches


def test_a_search_is_saved_changed_and_removed(site):
    client = officer(site)
    nameless = client.post("/desk/search", data={"name": " ", "q": "Tintes para lana", "region": "PE-CUS"})
    assert nameless.status_code == 422
    assert "Tintes para lana</textarea>" in nameless.text
    assert '<option value="PE-CUS" selected>' in nameless.text
    empty = client.post("/desk/search", data={"name": "Vacía", "q": " ? "})
    assert empty.status_code == 422
    form = {
        "name": "Tintes de lana",
        "q": "Tintes para lana",
        "seeks": "supply",
        "region": "PE-CUS",
        "threshold": "0.3",
    }
    page = client.post("/desk/search", data=form)
    assert page.url.path == "/desk/searches"
    assert "lo que encaja bien" in page.text
    with site.store.reading() as session:
        made = next(s for s in searches.searches(session, "ott-cusco") if s.name == "Tintes de lana")
    assert (made.question["text"], made.question["region"], made.threshold) == ("Tintes para lana", "PE-CUS", 0.3)
    shown = client.get("/desk/search", params={"id": made.id}).text
    change = {**form, "id": made.id, "version": value(shown, "version"), "q": "Tintes naturales", "sector": "C13"}
    assert client.post("/desk/search", data=change, follow_redirects=False).status_code == 303
    assert client.post("/desk/search", data=change, follow_redirects=False).status_code == 412
    with site.store.reading() as session:
        changed = searches.search(session, "ott-cusco", made.id)
    assert (changed.question["text"], changed.question["sectors"]) == ("Tintes naturales", ["C13"])
    renewed = client.post("/desk/search/feed", data={"id": made.id, "version": changed.version})
    assert made.feed not in renewed.text
    with site.store.reading() as session:
        now = searches.search(session, "ott-cusco", made.id)
    assert f"http://testserver/v1/feeds/{now.feed}.atom" in renewed.text
    client.post("/desk/search/remove", data={"id": made.id, "version": now.version})
    assert "Tintes de lana" not in client.get("/desk/searches").text


def test_changing_a_search_keeps_what_only_programs_set(site):
    client = officer(site)
    body = {
        "name": "Fina", "text": "Tintes", "seeks": "demand", "threshold": 0.25, "k": 7, "sectors": ["C13", "C14"],
        "filters": {"countries": ["PE"], "since": "2024-01-01"},
    }  # fmt: skip
    made = client.post("/v1/searches", json=body, headers={"Accept": "application/json"}).json()
    page = client.get("/desk/search", params={"id": made["id"]}).text
    names = ("id", "version", "region", "sector", "q", "seeks")
    form = {
        "name": "Fina y nueva", "id": made["id"], "version": value(page, "version"), "q": "Tintes", "seeks": "demand",
        "sector": "C13", "threshold": re.search(r'name="threshold" value="([^"]+)" checked', page).group(1),
    }  # fmt: skip
    assert names
    client.post("/desk/search", data=form)
    with site.store.reading() as session:
        kept = searches.search(session, "ott-cusco", made["id"])
    assert kept.question == made["question"]
    assert (kept.name, kept.threshold) == ("Fina y nueva", 0.25)


def test_news_are_marked_as_read_and_lead_to_text_and_matches(site):
    client, desk = officer(site), site.desks["ott-cusco"]
    page = client.get("/desk/inbox").text
    assert "no leído" in page
    assert "/desk/text?evidence=taller-2" in page
    assert re.findall(r'name="ids" value="(\d+)"', page) == [str(desk.news[0])]  # the other's partner has withdrawn
    done = client.post("/desk/inbox/read", data={"ids": [str(desk.news[0])], "read": "true", "back": "/desk/inbox"})
    assert "no leído</span>" not in done.text
    assert 'name="ids"' not in client.get("/desk/inbox?unread=true").text
    client.post("/desk/inbox/read", data={"ids": [str(desk.news[0])], "read": "false"})
    assert 'name="ids"' in client.get("/desk/inbox?unread=true").text
    other = officer(site, "other officer")
    assert other.post("/desk/inbox/read", data={"ids": [str(desk.news[0])]}).status_code == 404


@pytest.mark.parametrize(
    ("url", "head"),
    [
        ("/desk?side=demand&", "Id,Socios"), ("/desk/text?evidence=taller-1&", "Puesto"), ("/desk/shortlist?", "Texto"),
        ("/desk/introductions?", "Id,Etapa"), ("/desk/inbox?", "Id,"), ("/desk/searches?", "Id,Nombre"),
    ],
)  # fmt: skip
def test_each_list_is_there_as_a_file_in_the_pages_language(site, url, head):
    client = officer(site)
    file = client.get(f"{url}format=csv")
    assert file.headers["content-type"].startswith("text/csv")
    spanish = file.content.decode("utf-8-sig").splitlines()[0]
    english = client.get(f"{url}format=csv&lang=en").content.decode("utf-8-sig").splitlines()[0]
    assert spanish != english
    assert client.get(f"{url}format=xlsx").content.startswith(b"PK")
    page = client.get(url.rstrip("?&")).text
    assert "format=csv" in page
    assert "format=xlsx" in page


def test_an_admin_without_a_key_is_everybody_at_any_desk(tmp_path):
    with network(tmp_path, fresh=True) as site:
        client = site.client()
        client.headers["Accept"] = "text/html"
        assert EVERYTHING.key is None
        assert client.get("/desk/board?organisation=ott-cusco").status_code == 200
        assert client.get("/desk/board").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),  # a form of ours, whose page tells no address
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin", "Host": "rebound.example"}, 403),
    ],
)
def test_an_open_installation_takes_its_own_forms_and_no_others(tmp_path, headers, status):
    with network(tmp_path, fresh=True) as site:
        client = site.client()
        client.headers["Accept"] = "text/html"
        assert client.post("/desk/seen", headers=headers, follow_redirects=False).status_code == status
