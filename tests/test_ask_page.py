"""The first page and those that it leads to: what an answer shows, and what people can do with it."""

import base64
import csv
import html
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from conftest import EVIDENCE
from fastapi.testclient import TestClient
from network import CONTACT, SECRET, Network, network
from openpyxl import load_workbook
from sqlalchemy import select

from api.web.cards import cards, excerpt, one_sentence
from api.web.question import Asked, understand
from api.web.saved_cookie import BYTES, MOST
from matcher.access import EVERYTHING, Caller, Role
from matcher.errors import BadInput, Conflict, NotFound
from matcher.language import translator
from matcher.records import (
    Contribution,
    Evidence,
    Highlight,
    Match,
    MatchList,
    Partner,
    Passage,
    Query,
    Side,
    Verdict,
)
from matcher.shown import Piece, pieces
from matcher.store import audit, intake, organisations
from matcher.store.intake import Kind, State
from matcher.store.store import Store
from matcher.store.tables import IntakeRow, IntroductionRow
from matcher.taking_over import take_over

ALPACA = "Se corren los colores de mis chompas de alpaca al lavado"
ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def client(site: Network) -> TestClient:
    client = site.client()
    client.headers.update({"Accept": "text/html"})
    return client


def ids(text: str) -> list[str]:
    """Return the ids of the partners on the cards of a page, in their order."""
    return re.findall(r'data-partner="([^"]+)"', text)


# What is marked.

TEXT = "Uno dos. Tres cuatro cinco seis. Siete."


def test_marks_that_overlap_are_cut_where_one_begins_or_ends():
    marks = (
        Highlight(9, 32, "sentence"),
        Highlight(14, 26, "meaning", "quinta"),  # cuatro cinco
        Highlight(21, 31, "word"),  # cinco seis
    )
    assert pieces(Passage("e", None, TEXT, marks, 1.0), 9, 32) == [
        Piece("Tres ", sentence=True),
        Piece("cuatro ", sentence=True, meaning=True),
        Piece("cinco", sentence=True, word=True, meaning=True, answers="quinta"),
        Piece(" seis", sentence=True, word=True),
        Piece(".", sentence=True),
    ]


def test_marks_beyond_the_excerpt_are_cut_at_its_ends():
    marks = (Highlight(0, 14, "word"), Highlight(25, 99, "word"))
    found = pieces(Passage("e", None, TEXT, marks, 1.0), 9, 28)
    assert [(p.text, p.word) for p in found] == [("Tres ", True), ("cuatro cinc", False), ("o s", True)]


def test_a_long_sentence_is_cut_between_words():
    text = "palabra " * 100
    found = excerpt(Passage("e", None, text, (Highlight(0, 799, "sentence"),), 1.0))
    assert "".join(p.text for p in found.pieces) == "palabra " * 52  # 52 × 8 = 416, and 53 × 8 = 424 is beyond 420
    assert found.cut


def test_reasons_are_one_sentence():
    assert one_sentence(["sus textos encajan", "a 5 km de usted."]) == "Sus textos encajan; a 5 km de usted."
    assert one_sentence([]) == ""


# What the bar shows.


def answer(*terms: tuple[str, float]) -> MatchList:
    """Return an answer of one match with terms of weight 1."""
    partner = Partner("p", Side.SUPPLY, "CITE", "technology_centre")
    told = tuple(Contribution(name, value, 1.0, value, "porque sí") for name, value in terms)
    match = Match(1, partner, 0.0, 0.5, None, told, (), 1, {})
    return MatchList((match,), Verdict.MATCHES, (), Query("x", Side.SUPPLY), 0.0, 1, "s", 1.0)


def test_a_bar_has_what_speaks_against_to_the_left_of_zero():
    terms = (("text", 4.0), ("profile", -1.0), ("distance", 2.0), ("same_region", 1.0), ("sector", -2.0))
    (card,) = cards(answer(*terms), translator("en"), "en")
    # By hand: texts 3, place 3, sector -2; 8 in all, so that 1 is 12.5 hundredths, and zero lies at 2 of them.
    assert card.zero == 25.0
    assert [(b.group, b.value, b.x, b.width) for b in card.bars] == [
        ("text", 3.0, 25.0, 37.5), ("place", 3.0, 62.5, 37.5), ("sector", -2.0, 0.0, 25.0),
    ]  # fmt: skip


# How the form is understood.


@pytest.mark.parametrize(
    ("typed", "code", "mended"),
    [
        ("Áncash", "PE-ANC", False), ("ancash", "PE-ANC", False), ("Tacan", "PE-TAC", True), ("pe-cus", "PE-CUS", False),
        ("Amazonas (CO)", "CO-AMA", False), ("Amazonas, Colombia", "CO-AMA", False), ("Xyzzy", None, False),
        ("Arequpia", "PE-ARE", True), ("Atlantis", None, False), ("Bagua", None, False), ("Pisco", None, False),
    ],
)  # fmt: skip
def test_a_region_is_understood_with_other_accents_and_slips(typed, code, mended):
    found = understand(Asked(region=typed), "es").region
    assert (found.code, found.mended, found.unknown) == (code, mended, code is None)


def test_a_sector_is_understood_by_its_everyday_name_and_with_a_slip():
    assert understand(Asked(sector="textiles"), "es").sector.code == "C13"
    mended = understand(Asked(sector="textilez"), "en").sector
    assert (mended.code, mended.name, mended.mended) == ("C13", "Manufacture of textiles", True)


def test_the_address_says_only_what_was_asked():
    asked = Asked(q=" tinte ", region="Cusco", without=("place", "place"))
    assert asked.address() == "/?q=tinte&region=Cusco&without=place"
    assert Asked(q="x", seeks=Side.DEMAND, guess="0", k=20).address("/answer.csv") == (
        "/answer.csv?q=x&seeks=demand&guess=0&k=20"
    )
    assert Asked().address() == "/"


# The page.


def test_an_answer_shows_who_where_how_far_why_and_the_sentence(client):
    text = client.get("/", params={"q": ALPACA, "region": "Cusco"}).text
    assert ids(text)[0] == "unsaac"
    card = text.partition('id="c1"')[2].partition("</article>")[0]
    plain = " ".join(re.sub("<[^>]+>", " ", card).split())
    assert "Facultad textil, Cusco facultad · Cusco, Perú en su región" in plain
    assert re.search(r"<mark>\s*alpaca\s*</mark>", card)
    assert "PE-CUS" not in plain


def test_without_a_question_nothing_is_asked_and_three_examples_are_shown_for_either_side(client):
    text = client.get("/").text
    assert ids(text) == []
    assert len(re.findall(r'<a href="/\?q=[^"]+#answer">', text)) == 6
    assert "Unos gusanitos se comen mi orégano" in text


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_exact_sum_is_the_score(site, language):
    client = site.client()
    page = client.get("/", params={"q": ALPACA, "region": "Cusco", "lang": language}, headers={"Accept": "text/html"})
    told = client.post("/v1/matches", json={"text": ALPACA, "region": "Cusco", "lang": language}).json()
    tables = re.findall(r'<table class="terms">.*?</table>', page.text, re.DOTALL)
    assert len(tables) == len(told["matches"]) == 4
    for table, match in zip(tables, told["matches"], strict=True):
        rows = re.findall(r"<tr>.*?</tr>", table.partition("<tbody>")[2], re.DOTALL)
        numbers = [[float(n) for n in re.findall(r'<data value="([^"]+)"', row)] for row in rows]
        (bias,), *terms, (score,) = numbers
        assert score == match["score"]
        assert math.fsum([bias, *(term[2] for term in terms)]) == score
        assert all(value * weight == pytest.approx(product, abs=1e-12) for value, weight, product in terms)


def test_rules_that_are_off_reorder_the_list_as_they_do_in_the_api(site, client):
    orders = {}
    for without in ((), ("place",), ("place", "sector", "track_record", "experience")):
        found = ids(client.get("/", params={"q": "color", "region": "Tacna", "without": without}).text)
        asked = {"text": "color", "region": "Tacna", "without": list(without)}
        told = site.client().post("/v1/matches", json=asked).json()
        assert found == [m["partner"]["id"] for m in told["matches"]]
        orders[without] = found
    assert orders[()][0] == "unjbg"  # of Tacna
    assert orders["place",] != orders[()]
    text = client.get("/", params={"q": "color", "region": "Tacna", "without": "place"}).text
    assert re.search(r'value="place" form="ask" data-again checked', text)


def test_a_sector_that_was_deduced_is_shown_mended_and_switched_off(client, site, monkeypatch):
    from matcher.index.sector_guess import SectorGuess
    from matcher.records import GuessedSector

    monkeypatch.setattr(SectorGuess, "best", lambda self, vector: GuessedSector("C13", 0.5))
    text = html.unescape(client.get("/", params={"q": ALPACA}).text)
    assert "Su sector parece ser: Fabricación de productos textiles" in text
    yes = re.search(r'href="([^"]+)">Sí, es ese', text).group(1)
    off = re.search(r'href="([^"]+)">No deducir', text).group(1)
    assert yes.endswith("&sector=C13#answer")
    assert off.endswith("&guess=0#answer")
    mended = client.get(yes).text
    assert "Su sector parece ser" not in mended
    assert 'value="Fabricación de productos textiles"' in mended
    quiet = client.get(off).text
    assert "Su sector parece ser" not in quiet
    assert '<input type="hidden" name="guess" value="0" form="ask">' in quiet


def test_an_unknown_region_is_told_beside_its_field_and_the_answer_does_without(client):
    text = client.get("/", params={"q": ALPACA, "region": "Xyzzy"}).text
    assert 'value="Xyzzy"' in text
    assert "No conocemos la región «Xyzzy»" in text
    assert ids(text) == ids(client.get("/", params={"q": ALPACA}).text)


def test_what_cannot_be_asked_is_told_and_what_was_typed_stays(client):
    answer = client.get("/", params={"q": "¿¿ ... ??"})
    assert answer.status_code == 422
    assert "¿¿ ... ??</textarea>" in answer.text
    assert 'role="alert"' in answer.text


def test_an_address_gives_the_same_list_and_htmx_is_told_the_shortest_one(client):
    asked = {"q": ALPACA, "region": "Cusco", "sector": "", "seeks": "supply", "without": "sector"}
    piece = client.get("/", params=asked, headers={"HX-Request": "true"})
    address = piece.headers["HX-Push-Url"]
    assert address == "/?" + "&".join(
        ("q=Se+corren+los+colores+de+mis+chompas+de+alpaca+al+lavado", "region=Cusco", "without=sector")
    )
    again = client.get(address)
    assert "HX-Push-Url" not in again.headers
    assert ids(again.text) == ids(piece.text) == ids(client.get("/", params=asked).text)
    assert f'value="http://testserver{html.escape(address)}"' in again.text


def test_nothing_fits_is_a_page_that_helps(client):
    text = client.get("/", params={"q": "zzz qqq"}).text
    assert "No encontramos a nadie que encaje bien" in text
    assert "/introduction?q=zzz+qqq" in html.unescape(text) or "/introduction?q=zzz%20qqq" in html.unescape(text)
    assert "tinkuy template" not in text  # a command is nothing for a person with a phone
    assert 'class="cards weak"' in text


def test_a_filter_that_leaves_nobody_says_so_and_leads_out(client):
    text = client.get("/", params={"q": ALPACA, "region": "Puno", "only": "region"}).text
    assert ids(text) == []
    assert "Solo se buscó en Puno." in text
    assert ids(client.get("/", params={"q": ALPACA, "region": "Cusco", "only": "region"}).text) == ["unsaac"]


def test_a_stored_text_asks_for_the_other_side(client, site):
    text = client.get("/", params={"like": "unsaac-1"}).text
    told = site.client().get("/v1/evidence/unsaac-1/matches").json()
    assert ids(text) == [m["partner"]["id"] for m in told["matches"]]
    assert " required" not in re.search(r"<textarea[^>]*>", text).group()
    assert client.get("/", params={"like": "nadie"}).status_code == 404


def test_files_are_the_apis(site, client):
    asked = {"q": ALPACA, "region": "Cusco", "k": 3, "without": "place"}
    wanted = {"text": ALPACA, "region": "Cusco", "k": 3, "without": ["place"]}
    mine = client.get("/answer.csv", params=asked)
    its = site.client().post("/v1/matches", json=wanted, params={"format": "csv"})
    assert mine.content == its.content
    assert mine.headers["content-disposition"] == 'attachment; filename="tinkuy-matches.csv"'
    sheet = load_workbook(io.BytesIO(client.get("/answer.xlsx", params=asked).content)).active
    rows = list(csv.reader(io.StringIO(its.content.decode("utf-8-sig"))))
    assert [row[1].value for row in sheet] == [row[1] for row in rows]
    assert client.get("/answer.exe", params=asked).status_code == 422
    assert client.get("/answer.csv").status_code == 422


def test_pages_ask_the_engine_once(site, client, monkeypatch):
    from matcher.engine import Engine

    asked = []
    real = Engine.match
    monkeypatch.setattr(Engine, "match", lambda self, query, **more: asked.append(query) or real(self, query, **more))
    client.get("/", params={"q": ALPACA, "region": "Cusco"})
    assert len(asked) == 1


# The list in the browser.


def test_the_list_is_kept_shown_taken_out_and_emptied_without_scripts(client):
    for partner in ("unsaac", "pucp", "unsaac"):
        done = client.post("/saved", data={"action": "add", "partner": partner, "onward": "/?q=x"}, headers=ORIGIN, follow_redirects=False)  # fmt: skip
        assert (done.status_code, done.headers["location"]) == (303, "/?q=x")
    text = client.get("/saved").text
    assert re.findall(r'<h2><a href="/partners/([^"]+)"', text) == ["unsaac", "pucp"]
    rows = list(csv.reader(io.StringIO(client.get("/saved.csv").content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["unsaac", "pucp"]
    client.post("/saved", data={"action": "remove", "partner": "unsaac"}, headers=ORIGIN)
    assert re.findall(r'<h2><a href="/partners/([^"]+)"', client.get("/saved").text) == ["pucp"]
    client.post("/saved", data={"action": "clear"}, headers=ORIGIN)
    assert "saved" not in client.cookies


def test_the_cookie_holds_fifty_at_most_and_stays_small(tmp_path):
    with network(tmp_path) as found:
        many = [Partner(f"{'p' * 120}{i:02}", Side.SUPPLY, f"P {i}", "group") for i in range(60)]
        few = [Partner(f"q{i:02}", Side.SUPPLY, f"Q {i}", "group") for i in range(60)]
        found.write(*many, *few)
        for partners in (many, few):
            client = found.client()
            for partner in partners:
                client.post("/saved", data={"action": "add", "partner": partner.id}, headers=ORIGIN)
            kept = client.cookies["saved"]
            assert len(kept) <= BYTES
            listed = json.loads(base64.urlsafe_b64decode(kept + "=" * (-len(kept) % 4)))
            assert listed[0] == partners[-1].id
            assert len(listed) == (MOST if partners is few else 21)  # 21 ids of 122 characters are 3,584 in base 64


def written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "ñ", "%00", written({"a": 1}), written([1, None, ["unsaac"]]), written("unsaac"), "A" * 9000,
     written(["a\0b", "\n", ""]), written(["x" * 301]), written(["<script>"]), base64.b64encode(b"[" * 3000).decode()],
)  # fmt: skip
def test_a_cookie_that_is_not_ours_is_an_empty_list(client, cookie):
    answer = client.get("/saved", headers={"Cookie": f"saved={cookie}".encode()})
    assert answer.status_code == 200
    assert "<h2><a" not in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]


# Partners and texts.


def test_a_partners_page_shows_what_is_public_and_to_officers_the_contact(site, client):
    text = client.get("/partners/unsaac").text
    assert "Teñido de fibra de alpaca" in text
    assert "<li>1 proyecto</li><li>6 reuniones</li>" in text  # o1; o2, o9, and two meetings of each office's desk
    assert CONTACT not in client.get("/partners/taller").text


def test_who_reads_a_contact_is_written_down(site):
    client = site.client()
    text = client.get("/partners/taller", headers=site.keys["officer"] | {"Accept": "text/html"}).text
    assert CONTACT in text
    assert SECRET not in text
    with site.store.reading() as session:
        last = audit.entries(session, limit=1)[0]
    assert (last.action, last.kind, last.record) == ("read_private", "partner", "taller")
    assert CONTACT not in client.get("/partners/taller", headers=site.keys["reader"]).text


def test_texts_come_a_page_at_a_time(tmp_path):
    with network(tmp_path) as found:
        found.write(*(replace(EVIDENCE[0], id=f"t{i:02}", title=f"Texto {i:02}") for i in range(45)))
        client, seen, link = found.client(), [], "/partners/unsaac"
        while link:
            text = client.get(link, headers={"Accept": "text/html"}).text
            seen += re.findall(r'<h3><a href="/evidence/([^"]+)"', text)
            more = re.search(r'href="([^"]+)">Más textos', text)
            link = html.unescape(more.group(1)) if more else ""
        assert seen == [*(f"t{i:02}" for i in range(45)), "unsaac-1", "unsaac-2"]


def test_a_confidential_text_is_its_summary_to_everybody_on_its_page(site, client):
    for key in ({}, site.keys["officer"], site.keys["admin"]):
        text = client.get("/evidence/taller-2", headers=key).text
        assert "busca un tinte firme" in text
        assert SECRET not in text


# Writing to the offices.

LETTER = {"question": "Mi tinte destiñe", "who": "Q", "contact": "999 111 222", "consent": "true", "partner": "unsaac"}


def rows(store: Store) -> list[IntakeRow]:
    with store.reading() as session:
        return list(session.scalars(select(IntakeRow).order_by(IntakeRow.at)))


def test_a_request_is_kept_for_the_office_and_shown_there_alone(site, client):
    answer = client.post("/introduction", data=LETTER | {"partner": "taller"}, headers=ORIGIN)
    assert "Gracias" in answer.text
    kept = rows(site.store)[-1]
    assert (kept.question, kept.partner, kept.who, kept.office) == ("Mi tinte destiñe", "taller", "Q", "ott-cusco")
    shown = {
        who: "999 111 222" in client.get("/desk/requests", headers=site.keys[who]).text
        for who in ("reader", "contributor", "officer", "other officer")
    }
    assert shown == {"reader": False, "contributor": False, "officer": True, "other officer": False}


def test_what_names_no_office_is_every_offices(site, client):
    client.post("/introduction", data=LETTER | {"question": "Para cualquiera"}, headers=ORIGIN)
    for who in ("officer", "other officer"):
        assert "Para cualquiera" in client.get("/desk/requests", headers=site.keys[who]).text


def test_whoever_fills_in_the_hidden_field_is_thanked_and_forgotten(site, client):
    before = len(rows(site.store))
    answer = client.post("/introduction", data=LETTER | {"website": "http://spam.example"}, headers=ORIGIN)
    assert "Gracias" in answer.text
    assert len(rows(site.store)) == before


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("consent", "consentimiento"),
        ("who", "Escriba su nombre"),
        ("contact", "cómo contactarlo"),
        ("question", "Describa"),
    ],
)
def test_what_is_missing_is_told_and_what_was_typed_stays(site, client, missing, told):
    before = len(rows(site.store))
    answer = client.post("/introduction", data={k: v for k, v in LETTER.items() if k != missing}, headers=ORIGIN)
    assert answer.status_code == 422
    assert told in answer.text
    assert all(html.escape(LETTER[k]) in answer.text for k in ("question", "who", "contact") if k != missing)
    assert len(rows(site.store)) == before


def test_an_address_without_a_key_writes_twenty_times_an_hour(tmp_path):
    with network(tmp_path) as found:
        client = found.client()
        found_ = [client.post("/unfit", data={"partner": "unsaac", "reason": "other"}, headers={"Accept": "text/html"}, follow_redirects=False).status_code for _ in range(21)]  # fmt: skip
        assert found_ == [303] * 20 + [429]


def test_a_request_is_taken_over_with_partner_need_and_introduction(site, client):
    client.post("/introduction", data=LETTER | {"question": "Se destiñe mi lana", "region": "Cusco"}, headers=ORIGIN)
    id_ = rows(site.store)[-1].id
    key = site.keys["officer"]
    url = f"/desk/requests/{id_}/take"
    wrong = client.post(url, data={"name": "Tejidos", "introduce": "true"}, headers=key)
    assert wrong.status_code == 422  # confidential without a summary: nothing is done
    assert rows(site.store)[-1].state == "new"
    sent = {"name": "Tejidos", "summary": "Una empresa busca un tinte.", "introduce": "true"}
    done = client.post(url, data=sent, headers=key, follow_redirects=False)
    assert done.status_code == 303
    kept = rows(site.store)[-1]
    assert (kept.state, kept.who, kept.contact, kept.office) == ("taken", None, None, "ott-cusco")
    firm = site.store.get(Partner, kept.made).record
    need = site.store.get(Evidence, f"{kept.made}-1").record
    assert (firm.side, firm.region, firm.contact, firm.owner) == (Side.DEMAND, "PE-CUS", "Q · 999 111 222", "ott-cusco")
    assert (need.text, need.confidential, need.summary) == ("Se destiñe mi lana", True, "Una empresa busca un tinte.")
    with site.store.reading() as session:
        one = session.scalars(select(IntroductionRow).where(IntroductionRow.demand == firm.id)).one()
    assert (one.supply, one.evidence, one.stage) == ("unsaac", need.id, "proposed")
    link = f'href="/desk/introduction?id={one.id}"'
    assert link in client.get(done.headers["location"], headers=key).text
    assert client.post(url, data=sent, headers=key).status_code == 409
    seen_to = client.get("/desk/requests?handled=true", headers=key).text
    assert link in seen_to[seen_to.index(f'id="r-{id_}"') :].partition("</article>")[0]
    assert "999 111 222" not in client.get("/desk/requests?handled=true", headers=key).text
    assert client.post(f"/desk/requests/{id_}/delete", headers=key, follow_redirects=False).status_code == 303
    assert id_ not in {row.id for row in rows(site.store)}


# The table, on both engines.

OTT = Caller(Role.OFFICER, "ott", frozenset({"ott", "firm"}), "k1")


@pytest.fixture
def offices(filled: Store) -> Store:
    with filled.noting() as session:
        organisations.add(session, "ott", "OTT")
        organisations.add(session, "firm", "Firma", "ott")
        organisations.add(session, "uni", "Universidad")
    owned = {"unsaac": "firm", "pucp": "ott", "unjbg": "uni"}
    with filled.writing() as writer:
        known = {p.id: p for p in filled.partners()}
        writer.upsert([replace(known[id_], owner=owner) for id_, owner in owned.items()])
    return filled


def add(store: Store, **more: object) -> str:
    asked = {"question": "Tinte", "who": "Q", "contact": "c@x.example", "consent": True, **more}
    with store.noting() as session:
        return intake.add(session, intake.Asked(Kind.INTRODUCTION, **asked), Caller(Role.READER))


def test_a_request_goes_to_the_office_that_serves_the_partners_owner(offices: Store):
    served, own, none, nobody = (add(offices, partner=p) for p in ("unsaac", "pucp", "unjbg", None))
    with offices.reading() as session:
        office = {i: session.get(IntakeRow, i).office for i in (served, own, none, nobody)}
    assert office == {served: "ott", own: "ott", none: None, nobody: None}


def test_pages_of_requests_meet_each_once(offices: Store):
    made = [add(offices) for _ in range(5)]
    seen, cursor = [], None
    while True:
        with offices.reading() as session:
            found = intake.intakes(session, "ott", cursor=cursor, limit=2)
        seen += [each.id for each in found.items]
        cursor = found.next
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)


def test_what_is_discarded_forgets_who_asked_and_is_deleted_only_then(offices: Store):
    id_ = add(offices, partner="unsaac")
    with pytest.raises(Conflict), offices.noting() as session:
        intake.delete(session, OTT, id_)
    with offices.noting() as session:
        intake.settle(session, OTT, id_, State.DISCARDED)
    with offices.reading() as session:
        row = session.get(IntakeRow, id_)
        assert (row.state, row.who, row.contact, row.key) == ("discarded", None, None, "k1")
        assert intake.waiting_for(session, "ott") == 0
    with pytest.raises(Conflict), offices.noting() as session:
        intake.settle(session, OTT, id_, State.TAKEN)
    with offices.noting() as session:
        intake.delete(session, OTT, id_)
        assert session.get(IntakeRow, id_) is None


def test_another_office_finds_none_of_it(offices: Store):
    id_ = add(offices, partner="unsaac")
    other = Caller(Role.OFFICER, "uni", frozenset({"uni"}), "k2")
    with pytest.raises(NotFound), offices.noting() as session:
        intake.settle(session, other, id_, State.TAKEN)
    with offices.reading() as session:
        assert intake.intakes(session, "uni", limit=9).items == ()


@pytest.mark.parametrize("faulty", [{"consent": False}, {"who": " "}, {"contact": ""}, {"question": "<b></b>"}, {"words": "x" * 2001}])  # fmt: skip
def test_what_lacks_something_is_not_kept(offices: Store, faulty):
    with pytest.raises(BadInput):
        add(offices, **faulty)
    assert rows(offices) == []


def test_a_capability_is_taken_over_as_supply(offices: Store):
    id_ = add(offices, partner="taller", question="Ensayamos tintes")
    with offices.noting() as session:
        session.get(IntakeRow, id_).office = "ott"
    with offices.writing() as writer:
        done = take_over(writer, OTT, id_, name="Laboratorio", confidential=False)
    made = offices.get(Partner, done.partner).record
    assert (made.side, made.owner) == (Side.SUPPLY, "ott")
    with offices.reading() as session:
        found = session.get(IntroductionRow, done.introduction)
        assert (found.supply, found.demand) == (done.partner, "taller")


def test_when_the_new_partner_goes_so_does_the_request(offices: Store):
    id_ = add(offices, partner="unsaac")
    with offices.writing() as writer:
        done = take_over(writer, replace(EVERYTHING, organisation="ott"), id_, name="X", summary="Y", introduce=False)
    assert done.introduction is None
    with offices.writing() as writer:
        writer.delete(Partner, done.partner)
    assert rows(offices) == []
