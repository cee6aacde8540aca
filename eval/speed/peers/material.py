"""The texts, vectors and questions of a comparison, and Tinkuy's index of them, from which the vectors are taken."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.speed.corpus import Corpus
from eval.speed.peers.given import Texts, save_questions
from eval.speed.peers.peer import Question
from eval.speed.peers.recorded import Recording
from eval.speed.vectors import ReusingEncoder
from matcher import trial
from matcher.encode import Encoder, Role, Vectors
from matcher.engine import Engine
from matcher.index.side import SideIndex
from matcher.index.snapshot import Snapshot
from matcher.records import Query, Side
from matcher.sources import benchmark
from matcher.weights import Weights

HOME = "tinkuy"  # of Tinkuy's index within a prepared folder
ABOUT = ("title", "language", "region", "size")  # of a question, besides its text


@dataclass(frozen=True, slots=True)
class Source:
    """Where texts and questions are from: a corpus of `texts` texts, or a benchmark `folder`."""

    texts: int = 0
    base: int = 0
    questions: int = 0
    folder: str = ""

    def engine(self, home: Path, encoder: Recording) -> tuple[Engine, float]:
        """Index it; return the engine and the seconds that took but for the encoder's."""
        if self.folder:
            return trial.open_engine(Path(self.folder), home, encoder, Weights.load(), None), 0.0
        corpus = Corpus(self.texts, min(self.base, self.texts))
        encoder.encoder = ReusingEncoder(encoder.encoder, corpus)
        # Tinkuy searches one side's texts; the others search all of them. So all partners are of one side.
        partners = [replace(partner, side=Side.SUPPLY) for partner in corpus.partners()]
        evidence, outcomes = list(corpus.evidence()), list(corpus.outcomes())
        started, before = time.perf_counter(), encoder.seconds
        Snapshot.build(home, partners, evidence, outcomes, encoder)
        seconds = time.perf_counter() - started - (encoder.seconds - before)
        return Engine(Snapshot.open_current(home, encoder), encoder, Weights.load()), seconds

    def asked(self) -> list[tuple[str, Query]]:
        """Return the questions by name; of a folder those that were judged."""
        if not self.folder:
            queries = Corpus(self.texts, min(self.base, self.texts)).queries(self.questions)
            return [(str(number), query) for number, query in enumerate(queries)]
        bench = benchmark.questions(Path(self.folder))
        return [(q.id, trial.within_limit(q.query, q.id)) for q in bench.questions if q.id in bench.qrels]


def prepare(source: Source, folder: Path, encoder: Encoder) -> dict[str, float]:
    """Write into `folder` what every engine is given, and Tinkuy's index; return how long that index took.

    The model's seconds are taken off: vectors are given to everybody.
    """
    home = folder / HOME
    home.mkdir()
    timed = Recording(encoder)
    engine, seconds = source.engine(home, timed)
    timed.keep = True
    queries = source.asked()
    questions = []
    for id_, query in queries:
        engine.match(query)  # what is read of it is kept for the process that is measured
        questions.append((id_, Question(query.full_text, vector_of(timed, query.full_text), about(query))))
    timed.save(home)
    save_questions(folder, questions)
    rows_of(engine.snapshot.sides[queries[0][1].seeks], timed).save(folder)
    return {"build s": seconds}


def rows_of(side: SideIndex, encoder: Encoder) -> Texts:
    """Return the windows of a side's texts in the order of its index, with their vectors."""
    pieces = [encoder.windows(text.full_text) for text in side.evidence]
    owners = [
        [partner for partner in text.partners if partner in side.partner_row]
        for text, windows in zip(side.evidence, pieces, strict=True)
        for _ in windows
    ]
    languages = Counter(text.language for text in side.evidence if text.language in ("es", "en"))
    language = languages.most_common(1)[0][0] if languages else "es"
    texts = [window for windows in pieces for window in windows]
    vectors = np.ascontiguousarray(side.dense.at(side.dense.slots), np.float32)
    if len(vectors) != len(texts):
        raise AssertionError(f"{len(texts)} windows, but {len(vectors)} vectors")
    return Texts(texts, owners, vectors, str(language))


def vector_of(encoder: Encoder, text: str) -> Vectors:
    """Return a question's vector as the engine makes it: the mean of its windows', of unit length."""
    mean = encoder.encode(encoder.windows(text), Role.QUERY).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def about(query: Query) -> dict[str, Any]:
    """Return a question as JSON holds it."""
    told = {name: getattr(query, name) for name in ABOUT}
    lists: dict[str, Sequence[str]] = {"countries": query.countries, "sectors": query.sectors}
    return told | lists | {"text": query.text, "seeks": str(query.seeks), "date": query.date and str(query.date)}
