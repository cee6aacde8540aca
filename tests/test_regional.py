"""The regional picture's numbers, worked out by hand on worlds of a few records."""

import datetime as dt
import math
from collections import Counter

import pytest
from conftest import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from matcher import coverage, region_map, regional, specialisation, value_chains
from matcher.coverage import Helper, helpers, needs_of, still_there
from matcher.coverage_job import CoverageJob
from matcher.engine import Engine
from matcher.errors import BadInput
from matcher.records import Changes, Evidence, Partner, Query, Side, State
from matcher.regional import Chosen, Flow, Standing, Tally
from matcher.value_chains import Strength

CUS = Partner("cus", Side.SUPPLY, "Textil, Cusco", "faculty", "PE", "PE-CUS", None, ("C13",))
TAC = Partner("tac", Side.SUPPLY, "Agraria, Tacna", "faculty", "PE", "PE-TAC", None, ("A01", "C10"))
LOST = Partner("lost", Side.SUPPLY, "Sin lugar", "institute")
CITY = Partner("city", Side.SUPPLY, "En la ciudad de Moquegua", "institute", "PE", None, "Moquegua")
WEAVER = Partner("weaver", Side.DEMAND, "Tejedora", "firm", "PE", "PE-CUS", None, ("C14",))
DRYER = Partner("dryer", Side.DEMAND, "Secador", "firm", "PE", "PE-TAC", None, ("A01",))
NOWHERE = Partner("nowhere", Side.DEMAND, "Sin región", "firm")
PARTNERS = {p.id: p for p in (CUS, TAC, LOST, CITY, WEAVER, DRYER, NOWHERE)}
DAY = dt.date(2024, 5, 1)
NEEDS = [
    Evidence("n1", ("weaver",), "need", "Tinte.", date=DAY),
    Evidence("n2", ("weaver",), "problem", "Horno.", date=dt.date(2022, 1, 1), sectors=("C10", "C1071")),
    Evidence("n3", ("dryer",), "challenge", "Secado."),
    Evidence("n4", ("dryer",), "need", "Sello.", sectors=("C10", "C13"), region="PE-CUS"),
    Evidence("n5", ("nowhere",), "need", "Nada."),
    Evidence("done", ("weaver",), "project", "Lo que ya se hizo."),
]
ABLE = [
    Evidence("c1", ("cus",), "capability", "Teñir."),
    Evidence("c2", ("cus", "tac"), "project", "Hilar.", sectors=("C13",)),
    Evidence("c3", ("tac",), "service", "Secar.", sectors=("A01",)),
]
ANSWERS = {
    "n1": (Helper("tac", 0.3), Helper("cus", 0.1)),  # the best is far, but there is one near
    "n2": (Helper("tac", 0.2),),
    "n3": (Helper("city", 0.4),),  # Moquegua is some 60 km from Tacna's point
    "n4": (),
    "n5": (Helper("cus", 0.5),),
    "gone": (Helper("cus", 0.5),),
}


def asked(near_km: float = 100.0) -> list[regional.Need]:
    return regional.needs(PARTNERS, NEEDS, ANSWERS, near_km)


def able() -> list[regional.Text]:
    return regional.texts(PARTNERS, ABLE, Side.SUPPLY)


def test_a_need_is_met_near_by_elsewhere_or_not_at_all():
    found = {need.evidence.id: need.standing for need in asked()}
    assert found == {
        "n1": Standing.NEAR, "n2": Standing.ELSEWHERE, "n3": Standing.NEAR, "n4": Standing.UNMET,
        "n5": Standing.ELSEWHERE,
    }  # fmt: skip


def test_near_by_is_the_region_alone_where_that_is_asked():
    found = {need.evidence.id: need.standing for need in asked(0)}
    assert found["n1"] is Standing.NEAR
    assert found["n3"] is Standing.ELSEWHERE
    km = next(n for n in asked() if n.evidence.id == "n3").servers[0].kilometres
    # Moquegua (-17.20, -70.94) from Tacna's point (-17.6667, -70.3333), by the spherical law of cosines
    a, b = math.radians(-17.6667), math.radians(-17.1983)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(math.radians(70.9357 - 70.3333))
    assert km == pytest.approx(6371 * math.acos(cosine), abs=2)


def test_counts_by_region():
    assert regional.by_region(asked(), able()) == {
        "PE-CUS": Tally(3, 1, 1, 1, 2, 1, 2),  # n1, n2, and n4 by its own region; c1 and c2; cus; weaver and dryer
        "PE-TAC": Tally(1, 1, 0, 0, 1, 1, 1),
    }
    assert regional.placeless(asked(), able()) == Tally(1, 0, 1, 0, 0, 0, 1)
    assert regional.total(asked(), able()) == Tally(5, 2, 2, 1, 3, 2, 3)


def test_counts_by_sector_and_a_text_of_several_counts_in_each():
    found = regional.by_sector(asked(), able())
    assert found["C10"] == Tally(2, 0, 1, 1, 0, 0, 2)  # n2 names it twice and counts once
    assert found["C13"] == Tally(1, 0, 0, 1, 2, 1, 1)
    assert found[""] == Tally(1, 0, 1, 0, 0, 0, 1)
    cells = regional.by_region_and_sector(asked(), able())
    assert cells["PE-CUS", "C13"] == Tally(1, 0, 0, 1, 2, 1, 1)
    assert cells["PE-CUS", "C13"].gap == 1
    assert cells["PE-TAC", "A01"] == Tally(1, 1, 0, 0, 1, 1, 1)
    assert ("PE-CUS", "") not in cells


def test_flows_lead_from_the_best_match_to_the_need():
    assert regional.flows(asked()) == [Flow("PE-TAC", "PE-CUS", 1)]
    assert regional.flows(asked(0)) == [Flow("PE-TAC", "PE-CUS", 1), Flow(None, "PE-TAC", 1)]


def test_regions_may_be_counted_in_groups():
    def south(_: str) -> str:
        return "sur"

    assert regional.by_region(asked(), able(), south) == {"sur": Tally(4, 2, 1, 1, 3, 2, 2)}
    assert regional.flows(asked(), south) == [Flow("sur", "sur", 1)]


def test_what_is_chosen_by_country_sector_and_period():
    def ids(**chosen) -> list[str]:
        return [n.evidence.id for n in asked() if Chosen(**chosen).has(n)]

    assert ids(country="PE") == ["n1", "n2", "n3", "n4"]
    assert ids(sector="C") == ["n1", "n2", "n4"]
    assert ids(sector="C13") == ["n4"]
    assert ids(since=dt.date(2023, 1, 1)) == ["n1"]
    assert ids(until=dt.date(2022, 1, 1)) == ["n2"]


def test_a_need_that_was_not_asked_yet_and_a_partner_that_is_gone_count_nowhere():
    partners = {id_: p for id_, p in PARTNERS.items() if id_ != "tac"}
    found = regional.needs(partners, NEEDS, {k: v for k, v in ANSWERS.items() if k != "n3"})
    assert {n.evidence.id: n.standing for n in found} == {
        "n1": Standing.NEAR, "n2": Standing.UNMET, "n4": Standing.UNMET, "n5": Standing.ELSEWHERE,
    }  # fmt: skip


REGIONS = ("PE-CUS", "PE-TAC", "PE-LIM", "PE-UCA", None)


@given(
    st.lists(st.tuples(st.sampled_from(REGIONS), st.sets(st.integers(0, 4)), st.sets(st.sampled_from(["A01", "C10"])))),
    st.lists(st.sampled_from(REGIONS), min_size=5, max_size=5),
    st.sampled_from([0.0, 100.0, 900.0]),
)
def test_near_elsewhere_and_unmet_add_up_to_the_needs(world, homes, near_km):
    partners = {f"s{i}": Partner(f"s{i}", Side.SUPPLY, "X", "faculty", "PE", r) for i, r in enumerate(homes)}
    evidence, answers = [], {}
    for i, (region, who, sectors) in enumerate(world):
        partners[f"f{i}"] = Partner(f"f{i}", Side.DEMAND, "Y", "firm", None, region)
        evidence.append(Evidence(f"n{i}", (f"f{i}",), "need", "t", sectors=tuple(sorted(sectors))))
        answers[f"n{i}"] = tuple(Helper(f"s{j}", 0.5) for j in sorted(who))
    found = regional.needs(partners, evidence, answers, near_km)
    tallies = [*regional.by_region(found, []).values(), *regional.by_sector(found, []).values()]
    assert all(t.near + t.elsewhere + t.unmet == t.needs for t in tallies)
    regions, rest = regional.by_region(found, []), regional.placeless(found, [])
    assert sum(t.needs for t in regions.values()) + rest.needs == len(world)
    assert rest.near == 0
    met_elsewhere = sum(t.elsewhere for t in regions.values())
    assert sum(flow.needs for flow in regional.flows(found)) == met_elsewhere
    wider = regional.needs(partners, evidence, answers, near_km + 500)
    assert regional.total(wider, []).near >= regional.total(found, []).near


# Specialisations


def texts_of(counts: dict[tuple[str, str], int]) -> list[regional.Text]:
    found = []
    for (region, sector), count in counts.items():
        partner = Partner(f"{region}{sector}", Side.SUPPLY, "X", "faculty", "PE", region, None, (sector,))
        evidence = [Evidence(f"{region}{sector}{i}", (partner.id,), "project", "t") for i in range(count)]
        found += regional.texts({partner.id: partner}, evidence, Side.SUPPLY)
    return found


def test_location_quotients_by_an_independent_formula():
    counts = {
        ("PE-CUS", "C13"): 6, ("PE-CUS", "A01"): 4, ("PE-TAC", "C13"): 3, ("PE-TAC", "A01"): 9, ("PE-TAC", "C10"): 2,
        ("PE-UCA", "A02"): 5,
    }  # fmt: skip
    found = {(s.region, s.sector): s for s in specialisation.quotients(texts_of(counts))}
    assert set(found) == {("PE-CUS", "C13"), ("PE-CUS", "A01"), ("PE-TAC", "C13"), ("PE-TAC", "A01")}
    assert found["PE-CUS", "C13"].quotient == pytest.approx((6 / 10) / (9 / 29))
    assert found["PE-TAC", "A01"].quotient == pytest.approx((9 / 14) / (13 / 29))
    for (region, sector), s in found.items():  # as the ratio of the count to what independence would give
        row = sum(n for (r, _), n in counts.items() if r == region)
        column = sum(n for (_, c), n in counts.items() if c == sector)
        assert s.quotient == pytest.approx(counts[region, sector] * 29 / (row * column))
    assert [(s.region, s.sector) for s in specialisation.strongest(found.values())] == [
        ("PE-CUS", "C13"), ("PE-TAC", "A01"),
    ]  # fmt: skip


def test_a_text_of_two_sectors_counts_half_in_each():
    partner = Partner("p", Side.SUPPLY, "X", "faculty", "PE", "PE-CUS")
    evidence = [Evidence(f"e{i}", ("p",), "project", "t", sectors=("A01", "C13")) for i in range(8)]
    found = specialisation.quotients(regional.texts({"p": partner}, evidence, Side.SUPPLY))
    assert [(s.sector, s.texts, s.quotient) for s in found] == [("A01", 8, 1.0), ("C13", 8, 1.0)]


# Value chains


def test_links_are_strong_thin_or_missing():
    can = texts_of({("PE-CUS", "A01"): 3, ("PE-CUS", "C13"): 3})
    want = texts_of({("PE-CUS", "A01"): 3, ("PE-CUS", "C13"): 1, ("PE-CUS", "C14"): 5})
    (textiles,) = [c for c in value_chains.shipped() if c.id == "textiles"]
    ((chain, links),) = value_chains.standing([textiles], want, can)
    assert chain.name("es") == "Fibra, tejido y confección"
    assert [(s.capabilities, s.needs, s.strength) for s in links] == [
        (3, 3, Strength.STRONG), (3, 1, Strength.THIN), (0, 5, Strength.MISSING),
    ]  # fmt: skip


def test_a_chain_is_told_where_something_of_its_core_is_on_record():
    shared = texts_of({("PE-CUS", "A01"): 9, ("PE-CUS", "G46"): 9})  # of food, textiles and leather alike
    assert value_chains.standing(value_chains.shipped(), shared, []) == []
    with_core = [*shared, *texts_of({("PE-CUS", "C15"): 1})]
    assert [chain.id for chain, _ in value_chains.standing(value_chains.shipped(), with_core, [])] == ["leather"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[chain]]\nid = "x"\nes = "X"\nlinks = []', "en"),
        (
            '[[chain]]\nid = "x"\nes = "X"\nen = "X"\ncore = []\nlinks = [{ es = "a", en = "a", sectors = ["Z99"] }]',
            "Z99",
        ),
        ("chain = ", "end of document"),
    ],
)
def test_a_wrong_table_of_chains_is_refused_with_the_reason(tmp_path, text, told):
    path = tmp_path / "chains.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=told):
        value_chains.load(path)


# Whom each need is asked of


@pytest.fixture
def lenient(monkeypatch) -> None:
    """In a world of seven texts nothing stands out; a lower threshold lets something pass, and something not."""
    monkeypatch.setattr(coverage, "GOOD", 0.002)


def test_a_good_match_is_the_engines_own_without_the_rule_of_place(engine: Engine, lenient):
    assert [e.id for e in needs_of(engine)] == ["oregano-1", "taller-1"]
    for need in needs_of(engine):
        query = engine.query_for(need.id, k=25, without=frozenset({"place"}), guess_sector=False)
        answer = engine.match(query)
        good = [(m.partner.id, m.probability) for m in answer.matches if m.probability >= 0.002]
        assert 0 < len(good) < len(answer.matches)
        assert [(h.partner, h.probability) for h in helpers(engine, need.id)] == [
            (id_, pytest.approx(chance)) for id_, chance in good
        ]
    assert helpers(engine, "taller-1")[0].partner == "unsaac"


def test_being_near_makes_no_match_good(engine: Engine, lenient):
    def ask(region: str):
        moved = Partner("oregano", Side.DEMAND, "Cooperativa", "cooperative", "PE", region, None, ("A01",))
        return helpers(engine.updated(Changes(State(1), (moved,))), "oregano-1")

    assert ask("PE-TAC") == ask("PE-UCA") != ()


def test_a_need_that_is_not_at_home_here_has_nobody(engine: Engine, lenient):
    text = Evidence("taller-1", ("taller",), "need", "Zzyzx qwrtp.", language="es")
    assert helpers(engine.updated(Changes(State(1), evidence=(text,))), "taller-1") == ()


def test_all_needs_are_asked_once_for_each_state(engine: Engine):
    asked_of: list[Query] = []
    rank = engine.rank
    engine.rank = lambda query, weights: asked_of.append(query) or rank(query, weights)
    job = CoverageJob()
    found = job.look(engine, 60)
    assert (found.fresh, found.done, found.total) == (True, 2, 2)
    assert found.answers == {e.id: helpers(engine, e.id) for e in needs_of(engine)}
    times = Counter(query.evidence_id for query in asked_of)
    job.look(engine, 60)
    assert Counter(query.evidence_id for query in asked_of) == times
    job.close()


def test_what_is_gone_is_not_told_of_though_it_was_asked_before(engine: Engine):
    job = CoverageJob(clock=lambda: 0.0)
    assert set(job.look(engine, 60).answers) == {"taller-1", "oregano-1"}
    later = engine.updated(Changes(State(7), gone=frozenset({(Evidence, "taller-1"), (Partner, "unjbg")})))
    assert still_there(job.look(engine, 0).answers, later).keys() == {"oregano-1"}
    told = job.look(later, 0).answers
    assert "taller-1" not in told
    assert "unjbg" not in {h.partner for found in told.values() for h in found}
    assert job.look(later, 60).fresh
    job.close()


def test_a_round_that_was_costly_is_not_run_again_at_once(engine: Engine):
    now = [0.0]

    def clock() -> float:
        now[0] += 10.0  # each look at it
        return now[0]

    job = CoverageJob(clock=clock)
    job.look(engine, 60)
    later = engine.updated(Changes(State(7)))
    assert not job.look(later, 60).fresh
    now[0] += 1000
    assert job.look(later, 60).fresh
    job.close()


def test_a_round_ends_when_the_server_does(engine: Engine):
    job = CoverageJob()
    job.close()
    assert job.look(engine, 1).answers is None


def test_a_failure_leaves_nothing_half_told(engine: Engine, encoder: FakeEncoder, caplog):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    engine.rank = broken
    job = CoverageJob()
    assert job.look(engine, 60).answers is None
    assert "could not all be asked" in caplog.text


# The map


def test_the_map_keeps_north_up_and_proportions():
    frame = region_map.Frame.around([(-3.8, -80.5), (-17.7, -70.0)])
    tumbes, tacna = frame.place((-3.8, -80.5)), frame.place((-17.7, -70.0))
    assert tumbes[0] < tacna[0]
    assert tumbes[1] < tacna[1]
    across, down = tacna[0] - tumbes[0], tacna[1] - tumbes[1]
    assert across / down == pytest.approx(10.5 * math.cos(math.radians(10.75)) / 13.9)
    assert frame.has(tumbes)
    assert frame.has(tacna)


def test_a_map_across_the_180th_meridian_is_not_torn():
    frame = region_map.Frame.around([(-17.0, 178.0), (-14.0, -171.0)])
    fiji, samoa = frame.place((-17.0, 178.0)), frame.place((-14.0, -171.0))
    assert fiji[0] < samoa[0]
    assert (samoa[0] - fiji[0]) / frame.scale == pytest.approx(11 * math.cos(math.radians(15.5)))


def test_bubbles_do_not_cover_each_other():
    places = region_map.apart([(100, 100), (102, 100), (100, 100), (300, 300)], [13, 20, 15, 27])
    radii = [13, 20, 15, 27]
    for i in range(4):
        for j in range(i):
            assert math.dist(places[i], places[j]) >= radii[i] + radii[j]
    assert places[3] == (300, 300)


def test_a_bubbles_area_grows_with_its_count():
    areas = [region_map.radius(n, 100) ** 2 for n in (0, 50, 100)]
    assert areas[1] - areas[0] == pytest.approx(areas[2] - areas[1])
    assert region_map.radius(100, 100) == region_map.GREATEST


def test_a_rings_parts_are_drawn_only_where_there_is_something():
    whole, none, part = (
        region_map.slices([4, 0, 0], 5, 10),
        region_map.slices([0, 0, 0], 5, 10),
        region_map.slices([1, 1, 2], 5, 10),
    )
    assert [bool(p) for p in whole] == [True, False, False]
    assert none == ["", "", ""]
    assert part[0].startswith("M0.00 -10.00A10.0 10.0 0 0 1 10.00 ")  # a quarter, clockwise from the top
    assert part[2].startswith("M0.00 10.00")


def test_labels_keep_clear_of_bubbles_and_of_each_other():
    frame = region_map.Frame(640, 400, 40, 1, 0, 0, 0)
    crowd = [(100 + 40 * (i % 5), 100 + 40 * (i // 5)) for i in range(15)]
    names = ["Huancavelica"] * 15
    found = region_map.labels(names, crowd, [14.0] * 15, frame, 20, all_of_them=False)
    boxes = [region_map._box(label, 12 * 20 * region_map.LETTER, 20) for label in found if label]
    assert boxes
    assert all(region_map._shared(a, b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])
    assert None in found
    assert None not in region_map.labels(names, crowd, [14.0] * 15, frame, 20, all_of_them=True)
