"""What is lost where not every text is looked at: against the same engine that scores them all."""

from pathlib import Path
from typing import Any

import numpy as np

from eval.speed.corpus import Corpus
from matcher import candidates, parts
from matcher.encode import Encoder, Role
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Query
from matcher.settings import Settings
from matcher.weights import Weights

NEAREST, PLACES = 100, 10


def against_all(folder: Path, corpus: Corpus, questions: int) -> dict[str, Any]:
    """Ask the index of `folder` with proposals and with every text scored.

    `recall@100`: share of the hundred windows nearest to a question that the copies find. `same ten`: share of the
    questions whose first ten partners are the same in the same order; `of ten`: share of the partners.
    """
    parts.one_thread_a_sum()
    encoder = parts.open_encoder(Settings.read({}), questions=False)
    engine = Engine(Snapshot.open_current(folder, encoder), encoder, Weights.load())
    asked = corpus.queries(questions)
    found = [_first(engine, query) for query in asked]
    few, candidates.WHOLE = candidates.WHOLE, len(engine.snapshot.evidence)
    exact = [_first(engine, query) for query in asked]
    candidates.WHOLE = few
    both = list(zip(found, exact, strict=True))
    return {
        "recall@100": float(np.mean([_recall(engine, encoder, query) for query in asked])),
        "same ten": float(np.mean([ours == all_of_them for ours, all_of_them in both])),
        "of ten": float(np.mean([len(set(ours) & set(theirs)) / max(len(theirs), 1) for ours, theirs in both])),
    }


def _first(engine: Engine, query: Query) -> list[str]:
    (ranking,) = engine.rank(query, [engine.weights])
    partners = engine.snapshot.sides[query.seeks].partners
    return [partners[row].id for row in ranking.found.partners[ranking.scored.order[:PLACES]].tolist()]


def _recall(engine: Engine, encoder: Encoder, query: Query) -> float:
    dense = engine.snapshot.sides[query.seeks].dense
    vector = encoder.encode(encoder.windows(query.full_text)[:1], Role.QUERY)[0]
    nearest = np.argsort(-np.vecdot(dense.base, vector), kind="stable")[:NEAREST]
    if dense.copies is None:
        return 1.0
    depth = max(candidates.DEPTH, len(dense.base) // candidates.SHARE)
    found = dense.copies.search(vector, depth, len(dense.base))
    return len(np.intersect1d(nearest, found)) / len(nearest)
