"""Sources of candidates side by side: what they find of what exact search finds, how fast, how large.

All of one snapshot, of the same questions, one after the other in one process. Seconds to build include what a process
does when it opens a snapshot (or sends it to Qdrant); the time of a question is that of its own leg alone, in
milliseconds of one thread's CPU, without encoding, so that other work on the machine does not count. Libraries must be
kept from threads of their own: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.speed.corpus import Corpus
from eval.speed.stages import build, fresh
from matcher import parts
from matcher.candidate_sources.assembling import labels, sent
from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import CandidateSource, Found, Wanted
from matcher.candidate_sources.exact import ExactSource
from matcher.candidate_sources.faiss_kinds import KINDS, FaissSource
from matcher.candidate_sources.outage import Reached
from matcher.candidate_sources.proposing import Proposer
from matcher.candidate_sources.qdrant_address import PREFIX, Connection
from matcher.candidate_sources.qdrant_source import QdrantSource
from matcher.encode import Encoder, Role, Vectors
from matcher.engine import Engine
from matcher.errors import SnapshotMissing
from matcher.index.snapshot import Snapshot, current_id
from matcher.records import Query, Side
from matcher.settings import Settings
from matcher.text import query_stems
from matcher.weights import Weights

DEPTH = 100  # of the recall that is told
SAME = 1e-5  # cosines that differ by less are equally good
SEEKS = Side.SUPPLY


def compare(
    folder: Path, corpus: Corpus, questions: int, kinds: Sequence[str], tell: Callable[[str, dict[str, Any]], None]
) -> dict[str, Any]:
    """Return what each kind of source does, by its name; `folder` keeps the index, or has it already.

    :param tell: told of each when it is measured.
    """
    try:
        current_id(folder)
    except SnapshotMissing:
        build(fresh(folder), corpus)
    encoder = parts.open_encoder(Settings.read({}), questions=False)
    snapshot = Snapshot.open_current(folder, encoder)
    base = Base(snapshot.sides[SEEKS])
    asked = corpus.queries(questions)
    vectors = np.concatenate([encoder.encode([query.full_text], Role.QUERY) for query in asked])
    exact = ExactSource(base)
    filtered = base.window_text % 10 == 0
    only = Wanted(texts=np.bincount(base.window_text[filtered], minlength=len(base.texts)) > 0)
    found: dict[str, Any] = {"texts": len(base.texts), "windows": len(base.vectors), "questions": questions}
    _ = base.weights  # so that nobody's time has it
    plain = Engine(snapshot, encoder, Weights.load())
    answers = [_answer(plain, query) for query in asked]
    for kind in kinds:
        started = time.thread_time()
        source = _source(kind, base, snapshot, encoder)
        built = time.thread_time() - started
        line = {"build CPU s": built, "MB": source.size / 1e6 if isinstance(source, FaissSource) else None}
        line |= _dense(source, exact, vectors, Wanted(), "")
        if kind != "qdrant":  # which does not look at the mask
            line |= _dense(source, exact, vectors, only, " of a tenth")
        if kind in ("exact", "qdrant"):
            line |= _lexical(source, exact, asked)
        proposers = {SEEKS: Proposer(Reached(lambda source=source: source), base)}  # type: ignore[misc]
        engine = Engine(snapshot, encoder, Weights.load(), proposers=proposers)
        same = [_answer(engine, query) == answer for query, answer in zip(asked, answers, strict=True)]
        found[kind] = line | {"top 10 the same": float(np.mean(same))}
        tell(kind, found[kind])
    return found


def _source(kind: str, base: Base, snapshot: Snapshot, encoder: Encoder) -> CandidateSource:
    if kind == "exact":
        return ExactSource(base)
    if kind in KINDS:
        return FaissSource(base, kind)
    import qdrant_client

    connection = Connection(qdrant_client.QdrantClient(":memory:"), PREFIX, ":memory:", local=True)
    sent(snapshot, encoder.revision, [connection])
    return QdrantSource.open(connection, base, labels(base, snapshot.id, SEEKS, encoder.revision, 1)[0])


def _dense(source: CandidateSource, exact: ExactSource, vectors: Vectors, wanted: Wanted, of: str) -> dict[str, float]:
    """Return recall and milliseconds of the dense leg; one that is as near as the last one wanted is as good."""
    found, milliseconds = _timed([lambda v=v: source.dense(v, DEPTH, wanted) for v in vectors])  # type: ignore[misc]
    recalls = []
    for vector, each in zip(vectors, found, strict=True):
        last = exact.dense(vector, DEPTH, wanted).scores[-1]
        recalls.append(np.count_nonzero(each.scores >= last - SAME) / DEPTH)
    return {
        f"recall@{DEPTH}{of}": float(np.mean(recalls)),
        f"least{of}": float(np.min(recalls)),
        f"dense ms{of}": statistics.median(milliseconds),
        f"dense p95 ms{of}": float(np.quantile(milliseconds, 0.95)),
    }


def _lexical(source: CandidateSource, exact: ExactSource, asked: Sequence[Query]) -> dict[str, float]:
    stems = [Counter(query_stems(query.full_text)) for query in asked]
    found, milliseconds = _timed([lambda s=s: source.lexical(s, DEPTH, Wanted()) for s in stems])  # type: ignore[misc]
    apart = [
        float(np.abs(each.scores - exact.lexical(s, DEPTH, Wanted()).scores).max(initial=0.0))
        for s, each in zip(stems, found, strict=True)
    ]
    return {"lexical ms": statistics.median(milliseconds), "BM25 apart": max(apart)}


def _timed(questions: Sequence[Callable[[], Found]]) -> tuple[list[Found], list[float]]:
    questions[0]()
    found, milliseconds = [], []
    for ask in questions:
        started = time.thread_time()
        found.append(ask())
        milliseconds.append(1000 * (time.thread_time() - started))
    return found, milliseconds


def _answer(engine: Engine, query: Query) -> list[str]:
    return [match.partner.id for match in engine.match(query).matches]
