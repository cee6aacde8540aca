"""A measure by kind of question: who stands in which slice, and what is pooled."""

from eval.answers import Answered
from eval.slices import slices
from matcher.records import Query, Side
from matcher.sources.benchmark import Benchmark, Question


def answered(queries: dict[str, Query], right: dict[str, list[str]], texts: dict[str, int]) -> Answered:
    questions = tuple(Question(id_, query, False) for id_, query in queries.items())
    qrels = {q: dict.fromkeys(partners, 1) for q, partners in right.items()}
    return Answered(Benchmark("b", Side.SUPPLY, "RR", questions, qrels), {}, (), texts)


def query(**traits: object) -> Query:
    return Query("t", Side.SUPPLY, language="es", **traits)  # type: ignore[arg-type]


def test_small_slices_are_pooled_each_question_once_and_a_lone_slice_is_left_out() -> None:
    queries = {f"c{i}": query(region="PE-CUS") for i in range(5)}
    queries |= {"both": query(countries=("CL", "BO")), "nowhere": query()}
    values = dict.fromkeys(queries, 1.0) | {"both": 0.0, "nowhere": 0.5}
    found = slices(answered(queries, {q: ["p"] for q in queries}, {"p": 3}), values)
    # two small countries and one unknown place: two questions, though one stands in two of them
    assert [(s.trait, s.value, s.questions, s.mean) for s in found] == [
        ("place", "PE-CUS Cusco", 5, 1.0),
        ("place", "other", 2, 0.25),
    ]
    assert (found[0].low, found[0].high) == (1.0, 1.0)


def test_a_question_stands_in_each_of_its_sectors() -> None:
    queries = {f"q{i}": query(sectors=("C13", "C14") if i < 5 else ("A01", "C10")) for i in range(10)}
    values = {f"q{i}": float(i < 5) for i in range(10)}
    found = slices(answered(queries, {q: ["p"] for q in queries}, {"p": 3}), values)
    assert [(s.value.split()[0], s.questions, s.mean) for s in found if s.trait == "sector"] == [
        ("C", 10, 0.5),
        ("A", 5, 0.0),
    ]


def test_the_size_of_the_file_is_that_of_the_middle_right_partner() -> None:
    queries = {f"q{i}": query() for i in range(10)}
    right = {f"q{i}": ["small", "huge", "fair"] if i < 5 else ["none"] for i in range(10)}
    found = slices(answered(queries, right, {"small": 1, "fair": 5, "huge": 500}), dict.fromkeys(queries, 1.0))
    sizes = [(s.value, s.questions) for s in found if s.trait == "right partners' file"]
    assert sizes == [("no text", 5), ("2 to 5 texts", 5)]
