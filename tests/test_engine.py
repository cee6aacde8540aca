"""The whole path of a query, in the small world of conftest."""

import datetime as dt
import math
from dataclasses import replace

import pytest
from conftest import EVIDENCE, PARTNERS

from matcher import candidates
from matcher.engine import Engine
from matcher.errors import BadQuery, NotFound
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Filters, MatchList, Partner, Query, Side, Verdict
from matcher.weights import Weights

COLOURS = "Se corren los colores de mis chompas de alpaca al lavado."


@pytest.fixture
def ask(engine):
    def answer(text: str = COLOURS, seeks: Side = Side.SUPPLY, **question) -> MatchList:
        return engine.match(Query(text, seeks, **question), reader="en")

    return answer


def ids(answer: MatchList) -> list[str]:
    return [match.partner.id for match in answer.matches]


def reasons(answer: MatchList, partner: str) -> dict[str, str]:
    match = next(m for m in answer.matches if m.partner.id == partner)
    return {c.signal: c.reason for c in match.contributions}


# both directions


def test_a_problem_finds_who_can_help(ask):
    found = ask()
    assert (ids(found)[0], found.verdict, found.candidates) == ("unsaac", Verdict.MATCHES, 4)
    assert set(ids(found)) == {"unsaac", "unjbg", "pucp", "lejos"}


def test_a_capability_finds_who_needs_it(ask):
    assert ids(ask("Secado de orégano sin perder color", Side.DEMAND)) == ["oregano", "taller"]


def test_a_stored_need_seeks_supply_from_its_own_place_and_sector(engine):
    query = engine.query_for("taller-1", k=3)
    assert query == Query(
        COLOURS, Side.SUPPLY, language="es", countries=("PE",), region="PE-CUS", sectors=("C14",), size="micro",
        evidence_id="taller-1", exclude=frozenset({"taller"}), k=3,
    )  # fmt: skip
    assert ids(engine.match(query))[0] == "unsaac"


def test_a_stored_capability_seeks_demand(engine):
    query = engine.query_for("unjbg-1")
    assert (query.seeks, query.exclude) == (Side.DEMAND, {"unjbg"})
    assert ids(engine.match(query))[0] == "oregano"


def test_a_text_whose_first_partner_is_not_in_the_snapshot_asks_for_the_next_one(tmp_path, encoder):
    shared = Evidence("s", ("gone", "oregano", "taller"), "need", "El orégano pierde color.", None, "es")
    Snapshot.build(tmp_path, PARTNERS, [*EVIDENCE, shared], [], encoder)
    query = Engine(Snapshot.open_current(tmp_path, encoder), encoder, Weights.load()).query_for("s")
    assert (query.seeks, query.region, query.sectors) == (Side.SUPPLY, "PE-TAC", ("A01",))
    assert query.exclude == {"gone", "oregano", "taller"}


def test_the_asker_is_never_its_own_answer(ask):
    assert "unsaac" not in ids(ask(exclude=frozenset({"unsaac"})))
    assert ids(ask())[0] == "unsaac"


def test_a_need_that_is_not_there(engine):
    with pytest.raises(NotFound, match="no evidence or need has the id 'nada'"):
        engine.query_for("nada")


# the list


def test_contributions_and_bias_add_up_and_matches_fall(ask):
    found = ask(region="PE-CUS", sectors=("C14",))
    for match in found.matches:
        assert math.fsum([found.bias, *(c.contribution for c in match.contributions)]) == match.score
        assert all(c.contribution == c.weight * c.value for c in match.contributions)
        assert match.probability == pytest.approx(1 / (1 + math.exp(-match.score)))
    order = [(-m.score, m.partner.id) for m in found.matches]
    assert order == sorted(order)
    assert [m.rank for m in found.matches] == [1, 2, 3, 4]


def test_the_same_question_has_the_same_answer(ask):
    first, second = (replace(ask(region="PE-CUS", sectors=("C14",)), took_ms=0.0) for _ in range(2))
    assert first == second


def test_k_cuts_the_list_and_changes_nothing_else(ask):
    whole, short = ask(), ask(k=2)
    assert (short.matches, short.candidates) == (whole.matches[:2], 4)


def test_a_rule_that_is_off_gives_the_rank_without_it(ask):
    # The text speaks for Cusco, the asker's region for Tacna.
    ruled = ask(region="PE-TAC")
    assert ids(ruled)[:2] == ["unjbg", "unsaac"]
    assert {m.partner.id: m.rank_without_rules for m in ruled.matches[:2]} == {"unjbg": 2, "unsaac": 1}
    free = ask(region="PE-TAC", without=frozenset({"place"}))
    assert ids(free)[:2] == ["unsaac", "unjbg"]
    assert {c.signal for c in free.matches[0].contributions} == {
        "text", "profile", "sector", "sector_texts", "track_record", "track_record_near", "track_record_sector", "experience",
        "collaboration",
    }  # fmt: skip


def test_the_rank_without_a_rule_is_the_rank_where_it_is_off(ask):
    question = {"region": "PE-TAC", "sectors": ("C13",)}
    ruled = ask(**question)
    rules = ("place", "sector", "track_record", "experience")
    assert [tuple(m.rank_without) for m in ruled.matches] == [rules] * 4
    for rule in rules:
        free = ask(**question, without=frozenset({rule}))
        assert {m.partner.id: m.rank_without[rule] for m in ruled.matches} == {
            m.partner.id: m.rank for m in free.matches
        }
        assert rule not in free.matches[0].rank_without


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(countries=frozenset({"Perú"})), {"unsaac", "unjbg", "pucp"}),
        (Filters(regions=frozenset({"tacna"})), {"unjbg"}),
        (Filters(sectors=frozenset({"textiles"})), {"unsaac"}),
        (Filters(kinds=frozenset({"Laboratory"})), {"pucp"}),
        (Filters(languages=frozenset({"EN"})), {"pucp"}),
        (Filters(since=dt.date(2021, 1, 1)), {"unsaac", "unjbg"}),
        (Filters(until=dt.date(2018, 12, 31)), {"lejos"}),
        (Filters(regions=frozenset({"PE-LOR"})), set()),
    ],
)
def test_filters_by_name_or_code(ask, filters, expected):
    found = ask(filters=filters)
    assert (set(ids(found)), found.candidates) == (expected, len(expected))


# questions that cannot be answered, or have no answer


@pytest.mark.parametrize(
    "text", ["", "   \n\t ", "<p><b></b><br/></p>", "<script>alert('alpaca')</script>", "¿?!", "🙂"]
)
def test_a_question_without_a_word_is_refused(ask, text):
    with pytest.raises(BadQuery) as caught:
        ask(text)
    assert str(caught.value) == "the text is empty: describe in a few words what you need or offer"


@pytest.mark.parametrize("length", [20_001, 100_000])
def test_a_question_that_is_too_long_is_refused(ask, length):
    with pytest.raises(BadQuery) as caught:
        ask("a" * length)
    assert str(caught.value) == (
        f"the text has {length} characters, the most is 20000: describe the problem in a few sentences"
    )


def test_the_longest_question_is_answered(ask):
    assert ids(ask("alpaca " * 2857 + "x"))[0] == "unsaac"  # 7 x 2,857 + 1 = 20,000 characters


def test_a_good_match_needs_no_advice(ask):
    assert ask().advice == ()


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"sectors": ("zzz",)}, "sector 'zzz' is not known"),
        ({"countries": ("Narnia",)}, "country 'Narnia' is not known"),
        ({"filters": Filters(regions=frozenset({"Narnia"}))}, "region 'Narnia' is not known"),
        ({"without": frozenset({"fame"})}, "unknown rule 'fame'; rules are place, sector, track_record"),
        ({"k": 0}, "k is 0; it must lie between 1 and 1000"),
        ({"k": 1001}, "k is 1001; it must lie between 1 and 1000"),
        ({"region": "Narnia"}, "region 'Narnia' is not known"),
    ],
)
def test_an_unknown_option_is_refused_by_name(ask, question, message):
    with pytest.raises(BadQuery) as caught:
        ask(**question)
    assert str(caught.value).startswith(message)


def test_markup_does_not_reach_the_question(ask):
    found = ask("<b>teñido</b> de <i>alpaca</i>")
    assert found.query.text == "teñido de alpaca"
    assert found.matches == ask("teñido de alpaca").matches


# reasons and passages


def test_reasons_in_english(ask):
    found = ask(region="PE-CUS", sectors=("C14",))
    assert reasons(found, "unsaac") == {
        "text": "its texts fit your question a little",
        "distance": "in your region, Cusco",
        "same_region": "in your region, Cusco",
        "same_country": "in your country, Peru",
        "sector": "works in another branch of manufacturing: manufacture of textiles",
        "track_record": "1 project and 1 meeting with firms",
        "track_record_near": "1 project and 1 meeting in your region, Cusco",
        "track_record_sector": "1 project and 1 meeting with firms of your sector",
        "experience": "has 2 texts on record",
        "profile": "its work as a whole is about this",
        "sector_texts": "its texts that fit are of your sector or a related one",
        "collaboration": "no work done together with others on record",
    }
    assert reasons(found, "lejos")["experience"] == "has one text on record"
    assert reasons(found, "lejos")["distance"] == "distance unknown"
    assert (
        reasons(found, "pucp")["track_record"] == "no projects or meetings with firms on record yet"
    )  # it was declined
    assert reasons(found, "unjbg")["distance"] == "659 km from you, in Tacna"  # see test_signals


def test_a_partner_in_the_capital_is_not_in_the_region_of_who_names_only_a_country(ask):
    found = reasons(ask(countries=("PE",)), "pucp")
    assert (found["distance"], found["same_region"]) == ("in your country's capital", "you gave no region")


def test_the_sentence_that_fits_and_the_words_in_common_are_marked(ask):
    passage = ask().matches[0].passages[0]
    marked = [(mark.kind, passage.text[mark.start : mark.end]) for mark in passage.highlights]
    assert passage.evidence_id == "unsaac-1"
    assert marked == [
        ("word", "alpaca"),  # of the first sentence, which fits less
        ("sentence", "Medimos la solidez del color al lavado."),
        ("word", "color"),
        ("word", "lavado"),
    ]


@pytest.mark.parametrize("k", [1, 4])
def test_where_few_texts_are_proposed_the_answer_is_that_of_all(ask, monkeypatch, k):
    whole = ask(region="PE-TAC", sectors=("C13",), k=k)
    monkeypatch.setattr(candidates, "WHOLE", 0)
    monkeypatch.setattr(candidates, "DEPTH", 1)
    few = ask(region="PE-TAC", sectors=("C13",), k=k)
    assert len(few.matches) == k
    assert few.matches == whole.matches
    assert few.candidates == whole.candidates


@pytest.fixture
def explained(tmp_path, encoder):
    """Answer from a side whose one partner has one text, as passages of it."""

    def passages(text: str, question: str, others: tuple[str, ...] = ()):
        partner = Partner("p", Side.SUPPLY, "P", "faculty")
        texts = [Evidence(f"e{i}", ("p",), "project", t, None, "es") for i, t in enumerate((text, *others))]
        Snapshot.build(tmp_path, [partner], texts, [], encoder)
        answering = Engine(Snapshot.open_current(tmp_path, encoder), encoder, Weights.load())
        return answering.match(Query(question, Side.SUPPLY, language="es")).matches[0].passages

    return passages


def sentence(passage) -> str:
    return next(passage.text[h.start : h.end] for h in passage.highlights if h.kind == "sentence")


def test_of_two_sentences_equally_near_the_one_with_the_rarer_word_is_shown(explained):
    # Each shares one of the question's words in as many of its own: their cosines are the same.
    text = "Ensayos de lana fina. Ensayos de orégano fino."
    common = ("Lana de oveja blanca.", "Lana de oveja negra.")
    (found,) = [p for p in explained(text, "lana y orégano", common) if p.evidence_id == "e0"]
    assert sentence(found) == "Ensayos de orégano fino."


def test_a_shared_word_does_not_outweigh_a_sentence_much_nearer_in_meaning(explained):
    # 1 of 2 words in common against 1 of 6: cosines of .5 and .29, which no .06 can level
    text = "Lana larga. Ensayos mecánicos rápidos sobre fibra vegetal con orégano."
    common = ("Lana de oveja blanca.", "Lana de oveja negra.")
    (found,) = [p for p in explained(text, "lana y orégano", common) if p.evidence_id == "e0"]
    assert sentence(found) == "Lana larga."


def test_a_partner_with_more_outcomes_than_the_cap_is_told_by_their_number(home, encoder):
    low = replace(Weights.load(), caps={"track_record": 0.1, "experience": 0.1})
    answer = Engine(Snapshot.open_current(home, encoder), encoder, low).match(Query(COLOURS, Side.SUPPLY), reader="en")
    told = {c.signal: (c.value, c.reason) for c in answer.matches[0].contributions}
    assert answer.matches[0].partner.id == "unsaac"
    assert told["track_record"] == (0.1, "1 project and 1 meeting with firms")
    assert told["experience"] == (0.1, "has 2 texts on record")


def test_one_ranking_per_set_of_weights_each_that_of_its_own_engine(engine):
    query = Query(COLOURS, Side.SUPPLY, region="PE-TAC", k=3)
    far = replace(engine.weights, bias=1.0, signals=dict.fromkeys(engine.weights.signals, 0.0) | {"same_region": 2.0})
    ours, theirs = engine.rank(query, [engine.weights, far])
    assert engine.ids_and_scores(ours) == tuple((m.partner.id, m.score) for m in engine.match(query).matches)
    assert engine.ids_and_scores(theirs) == (("unjbg", 3.0), ("lejos", 1.0), ("pucp", 1.0))
