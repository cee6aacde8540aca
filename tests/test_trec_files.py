"""TREC files from anywhere: read strictly, and written so that they can be read back."""

from pathlib import Path

import ir_measures
import pytest

from eval.answers import Answer
from eval.trec import read_qrels, read_run, write_qrels, write_run
from matcher.errors import BadInput
from matcher.records import Verdict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.txt"


def test_a_run_is_ordered_by_score_whatever_its_lines_and_ranks_say(path: Path) -> None:
    path.write_text(
        "q2 Q0 b 1 0.5 x\nq1 Q0 c 1 -1e-3 x\nq1\tQ0\ta\t7\t2\tx\r\n\nq1 Q0 z 1 1 x\nq1 Q0 b 1 1 x\n", encoding="utf-8"
    )
    assert read_run(path) == [
        Answer("q2", (("b", 0.5),), Verdict.MATCHES),
        Answer("q1", (("a", 2.0), ("b", 1.0), ("z", 1.0), ("c", -0.001)), Verdict.MATCHES),
    ]


def test_a_run_that_was_written_is_read_back(path: Path) -> None:
    answers = [Answer("q1", (("b", 2.5), ("a", -0.25)), Verdict.MATCHES), Answer("q2", (("c", 0.0),), Verdict.MATCHES)]
    write_run(path, answers, "tinkuy")
    assert read_run(path) == answers


@pytest.mark.parametrize(
    "line",
    ["q1 Q0 a 1 0.5", "q1 Q0 a 1 0.5 x y", "q1 Q0 a 1 high x", "q1 Q0 a 1 nan x", "q1 Q0 a 1 inf x", "q1 0 a 2"],
)
def test_a_line_that_is_none_of_a_run_is_named(path: Path, line: str) -> None:
    path.write_text(f"q1 Q0 b 1 0.5 x\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"some\.txt, line 2: expected `query Q0 partner rank score tag`"):
        read_run(path)


def test_qrels_are_read_as_others_read_them(path: Path) -> None:
    path.write_text("q1 0 a 3\nq1 0 b 0\n\nq2 Q0 a -1\n", encoding="utf-8")
    found = read_qrels(path)
    assert found == {"q1": {"a": 3, "b": 0}, "q2": {"a": -1}}
    others = [(q.query_id, q.doc_id, q.relevance) for q in ir_measures.read_trec_qrels(str(path))]
    assert others == [("q1", "a", 3), ("q1", "b", 0), ("q2", "a", -1)]


def test_qrels_that_were_written_are_read_back(path: Path) -> None:
    qrels = {"q1": {"a": 3, "b": 0}, "q2": {"a": 1}}
    write_qrels(path, qrels)
    assert path.read_text(encoding="utf-8") == "q1 0 a 3\nq1 0 b 0\nq2 0 a 1\n"
    assert read_qrels(path) == qrels


@pytest.mark.parametrize("line", ["q1 0 a", "q1 0 a 1.0", "q1 0 a good", "q1 0 a b 1", "q1 0 a ²"])
def test_a_line_that_is_no_judgement_is_named(path: Path, line: str) -> None:
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"some\.txt, line 2: expected `query 0 partner grade`"):
        read_qrels(path)


def test_a_partner_that_stands_twice_is_named(path: Path) -> None:
    path.write_text("q1 0 a 1\nq2 0 a 1\nq1 0 a 2\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"line 3: partner 'a' stands twice under question 'q1'"):
        read_qrels(path)
    path.write_text("q1 Q0 a 1 2 x\nq1 Q0 a 2 1 x\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"line 2: partner 'a' stands twice under question 'q1'"):
        read_run(path)


@pytest.mark.parametrize("id_", ["", "two words", " a", "a\n"])
def test_an_id_that_would_break_the_columns_is_refused(path: Path, id_: str) -> None:
    with pytest.raises(BadInput, match="white space"):
        write_qrels(path, {"q": {id_: 1}})
    assert not path.exists()
