"""Tinkuy: the whole product, and its search for texts alone. Both open the index that `material` builds."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from eval.speed.peers.peer import Question
from eval.speed.peers.recorded import Recorded
from matcher import candidates, garbage, parts
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Query, Side
from matcher.text import detect_language
from matcher.weights import Weights


class Texts:
    """Texts that may answer, by meaning and words: what `Engine.match` begins with (`candidates`)."""

    PACKAGES: tuple[str, ...] = ()
    PARTNERS = False

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See Opened; as a server does."""
        parts.one_thread_a_sum()
        encoder = Recorded(folder)
        with garbage.set_aside():
            return cls(Engine(Snapshot.open_current(folder, encoder), encoder, Weights.load()))

    def search(self, question: Question, k: int) -> Sequence[int] | Sequence[str]:
        """See Opened: by the fit of each text, as it is pooled."""
        query, hits = self._hits(question)
        side, weights, asked = self.engine.snapshot.sides[query.seeks], self.engine.weights.text, hits.asked
        chance = candidates.by_chance(side, asked.vector, asked.background, weights.background)
        found = candidates.pooled(side, hits, query, weights, {weights.background: chance})
        texts, first = np.unique(found.pair_text, return_index=True)
        best = texts[np.argsort(-found.fit[first], kind="stable")[:k]]
        rows: list[int] = side.windows_of(best)[:k].tolist()
        return rows

    def near(self, question: Question, k: int) -> Sequence[int]:
        """See Opened: of the texts that the search looked at."""
        _, hits = self._hits(question)
        rows: list[int] = hits.windows[np.argsort(-hits.cosines, kind="stable")[:k]].tolist()
        return rows

    def _hits(self, question: Question) -> tuple[Query, candidates.Hits]:
        snapshot, query = self.engine.snapshot, query_of(question.about)
        side = snapshot.sides[query.seeks]
        language = query.language or detect_language(question.text, side.languages)
        ahead = candidates.look_ahead(side, query)
        return query, candidates.search(side, query, ahead, question.vector, snapshot.background.of(language))


class Matching(Texts):
    """`Engine.match`: texts found, pooled by partner, weighed with place, sector and record, and explained."""

    PARTNERS = True

    def search(self, question: Question, k: int) -> Sequence[str]:  # noqa: ARG002
        """See Opened; as many partners as people are shown."""
        return [match.partner.id for match in self.engine.match(query_of(question.about)).matches]


def query_of(about: dict[str, Any]) -> Query:
    """Return the question that `material.about` wrote down."""
    day = dt.date.fromisoformat(about["date"]) if about["date"] else None
    lists = {name: tuple(about[name]) for name in ("countries", "sectors")}
    return Query(**(about | lists | {"seeks": Side(about["seeks"]), "date": day}))
