"""The demonstration data keeps its promises: readable, all over Peru, in two languages, marked as made up."""

import tomllib
from collections import Counter
from functools import cache

import pytest

from matcher.index.contrast import EXAMPLES
from matcher.places import region_codes
from matcher.records import Evidence, Outcome, Partner, Side
from matcher.settings import CHECKOUT
from matcher.sources import benchmark, table
from matcher.sources.reading import Read, Refusal, Row
from matcher.text import detect_language

DATA = CHECKOUT / "data"
# The 24 departments and Callao, as ISO 3166-2 has them.
PERU = (
    "AMA ANC APU ARE AYA CAJ CAL CUS HUC HUV ICA JUN LAL LAM LIM LOR MDD MOQ PAS PIU PUN SAM TAC TUM UCA".split()  # noqa: SIM905
)


@cache
def rows() -> list[Read]:
    return list(table.read(sorted((DATA / "demo").glob("*.csv"))))


def records(kind: type) -> list:
    return [r for row in rows() if isinstance(row, Row) for r in row.records if isinstance(r, kind)]


def side_of() -> dict[str, Side]:
    return {p.id: p.side for p in records(Partner)}


def texts(side: Side) -> list[Evidence]:
    sides = side_of()
    return [e for e in records(Evidence) if sides[e.partners[0]] is side]


def test_no_row_is_refused() -> None:
    assert [r for r in rows() if isinstance(r, Refusal)] == []


def test_there_is_enough_of_everything() -> None:
    sides = Counter(side_of().values())
    assert sides[Side.SUPPLY] >= 120
    assert sides[Side.DEMAND] >= 150
    assert len(texts(Side.SUPPLY)) >= 400
    assert len(texts(Side.DEMAND)) >= 300


def test_ids_are_given_once() -> None:
    for kind in (Partner, Evidence, Outcome):
        repeated = [id_ for id_, count in Counter(r.id for r in records(kind)).items() if count > 1]
        assert repeated == [], kind


def test_every_region_of_peru_has_both_sides() -> None:
    codes = [f"PE-{letters}" for letters in PERU]
    assert region_codes("PE") == codes
    for side in Side:
        served = {p.region for p in records(Partner) if p.side is side}
        assert sorted(set(codes) - served) == [], side


def test_every_partner_can_be_found_by_a_text_and_every_text_has_its_partners_on_one_side() -> None:
    sides = side_of()
    written = {p for e in records(Evidence) for p in e.partners}
    assert written == set(sides)
    assert [e.id for e in records(Evidence) if len({sides[p] for p in e.partners}) != 1] == []


@pytest.mark.parametrize("side", list(Side))
def test_part_of_each_side_is_in_english_and_truly_so(side: Side) -> None:
    languages = Counter(e.language for e in texts(side))
    assert set(languages) == {"es", "en"}
    assert languages["en"] >= 0.05 * languages["es"]
    # The detector is no judge of a line of slang, but a column filled in wrongly would not pass.
    agreeing = sum(detect_language(e.text) == e.language for e in texts(side))
    assert agreeing >= 0.95 * len(texts(side))


def test_every_text_is_marked_as_made_up() -> None:
    assert {e.source for e in records(Evidence)} == {"illustrative"}
    assert [o.id for o in records(Outcome) if not (o.text or "").startswith("Ilustrativo")] == []


def test_nobody_can_be_reached_through_it() -> None:
    assert [p.id for p in records(Partner) if p.contact] == []
    assert [e.id for e in records(Evidence) if "@" in e.text] == []


def test_outcomes_join_supply_with_demand() -> None:
    sides = side_of()
    assert [
        o.id for o in records(Outcome) if (sides.get(o.partner), sides.get(o.counterpart)) != (Side.SUPPLY, Side.DEMAND)
    ] == []


def test_questions_are_40_of_which_8_expect_nothing() -> None:
    bench = benchmark.questions(DATA / "questions")
    assert bench.seeks is Side.SUPPLY
    assert len({q.id for q in bench.questions}) == len(bench.questions) == 40
    hopeless = {q.id for q in bench.questions if q.expects_nothing}
    assert len(hopeless) == 8
    # every other question has an answer, and none of these does
    assert set(bench.qrels) == {q.id for q in bench.questions} - hopeless
    assert [q for q, grades in bench.qrels.items() if max(grades.values()) < 1] == []


def test_judged_partners_exist_and_are_supply() -> None:
    sides = side_of()
    judged = {p for grades in benchmark.questions(DATA / "questions").qrels.values() for p in grades}
    assert sorted(p for p in judged if sides.get(p) is not Side.SUPPLY) == []


def test_questions_are_no_copies_of_the_texts() -> None:
    stored = {e.text.casefold() for e in records(Evidence)}
    asked = [q.query.text.casefold() for q in benchmark.questions(DATA / "questions").questions]
    assert [text for text in asked if text in stored] == []


def test_questions_without_judgements_are_halved_and_none_is_an_example_of_the_contrast() -> None:
    examples = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert [len(set(texts)) for texts in examples.values()] == [len(texts) for texts in examples.values()]
    known = {text.casefold() for texts in examples.values() for text in texts}
    counted = Counter()
    for folder in ("questions", "questions-absurd", "questions-everyday"):
        for question in benchmark.questions(DATA / folder).questions:
            counted[folder, question.half, question.expects_nothing] += 1
            assert question.query.text.casefold() not in known
    assert counted == {
        ("questions", "", False): 32, ("questions", "", True): 8,
        ("questions-absurd", "development", True): 26, ("questions-absurd", "test", True): 26,
        ("questions-everyday", "development", False): 37, ("questions-everyday", "test", False): 37,
        ("questions-everyday", "late", False): 25, ("questions-everyday", "development", True): 17,
        ("questions-everyday", "test", True): 17, ("questions-everyday", "late", True): 20,
    }  # fmt: skip
