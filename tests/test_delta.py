"""A snapshot with a delta answers as one that was built anew: random histories of writes, and what may go wrong in each part."""

import datetime as dt
import gc
import shutil
import weakref
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from matcher import meanings
from matcher.engine import Engine
from matcher.errors import NotFound, TinkuyError
from matcher.index import dense, typical, word_counts
from matcher.index.difference import difference
from matcher.index.snapshot import Snapshot
from matcher.live import LiveEngine
from matcher.records import Changes, Evidence, Filters, Outcome, Partner, Query, Side, Stage
from matcher.store.store import Store
from matcher.weights import Weights
from matcher.wholeness import Derived, fingerprint

WORDS = """alpaca tinte fibra lana oveja queso leche vaca cuajo acero torno eje fatiga orégano secado color
aceite bandeja clima costa modelo hilo torsión lavado chompa pigmento cuero curtido vicuña telar""".split()  # noqa: SIM905
WEIGHTS = Weights.load()


@pytest.fixture(autouse=True, scope="module")
def _small_thresholds() -> Iterator[None]:
    """Statistics that need hundreds of texts are taken of a handful here, so that every change moves them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "MIN_GROUP", 3)
        patch.setattr(typical, "MIN_SAMPLE", 2)
        patch.setattr(typical, "SAMPLE", 4)
        patch.setattr(word_counts, "SAMPLE", 6)
        patch.setattr(meanings, "MIN_SAMPLE", 4)
        yield


class Windowed(FakeEncoder):
    """Texts of more than six words have several windows."""

    def windows(self, text: str) -> list[str]:
        said = text.split()
        return [" ".join(said[i : i + 6]) for i in range(0, len(said), 5)] or [text]


partner_ids = st.sampled_from([f"p{i}" for i in range(6)])
evidence_ids = st.sampled_from([f"e{i}" for i in range(12)])
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(lambda words: " ".join(words).capitalize() + ".")
sectors = st.sampled_from([(), ("C13",), ("A01",), ("C10", "C14")])
partners = st.builds(
    Partner,
    id=partner_ids,
    side=st.sampled_from(Side),
    name=st.sampled_from(["Uno", "Otro"]),
    kind=st.just("firm"),
    country=st.sampled_from([None, "PE"]),
    region=st.sampled_from([None, "PE-CUS", "PE-TAC"]),
    sectors=sectors,
    contact=st.just("secret@example.org"),
    consent=st.sampled_from([None, True, False]),
).map(lambda p: replace(p, url=f"https://{p.id}.example"))
evidence = st.builds(
    Evidence,
    id=evidence_ids,
    partners=st.lists(partner_ids, min_size=1, max_size=3, unique=True).map(tuple),
    kind=st.just("need"),
    text=texts,
    title=st.sampled_from([None, "Tinte de fibra"]),
    language=st.sampled_from(["es", "es", "en", None]),
    date=st.sampled_from([None, dt.date(2020, 1, 1), dt.date(2024, 1, 1)]),
    sectors=sectors,
    confidential=st.sampled_from([None, None, True]),
    summary=texts,
)
outcomes = st.builds(
    Outcome,
    id=st.sampled_from(["o0", "o1", "o2", "o3"]),
    partner=partner_ids,
    stage=st.sampled_from(Stage),
    counterpart=st.one_of(st.none(), partner_ids),
    date=st.sampled_from([None, dt.date(2023, 1, 1)]),
    text=st.just("contado en secreto"),
)
writes = st.one_of(
    st.tuples(st.sampled_from(["put", "upsert"]), st.one_of(partners, evidence, evidence, outcomes)),
    st.tuples(st.just("delete"), st.tuples(st.just(Partner), partner_ids) | st.tuples(st.just(Evidence), evidence_ids)),
)
whole = st.one_of(
    st.tuples(st.just("join"), st.tuples(partner_ids, partner_ids)),
    st.tuples(st.just("split"), partner_ids),
    st.tuples(
        st.just("derive"),
        st.tuples(st.just("partner"), partner_ids, st.just("region"), st.sampled_from(["PE-CUS", "PE-TAC"]))
        | st.tuples(st.just("evidence"), evidence_ids, st.just("language"), st.sampled_from(["es", "en"]))
        | st.tuples(st.just("evidence"), evidence_ids, st.just("sectors"), st.sampled_from([("C13",), ("A01",)]))
        | st.tuples(st.just("evidence"), evidence_ids, st.sampled_from(["text", "title"]), texts),
    ),
    st.tuples(st.just("link"), st.tuples(evidence_ids, evidence_ids, st.just(0.97))),
    st.tuples(st.just("link"), st.tuples(evidence_ids, evidence_ids, st.just(0.98))),
    st.tuples(st.just("tell_apart"), evidence_ids),
    st.tuples(
        st.just("refuse"),
        st.tuples(st.just("partner"), partner_ids, st.just("region"))
        | st.tuples(st.just("evidence"), evidence_ids, st.sampled_from(["language", "sectors", "text"])),
    ),
    st.tuples(
        st.just("forget"),
        st.tuples(st.just("partner"), partner_ids) | st.tuples(st.just("evidence"), evidence_ids),
    ),
)
START = [
    *(
        Partner(f"p{i}", Side.SUPPLY if i % 2 else Side.DEMAND, f"P{i}", "firm", "PE", url=f"https://p{i}.example")
        for i in range(6)
    ),
    *(Evidence(f"e{i}", (f"p{i % 6}",), "need", " ".join(WORDS[i : i + 9]), None, "es") for i in range(9)),
    Outcome("o0", "p1", Stage.PROJECT, "p0", dt.date(2022, 1, 1)),
]


def write(store: Store, step) -> None:
    how, what = step
    try:
        with store.writing() as writer:
            if how == "delete":
                writer.delete(*what)
            elif how == "remove":
                writer.remove(*what)
            elif how == "join":
                writer.join(*what)
            elif how == "split":
                writer.split(what)
            elif how == "derive":
                writer.derive([found_out(store, *what)])
            elif how == "tell_apart":
                writer.tell_apart(what)
            elif how in ("forget", "link", "refuse"):
                getattr(writer, how)(*what)
            elif how == "upsert":
                writer.upsert([what])
            else:
                writer.put(what)
    except (NotFound, TinkuyError):
        pass  # names a partner that is not there, or is not there itself


def found_out(store: Store, kind, record, field, value) -> Derived:
    """Return a value that counts for the record as it is now."""
    stored = store.get(Partner if kind == "partner" else Evidence, record)
    basis = getattr(stored.record, field) if stored and field in ("text", "title") else None
    return Derived(kind, record, field, value, 0.9, "test", fingerprint(basis) if basis else None)


def rebuilt(store: Store, encoder) -> Engine:
    now = store.everything()
    whole = Changes(now.state, now.partners, now.evidence, now.outcomes)
    return Engine(Snapshot.of("whole", whole, encoder), encoder, WEIGHTS)


QUESTIONS = [
    Query("Tinte para fibra de alpaca que no destiña en el lavado", Side.SUPPLY, region="PE-CUS", sectors=("C13",)),
    Query("Queso de vaca, secado de orégano", Side.SUPPLY, filters=Filters(languages=frozenset({"es"}))),
    Query("kezo y lanna", Side.DEMAND, region="PE-TAC"),
    Query("steel shaft fatigue", Side.DEMAND, filters=Filters(since=dt.date(2021, 1, 1))),
    Query("Secado de cuero", Side.DEMAND, filters=Filters(regions=frozenset({"PE-CUS"}), sectors=frozenset({"C"}))),
    Query("torno", Side.SUPPLY, spread=True, date=dt.date(2023, 6, 1)),
]


def assert_same(found: object, expected: object, where: str) -> None:
    """Assert that two answers are the same, numbers within a millionth."""
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-6, nan_ok=True), where
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for name, value in expected.items():
            assert_same(found[name], value, f"{where}.{name}")
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected), where
        for i, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_same(one, other, f"{where}[{i}]")
    else:
        assert found == expected, where


def answer(engine: Engine, query: Query) -> dict:
    values = asdict(engine.match(query))
    return {name: value for name, value in values.items() if name not in {"snapshot", "took_ms"}}


def assert_equal(engine: Engine, whole: Engine) -> None:
    for kind in ("partners", "evidence", "outcome"):
        assert getattr(engine.snapshot, kind) == getattr(whole.snapshot, kind)
    for side in Side:
        assert_same(engine.snapshot.sides[side].typical, whole.snapshot.sides[side].typical, f"typical {side}")
        assert engine.snapshot.sides[side].sectors == whole.snapshot.sides[side].sectors
        words, expected = engine.snapshot.sides[side].words, whole.snapshot.sides[side].words
        assert {lang: counts for lang, counts in words.telling.items() if counts} == expected.telling
        assert words.sounds.counts == expected.sounds.counts
        assert {s: sorted(w) for s, w in words.sounds.words_of.items()} == {
            s: sorted(w) for s, w in expected.sounds.words_of.items()
        }
    assert engine.outcomes == whole.outcomes
    for query in QUESTIONS:
        assert_same(answer(engine, query), answer(whole, query), query.text)
    for id_ in sorted(whole.snapshot.evidence)[::4]:
        assert_same(answer(engine, engine.query_for(id_)), answer(whole, whole.query_for(id_)), id_)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A database file that holds START."""
    path = tmp_path_factory.mktemp("template") / "tinkuy.db"
    store = Store.open(path)
    with store.writing() as writer:
        writer.upsert(START)
    store.close()
    return path


@pytest.fixture(scope="module")
def start(template, tmp_path_factory) -> Path:
    """A folder in which a snapshot of START serves."""
    home, store = tmp_path_factory.mktemp("start") / "home", Store.open(template)
    now = store.everything()
    (home / "snapshots").mkdir(parents=True)
    Snapshot.build_alone(home, now.partners, now.evidence, now.outcomes, Windowed(), None, state=now.state)
    store.close()
    return home


def check(template: Path, start: Path, folder: Path, history) -> None:
    """Write a history, and compare with a full rebuild after each of its batches."""
    encoder = Windowed()
    shutil.copy(template, folder / "tinkuy.db")
    store = Store.open(folder / "tinkuy.db")
    live = LiveEngine(start, encoder, WEIGHTS, store, watch=False)
    try:
        live.current()
        for batch in history:
            for step in batch:
                write(store, step)
                seen = live.current().snapshot  # what is gone is gone at once, before anything is caught up with
                now = store.given()  # whoever, and whatever, is shown as another may wait
                there = [p for p in store.partners() if p.consent is not False]
                assert seen.partners.keys() <= {p.id for p in there}
                assert {p.url for p in seen.partners.values()} <= {None, *(p.url for p in there)}
                assert seen.evidence.keys() <= {e.id for e in now.evidence}
                assert {e.text for e in seen.evidence.values() if e.confidential} <= {e.text for e in now.evidence}
            assert_equal(live.catch_up(), rebuilt(store, encoder))
        # What is written to the disk from memory opens as the same.
        live.current().snapshot.write_alone(_made(folder / "home"), encoder)
        reopened = Engine(Snapshot.open_current(folder / "home", encoder), encoder, WEIGHTS)
        assert_equal(reopened, rebuilt(store, encoder))
        assert not difference(reopened.snapshot, store.everything())
    finally:
        live.close()
        store.close()


histories = st.lists(st.lists(writes | whole, min_size=1, max_size=6), min_size=1, max_size=4)
joining = st.lists(st.lists(whole | whole | writes, min_size=1, max_size=6), min_size=1, max_size=4)
checks = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=checks)
@given(history=histories)
def test_a_delta_answers_as_a_full_rebuild_after_any_history(template, start, tmp_path_factory, history):
    check(template, start, tmp_path_factory.mktemp("history"), history)


@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=checks)
@given(history=joining)
def test_a_delta_answers_as_a_full_rebuild_while_partners_are_joined_and_split(
    template, start, tmp_path_factory, history
):
    check(template, start, tmp_path_factory.mktemp("history"), history)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, phases=[Phase.generate], suppress_health_check=checks)
@given(history=histories)
def test_a_delta_answers_as_a_full_rebuild_after_many_histories(template, start, tmp_path_factory, history):
    check(template, start, tmp_path_factory.mktemp("history"), history)


def _made(home: Path) -> Path:
    (home / "snapshots").mkdir(parents=True)
    return home


def test_the_small_world_written_piece_by_piece_is_the_small_world(store, encoder, tmp_path):
    """On both database engines, from nothing."""
    Snapshot.build(tmp_path, [], [], [], encoder)
    live = LiveEngine(tmp_path, encoder, WEIGHTS, store, watch=False)
    for record in [*PARTNERS, *EVIDENCE, *OUTCOMES]:
        with store.writing() as writer:
            writer.put(record)
        live.catch_up()
    assert_equal(live.current(), rebuilt(store, encoder))


def test_texts_that_stay_are_not_read_again(store, encoder, tmp_path):
    with store.writing() as writer:
        writer.upsert([*PARTNERS, *EVIDENCE])
    now = store.everything()
    Snapshot.build(tmp_path, now.partners, now.evidence, [], encoder)
    live = LiveEngine(tmp_path, encoder, WEIGHTS, store, watch=False)
    live.current()
    encoder.encoded.clear()
    with store.writing() as writer:
        writer.put(Evidence("nuevo", ("pucp",), "project", "Un texto muy nuevo sobre el curtido de pieles. " * 3))
        writer.upsert([Evidence("unsaac-1", ("unsaac",), "capability", EVIDENCE[0].text, sectors=("C14",))])
    live.catch_up()
    assert not {e.full_text for e in EVIDENCE} & set(encoder.encoded)
    assert any(text.startswith("Un texto muy nuevo") for text in encoder.encoded)


def test_what_was_deleted_is_let_go(store, encoder, tmp_path):
    with store.writing() as writer:
        writer.upsert([*PARTNERS, *EVIDENCE, *OUTCOMES])
    Snapshot.build(tmp_path, [], [], [], encoder)
    live = LiveEngine(tmp_path, encoder, WEIGHTS, store, watch=False)
    old = weakref.ref(live.catch_up().snapshot)
    assert "unsaac-1" in old().evidence
    with store.writing() as writer:
        writer.delete(Evidence, "unsaac-1")
    assert "unsaac-1" not in live.catch_up().snapshot.evidence
    gc.collect()
    assert old() is None  # nothing holds the engine that knew it


def test_the_first_text_of_a_language_comes_after_that_language_was_asked_for():
    none = word_counts.WordCounts()
    assert none.sample("en") == ()
    text = Evidence("e", ("p",), "need", "steel shaft fatigue", language="en")
    assert set(none.updated([], [text]).sample("en")) == {"steel", "shaft", "fatigue"}
