"""The whole path of a query, assembled: the only place where anything is ranked."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matcher import candidates, explain, familiarity, scoring, signals
from matcher.advice import advice
from matcher.asking import checked
from matcher.candidates import Candidates
from matcher.encode import Encoder, Role, Vectors
from matcher.errors import NotFound
from matcher.familiarity import Familiarity
from matcher.index.snapshot import Snapshot
from matcher.language import N_, translator
from matcher.records import (
    Contribution,
    Evidence,
    GuessedSector,
    Match,
    MatchList,
    Outcome,
    Partner,
    Passage,
    Query,
    Side,
    Verdict,
    probability,
)
from matcher.scoring import Scored
from matcher.signals import Signals
from matcher.text import detect_language
from matcher.weights import TextWeights, Weights

EXPLAINED = 50  # partners of a list that get passages: nobody reads further, and sentences cost time


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates of a query in their order by one set of weights, before anything is explained.

    `vector`: the query's. `home`, `familiar`: what tells whether it is at home here, and the sum (see `familiarity`).
    """

    query: Query
    vector: Vectors
    found: Candidates
    measured: Signals
    scored: Scored
    verdict: Verdict
    home: Familiarity
    familiar: float

    @property
    def guessed(self) -> GuessedSector | None:
        """The sector that was deduced from the query's text, which gave none."""
        return self.measured.guessed


class Engine:
    """Answers queries from one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, weights: Weights) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.weights = weights
        self.outcomes = {side: signals.by_partner(snapshot.outcomes, side, snapshot.partners) for side in Side}

    def match(self, query: Query, *, reader: str = "es") -> MatchList:
        """Rank the partners of the side sought.

        :param reader: language of reasons and advice.
        :raises BadQuery: empty, too long, or an option outside its range.
        """
        started = time.perf_counter()
        say = translator(reader)
        (ranking,) = self.rank(query, [self.weights])
        query, side = ranking.query, self.snapshot.sides[ranking.query.seeks]
        shown = ranking.scored.order[: query.k].tolist()
        rows = [int(row) for row in ranking.found.partners[shown]]
        texts = explain.passages(side, ranking.found, rows[:EXPLAINED], query, ranking.vector, self.encoder)
        matches = tuple(
            _match(rank, index, side.partners[row], texts.get(row, ()), ranking, reader)
            for rank, (index, row) in enumerate(zip(shown, rows, strict=True), start=1)
        )
        nothing = ranking.verdict is Verdict.NO_GOOD_MATCH
        return MatchList(
            matches,
            ranking.verdict,
            advice(query, ranking.home, matches, say, reader) if nothing else (),
            query,
            self.weights.bias,
            len(ranking.found.partners),
            self.snapshot.id,
            (time.perf_counter() - started) * 1000,
            (ranking.guessed,) if ranking.guessed else (),
        )

    def rank(self, query: Query, weights: Sequence[Weights], *, unknown: frozenset[str] = frozenset()) -> list[Ranking]:
        """Rank the partners of the side sought once per set of weights, without explaining anything.

        :param unknown: ids of outcomes that count as if they had not happened: those that are predicted.
        :raises BadQuery: empty, too long, or an option outside its range.
        """
        query = checked(query)
        side = self.snapshot.sides[query.seeks]
        if query.language is None:
            query = replace(query, language=detect_language(query.full_text, side.languages))
        read = familiarity.as_meant(side, query)
        vector = self._vector(read)
        hits = candidates.search(side, read, vector)
        home = familiarity.measure(side, self.snapshot.contrast, read, vector, hits.best_cosine)
        outcomes = _forgetting(self.outcomes[query.seeks], unknown)
        guessed = self._guess(query, vector)
        by_text: dict[TextWeights, tuple[Candidates, Signals]] = {}  # the costly part depends on nothing else
        rankings = []
        for numbers in weights:
            if numbers.text not in by_text:
                found = candidates.pooled(side, hits, query, numbers.text)
                by_text[numbers.text] = (found, signals.compute(side, found, query, outcomes, guessed))
            found, measured = by_text[numbers.text]
            scored = scoring.score(measured, numbers, query.without)
            verdict = home.verdict(numbers.abstain, len(found.partners))
            familiar = home.value(numbers.abstain)
            rankings.append(Ranking(query, vector, found, measured, scored, verdict, home, familiar))
        return rankings

    def ids_and_scores(self, ranking: Ranking) -> tuple[tuple[str, float], ...]:
        """Return partner ids with their scores, best first, as many as the query's k."""
        partners = self.snapshot.sides[ranking.query.seeks].partners
        order = ranking.scored.order[: ranking.query.k]
        rows, scores = ranking.found.partners[order].tolist(), ranking.scored.scores[order].tolist()
        return tuple((partners[row].id, score) for row, score in zip(rows, scores, strict=True))

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

    def _guess(self, query: Query, vector: Vectors) -> GuessedSector | None:
        """Return the sector that the question seems to speak of, where it gives none and the guess is wanted."""
        if query.sectors or not query.guess_sector or "sector" in query.without:
            return None
        return self.snapshot.sector_guess.best(vector)

    def _vector(self, query: Query) -> Vectors:
        windows = self.encoder.windows(query.full_text)
        mean = self.encoder.encode(windows, Role.QUERY).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _match(
    rank: int, index: int, partner: Partner, passages: tuple[Passage, ...], ranking: Ranking, reader: str
) -> Match:
    """Return the candidate at `index` as a match, with a reason for each of its terms."""
    say = translator(reader)
    query, measured, scored = ranking.query, ranking.measured, ranking.scored
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


def _forgetting(outcomes: dict[str, list[Outcome]], unknown: frozenset[str]) -> dict[str, list[Outcome]]:
    """Return partner id -> its outcomes without the unknown ones."""
    if not unknown:
        return outcomes
    return {partner: [o for o in record if o.id not in unknown] for partner, record in outcomes.items()}
