"""Key figures against numbers worked out by hand, and who sees an office's own."""

import datetime as dt
import json
import statistics
from collections.abc import Iterator
from dataclasses import replace

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from network import SECRET, Network, network

from api.web.charts import chart, ticks
from matcher.access import Caller, Role
from matcher.introductions import PATH, Standing
from matcher.key_figures import (
    DESK,
    PUBLIC,
    Event,
    Figure,
    Span,
    by_region,
    by_sector,
    chosen,
    desk_events,
    gaps,
    over_time,
    public_events,
    start_of,
)
from matcher.records import Evidence, Outcome, Side, Stage
from matcher.store import introductions, organisations
from matcher.store.journeys import Journey, journeys, offices, reached
from matcher.store.store import Store

TODAY = dt.date(2026, 6, 30)
BY_ID = {p.id: p for p in PARTNERS}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def events() -> list[Event]:
    return public_events(BY_ID, EVIDENCE, OUTCOMES)


# what is counted


def test_the_small_worlds_records_and_outcomes_by_year():
    found = over_time(events(), PUBLIC, Span.YEAR, TODAY)
    assert [slot.year for slot in found.slots] == [2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025]
    assert found.counts == {
        Figure.NEEDS: (0, 0, 0, 0, 0, 0, 2, 0),
        Figure.CAPABILITIES: (1, 1, 1, 1, 1, 0, 0, 0),
        Figure.INTRODUCTIONS: (0,) * 8,
        Figure.MEETINGS: (0, 0, 0, 0, 0, 0, 0, 1),
        Figure.AGREEMENTS: (0,) * 8,
        Figure.PROJECTS: (0, 0, 0, 0, 0, 1, 0, 0),
        Figure.DECLINED: (0, 0, 0, 0, 0, 1, 0, 0),
    }
    assert {sum(apart.values()) for apart in (found.before, found.ahead, found.undated)} == {0}


def test_regions_and_sectors_of_the_small_world():
    figures = (Figure.NEEDS, Figure.CAPABILITIES, Figure.PROJECTS)
    assert [(r.key, *r.counts.values()) for r in by_region(events(), figures)] == [
        ("PE-CUS", 1, 2, 1), ("PE-TAC", 1, 1, 0), ("PE-LIM", 0, 1, 0), (None, 0, 1, 0),
    ]  # fmt: skip
    assert [(r.key, *r.counts.values()) for r in by_sector(events(), figures)] == [
        ("A01", 1, 1, 0), ("C13", 0, 2, 0), ("C14", 1, 0, 1), ("C25", 0, 1, 0), (None, 0, 1, 0),
    ]  # fmt: skip


def test_what_a_record_does_not_say_its_partner_tells():
    text = Evidence("t", ("nobody", "pucp", "oregano", "taller"), "project", "x", date=None)
    told = Outcome("o", "pucp", Stage.MET, "oregano")
    assert public_events(BY_ID, [text], [told]) == [
        Event(Figure.NEEDS, None, "PE-TAC", ("A01",)),
        Event(Figure.CAPABILITIES, None, "PE-LIM", ("C25", "C28")),
        Event(Figure.MEETINGS, None, "PE-TAC", ("A01",)),
    ]
    own = replace(text, region="PE-PUN", sectors=("C1311", "C13"))
    assert {(e.region, e.sectors) for e in public_events(BY_ID, [own], [])} == {("PE-PUN", ("C1311", "C13"))}
    (row,) = by_sector(public_events(BY_ID, [replace(own, partners=("pucp",))], []), [Figure.CAPABILITIES])
    assert (row.key, row.counts) == ("C13", {Figure.CAPABILITIES: 1})


def test_only_what_is_asked_for_counts():
    assert {e.region for e in chosen(events(), ["PE-CUS", "PE-LIM"])} == {"PE-CUS", "PE-LIM"}
    assert len(chosen(events(), sector="C")) == 6  # three texts of Cusco and Lima, the need, and two outcomes of C14
    assert [e.figure for e in chosen(events(), ["PE-TAC"], "A01")] == [
        Figure.CAPABILITIES, Figure.NEEDS, Figure.DECLINED,
    ]  # fmt: skip


# time


@pytest.mark.parametrize(
    ("given_day", "month", "quarter", "year"),
    [
        ("2024-02-29", "2024-02-01", "2024-01-01", "2024-01-01"),
        ("2024-03-31", "2024-03-01", "2024-01-01", "2024-01-01"),
        ("2024-04-01", "2024-04-01", "2024-04-01", "2024-01-01"),
        ("2024-12-31", "2024-12-01", "2024-10-01", "2024-01-01"),
    ],
)
def test_slots_of_time(given_day, month, quarter, year):
    found = [start_of(day(given_day), span) for span in (Span.MONTH, Span.QUARTER, Span.YEAR)]
    assert found == [day(month), day(quarter), day(year)]


def test_months_have_no_gaps_and_what_has_no_place_is_counted_apart():
    days = ["2023-12-31", "2024-01-01", "2024-03-05", "2024-03-31", "2026-07-01", None]
    needs = [Event(Figure.NEEDS, day(d) if d else None) for d in days]
    found = over_time([*needs, Event(Figure.PROJECTS, day("2020-01-01"))], [Figure.NEEDS], Span.MONTH, TODAY)
    assert found.slots == tuple(map(day, ("2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01")))
    assert found.counts == {Figure.NEEDS: (1, 1, 0, 2)}
    assert (found.ahead[Figure.NEEDS], found.undated[Figure.NEEDS], found.before[Figure.NEEDS]) == (1, 1, 0)
    assert found.total(Figure.NEEDS) == 6


def test_what_is_older_than_the_slots_shown_is_told_together():
    needs = [Event(Figure.NEEDS, dt.date(year, 5, 1)) for year in range(2001, 2021)]
    found = over_time(needs, [Figure.NEEDS], Span.YEAR, TODAY)
    assert (found.slots[0].year, found.slots[-1].year, len(found.slots)) == (2009, 2020, 12)
    assert found.before == {Figure.NEEDS: 8}
    assert found.total(Figure.NEEDS) == 20


def test_without_any_date_there_are_no_slots():
    found = over_time([Event(Figure.NEEDS, None)], [Figure.NEEDS], Span.YEAR, TODAY)
    assert (found.slots, found.undated) == ((), {Figure.NEEDS: 1})


@given(st.lists(st.dates(dt.date(2015, 1, 1), dt.date(2026, 12, 31)), max_size=30), st.sampled_from(Span))
def test_nothing_is_lost_or_counted_twice(days, span):
    found = over_time([Event(Figure.NEEDS, d) for d in days], [Figure.NEEDS], span, TODAY)
    assert found.total(Figure.NEEDS) == len(days)
    for slot, count in zip(found.slots, found.counts[Figure.NEEDS], strict=True):
        assert count == sum(d <= TODAY and start_of(d, span) == slot for d in days)


# steps


def steps(*taken: str) -> list[tuple[Standing | None, Standing, dt.date]]:
    """Return steps written as `stage day-of-January`."""
    found, before = [], None
    for each in taken:
        stage, number = each.split()
        found.append((before, Standing(stage), dt.date(2026, 1, int(number))))
        before = Standing(stage)
    return found


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (["proposed 1"], "proposed 1"),
        (["proposed 1", "sent 3", "met 10", "agreed 20", "project 31"], "proposed 1, sent 3, met 10, agreed 20, project 31"),
        (["proposed 1", "sent 3", "met 10", "sent 3"], "proposed 1, sent 3"),
        (["proposed 1", "sent 3", "met 10", "sent 3", "met 12"], "proposed 1, sent 3, met 12"),
        (["proposed 1", "sent 3", "declined 5"], "proposed 1, sent 3, declined 5"),
        (["proposed 1", "sent 3", "declined 5", "sent 3", "met 9"], "proposed 1, sent 3, met 9"),
    ],
)  # fmt: skip
def test_a_corrected_step_never_happened(taken, expected):
    assert reached(steps(*taken)) == {
        Standing(stage): dt.date(2026, 1, int(number)) for stage, number in (e.split() for e in expected.split(", "))
    }


def test_medians_of_days_are_those_of_the_standard_library():
    taken = [
        ["proposed 1", "sent 2", "met 9", "agreed 29"],
        ["proposed 1", "sent 5", "met 6"],
        ["proposed 3", "sent 10", "met 20", "agreed 25", "project 31"],
        ["proposed 4"],
        ["proposed 20", "sent 15"],  # somebody mistook a day
    ]
    found = {(g.first, g.then): g for g in gaps(Journey("o", reached(steps(*each))) for each in taken)}
    p, s, m, a, j = PATH
    assert found[p, s].median == statistics.median([1, 4, 7]) == 4
    assert (found[p, s].introductions, found[p, s].disordered) == (3, 1)
    assert found[s, m].median == statistics.median([7, 1, 10]) == 7
    assert found[m, a].median == statistics.median([20, 5]) == 12.5
    assert found[a, j].median == 6
    assert (found[p, j].median, found[p, j].introductions) == (28, 1)


def test_without_introductions_there_is_no_median():
    assert {(g.median, g.introductions, g.disordered) for g in gaps([])} == {(None, 0, 0)}


CUSCO = Caller(Role.OFFICER, "ott-cusco", frozenset({"ott-cusco"}), None)
TACNA = Caller(Role.OFFICER, "ott-tacna", frozenset({"ott-tacna"}), None)


def test_the_desks_steps_are_read_from_the_database(filled: Store):
    with filled.noting() as session:
        organisations.add(session, "ott-cusco", "OTT Cusco")
        organisations.add(session, "ott-tacna", "OTT Tacna")
        organisations.add(session, "quiet", "Nobody's")
    with filled.writing() as writer:
        one = introductions.propose(writer, CUSCO, "unsaac", "taller", evidence="taller-1").id
        for stage, when in (("sent", "2026-01-05"), ("met", "2026-01-20"), ("agreed", "2026-02-01")):
            introductions.step(writer, CUSCO, one, Standing(stage), date=day(when))
        introductions.step(writer, CUSCO, one, Standing.MET, reason="not signed")
        other = introductions.propose(writer, TACNA, "pucp", "oregano").id
        introductions.step(writer, TACNA, other, Standing.DECLINED, reason="too far", date=day("2026-03-01"))
        text = Evidence("moved", ("oregano",), "need", "Lana.", region="PE-PUN", sectors=("C13",), confidential=True,
                        summary="Algo de lana.")  # fmt: skip
        writer.upsert([text])
        introductions.propose(writer, TACNA, "unjbg", "oregano", evidence="moved")
    with filled.reading() as session:
        found = {j.region: j for j in journeys(session)}
        assert {j.office for j in journeys(session, "ott-tacna")} == {"ott-tacna"}
        assert len(journeys(session, "ott-cusco")) == 1
        assert journeys(session, "quiet") == []
        assert offices(session) == {"ott-cusco": "OTT Cusco", "ott-tacna": "OTT Tacna"}
    cusco = found["PE-CUS"]
    assert (cusco.office, cusco.sectors) == ("ott-cusco", ("C14",))
    assert cusco.days | {Standing.PROPOSED: None} == {
        Standing.PROPOSED: None, Standing.SENT: day("2026-01-05"), Standing.MET: day("2026-01-20"),
    }  # fmt: skip
    assert found["PE-TAC"].days[Standing.DECLINED] == day("2026-03-01")
    assert (found["PE-PUN"].sectors, set(found["PE-PUN"].days)) == (("C13",), {Standing.PROPOSED})
    counted = desk_events(found.values())
    assert {f: sum(e.figure is f for e in counted) for f in DESK} == {
        Figure.PROPOSED: 3, Figure.INTRODUCTIONS: 1, Figure.MEETINGS: 1, Figure.AGREEMENTS: 0, Figure.PROJECTS: 0,
        Figure.DECLINED: 1,
    }  # fmt: skip


# charts


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, (0, 1, 2)), (1, (0, 1, 2)), (2, (0, 1, 2)), (5, (0, 1, 2, 3, 4, 5)), (6, (0, 2, 4, 6)), (11, (0, 5, 10, 15)),
     (50, (0, 10, 20, 30, 40, 50)), (51, (0, 20, 40, 60)), (449, (0, 100, 200, 300, 400, 500))],
)  # fmt: skip
def test_an_axis_has_round_numbers(most, expected):
    assert ticks(most) == expected


def test_where_bars_stand():
    c = chart("c", "C", ["a", "b"], [("x", (0, 10)), ("y", (5, 4))])
    assert c.ticks == (0, 2, 4, 6, 8, 10)
    assert (c.y(0), c.y(10), c.y(5)) == (178, 10, 94)
    assert (c.x(0), c.x(1)) == (114.5, 275.5)  # the middles of two halves from 34 to 356
    assert c.bar == 28  # not wider, however few there are
    assert [c.bar_x(1, 0), c.bar_x(1, 1)] == [247.5, 275.5]
    assert not c.as_lines
    assert chart("c", "C", ["a"] * 13, []).as_lines
    assert [slot for slot in range(13) if chart("c", "C", ["a"] * 13, []).labelled(slot)] == [0, 3, 6, 9, 12]


# the page


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("site")) as found:
        yield found


def ask(site: Network, who: str, **query: str) -> TestClient:
    return site.client().get("/regions/figures", params=query, headers=site.keys[who])


def lines(site: Network, who: str, table: str, **query: str) -> list[dict]:
    answer = ask(site, who, table=table, format="json", **query)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content)


def test_everybody_sees_what_is_public_and_nobodys_desk(site):
    for who in ("anonymous", "reader", "contributor"):
        page = ask(site, who)
        assert page.status_code == 200
        assert 'id="desk"' not in page.text
        assert ask(site, who, table="desk-days", format="json").status_code == 422
        assert ask(site, who, office="ott-cusco").status_code == 403
    assert SECRET not in ask(site, "admin").text
    by_region_ = {line["code"]: line for line in lines(site, "anonymous", "regions")}
    # The weavers' confidential needs count as their summaries; whoever withdrew counts nowhere.
    assert {code: line["needs"] for code, line in by_region_.items()} == {
        "PE-CUS": 3, "PE-TAC": 1, "PE-LIM": 0, "": 0,
    }  # fmt: skip


def test_an_officer_sees_the_own_desk_and_an_admin_all_of_them(site):
    assert "El escritorio de OTT Cusco" in ask(site, "officer").text
    assert "OTT Tacna" not in ask(site, "officer").text
    assert ask(site, "officer", office="ott-tacna").status_code == 403
    own = {line["name"]: line for line in lines(site, "officer", "desk-time", span="year")}
    today = str(dt.datetime.now(dt.UTC).year)
    assert (own[today]["proposed"], own[today]["introductions"], own[today]["meetings"]) == (2, 2, 2)
    assert [line["code"] for line in lines(site, "admin", "desk-offices")] == ["ott-cusco", "ott-tacna"]
    assert {line["proposed"] for line in lines(site, "admin", "desk-offices")} == {2}
    days = {line["code"]: line for line in lines(site, "admin", "desk-days", office="ott-tacna")}
    assert days["proposed-sent"] == {
        "code": "proposed-sent", "name": "de propuesto a enviado", "median": 0, "introductions": 2, "disordered": 0,
    }  # fmt: skip
    assert days["met-agreed"]["median"] is None
    assert ask(site, "admin", office="nobody").status_code == 404
    # Of whom a withdrawn partner's introduction served nothing is told, not even where.
    assert {line["code"]: line["proposed"] for line in lines(site, "officer", "desk-regions")} == {"PE-CUS": 1, "": 1}


def test_region_macro_region_and_sector_filter(site, monkeypatch):
    assert {line["code"] for line in lines(site, "anonymous", "regions", region="Tacna")} == {"PE-TAC"}
    assert {line["code"] for line in lines(site, "anonymous", "regions", region="PE-TAC", sector="C")} == set()
    assert lines(site, "anonymous", "regions", region="Noroeste") == []
    assert {line["code"] for line in lines(site, "officer", "desk-regions", region="PE-TAC")} == set()
    assert ask(site, "anonymous", region="Narnia").status_code == 404
    assert ask(site, "anonymous", span="week").status_code == 422


@pytest.mark.parametrize("format_", ["csv", "xlsx", "json"])
def test_every_table_comes_as_a_file(site, format_):
    tables = "time", "regions", "sectors", "desk-time", "desk-regions", "desk-sectors", "desk-days", "desk-offices"
    for table in tables:
        answer = ask(site, "admin", table=table, format=format_)
        assert answer.status_code == 200
        name = f'attachment; filename="tinkuy-figures-{table}.{format_}"'
        assert answer.headers["content-disposition"] == name
    assert ask(site, "admin", table="nothing", format=format_).status_code == 422


def test_a_table_and_its_file_tell_the_same(site):
    text = ask(site, "anonymous", table="time", format="csv").content.decode("utf-8-sig")
    head, *rows = [line.split(",") for line in text.splitlines()]
    assert head[:4] == ["Código", "Nombre", "Necesidades", "Capacidades"]
    page = ask(site, "anonymous").text
    total = [sum(int(row[i]) for row in rows) for i in range(2, len(head))]
    foot = page.split("<tfoot>")[1].split("</tfoot>")[0]
    assert [int(cell.split("<")[0]) for cell in foot.split('<td class="n">')[1:]] == total


def test_nothing_of_a_side_is_left_out():
    assert {Side.SUPPLY, Side.DEMAND} == set(Side)
    assert {e.figure for e in public_events(BY_ID, [], [Outcome(s, "pucp", s) for s in Stage])} == set(PUBLIC[2:])
