"""A snapshot goes into Qdrant, stopped and gone on with, switched over and gone back; what is said where it cannot."""

import logging
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS

from matcher import candidates, cli, parts
from matcher.candidate_sources import qdrant_filling
from matcher.candidate_sources.assembling import Sources, labels, send, sent
from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import Wanted
from matcher.candidate_sources.outage import Reached
from matcher.candidate_sources.qdrant_address import Address, Connection
from matcher.candidate_sources.qdrant_filling import fill, switch
from matcher.candidate_sources.qdrant_schema import DENSE, Label
from matcher.candidate_sources.qdrant_source import QdrantSource, found
from matcher.errors import BadInput, CandidatesAway, ModuleMissing, SnapshotMismatch
from matcher.index.snapshot import Snapshot, current_id
from matcher.live import LiveEngine
from matcher.records import Query, Side
from matcher.settings import Settings
from matcher.weights import Weights

qdrant_client = pytest.importorskip("qdrant_client")
QUESTION = Query("teñido de chompas de alpaca", Side.SUPPLY)


@pytest.fixture
def connection():
    return Connection(qdrant_client.QdrantClient(":memory:"), "tinkuy", "memory", local=True)


@pytest.fixture
def snapshot(home, encoder):
    return Snapshot.open_current(home, encoder)


def base_and_label(snapshot, side=Side.SUPPLY, model="fake-1"):
    base = Base(snapshot.sides[side])
    return base, labels(base, snapshot.id, side, model, 1)[0]


def points(connection, name):
    found, _ = connection.client.scroll(name, limit=1000, with_vectors=True)
    return {point.id: point for point in found}


class Stopped(Exception):
    """As a process that is killed."""


def stopping(connection, monkeypatch, after):
    """Let Qdrant take some batches, then none; return how often each point was sent."""
    sends, upsert = {}, connection.client.upsert
    batches = iter(range(after))

    def counted(name, points, **options):
        if next(batches, None) is None:
            raise Stopped
        for point in points:
            sends[name, point.id] = sends.get((name, point.id), 0) + 1
        return upsert(name, points, **options)

    monkeypatch.setattr(connection.client, "upsert", counted)
    return sends


def test_a_killed_filling_goes_on_and_sends_nothing_twice(snapshot, connection, monkeypatch):
    base, label = base_and_label(snapshot)
    with monkeypatch.context() as patch:
        first = stopping(connection, patch, after=2)
        with pytest.raises(Stopped):
            fill(connection, base, label, batch=1)
    assert len(first) == 2
    with pytest.raises(SnapshotMismatch, match="nothing under tinkuy-supply yet"):  # nobody sees half of it
        QdrantSource.open(connection, base, label)
    with monkeypatch.context() as patch:
        second = stopping(connection, patch, after=100)
        name = fill(connection, base, label, batch=1)
    assert not first.keys() & second.keys()
    assert set(points(connection, name)) == set(range(len(base.vectors)))
    assert {id_ for _, id_ in first.keys() | second.keys()} == set(range(len(base.vectors)))
    with monkeypatch.context() as patch:  # and once more changes nothing
        third = stopping(connection, patch, after=100)
        assert fill(connection, base, label, batch=2) == name
    assert third == {}


def test_a_batch_of_which_a_part_arrived_is_made_whole(snapshot, connection):
    base, label = base_and_label(snapshot)
    name = fill(connection, base, label)
    whole = points(connection, name)
    connection.client.delete(name, points_selector=[1, 3])
    fill(connection, base, label)
    after = points(connection, name)
    assert {id_: (p.vector, p.payload) for id_, p in after.items()} == {
        id_: (p.vector, p.payload) for id_, p in whole.items()
    }


def test_what_is_kept_of_a_text(snapshot, connection):
    base, label = base_and_label(snapshot)
    kept = points(connection, fill(connection, base, label))
    row = next(row for row, text in enumerate(base.texts) if text.id == "unsaac-1")
    assert kept[row].payload == {
        "id": "unsaac-1",
        "language": "es",
        "day": 738276,  # 2022-05-01
        "partners": [{"id": "unsaac", "country": "PE", "region": "PE-CUS", "kind": "faculty", "sectors": ["C13"]}],
    }
    assert np.array_equal(np.float32(kept[row].vector[DENSE]), base.vectors[row])
    told = str([point.payload for point in kept.values()])
    for record in (*EVIDENCE, *PARTNERS):
        assert getattr(record, "text", None) or record.name not in told
        assert (getattr(record, "text", None) or "\0") not in told


def build(home, encoder, texts=EVIDENCE):
    Snapshot.build(home, PARTNERS, texts, OUTCOMES, encoder)
    return Snapshot.open_current(home, encoder)


def test_a_new_collection_is_filled_beside_the_old_and_the_aliases_move_together(home, encoder, connection):
    def aliases():
        return {each.alias_name: each.collection_name for each in connection.client.get_aliases().aliases}

    def collections():
        return {each.name for each in connection.client.get_collections().collections}

    first = Snapshot.open_current(home, encoder)
    old = sent(first, "fake-1", [connection])
    assert aliases() == {f"tinkuy-{side}": f"tinkuy-{side}-{first.id}" for side in Side}
    second = build(home, encoder, EVIDENCE[:-1])
    base, label = base_and_label(second)
    fill(connection, base, label)
    assert aliases() == {f"tinkuy-{side}": f"tinkuy-{side}-{first.id}" for side in Side}  # not before it is whole
    new = sent(second, "fake-1", [connection])
    assert aliases() == {f"tinkuy-{side}": f"tinkuy-{side}-{second.id}" for side in Side} | {
        f"tinkuy-{side}-before": f"tinkuy-{side}-{first.id}" for side in Side
    }
    sent(second, "fake-1", [connection])  # again: what served before is still the one before
    assert aliases()["tinkuy-supply-before"] == f"tinkuy-supply-{first.id}"
    for each in (first, second):  # processes that have not opened the new one yet go on with the old one
        base, label = base_and_label(each)
        assert QdrantSource.open(connection, base, label).name == f"tinkuy-supply-{each.id}"
    third = build(home, encoder, EVIDENCE[1:])
    connection.client.create_collection("tinkuy-supply-of-somebody-else", vectors_config={})
    newest = sent(third, "fake-1", [connection])
    assert collections() == {*new, *newest, "tinkuy-supply-of-somebody-else"}
    assert not collections() & set(old)


def test_one_can_go_back(home, encoder, connection):
    first = Snapshot.open_current(home, encoder)
    names = sent(first, "fake-1", [connection])
    second = build(home, encoder, EVIDENCE[:-1])
    sent(second, "fake-1", [connection])
    back = [(name, base_and_label(first, side)[1]) for name, side in zip(names, first.sides, strict=True)]
    switch(connection, back)
    assert found(connection, first.id, Side.SUPPLY) == names[0]
    assert found(connection, second.id, Side.SUPPLY) == f"tinkuy-supply-{second.id}"


def test_another_snapshot_is_refused_by_name(home, encoder, connection):
    first = Snapshot.open_current(home, encoder)
    sent(first, "fake-1", [connection])
    second = build(home, encoder, EVIDENCE[:-1])
    base, label = base_and_label(second)
    with pytest.raises(SnapshotMismatch) as refused:
        QdrantSource.open(connection, base, label)
    assert str(refused.value) == (
        f"Qdrant at memory serves snapshot {first.id}, here {second.id} is open: run `tinkuy index --to`"
    )


def test_another_model_or_schema_is_refused_by_name(snapshot, connection, monkeypatch):
    sent(snapshot, "fake-1", [connection])
    base, label = base_and_label(snapshot, model="fake-2")
    with pytest.raises(SnapshotMismatch, match="model 'fake-1' / 'fake-2'"):
        QdrantSource.open(connection, base, label)
    with pytest.raises(SnapshotMismatch, match="holds something else: delete it"):
        fill(connection, base, label)
    monkeypatch.setattr("matcher.candidate_sources.qdrant_schema.SCHEMA", 2)
    base, label = base_and_label(snapshot)
    with pytest.raises(SnapshotMismatch, match="schema 1 / 2"):
        QdrantSource.open(connection, base, label)


def test_parts_cover_all_texts_once():
    for texts in (0, 1, 7, 100):
        for of in (1, 2, 3, 8):
            ranges = [Label("s", Side.SUPPLY, "m", 4, texts, texts, part, of).first_last for part in range(of)]
            assert [row for first, last in ranges for row in range(first, last)] == list(range(texts))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("qdrant://example.org:6333/ours", Address("http://example.org:6333", None, "ours")),
        ("qdrant://example.org", Address("http://example.org:6333", None, "tinkuy")),
        ("https://example.org:443/a.b-c", Address("https://example.org:443", None, "a.b-c")),
        ("qdrant://[::1]:7000", Address("http://[::1]:7000", None, "tinkuy")),
    ],
)
def test_addresses(text, address):
    assert Address.read(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "example.org", "ftp://example.org", "qdrant://", "qdrant://e/a/b", "qdrant://e:x", "https://me:secret@e"],
)
def test_what_is_no_address_is_refused_without_its_key(text):
    with pytest.raises(BadInput, match="is no address of a Qdrant") as refused:
        Address.read(text)
    assert "secret" not in str(refused.value)


def test_without_the_package_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(ModuleMissing, match=r"pip install 'tinkuy\[qdrant\]'"):
        Sources("qdrant://127.0.0.1:1")


def test_a_qdrant_that_is_away_is_told_once_and_questions_are_answered(home, encoder, monkeypatch, caplog):
    monkeypatch.setattr(candidates, "DEPTH", 2)
    live = LiveEngine(home, encoder, Weights.load(), sources=Sources("qdrant://127.0.0.1:1"))
    plain = LiveEngine(home, encoder, Weights.load())
    caplog.set_level(logging.INFO)
    for _ in range(3):
        ours, theirs = (each.current().match(QUESTION).matches for each in (live, plain))
        assert [(m.partner.id, m.score) for m in ours] == [(m.partner.id, m.score) for m in theirs]
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told.startswith("questions are answered in process, which is slower: Qdrant at http://127.0.0.1:1 cannot be")
    assert "TINKUY_CANDIDATES_KEY" in told


def test_it_is_looked_for_again_and_said_when_it_is_back(caplog):
    there, opened = [], []

    def open_():
        opened.append(1)
        if not there:
            raise CandidatesAway("away")
        return "source"

    reached = Reached(open_, retry_s=0.0)
    caplog.set_level(logging.INFO)
    assert [reached.ask(lambda source: source) for _ in range(2)] == [None, None]
    there.append(1)
    assert reached.ask(lambda source: source) == "source"
    assert reached.ask(lambda source: source) == "source"
    assert len(opened) == 3
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    patient = Reached(open_, retry_s=1000.0)
    there.clear()
    assert [patient.ask(lambda source: source) for _ in range(3)] == [None, None, None]
    assert len(opened) == 4  # a question does not wait for one that is away


def test_a_running_engine_takes_up_a_new_snapshot_when_qdrant_has_it(home, encoder, filled, connection, monkeypatch):
    monkeypatch.setattr(candidates, "DEPTH", 2)
    monkeypatch.setattr("matcher.candidate_sources.assembling.RETRY_S", 0.0)
    first = Snapshot.open_current(home, encoder)
    sent(first, "fake-1", [connection])
    sources = Sources("exact")
    sources.kind, sources.connections = None, [connection]
    live = LiveEngine(home, encoder, Weights.load(), filled, watch=False, sources=sources)
    live._watch, live._thread = True, object()  # as one that follows, step by step
    assert live.catch_up().snapshot.id == first.id
    second = build(home, encoder)
    assert live.catch_up().snapshot.id == first.id
    sent(second, "fake-1", [connection])
    assert live.catch_up().snapshot.id == second.id
    asked = []
    real = connection.client.query_points
    monkeypatch.setattr(
        connection.client, "query_points", lambda name, **options: asked.append(name) or real(name, **options)
    )
    assert live.current().match(QUESTION).matches
    assert set(asked) == {f"tinkuy-supply-{second.id}"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a lock that Qdrant leaves open
def test_the_command_fills_a_qdrant_and_questions_come_out_of_it(home, encoder, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: encoder)
    monkeypatch.setattr(candidates, "DEPTH", 2)
    monkeypatch.setenv("TINKUY_HOME", str(home))
    monkeypatch.setenv("TINKUY_LANG", "en")
    address = f"qdrant://{tmp_path}/qdrant"
    for _ in range(2):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["index", "--to", address])
        assert stopped.value.code == 0
        id_ = current_id(home)
        assert capsys.readouterr().out.strip() == f"Qdrant serves tinkuy-supply-{id_}, tinkuy-demand-{id_}."
    settings = Settings.read({"TINKUY_HOME": str(home), "TINKUY_CANDIDATES": address})
    snapshot = Snapshot.open_current(home, encoder)
    sources = Sources(settings.candidates)
    proposers = sources.of(snapshot, encoder.revision)
    vector, side = encoder.encode([QUESTION.text], None)[0], snapshot.sides[Side.SUPPLY]
    rows = proposers[Side.SUPPLY].propose(QUESTION, vector, 1, None)
    best = {int(np.argmax(side.dense.base @ vector)), int(np.argmax(side.lexical.scores(QUESTION.text)))}
    assert rows.tolist() == sorted(best)
    with pytest.raises(CandidatesAway, match="already accessed"):
        send(snapshot, encoder.revision, [Address.read(address)])
    sources.connections[0].client.close()


def test_what_a_cluster_is_asked_for(snapshot, monkeypatch):
    """No cluster runs here: what would be sent to one is looked at instead."""
    calls = []

    class Server:
        def __init__(self, client):
            self.client = client

        def __getattr__(self, name):
            def call(*arguments, **options):
                calls.append((name, options))
                if name in ("create_payload_index", "update_collection"):
                    return None
                options.pop("search_params", None)
                return getattr(self.client, name)(*arguments, **options)

            return call

    monkeypatch.setattr(qdrant_filling, "LOOK_S", 0.0)
    cluster = Connection(Server(qdrant_client.QdrantClient(":memory:")), "tinkuy", "cluster", local=False)
    sent(snapshot, "fake-1", [cluster], options={"shards": 6, "replicas": 2})
    created = next(options for name, options in calls if name == "create_collection")
    dense = created["vectors_config"][DENSE]
    assert (created["shard_number"], created["replication_factor"], created["on_disk_payload"]) == (6, 2, True)
    assert (dense.on_disk, dense.hnsw_config.m, dense.quantization_config.scalar.always_ram) == (True, 0, True)
    names = [name for name, _ in calls]
    assert names.index("create_payload_index") < names.index("upsert") < names.index("update_collection")
    linked = next(options for name, options in calls if name == "update_collection")
    assert linked["vectors_config"][DENSE].hnsw_config.m == 16
    assert names.index("update_collection") < names.index("update_collection_aliases")
    calls.clear()
    base, label = base_and_label(snapshot)
    QdrantSource.open(cluster, base, label).dense(base.vectors[0], 4, Wanted())
    ((_, options),) = [call for call in calls if call[0] == "query_points"]
    assert options["with_payload"] is False
    assert replace(label, part=0) == label
