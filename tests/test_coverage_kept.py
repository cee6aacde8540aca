"""The answers to all needs, kept in a file: they outlive a process, several share them, and nothing erased is in them."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder

from matcher import coverage, coverage_file, coverage_job
from matcher.coverage import Helper, helpers, needs_of, read_ahead
from matcher.coverage_file import NAME, Basis, CoverageFile, Round
from matcher.coverage_job import CoverageJob
from matcher.encode import Role
from matcher.engine import Engine
from matcher.errors import DatabaseAway
from matcher.index.snapshot import Snapshot
from matcher.records import Changes, Evidence, Partner, State
from matcher.vector_cache import CachedEncoder
from matcher.weights import Weights


@pytest.fixture(autouse=True)
def lenient(monkeypatch) -> None:
    """In a world of seven texts nothing stands out."""
    monkeypatch.setattr(coverage, "GOOD", 0.002)


def counting(engine: Engine) -> list[str]:
    """Return a list that grows by every need that the engine, or one made of it, is asked."""
    asked: list[str] = []
    rank = engine.rank
    engine.rank = lambda query, weights: asked.append(query.evidence_id) or rank(query, weights)
    return asked


def kept(home: Path) -> dict[str, object]:
    return json.loads((home / NAME).read_text(encoding="utf-8"))


def test_a_server_started_anew_and_another_worker_ask_nothing_again(home, engine):
    first = CoverageJob(CoverageFile(home))
    told = first.look(engine, 60)
    first.close()
    assert told.answers == {need.id: helpers(engine, need.id) for need in needs_of(engine)}
    assert any(told.answers.values())
    asked = counting(engine)
    found = CoverageJob(CoverageFile(home)).look(engine)
    assert (found.answers, found.fresh) == (told.answers, True)
    assert asked == []


def test_other_weights_make_another_round_at_once(home, engine):
    job = CoverageJob(CoverageFile(home), clock=lambda: 0.0)
    before = job.look(engine, 60).answers
    weights = replace(engine.weights, bias=engine.weights.bias - 2)
    job._next = float("inf")  # no other round because of records
    other = engine.weighed(weights)
    found = job.look(other, 60)
    assert found.fresh
    assert found.answers == {need.id: helpers(other, need.id) for need in needs_of(other)}
    assert found.answers != before
    assert not CoverageJob(CoverageFile(home)).look(engine).fresh  # nor does the file hold those of before
    job.close()


def test_what_counts_as_good_is_part_of_what_answers_depend_on(engine, monkeypatch):
    before = Basis.of(engine)
    assert Basis.of(engine.weighed(Weights.load())) == before
    monkeypatch.setattr(coverage, "GOOD", 0.5)
    assert Basis.of(engine) != before


def test_a_snapshot_written_anew_of_the_same_records_changes_nothing(engine):
    state = State(7, "a-lineage")
    one, two = (engine.updated(Changes(state)) for _ in range(2))
    two.snapshot.id = "another"
    assert Basis.of(one) == Basis.of(two)
    assert Basis.of(engine.updated(Changes(State(8, "a-lineage")))) != Basis.of(one)
    assert Basis.of(engine.updated(Changes(State(7, "b-lineage")))) != Basis.of(one)


def test_a_round_that_was_cut_off_goes_on_from_what_was_asked(home, engine, monkeypatch):
    of, file = Basis.of(engine), CoverageFile(home)
    done = helpers(engine, "oregano-1")
    file.keep(Round(of, {"oregano-1": done}, 2, 5.0), whole=False, known=lambda answers: answers)
    asked = counting(engine)
    job = CoverageJob(CoverageFile(home))
    found = job.look(engine, 60)
    assert asked == ["taller-1"]
    assert (set(found.answers), found.done, found.total) == ({"oregano-1", "taller-1"}, 2, 2)
    assert kept(home)["whole"]["seconds"] >= 5
    assert "begun" not in kept(home)
    job.close()


def test_a_server_that_ends_keeps_how_far_it_came(home, engine):
    job = CoverageJob(CoverageFile(home))
    rank = engine.rank

    def first_then_end(query, weights):
        job._closing.set()
        return rank(query, weights)

    engine.rank = first_then_end
    assert job.look(engine, 60).answers is None
    job.close()
    begun = kept(home)["begun"]
    assert (list(begun["answers"]), begun["total"]) == (["oregano-1"], 2)  # the shortest text first
    assert "whole" not in kept(home)


def test_while_a_long_round_runs_it_is_kept_now_and_then(home, engine, monkeypatch):
    monkeypatch.setattr(coverage_job, "EVERY", 1)
    monkeypatch.setattr(coverage_job, "CHUNK", 1)
    seen: list[int] = []
    rank = engine.rank
    engine.rank = lambda query, weights: (
        seen.append(len(kept(home)["begun"]["answers"]) if (home / NAME).exists() else 0) or rank(query, weights)
    )
    job = CoverageJob(CoverageFile(home))
    job.look(engine, 60)
    job.close()
    assert seen == [0, 1]


def test_one_process_at_a_time_asks(home, engine):
    others = CoverageFile(home)
    with others.working() as ours:
        assert ours
        asked = counting(engine)
        waiting = CoverageJob(CoverageFile(home))
        assert waiting.look(engine, 60).answers is None
        assert asked == []
        others.keep(Round(Basis.of(engine), {"oregano-1": ()}, 2, 1.0), whole=False, known=lambda answers: answers)
        told = waiting.look(engine)
        assert (told.answers, told.done, told.total) == (None, 1, 2)  # how far the other one is
        answers = {"oregano-1": (Helper("unjbg", 0.5),), "taller-1": ()}
        others.keep(Round(Basis.of(engine), answers, 2, 1.0), whole=True, known=lambda answers: answers)
        assert waiting.look(engine).answers == answers
    assert asked == []
    waiting.close()


def test_a_process_that_died_leaves_its_work_to_another(home, engine):
    now = [0.0]
    waiting = CoverageJob(CoverageFile(home), clock=lambda: now[0])
    with CoverageFile(home).working():
        assert waiting.look(engine, 60).answers is None
    assert waiting.look(engine, 60).answers is None  # not at every look
    now[0] += coverage_job.TURN_S
    assert waiting.look(engine, 60).fresh
    waiting.close()


def test_the_file_names_nobody_but_by_id_and_says_no_text(home, engine):
    job = CoverageJob(CoverageFile(home))
    job.look(engine, 60)
    job.close()
    text = (home / NAME).read_text(encoding="utf-8")
    data = json.loads(text)
    assert set(data["whole"]) == {"of", "answers", "total", "seconds"}
    ids = {p.id for p in PARTNERS}
    for found in data["whole"]["answers"].values():
        assert all(partner in ids and isinstance(chance, float) for partner, chance in found)
    assert not any(word in text for record in (*PARTNERS, *EVIDENCE) for word in _words(record))


def _words(record: Partner | Evidence) -> tuple[str, ...]:
    return (record.name,) if isinstance(record, Partner) else (record.text, *filter(None, (record.title,)))


def test_what_is_gone_when_it_is_written_is_not_written(home, engine):
    later = engine.updated(Changes(State(7), gone=frozenset({(Evidence, "oregano-1"), (Partner, "unsaac")})))
    job = CoverageJob(CoverageFile(home), lambda: later)
    job.look(engine, 60)
    job.close()
    text = (home / NAME).read_text(encoding="utf-8")
    assert "taller-1" in text
    assert "oregano-1" not in text
    assert "unsaac" not in text


def test_what_cannot_be_made_sure_of_is_not_written(home, engine, monkeypatch):
    current = iter([engine])  # to be asked of; then the database is away

    def away() -> Engine:
        found = next(current, None)
        if found is None:
            raise DatabaseAway("away")
        return found

    job = CoverageJob(CoverageFile(home), away)
    assert job.look(engine, 60).fresh
    assert not (home / NAME).exists()
    job.close()


def test_what_another_database_answered_is_not_told(home, engine):
    one = engine.updated(Changes(State(7, "a-lineage")))
    job = CoverageJob(CoverageFile(home))
    job.look(one, 60)
    job.close()
    other = engine.updated(Changes(State(3, "b-lineage")))
    with CoverageFile(home).working():  # nobody asks anew
        assert CoverageJob(CoverageFile(home)).look(other).answers is None
        old = CoverageJob(CoverageFile(home)).look(engine.updated(Changes(State(9, "a-lineage"))))
        assert (old.fresh, set(old.answers)) == (False, {"oregano-1", "taller-1"})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1, "whole": {}}', '{"format": 9}', '{"format": 1, "whole": 3}']
)
def test_a_file_that_cannot_be_used_is_as_none(home, engine, text):
    (home / NAME).write_text(text, encoding="utf-8")
    job = CoverageJob(CoverageFile(home))
    assert job.look(engine, 60).fresh
    assert set(kept(home)["whole"]["answers"]) == {"oregano-1", "taller-1"}
    job.close()


def test_a_home_that_cannot_be_written_keeps_it_in_memory(tmp_path, engine, caplog):
    job = CoverageJob(CoverageFile(tmp_path / "file" / "that" / "is" / "not"))
    (tmp_path / "file").write_text("no folder")
    assert job.look(engine, 60).fresh
    assert "cannot be kept" in caplog.text
    job.close()


def test_a_reader_never_finds_half_a_file(home, engine):
    file, of = CoverageFile(home), Basis.of(engine)
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            found = CoverageFile(home).read().whole
            if found is not None and len(found.answers) != 400:
                wrong.append(len(found.answers))

    thread = threading.Thread(target=read)
    thread.start()
    for i in range(60):
        answers = {f"n{j}": (Helper(f"p{i}", 0.5),) for j in range(400)}
        file.keep(Round(of, answers, 400, 1.0), whole=True, known=lambda found: found)
    stop.set()
    thread.join()
    assert wrong == []
    assert list(home.glob(f".{NAME}.[0-9]*")) == []


# Read ahead


def test_needs_that_are_read_ahead_are_answered_the_same(engine: Engine):
    ahead = read_ahead(engine, needs_of(engine))
    for need in needs_of(engine):
        assert helpers(ahead, need.id) == helpers(engine, need.id)


def test_a_need_is_read_once_however_often_it_is_asked_and_others_questions_are_not_kept(tmp_path):
    inner = FakeEncoder()
    server = CachedEncoder(inner, tmp_path / "vectors.sqlite", questions=False)
    Snapshot.build(tmp_path / "home", PARTNERS, EVIDENCE, OUTCOMES, server)
    engine = Engine(Snapshot.open_current(tmp_path / "home", server), server, Weights.load())
    before = len(inner.encoded)
    for _ in range(2):
        ahead = read_ahead(engine, needs_of(engine))
        for need in needs_of(engine):
            helpers(ahead, need.id)
    assert sorted(inner.encoded[before:]) == sorted(need.full_text for need in needs_of(engine))
    ahead.encoder.encode(["Una pregunta ajena."], Role.QUERY)
    ahead.encoder.encode(["Una pregunta ajena."], Role.QUERY)
    assert inner.encoded.count("Una pregunta ajena.") == 2


def test_a_need_whose_spelling_is_mended_is_read_as_it_is_meant(engine: Engine):
    text = Evidence("taller-1", ("taller",), "need", "Tenido de fibra de alpaka al labado.", language="es")
    changed = engine.updated(Changes(State(9), evidence=(text,)))
    ahead = read_ahead(changed, needs_of(changed))
    changed.encoder.encoded.clear()
    assert helpers(ahead, "taller-1") == helpers(changed, "taller-1")
    assert any("alpaca" in each for each in changed.encoder.encoded)


def test_dropping_leaves_nothing_of_it(home, engine):
    job = CoverageJob(CoverageFile(home))
    job.look(engine, 60)
    job.close()
    (home / f".{NAME}.123").write_text("unsaac", encoding="utf-8")  # of a process that was killed while it wrote
    coverage_file.drop(home)
    coverage_file.drop(home)
    assert not (home / NAME).exists()
    assert [path for path in home.glob(f".{NAME}*") if path.read_bytes()] == []
    coverage_file.drop(home / "nowhere")
    assert CoverageFile(home).read() == coverage_file.Rounds()
