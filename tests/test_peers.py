"""Tinkuy beside other engines: what is given to them, how they are measured, the table."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import FakeEncoder
from tiny import make_bench

from eval import peers_cli
from eval.speed.peers import material, peer, quality, runner
from eval.speed.peers.given import Texts, load_questions
from eval.speed.peers.material import Source
from eval.speed.peers.peer import FAISS, PEERS, Question
from eval.speed.peers.process import timed
from eval.speed.peers.qdrant_local import weighed
from eval.speed.peers.recorded import Recorded, Recording
from eval.speed.peers.table import table, with_floor
from matcher.encode import Role
from matcher.errors import BadInput

FAKES = {name: f"fake_engines.engines:{name}" for name in ("First", "Slow", "Broken", "Absent")}


@pytest.fixture
def compare(monkeypatch, tmp_path):
    """The comparison with a fake encoder and fake engines besides the real floor."""
    monkeypatch.setattr(runner, "PEERS", PEERS | FAKES)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("tests", ".")))
    real = runner.process

    def process(job, limit, cores, **told):
        if job != "prepare":
            return real(job, limit, cores, **told)
        return material.prepare(Source(**told["source"]), Path(told["folder"]), FakeEncoder())

    monkeypatch.setattr(runner, "process", process)
    said = []

    def call(source, names, limit=20):
        return runner.compare(source, names, tmp_path / "aside", limit, 2, said.append), said

    return call


def test_engines_are_measured_on_a_folder_or_left_out_with_the_reason(compare, tmp_path) -> None:
    bench = make_bench(tmp_path / "tiny")
    names = ["Tinkuy", "Tinkuy, texts", "FAISS", "bm25s", "First", "Broken", "Absent"]
    found, said = compare(Source(folder=str(bench)), names)
    assert (found["texts"], found["questions"]) == (4, 2)
    assert found["Absent"] == {"left out": "not installed: no_such_package"}
    assert found["Broken"] == {"left out": "ask ended with code 1"}
    assert "  Broken: ask ended with code 1" in said
    # The two questions have words of one text each, whose partner is the right one.
    assert [found[name]["nDCG@10"]["mean"] for name in names[1:4]] == [1, 1, 1]
    # Rows in order of texts: tintes is right as the first for one, secado as the second for the other. Tinkuy puts
    # secado before tintes, since both questions come from its region.
    second = pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert (found["First"]["nDCG@10"]["mean"], found["Tinkuy"]["nDCG@10"]["mean"]) == (second, second)
    assert [found[name]["recall@100"] for name in names[:5]] == [1, 1, 1, None, 1]  # of four texts, all
    assert found["FAISS"]["asked"] == 2
    assert found["FAISS"]["peak MB"] >= found["FAISS"]["steady MB"] > 10
    assert found["FAISS"]["disk MB"] * 2**20 == pytest.approx(4 * 64 * 4, abs=100)


def test_a_build_that_takes_too_long_is_cut(compare, tmp_path) -> None:
    found, _ = compare(Source(folder=str(make_bench(tmp_path / "tiny"))), ["Slow"], limit=3)
    assert found["Slow"] == {"left out": "build was cut after 3 s"}


def test_a_corpus_is_all_on_one_side_and_its_vectors_are_those_of_the_index(compare, tmp_path) -> None:
    found, _ = compare(Source(120, 40, runner.WARM + 4), ["Tinkuy, texts", "FAISS", "First"])
    given = Texts.load(tmp_path / "aside" / "given")
    assert (found["texts"], found["questions"], given.language) == (120, 4, "es")
    read = FakeEncoder().encode(given.texts[:1], Role.PASSAGE)
    assert given.vectors[:1] == pytest.approx(read)
    assert all(len(owners) == 1 for owners in given.owners)
    assert found["FAISS"]["asked"] == 4
    assert found["FAISS"]["recall@100"] == found["Tinkuy, texts"]["recall@100"] == 1.0
    assert found["First"]["recall@100"] < 1.0
    assert json.loads((tmp_path / "aside" / "index" / "told.json").read_text()) == [120, [120, 64], "es"]


def test_questions_come_back_as_they_were(tmp_path, compare) -> None:
    compare(Source(folder=str(make_bench(tmp_path / "tiny"))), [])
    (id_, question), _ = load_questions(tmp_path / "aside" / "given")
    assert (id_, question.text, question.about["region"]) == ("q1", "tintes para lana", "PE-CUS")
    assert question.vector == pytest.approx(FakeEncoder().encode(["tintes para lana"], Role.QUERY)[0])


def test_what_was_read_is_known_without_a_model(tmp_path) -> None:
    encoder = Recording(FakeEncoder())
    encoder.encode(["not kept"], Role.QUERY)
    encoder.keep = True
    vectors = encoder.encode(["lana", "tintes"], Role.QUERY)
    encoder.windows("lana")
    encoder.save(tmp_path)
    known = Recorded(tmp_path)
    assert (known.revision, known.dimensions, known.windows("lana")) == ("fake-1", 64, ["lana"])
    assert np.array_equal(known.encode(["tintes", "lana"], Role.QUERY), vectors[::-1])
    with pytest.raises(KeyError):
        known.encode(["not kept"], Role.QUERY)
    with pytest.raises(KeyError):
        known.encode(["lana"], Role.PASSAGE)


def test_recall_counts_texts_as_near_as_the_last_one() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.8, 0.6], [0, 1]], np.float32)
    asked = np.array([[1, 0]], np.float32)
    assert quality.recall(vectors, asked, [[0, 1]], 2) == 1.0
    assert quality.recall(vectors, asked, [[0, 2]], 2) == 1.0  # the twin of 1
    assert quality.recall(vectors, asked, [[0, 0]], 2) == 0.5
    assert quality.recall(vectors, asked, [[3, 0]], 2) == 0.5
    assert quality.recall(vectors, asked, [[]], 2) == 0.0
    assert quality.recall(vectors, asked, [None], 2) is None
    assert quality.recall(vectors, np.repeat(asked, 2, axis=0), [[0, 1], [3, 2]], 2) == 0.75


def test_a_list_of_texts_is_one_of_partners_by_the_best_text() -> None:
    assert quality.partners([2, 0, 1], [["a"], ["b", "a"], ["c", "b"]]) == ("b", "c", "a")


def test_a_slow_engine_is_timed_by_fewer_questions() -> None:
    class Counting:
        asked = 0

        def search(self, question, k):
            self.asked += 1
            return [self.asked]

    questions = [Question(str(number), np.zeros(2, np.float32), {}) for number in range(10)]
    every, some = Counting(), Counting()
    times, busy, found = timed(every, questions, 4, 60)
    assert (len(times), len(busy), found) == (6, 6, [[5], [6], [7], [8], [9], [10]])
    times, busy, found = timed(some, questions, 4, -1)  # too late before it began
    assert (len(times), len(busy), found) == (3, 3, [[1], [2], [3]])


def test_bm25_of_a_sparse_vector_is_the_formula() -> None:
    numbers, values = weighed(["lana", "tinte", "lana"], usual=1.5)
    assert numbers == sorted(numbers)
    norm = 1.2 * (0.25 + 0.75 * 3 / 1.5)
    assert sorted(values) == pytest.approx([2.2 / (1 + norm), 2 * 2.2 / (2 + norm)])


SPEED = {
    "texts": 9,
    "questions": 5,
    "Tinkuy": {"build s": 2.0, "median ms": 6.0, "asked": 5, "recall@100": 0.995},
    "other": {"left out": "not installed: other"},
    "FAISS": {"build s": 1.0, "disk MB": 10.0, "open s": 0.5, "median ms": 3.0, "processor ms": 5.0, "asked": 5},
    "bm25s": {"build s": 0.5, "disk MB": 5.0, "open s": 0.25, "median ms": 1.0, "processor ms": 1.5, "asked": 5},
}


def test_the_floor_is_the_sum_of_both_and_everybody_is_compared_with_it() -> None:
    found = with_floor(SPEED)
    assert found["FAISS + bm25s"] == {
        "build s": 1.5, "disk MB": 15.0, "open s": 0.75, "median ms": 4.0, "processor ms": 6.5, "times the floor": 1.0,
    }  # fmt: skip
    assert (found["Tinkuy"]["times the floor"], found["FAISS"]["times the floor"]) == (1.5, 0.75)
    assert "times the floor" not in found["other"]
    assert "times the floor" not in SPEED["Tinkuy"]
    assert "FAISS + bm25s" not in with_floor({"FAISS": SPEED["FAISS"], "bm25s": {"left out": "x"}})


def test_the_table_shows_figures_gaps_and_reasons() -> None:
    shown = table(SPEED, {"tiny": {"Tinkuy": {"nDCG@10": {"mean": 0.5}}}})
    lines = {line.strip("| ").split(" | ")[0]: line.strip("| ").split(" | ")[1:] for line in shown.splitlines()}
    assert lines["engine"][0] == "build s"
    assert lines["engine"][-3:] == ["× floor", "nDCG@10 tiny", "asked"]
    assert lines["Tinkuy"] == ["2.0", "–", "–", "–", "–", "–", "6.0", "–", "–", "0.995", "1.50", "0.500", "5"]
    assert shown.splitlines()[3].endswith("| not installed: other |")
    assert "texts" not in lines


def test_engines_that_are_installed_can_take_part() -> None:
    assert peer.missing(PEERS[FAISS]) is None
    assert peer.missing("fake_engines.engines:Absent") == "not installed: no_such_package"


def test_the_command_writes_and_prints_what_was_found(monkeypatch, tmp_path) -> None:
    asked = []

    def compare(source, names, folder, limit, cores, told):
        asked.append((source, names, limit, cores))
        return SPEED if source.texts else {"Tinkuy": {"nDCG@10": {"mean": 0.5, "low": 0.4, "high": 0.6}}}

    monkeypatch.setattr(peers_cli, "compare", compare)
    report, bench = tmp_path / "report.json", make_bench(tmp_path / "tiny")
    told = ["--texts", "9", "--base", "3", "--questions", "5", "--peers", "Tinkuy; FAISS", "--folder", str(bench)]
    done = CliRunner().invoke(peers_cli.bench_peers_command, [*told, "--limit", "7", "--json", str(report)])
    assert done.exit_code == 0, done.output
    assert "| Tinkuy | 2.0 |" in done.output
    names = ["Tinkuy", "FAISS"]
    assert asked == [(Source(9, 3, runner.WARM + 5), names, 7, 2), (Source(folder=str(bench)), names, 7, 2)]
    written = json.loads(report.read_text(encoding="utf-8"))
    assert (written["speed"], list(written["folders"])) == (SPEED, ["tiny"])
    assert written["machine"]["cores used"] == 2
    assert written["machine"]["versions"]["numpy"] == np.__version__


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(BadInput, match="no engine is named 'Solr'; there are Tinkuy; "):
        CliRunner().invoke(peers_cli.bench_peers_command, ["--peers", "Solr"], catch_exceptions=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # those are theirs
@pytest.mark.parametrize("name", [name for name in PEERS if name not in peer.OURS])
def test_every_engine_finds_a_text_by_its_vector_and_by_its_words(name, tmp_path) -> None:
    if peer.missing(PEERS[name]):
        pytest.skip(peer.missing(PEERS[name]))
    draw = np.random.default_rng(1)
    vectors = draw.normal(size=(500, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [f"lana tinte palabra{row}" for row in range(500)]
    engine = runner.load(PEERS[name])
    engine.build(tmp_path, texts, vectors, "es")
    found = engine.open(tmp_path)
    question = Question("palabra7", vectors[3], {})
    wanted = {"FAISS": {3}, "bm25s": {7}}.get(name, {3, 7})
    assert wanted <= set(list(found.search(question, 20))[:2])
    near = found.near(question, 20)
    exact = set(np.argsort(-(vectors @ vectors[3]))[:20].tolist())
    assert name == "bm25s" or len(exact & set(near)) >= 18
