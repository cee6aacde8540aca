"""The contract of a source of candidates, asked of every implementation: one suite for all."""

import datetime as dt
import zlib
from collections import Counter
from dataclasses import replace

import faiss
import numpy as np
import pytest
from conftest import FakeEncoder

from eval.speed.corpus import Corpus
from matcher import candidates
from matcher.candidate_sources.assembling import labels, sent
from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import Found, Wanted
from matcher.candidate_sources.exact import ExactSource
from matcher.candidate_sources.faiss_kinds import KINDS, FaissSource
from matcher.candidate_sources.outage import Reached
from matcher.candidate_sources.proposing import Proposer
from matcher.candidate_sources.qdrant_address import Connection
from matcher.candidate_sources.qdrant_source import QdrantSource
from matcher.candidate_sources.shards import Sharded
from matcher.encode import Role
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Changes, Evidence, Filters, Partner, Query, Side, State
from matcher.text import query_stems
from matcher.weights import Weights

QdrantClient = pytest.importorskip("qdrant_client").QdrantClient
CORPUS = Corpus(800, base=800, seed=7)
SEEKS = Side.SUPPLY
DEPTH = 100
FILTERS = {
    "all": Filters(),
    "country and kind": Filters(countries=frozenset({"PE"}), kinds=frozenset({"faculty", "centre"})),
    "sector and language": Filters(sectors=frozenset({"C", "A01"}), languages=frozenset({"es"})),
    "days": Filters(since=dt.date(2018, 1, 1), until=dt.date(2022, 6, 30)),
    "nothing": Filters(countries=frozenset({"SE"})),
}


class Windowed(FakeEncoder):
    """Reads a text in windows of twenty words, so that some texts have several; no two texts are equally near."""

    def encode(self, texts, role, progress=None):
        noise = [np.random.default_rng(zlib.crc32(text.encode())).normal(0, 0.01, self.dimensions) for text in texts]
        vectors = super().encode(texts, role, progress) + np.array(noise, np.float32).reshape(-1, self.dimensions)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def windows(self, text):
        words = text.split()
        return [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)] or [text]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """So few vectors are not worth several, which wait for each other on a busy machine."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="module")
def encoder():
    return Windowed()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory, encoder):
    """Of a seeded corpus, in which some texts are of two partners."""
    partners, texts = list(CORPUS.partners()), list(CORPUS.evidence())
    ours = [p.id for p in partners if p.side is SEEKS]
    texts = [replace(e, partners=(*e.partners, ours[n % len(ours)])) if n % 7 == 0 else e for n, e in enumerate(texts)]
    home = tmp_path_factory.mktemp("sources")
    Snapshot.build(home, partners, texts, list(CORPUS.outcomes()), encoder)
    return Snapshot.open_current(home, encoder)


@pytest.fixture(scope="module")
def base(snapshot):
    return Base(snapshot.sides[SEEKS])


def in_memory():
    return Connection(QdrantClient(":memory:"), "tinkuy", ":memory:", local=True)


def qdrant(snapshot, base, encoder, parts=1):
    connections = [in_memory() for _ in range(parts)]
    sent(snapshot, encoder.revision, connections)
    each = labels(base, snapshot.id, SEEKS, encoder.revision, parts)
    return [QdrantSource.open(c, base, label) for c, label in zip(connections, each, strict=True)]


@pytest.fixture(scope="module", params=["exact", *KINDS, "qdrant", "qdrant in three parts"])
def source(request, snapshot, base, encoder):
    if request.param == "exact":
        return ExactSource(base)
    if request.param in KINDS:
        return FaissSource(base, request.param)
    return (
        qdrant(snapshot, base, encoder)[0] if request.param == "qdrant" else Sharded(qdrant(snapshot, base, encoder, 3))
    )


@pytest.fixture(scope="module")
def questions(encoder):
    asked = CORPUS.queries(8)
    return [
        (query, encoder.encode([query.full_text], Role.QUERY)[0], Counter(query_stems(query.full_text)))
        for query in asked
    ]


def wanted(base, filters=FILTERS["all"], excluded=frozenset()):
    """What the pipeline itself says of a question with these filters."""
    allowed = candidates._allowed(base.side, Query("x", SEEKS, filters=filters, exclude=excluded))
    return Wanted(filters, excluded, allowed.texts)


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_the_dense_leg_finds_what_exact_search_finds(source, base, questions, filters):
    asked, recalls = wanted(base, filters), []
    for _, vector, _ in questions:
        found = source.dense(vector, DEPTH, asked)
        cosines = (
            base.vectors @ vector if asked.texts is None else (base.vectors @ vector)[asked.texts[base.window_text]]
        )
        best = np.sort(cosines)[::-1][:DEPTH]
        assert np.all(np.diff(found.scores) <= 0)
        assert len(set(found.rows.tolist())) == len(found.rows)
        assert np.allclose(found.scores, base.vectors[found.rows] @ vector, atol=1e-5)
        if asked.texts is not None:
            assert asked.texts[base.window_text[found.rows]].all()
        if not len(best):
            assert len(found.rows) == 0
        else:  # one that is as near as the last one is as good
            recalls.append(np.count_nonzero(found.scores >= best[-1] - 1e-5) / len(best))
    assert not recalls or np.mean(recalls) >= 0.99


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_the_lexical_leg_scores_as_our_own_index_does(source, base, questions, filters):
    asked, everything = wanted(base, filters), np.arange(len(base.texts))
    for query, _, stems in questions:
        found = source.lexical(stems, DEPTH, asked)
        ours = base.side.lexical.weigh(query.full_text).at(everything)
        allowed = ours if asked.texts is None else np.where(asked.texts, ours, 0)
        best = np.sort(allowed[allowed > 0])[::-1][:DEPTH]
        assert np.allclose(found.scores, best, rtol=1e-4)
        assert np.allclose(ours[found.rows], found.scores, rtol=1e-4)
        assert asked.texts is None or asked.texts[found.rows].all()


def test_partners_that_are_left_out_are_not_found(source, base, questions):
    out = frozenset({base.texts[0].partners[0], base.texts[50].partners[0]})
    asked = wanted(base, excluded=out)
    for _, vector, stems in questions[:5]:
        dense, lexical = source.dense(vector, len(base.vectors), asked), source.lexical(stems, len(base.texts), asked)
        for row in {*base.window_text[dense.rows].tolist(), *lexical.rows.tolist()}:
            assert asked.texts[row]  # one of both may be left out: the other one still has the text
    assert any(len(set(e.partners) - out) < len(e.partners) and asked.texts[r] for r, e in enumerate(base.texts))


def test_one_partner_must_have_all_that_is_asked_of_partners(source, base, questions):
    """A text of a faculty in Chile and of a centre in Peru is none of a faculty in Peru."""
    asked = wanted(base, FILTERS["country and kind"])
    by_id = {p.id: p for p in base.partners}
    apart = [
        row
        for row, e in enumerate(base.texts)
        if not asked.texts[row]
        and any(by_id[p].country == "PE" for p in e.partners if p in by_id)
        and any(by_id[p].kind in ("faculty", "centre") for p in e.partners if p in by_id)
    ]
    assert apart
    found = source.dense(questions[0][1], len(base.vectors), asked)
    assert not set(apart) & set(base.window_text[found.rows].tolist())


def test_nothing_is_found_where_nothing_is_asked_for(source, base, questions):
    _, vector, _ = questions[0]
    assert len(source.dense(vector, 0, Wanted()).rows) == 0
    assert len(source.lexical({}, DEPTH, Wanted()).rows) == 0
    assert len(source.lexical({"palabraquenadietiene": 1}, DEPTH, Wanted()).rows) == 0


def test_all_is_found_where_all_is_asked_for(source, base, questions):
    _, vector, _ = questions[0]
    found = source.dense(vector, 2 * len(base.vectors), Wanted())
    assert len(set(found.rows.tolist())) == len(found.rows) <= len(base.vectors)
    if not isinstance(source, FaissSource):  # a graph or cells may not lead everywhere
        assert len(found.rows) == len(base.vectors)


def test_a_stem_that_is_said_twice_counts_twice(source):
    stem = (
        next(iter(source.base.stem_number))
        if hasattr(source, "base")
        else next(iter(source.shards[0].base.stem_number))
    )
    once, twice = source.lexical({stem: 1}, DEPTH, Wanted()), source.lexical({stem: 2}, DEPTH, Wanted())
    assert len(once.rows)
    assert np.allclose(2 * once.scores, twice.scores, rtol=1e-5)


def answer(engine, query):
    return [(match.partner.id, match.score) for match in engine.match(query).matches]


def best(engine, query):
    return [id_ for id_, _ in answer(engine, query)[:3]]


@pytest.fixture
def shallow(monkeypatch):
    """Few candidates, so that a source is asked: a question that may look at all texts does."""
    monkeypatch.setattr(candidates, "DEPTH", 250)
    monkeypatch.setattr(candidates, "WHOLE", 250)


def engines(snapshot, encoder, source, base):
    proposer = Proposer(Reached(lambda: source), base)
    plain = Engine(snapshot, encoder, Weights.load())
    return plain, Engine(snapshot, encoder, Weights.load(), proposers={SEEKS: proposer})


@pytest.mark.parametrize("filters", list(FILTERS.values())[:3:2], ids=list(FILTERS)[:3:2])
def test_answers_equal_those_in_process(source, snapshot, base, encoder, questions, filters, shallow):
    plain, engine = engines(snapshot, encoder, source, base)
    same = [
        answer(plain, asked) == answer(engine, asked)
        for query, _, _ in questions
        for asked in [replace(query, filters=filters)]
    ]
    assert np.mean(same) >= 0.98


def test_what_came_changed_and_went_since_the_snapshot(
    source, snapshot, base, encoder, questions, shallow, monkeypatch
):
    """A source knows nothing of it, and the answers are those of the whole engine all the same."""
    texts, partners = {e.id: e for e in base.texts}, {p.id: p for p in base.partners}
    some = sorted(texts)
    moved = replace(partners[texts[some[3]].partners[0]], country="SE", region=None)
    gone = next(e.partners[0] for e in base.texts if moved.id not in e.partners)
    monkeypatch.setattr(candidates, "DEPTH", DEPTH)
    changes = Changes(
        State(),
        (moved,),
        (
            replace(texts[some[0]], id="t-new", text=questions[0][0].text),  # new, and just what is asked
            replace(texts[some[1]], text=questions[1][0].text),  # says something else
            replace(texts[some[2]], language="en", sectors=("C26",)),  # the same words, other codes
            *(e for id_, e in texts.items() if id_ not in some[:5] and {moved.id, gone} & set(e.partners)),
            texts[some[3]],  # as the database tells them besides: the texts of partners that changed
        ),
        (),
        frozenset({(Evidence, some[4]), (Partner, gone)}),
    )
    before = engines(snapshot, encoder, source, base)
    engine = before[1].updated(changes)
    proposer = engine.proposers[SEEKS]
    now = engine.snapshot.sides[SEEKS]
    assert proposer.side is now
    for query, vector, _ in questions:  # what the indexes in process propose, which know of all this
        ahead = candidates.look_ahead(now, query, proposer)
        theirs = candidates._propose(now, candidates.Asked(ahead, vector, vector))
        ours = proposer.propose(query, vector, DEPTH, None)
        assert len(set(theirs) - set(ours)) <= 0.03 * len(theirs)
        assert len(ours) <= len(theirs) + 2 * proposer._stale + np.count_nonzero(proposer._new)
    assert best(engine, questions[0][0])
    found = proposer.propose(questions[0][0], questions[0][1], DEPTH, None)
    ids = {now.evidence[row].id for row in found.tolist()}
    assert {"t-new", some[1], some[2], some[3]} <= ids
    assert np.count_nonzero(proposer._new) < len(now.evidence) / 2  # the others come from the source
    assert some[4] not in ids
    assert not any(set(e.partners) == {gone} for e in now.evidence)
    assert before[1].proposers[SEEKS].side is base.side  # an engine never changes


def test_scores_of_shards_are_merged_as_they_are():
    class Fixed:
        def __init__(self, rows, scores):
            self.found = Found(np.array(rows), np.array(scores))

        def dense(self, vector, count, wanted):
            return self.found

        lexical = dense

    both = Sharded([Fixed([0, 2], [0.9, 0.2]), Fixed([7, 5], [0.9, 0.5])])
    found = both.dense(np.zeros(2, np.float32), 3, Wanted())
    assert found.rows.tolist() == [0, 7, 5]  # of equals the first row
    assert found.scores.tolist() == [0.9, 0.9, 0.5]


def test_a_side_that_has_changed_is_no_base(snapshot, encoder, base):
    later = snapshot.updated(Changes(State(), (), (replace(base.texts[0], id="t-x"),), (), frozenset()), encoder)
    with pytest.raises(ValueError, match="as the snapshot on the disk holds it"):
        Base(later.sides[SEEKS])
