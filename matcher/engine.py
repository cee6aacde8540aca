"""The whole path of a query, assembled: the only place where anything is ranked."""

import math
import time
from dataclasses import replace

import numpy as np

from matcher import candidates as candidate_search
from matcher import explain, scoring, signals
from matcher.asking import checked
from matcher.encode import Encoder, Role, Vectors
from matcher.errors import NotFound
from matcher.index.side import SideIndex
from matcher.index.snapshot import Snapshot
from matcher.language import N_, translator
from matcher.records import (
    Contribution,
    Evidence,
    Match,
    MatchList,
    Partner,
    Passage,
    Query,
    Side,
    Verdict,
    probability,
)
from matcher.scoring import Scored
from matcher.signals import Signals
from matcher.text import detect_language, fold, query_stems, words
from matcher.weights import Weights

EXPLAINED = 50  # partners of a list that get passages: nobody reads further, and sentences cost time


class Engine:
    """Answers queries from one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, weights: Weights) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.weights = weights
        self.outcomes = {side: signals.by_partner(snapshot.outcomes, side, snapshot.partners) for side in Side}

    def match(self, query: Query, *, reader: str = "es", passages: bool = True) -> MatchList:
        """Rank the partners of the side sought.

        :param reader: language of reasons and advice.
        :param passages: whether to pick and mark sentences; without it the list comes sooner.
        :raises BadQuery: empty, too long, or an option outside its range.
        """
        started = time.perf_counter()
        query = checked(query)
        say = translator(reader)
        side = self.snapshot.sides[query.seeks]
        if query.language is None:
            query = replace(query, language=detect_language(query.full_text, side.languages))
        vector = self._vector(query)
        found = candidate_search.find(side, query, vector, self.weights.text)
        measured = signals.compute(side, found, query, self.outcomes[query.seeks])
        scored = scoring.score(measured, self.weights, query.without)
        shared, telling = _shared_words(side, query)
        familiar = scoring.familiarity(found.best_cosine, side.typical, _known_share(side, query, shared, telling))
        verdict = scoring.verdict(familiar, bool(telling) and len(found.partners) > 0, self.weights.abstain)

        shown = scored.order[: query.k].tolist()
        rows = [int(row) for row in found.partners[shown]]
        texts = explain.passages(side, found, rows[:EXPLAINED], query, vector, self.encoder) if passages else {}
        matches = tuple(
            _match(rank, index, side.partners[row], texts.get(row, ()), query, measured, scored, reader)
            for rank, (index, row) in enumerate(zip(shown, rows, strict=True), start=1)
        )
        advice = explain.advice(query, shared, len(matches), say) if verdict is Verdict.NO_GOOD_MATCH else ()
        return MatchList(
            matches,
            verdict,
            advice,
            query,
            self.weights.bias,
            len(found.partners),
            self.snapshot.id,
            (time.perf_counter() - started) * 1000,
        )

    def query_for(self, evidence_id: str, **options: object) -> Query:
        """Return the query that a stored text stands for: it seeks the other side.

        Its place and sectors are its own, else those of its first partner in the snapshot.

        :raises NotFound: no such evidence in the snapshot.
        """
        evidence = self.evidence(evidence_id)
        partners = self.snapshot.partners  # an evidence is in the snapshot because at least one of its partners is
        partner = next(partners[id_] for id_ in evidence.partners if id_ in partners)
        query = Query(
            text=evidence.text,
            title=evidence.title,
            seeks=partner.side.other,
            language=evidence.language,
            countries=(partner.country,) if partner.country else (),
            region=evidence.region or partner.region,
            sectors=evidence.sectors or partner.sectors,
            size=partner.size,
            evidence_id=evidence.id,
            exclude=frozenset(evidence.partners),
        )
        return replace(query, **options)  # type: ignore[arg-type]

    def evidence(self, evidence_id: str) -> Evidence:
        """Return an evidence of the snapshot.

        :raises NotFound: there is none of that id.
        """
        found = self.snapshot.evidence.get(evidence_id)
        if found is None:
            raise NotFound(N_("no evidence or need has the id {id!r}"), id=evidence_id)
        return found

    def _vector(self, query: Query) -> Vectors:
        windows = self.encoder.windows(query.full_text)
        mean = self.encoder.encode(windows, Role.QUERY).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _match(
    rank: int,
    index: int,
    partner: Partner,
    passages: tuple[Passage, ...],
    query: Query,
    measured: Signals,
    scored: Scored,
    reader: str,
) -> Match:
    """Return the candidate at `index` as a match, with a reason for each of its terms."""
    say = translator(reader)
    contributions = tuple(
        Contribution(
            name, value, weight, term, explain.reason(name, value, index, partner, query, measured, say, reader)
        )
        for name, value, weight, term in zip(
            scored.names, scored.values[index].tolist(), scored.weights, scored.terms[index].tolist(), strict=True
        )
    )
    score = float(scored.scores[index])
    km = float(measured.kilometres[index]) if query.region else math.nan  # from a capital says little to a person
    return Match(
        rank,
        partner,
        score,
        probability(score),
        None if math.isnan(km) else km,
        contributions,
        passages,
        int(scored.rank_without_rules[index]),
    )


def _shared_words(side: SideIndex, query: Query) -> tuple[list[str], list[str]]:
    """Return the question's telling words that some text has too, and all its telling words."""
    text = query.full_text
    spelt = {fold(text[a:b]): text[a:b] for a, b in words(text)}
    telling = [word for word in spelt.values() if query_stems(word)]
    return [word for word in telling if side.lexical.known_stems(word)], telling


def _known_share(side: SideIndex, query: Query, shared: list[str], telling: list[str]) -> float:
    """Return the share of telling words that some text has; all of them where no text has the question's language."""
    return len(shared) / max(len(telling), 1) if query.language in side.languages else 1.0
