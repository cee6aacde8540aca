"""A folder's questions through the Engine: what is ranked, what is left out, what is left behind."""

import json
import tempfile
from pathlib import Path

import pytest
from conftest import FakeEncoder
from tiny import make_bench

from eval.answers import Answer, Answered, run
from eval.systems import FULL, RANDOM, System, standard, without
from matcher.errors import BadInput
from matcher.weights import Weights

SHIPPED = Weights.load()


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return make_bench(tmp_path / "tiny")


def answered(folder: Path, *left_out: str, depth: int = 4) -> list[Answer]:
    return run(folder, FakeEncoder(), [System(FULL, without(SHIPPED, left_out))], depth=depth).answers[FULL]


def _orders(answers: list[Answer]) -> dict[str, list[str]]:
    return {a.question: [partner for partner, _ in a.ranking] for a in answers}


def test_text_alone_decides_where_the_rule_of_place_is_off(bench: Path) -> None:
    # Of four texts one has the words: its fit is sqrt(3), the others' -1/sqrt(3), 2.3 apart; an asker's own
    # region weighs more than that.
    near, alone = answered(bench), answered(bench, "place")
    assert _orders(near)["q1"][:2] == ["secado", "tintes"]
    assert _orders(alone)["q1"][0] == "tintes"
    assert _orders(near)["q2"][0] == _orders(alone)["q2"][0] == "secado"
    assert sorted(_orders(alone)["q1"][1:]) == ["acero", "clima", "secado"]


def test_depth_cuts_the_ranking(bench: Path) -> None:
    answers = answered(bench, "place", depth=1)
    assert _orders(answers) == {"q1": ["tintes"], "q2": ["secado"]}


def test_a_run_leaves_no_trace(bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TINKUY_HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = sorted(bench.iterdir())
    answered(bench)
    assert list(home.iterdir()) == list(temporary.iterdir()) == []
    assert sorted(bench.iterdir()) == before


@pytest.mark.parametrize("name", ["partners", "evidence"])
def test_a_bad_record_is_left_out_with_a_warning_that_names_it(bench: Path, name: str, caplog) -> None:
    path = bench / f"{name}.jsonl"
    whole = [a.ranking for a in answered(bench)]
    path.write_text(path.read_text(encoding="utf-8") + '{"id": "x"}\n', encoding="utf-8")
    assert [a.ranking for a in answered(bench)] == whole
    (warning,) = caplog.messages
    assert f"{name}.jsonl, line " in warning
    assert "is missing" in warning


def test_an_overlong_question_is_cut_not_fatal(bench: Path, caplog) -> None:
    path = bench / "queries.jsonl"
    text = "teñido de alpaca " * 2000  # 34,000 characters
    lines = [{"id": "cut", "text": text[:20_000], "language": "es"}, {"id": "long", "text": text, "language": "es"}]
    path.write_text(
        path.read_text(encoding="utf-8") + "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"
    )
    answers = answered(bench)
    assert [a.question for a in answers[-2:]] == ["cut", "long"]
    assert answers[-1].ranking == answers[-2].ranking
    (warning,) = caplog.messages
    assert "long is cut by 13999 characters" in warning  # white space at the end is not counted


@pytest.mark.parametrize("name", ["queries"])
@pytest.mark.parametrize("line", ['{"id": "x"', '{"id": "x"}', "[]"])
def test_a_bad_line_is_named_with_its_file(bench: Path, name: str, line: str) -> None:
    path = bench / f"{name}.jsonl"
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(f"{first}\n{line}\n{rest}", encoding="utf-8")
    with pytest.raises(BadInput, match=rf"tiny.{name}\S*, line 2: "):
        answered(bench)


def test_a_bad_judgement_is_named_with_its_line(bench: Path) -> None:
    (bench / "qrels.txt").write_text("q1 0 tintes 2\nq2 0 secado\n")
    with pytest.raises(BadInput, match=r"qrels\.txt, line 2: "):
        answered(bench)


def test_all_systems_are_answered_in_one_pass_as_each_alone(bench: Path) -> None:
    systems = standard(SHIPPED)
    together = run(bench, FakeEncoder(), systems, depth=4).answers
    assert list(together) == [system.name for system in systems]
    for system in systems:
        assert run(bench, FakeEncoder(), [system], depth=4).answers[system.name] == together[system.name], system.name


def test_a_shuffle_depends_on_the_question_alone(bench: Path) -> None:
    found = run(bench, FakeEncoder(), [System(RANDOM, None)], depth=4).answers[RANDOM]
    lines = (bench / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    (bench / "queries.jsonl").write_text("\n".join(reversed(lines)), encoding="utf-8")
    again = run(bench, FakeEncoder(), [System(RANDOM, None)], depth=4).answers[RANDOM]
    assert _orders(again) == _orders(found)
    assert sorted(_orders(found)["q1"]) == ["acero", "clima", "secado", "tintes"]


def test_words_alone_count_in_any_language(bench: Path) -> None:
    # No text is in English, so that the engine leaves words out; BM25 as a baseline must not turn into dense.
    lines = (bench / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    question = json.loads(lines[0]) | {"language": "en", "text": "secado, lana"}
    (bench / "queries.jsonl").write_text(json.dumps(question), encoding="utf-8")
    found = run(bench, FakeEncoder(), standard(SHIPPED), depth=4).answers
    by_words = dict(found["BM25"][0].ranking)
    assert by_words["secado"] > by_words["tintes"] > by_words["acero"] == by_words["clima"]
    assert found["BM25"] != found["dense"]
    assert found["hybrid"] != found["BM25"]


def test_partners_and_their_texts_are_told(bench: Path) -> None:
    found: Answered = run(bench, FakeEncoder(), [System(FULL, SHIPPED)], depth=4)
    assert {p.id: found.texts[p.id] for p in found.partners} == {"acero": 1, "clima": 1, "secado": 1, "tintes": 1}
