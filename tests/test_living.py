"""LiveEngine with a database: what is written comes, what is deleted goes, whatever else happens."""

import logging
import threading
import time
from dataclasses import replace

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from sqlalchemy.exc import OperationalError

from matcher import compacting, following
from matcher.compacting import compact
from matcher.errors import DatabaseAway
from matcher.index.snapshot import Snapshot, building, current_id, read_manifest
from matcher.live import LiveEngine
from matcher.records import Evidence, Partner, Query, Side
from matcher.standing_in import stands_for
from matcher.store.store import Store
from matcher.weights import Weights

NEW = Evidence("nuevo", ("pucp",), "project", "Curtido de cuero de vicuña con taninos.", None, "es")
QUESTION = Query("curtido de cuero de vicuña", Side.SUPPLY)
WEIGHTS = Weights.load()


def until(condition, limit: float = 30) -> None:
    """Wait for a condition, generously: the machine may be busy."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def put(store: Store, *records) -> None:
    with store.writing() as writer:
        for record in records:
            writer.put(record)


def build(home, store, encoder) -> str:
    now = store.everything()
    with building(home):
        return Snapshot.build_alone(home, now.partners, now.evidence, now.outcomes, encoder, None, state=now.state)


@pytest.fixture
def living(filled, encoder, tmp_path):
    """Make LiveEngines over one database and one folder; all are closed in the end."""
    made = []

    def make(**options) -> LiveEngine:
        made.append(LiveEngine(tmp_path, encoder, WEIGHTS, filled, **{"poll_s": 0.05} | options))
        return made[-1]

    build(tmp_path, filled, encoder)
    yield make
    for live in made:
        live.close()
        assert live._thread is None or not live._thread.is_alive()


def first(live: LiveEngine) -> str:
    return live.current().match(QUESTION).matches[0].passages[0].evidence_id


def test_what_is_written_is_matchable_in_every_process(living, filled):
    one, other = living(), living()
    assert first(one) != "nuevo"
    assert first(other) != "nuevo"
    put(filled, NEW)
    until(lambda: first(one) == "nuevo")
    until(lambda: first(other) == "nuevo")


def test_what_is_deleted_withdrawn_or_made_confidential_is_gone_at_the_next_question(living, filled):
    live = living(watch=False)  # nothing but the question itself
    assert {"unsaac-1", "unjbg-1", "taller-1"} <= live.current().snapshot.evidence.keys()
    with filled.writing() as writer:
        writer.delete(Evidence, "unsaac-1")
    assert "unsaac-1" not in live.current().snapshot.evidence
    put(filled, replace(PARTNERS[1], consent=False))
    engine = live.current()
    assert "unjbg" not in engine.snapshot.partners
    assert "unjbg-1" not in engine.snapshot.evidence
    assert "unjbg" not in [m.partner.id for m in engine.match(Query("orégano", Side.SUPPLY)).matches]
    put(filled, replace(EVIDENCE[5], confidential=True, summary="Tintes que se corren."))
    assert "taller-1" not in live.current().snapshot.evidence
    assert live.catch_up().snapshot.evidence["taller-1"].text == "Tintes que se corren."
    with filled.writing() as writer:
        writer.delete(Partner, "unsaac")
    assert [o.id for o in live.current().snapshot.outcomes] == ["o3"]


class Slow(FakeEncoder):
    """Reads a large import only when it is let, and its last text when that is let."""

    def __init__(self) -> None:
        super().__init__()
        self.reading, self.go, self.end = threading.Event(), threading.Event(), threading.Event()

    def encode(self, texts, role, progress=None):
        if any("importado" in text for text in texts):
            self.reading.set()
            assert self.go.wait(60)
        if any("importado el último" in text for text in texts):
            assert self.end.wait(60)
        return super().encode(texts, role, progress)


def test_a_large_import_blocks_no_question_and_later_writes_pass_it(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(following, "SMALL", 5)
    monkeypatch.setattr(following, "CHUNK", 1)
    encoder = Slow()
    build(tmp_path, filled, encoder)
    live = LiveEngine(tmp_path, encoder, WEIGHTS, filled, poll_s=0.02)
    try:
        live.current()
        many = [Evidence(f"i{n:02}", ("pucp",), "project", f"Texto importado número {n}.") for n in range(39)]
        many.append(Evidence("i39", ("pucp",), "project", "Texto importado el último."))
        with filled.writing() as writer:
            writer.upsert(many)
        until(lambda: live.current() and encoder.reading.is_set())
        with filled.writing() as writer:  # while the import is being read
            writer.delete(Evidence, "unsaac-2")
        assert "unsaac-2" not in live.current().snapshot.evidence
        put(filled, NEW)
        assert "i00" not in live.current().snapshot.evidence
        told = []
        live.on_change = lambda engine, changes: told.append({e.id for e in changes.evidence})
        live.poll_s = 0  # look after each text that is read
        encoder.go.set()
        until(lambda: first(live) == "nuevo")
        assert not {"i00", "i39", "unsaac-2"} & live.current().snapshot.evidence.keys()
        assert told == []  # what follows from a change waits until all before it is there
        encoder.end.set()
        until(lambda: {"i00", "i39", "nuevo"} <= live.current().snapshot.evidence.keys())
        assert "unsaac-2" not in live.current().snapshot.evidence
        until(lambda: told)
        assert set().union(*told) == {"nuevo", *(e.id for e in many)}
        assert first(live) == "nuevo"
    finally:
        encoder.go.set()
        encoder.end.set()
        live.close()


def test_a_database_that_goes_away_leaves_the_engine_answering_and_is_caught_up_with(
    living, filled, monkeypatch, caplog
):
    live = living()
    before = live.current()
    gone = threading.Event()
    real = Store.state

    def state(self):
        if gone.is_set():
            raise OperationalError("select", {}, Exception("no route to the server"))
        return real(self)

    monkeypatch.setattr(Store, "state", state)
    gone.set()
    with caplog.at_level(logging.INFO, "matcher.live"):
        assert all(live.current() is before for _ in range(5))
        time.sleep(0.2)
        assert live.current() is before
        put(filled, NEW)
        with filled.writing() as writer:
            writer.delete(Evidence, "unsaac-1")
        gone.clear()
        until(lambda: first(live) == "nuevo")
    assert "unsaac-1" not in live.current().snapshot.evidence
    told = [r.getMessage() for r in caplog.records if "reached" in r.getMessage()]
    # Not once a question: twice at most, where the thread was just asking when it went away.
    assert len(told) in (2, 4), told
    assert told[-1] == "the database can be reached again"
    assert told[0].startswith("the database cannot be reached, answers go on without it: ")
    assert "no route to the server" in told[0]


def test_without_a_database_nothing_is_answered_from_a_snapshot_that_may_be_stale(living, monkeypatch):
    def state(self):
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr(Store, "state", state)
    with pytest.raises(DatabaseAway):
        living().current()


def test_much_delta_becomes_a_snapshot_and_nothing_written_meanwhile_is_lost(living, filled, tmp_path, monkeypatch):
    monkeypatch.setattr(compacting, "MANY", 3)
    one, other = living(compact_every_s=0), living(compact_every_s=0)
    before = one.current().snapshot.id
    other.current()
    for n in range(12):
        put(filled, replace(NEW, id=f"n{n}", text=f"Curtido de cuero número {n}."))
        if n % 3 == 0:
            with filled.writing() as writer:
                writer.delete(Evidence, f"n{n}")
        time.sleep(0.02)
    expected = {e.id for e in filled.everything().evidence}
    for live in (one, other):
        until(lambda live=live: live.current().snapshot.evidence.keys() == expected)
        until(lambda live=live: live.current().snapshot.id not in {before, None})
        until(lambda live=live: live.current().snapshot.id == current_id(tmp_path))
    # What the disk holds and what was written since is the whole.
    fresh = living(watch=False)
    assert fresh.catch_up().snapshot.evidence.keys() == expected


def test_two_workers_take_up_new_snapshots_each_while_they_answer(living, filled, tmp_path, encoder):
    workers = [living(), living()]
    put(filled, NEW)
    for worker in workers:
        until(lambda worker=worker: first(worker) == "nuevo")
    seen, failed, stop = [], [], threading.Event()

    def ask(worker: LiveEngine) -> None:
        while not stop.is_set():
            try:
                seen.append(first(worker))
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for _ in range(3):  # the snapshots that they had are deleted under them
        serving = build(tmp_path, filled, encoder)
        for worker in workers:
            until(lambda worker=worker, serving=serving: worker.current().snapshot.id == serving)
    stop.set()
    for thread in threads:
        thread.join()
    assert (set(seen), failed) == ({"nuevo"}, [])
    put(filled, replace(NEW, id="otro"))  # a delta on the snapshot that they took up
    with filled.writing() as writer:
        writer.delete(Evidence, "nuevo")
    for worker in workers:
        until(lambda worker=worker: first(worker) == "otro")
        assert worker.current().snapshot.id == serving
        assert "nuevo" not in worker.current().snapshot.evidence


def test_tombstones_older_than_any_snapshot_are_purged_and_who_is_older_compares_everything(
    living, filled, tmp_path, encoder
):
    old = living(watch=False)
    old.current()
    with filled.writing() as writer:
        writer.delete(Evidence, "unsaac-1")
    deleted = filled.version()
    for _ in range(2):  # two snapshots: none from before is left
        live = living(watch=False)
        compact(tmp_path, live.catch_up(), filled)
    with pytest.raises(LookupError):
        filled.changes(deleted - 1)
    assert filled.changes(deleted).gone == frozenset()
    assert "unsaac-1" not in old.current().snapshot.evidence


def test_two_do_not_compact_at_once(living, filled, tmp_path):
    live = living(watch=False)
    engine = live.current()
    with building(tmp_path):
        assert compact(tmp_path, engine, filled) is None
    assert compact(tmp_path, engine, filled) == current_id(tmp_path)
    assert compact(tmp_path, engine, filled) is None  # it is no longer the one that serves


def test_a_snapshot_newer_than_the_database_serves_nothing_that_is_not_there(living, filled, tmp_path, encoder):
    put(filled, NEW)
    build(tmp_path, filled, encoder)
    with filled.writing() as writer:  # a database restored from before: the text is not there, no tombstone tells
        from sqlalchemy import text

        writer.delete(Evidence, "nuevo")
        writer.session.execute(text("DELETE FROM tombstone"))
        writer.session.execute(text("UPDATE clock SET version = 2"))
    live = living(watch=False)
    assert "nuevo" not in live.current().snapshot.evidence
    assert live.current().snapshot.state == filled.state()


def test_a_database_that_is_restored_while_it_is_served_is_noticed(living, filled, monkeypatch):
    from sqlalchemy import text

    live = living(watch=False)
    put(filled, NEW)
    live.catch_up()
    assert first(live) == "nuevo"
    monkeypatch.setattr(following, "SMALL", 0)  # too much is another to be read at once
    with filled.writing() as writer:
        writer.put(replace(EVIDENCE[0], text="Otro texto."))
        writer.delete(Evidence, "nuevo")
        writer.session.execute(text("DELETE FROM tombstone"))
        writer.begin_lineage()
    seen = live.current().snapshot.evidence
    assert not {"nuevo", "unsaac-1"} & seen.keys()  # neither the one that is absent nor what is another there
    assert live.catch_up().snapshot.evidence["unsaac-1"].text == "Otro texto."


def test_another_database_beside_an_old_snapshot_is_the_one_that_counts(home, filled, encoder):
    """The snapshot knows no database; all that is there is compared."""
    put(filled, NEW)
    with filled.writing() as writer:
        writer.delete(Evidence, "lejos-1")
    live = LiveEngine(home, encoder, WEIGHTS, filled, watch=False)
    assert live.current().snapshot.evidence.keys() == {e.id for e in EVIDENCE} - {"lejos-1"} | {"nuevo"}
    assert len(live.current().snapshot.outcomes) == len(OUTCOMES)


def test_changes_are_told_and_an_error_there_stops_nothing(living, filled, caplog):
    told = []

    def on_change(engine, changes):
        told.append((sorted(e.id for e in changes.evidence), "nuevo" in engine.snapshot.evidence))
        raise RuntimeError("kaputt")

    live = living(on_change=on_change)
    live.current()
    put(filled, NEW)
    until(lambda: told)
    assert told[0] == (["nuevo"], True)
    put(filled, replace(NEW, id="otro"))
    until(lambda: len(told) > 1)
    assert "what follows from a change could not be done" in caplog.messages


def test_a_damaged_snapshot_is_replaced_from_memory(living, filled, tmp_path, encoder):
    live = living()
    live.current()
    with live._working:  # the thread must not take it up before it is damaged
        newer = build(tmp_path, filled, encoder)
        (tmp_path / "snapshots" / newer / "evidence.jsonl").unlink()
    until(lambda: current_id(tmp_path) not in {newer} and live.current().snapshot.id == current_id(tmp_path))
    assert read_manifest(tmp_path / "snapshots" / current_id(tmp_path))["version"] == filled.version()


def test_closing_stops_at_once_even_while_a_large_import_is_read(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(following, "SMALL", 1)
    monkeypatch.setattr(following, "CHUNK", 1)
    encoder = Slow()
    build(tmp_path, filled, encoder)
    live = LiveEngine(tmp_path, encoder, WEIGHTS, filled, poll_s=0.02)
    live.current()
    put(filled, *(replace(NEW, id=f"i{n}", text=f"importado {n}") for n in range(9)))
    until(lambda: live.current() and encoder.reading.is_set())
    threading.Timer(0.1, encoder.go.set).start()
    live.close()
    assert not live._thread.is_alive()
    assert sum("importado" in text for text in encoder.encoded) < 9


def test_a_text_shown_by_another_is_answered_by_that_one_and_told_once(living, filled):
    twin = replace(EVIDENCE[0], id="gemelo", title=None, text=EVIDENCE[0].full_text.upper())
    put(filled, twin)
    live = living(watch=False)
    before = live.catch_up().match(Query(EVIDENCE[0].text, Side.SUPPLY)).matches[0]
    assert {p.evidence_id for p in before.passages} >= {"gemelo", EVIDENCE[0].id}
    with filled.writing() as writer:
        assert writer.link("gemelo", EVIDENCE[0].id, 0.99)
    engine = live.catch_up()
    after = engine.match(Query(EVIDENCE[0].text, Side.SUPPLY)).matches[0]
    assert after.partner == before.partner
    assert "gemelo" not in {p.evidence_id for p in after.passages}
    assert stands_for(filled, engine, "gemelo") == EVIDENCE[0].id
    assert stands_for(filled, engine, "nadie") == "nadie"
