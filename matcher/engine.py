"""The whole path of a query, assembled: the only place where anything is ranked."""

import math
import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher import candidates, explain, exposure, familiarity, reasons, scoring, signals, stopwatch
from matcher.advice import advice
from matcher.asking import checked
from matcher.candidate_sources.proposing import Proposer
from matcher.candidates import Candidates
from matcher.encode import Encoder, Vectors
from matcher.errors import NotFound
from matcher.exposure import Tally
from matcher.familiarity import Familiarity
from matcher.index.side import SideIndex
from matcher.index.snapshot import Snapshot
from matcher.language import N_, translator
from matcher.macro_regions import MacroRegions, shipped
from matcher.meanings import Meanings, QuestionWords
from matcher.question_reading import ReadQuestion, read_question
from matcher.reasons import Told
from matcher.records import (
    Changes,
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
from matcher.weights import OPTIONAL, TextWeights, Weights

Floats = NDArray[np.float64]
Numbers = dict[str, float]
COMPLETED_OF_K = 3  # times the partners wanted of which every text is looked at, at least
EXPLAINED = 50  # partners of a list that get passages: nobody reads further, and sentences cost time


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates of a query in their order by one set of weights, before anything is explained.

    `vector`: the query's. `home`, `familiar`: what tells whether it is at home here, and the sum (see `familiarity`).
    `shown`: (n,) how often each was proposed lately, where the question asks for spreading.
    `outcomes`: partner id -> the outcomes that may count.
    """

    query: Query
    vector: Vectors
    found: Candidates
    measured: Signals
    scored: Scored
    verdict: Verdict
    home: Familiarity
    familiar: float
    shown: Floats | None
    outcomes: dict[str, list[Outcome]]

    @property
    def guessed(self) -> GuessedSector | None:
        """The sector that was deduced from the query's text, which gave none."""
        return self.measured.guessed


class Engine:
    """Answers queries from one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        weights: Weights,
        macro_regions: MacroRegions | None = None,
        proposers: Mapping[Side, Proposer] | None = None,
    ) -> None:
        """Assemble; without macro-regions they are the shipped ones, without proposers both indexes propose."""
        self.snapshot = snapshot
        self.encoder = encoder
        self.weights = weights
        self.macro_regions = macro_regions or shipped()
        self.proposers = dict(proposers or {})
        self.outcomes = {side: signals.by_partner(snapshot.outcomes, side, snapshot.partners) for side in Side}
        self.words = QuestionWords(encoder)
        self.meanings = {side: Meanings(snapshot.sides[side], self.words) for side in Side}

    def updated(self, changes: Changes, encoder: Encoder | None = None) -> "Engine":
        """Return the engine after some changes of records; it answers as one of a snapshot built anew would.

        :param encoder: reads the new texts in the place of the engine's own.
        """
        engine = copy(self)
        engine.snapshot = self.snapshot.updated(changes, encoder or self.encoder)
        touched = {o.id for o in changes.outcomes} | {id_ for kind, id_ in changes.gone if kind is Outcome}
        old = [self.snapshot.outcome[id_] for id_ in touched if id_ in self.snapshot.outcome]
        engine.outcomes = {
            side: signals.changed_record(record, old, changes.outcomes, side, engine.snapshot.partners)
            for side, record in self.outcomes.items()
        }
        engine.meanings = {
            side: Meanings(index, self.words, self.meanings[side]) for side, index in engine.snapshot.sides.items()
        }
        engine.proposers = {side: p.following(engine.snapshot.sides[side]) for side, p in self.proposers.items()}
        return engine

    def weighed(self, weights: Weights) -> "Engine":
        """Return the engine with other weights; nothing else depends on them."""
        if weights == self.weights:
            return self
        engine = copy(self)
        engine.weights = weights
        return engine

    def reading(self, encoder: Encoder) -> "Engine":
        """Return the engine with its questions read by another encoder, which must be of the same model."""
        engine = copy(self)
        engine.encoder = encoder
        return engine

    def prepare(self) -> None:
        """Do now what the first questions would wait for."""
        for meanings in self.meanings.values():
            meanings.prepare()

    def match(self, query: Query, *, reader: str = "es", tally: Tally | None = None) -> MatchList:
        """Rank the partners of the side sought.

        :param reader: language of reasons and advice.
        :param tally: of a batch of questions: what it holds counts where the query asks for spreading, and the
            partners of this answer are added to it unless it says "no good match".
        :raises BadQuery: empty, too long, or an option outside its range.
        """
        started = time.perf_counter()
        say = translator(reader)
        question = self._read(query, [self.weights])
        query, side = question.query, self.snapshot.sides[question.query.seeks]
        words = self.words.read(query.full_text)
        stopwatch.current().lap("encode")
        (ranking,) = self._rank(question, [self.weights], [tally])
        first = ranking.scored.first(query.k)
        rows = ranking.found.partners[first].tolist()
        stopwatch.current().lap("score")
        texts = explain.passages(
            side, ranking.found, rows[:EXPLAINED], query, ranking.vector, words, self.meanings[query.seeks]
        )
        by_text = ranking.scored.rank_without_rules(first).tolist()
        without = {rule: ranks.tolist() for rule, ranks in ranking.scored.ranks_without(first).items()}
        terms, capped, whole = _numbers(ranking, first)
        matches = tuple(
            _match(
                place + 1,
                index,
                side.partners[row],
                texts.get(row, ()),
                ranking,
                (terms[place], capped[place], whole[place]),
                by_text[place],
                {rule: ranks[place] for rule, ranks in without.items()},
                reader,
            )
            for place, (index, row) in enumerate(zip(first.tolist(), rows, strict=True))
        )
        stopwatch.current().lap("explain")
        nothing = ranking.verdict is Verdict.NO_GOOD_MATCH
        if tally is not None and not nothing:
            tally.add(match.partner.id for match in matches)
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

    def rank(
        self,
        query: Query,
        weights: Sequence[Weights],
        *,
        unknown: frozenset[str] = frozenset(),
        tallies: Sequence[Tally | None] | None = None,
    ) -> list[Ranking]:
        """Rank the partners of the side sought once per set of weights, without explaining anything.

        :param unknown: ids of outcomes that count as if they had not happened: those that are predicted.
        :param tallies: one (or None) a set of weights; they are read where the query asks for spreading.
        :raises BadQuery: empty, too long, or an option outside its range.
        """
        return self._rank(self._read(query, weights, unknown), weights, tallies or [None] * len(weights))

    def _read(self, query: Query, weights: Sequence[Weights], unknown: frozenset[str] = frozenset()) -> ReadQuestion:
        query = checked(query, self.macro_regions)
        return read_question(
            query,
            self.snapshot,
            self.encoder,
            self.proposers.get(query.seeks),
            _forgetting(self.outcomes[query.seeks], unknown),
            self.macro_regions,
            {each.text.background for each in weights},
        )

    def _rank(
        self, question: ReadQuestion, weights: Sequence[Weights], tallies: Sequence[Tally | None]
    ) -> list[Ranking]:
        """See `rank`."""
        watch, query, outcomes, vector = stopwatch.current(), question.query, question.outcomes, question.vector
        side, proposer = self.snapshot.sides[query.seeks], self.proposers.get(query.seeks)
        hits = candidates.search(side, question.meant, question.ahead, vector, question.background, proposer)
        watch.lap("dense")
        likened = question.likened()
        watch.lap("signals")
        margin = self.snapshot.contrast.margin(likened.contrast, hits.best_cosine)
        home = familiarity.measure(side, question.meant, question.words, margin, hits.best_cosine)
        watch.lap("familiarity")
        by_text: dict[TextWeights, tuple[Candidates, Signals]] = {}  # the costly part depends on nothing else
        rankings = []
        opened = exposure.open_introductions(outcomes, query.seeks, query.date) if query.spread else {}
        for numbers, tally in zip(weights, tallies, strict=True):
            if numbers.text not in by_text:
                found = candidates.pooled(side, hits, query, numbers.text, likened.by_chance)
                by_text[numbers.text] = (found, likened.recorded.with_texts(found, likened.profile))
                watch.lap("pool")
            found, measured = by_text[numbers.text]
            scored = scoring.score(measured, numbers, query.without)
            if not hits.whole:
                best = scored.first(max(hits.looked_at, COMPLETED_OF_K * query.k))
                found = candidates.completed(side, hits, found, query, numbers.text, likened.by_chance, best)
                measured = measured.with_texts(found)
                scored = scoring.score_again(scored, measured, numbers, best)
            verdict = home.verdict(numbers.abstain, len(found.partners))
            familiar = home.value(numbers.abstain)
            shown = None
            if query.spread:
                shown = _shown(side, opened, tally)[found.partners]
                capacities = exposure.capacity(side.text_counts[found.partners])
                scored = exposure.spread(scored, shown, capacities, numbers, min(query.k, exposure.PLACES))
            rankings.append(Ranking(query, vector, found, measured, scored, verdict, home, familiar, shown, outcomes))
            watch.lap("score")
        return rankings

    def ids_and_scores(self, ranking: Ranking) -> tuple[tuple[str, float], ...]:
        """Return partner ids with their scores, best first, as many as the query's k."""
        partners = self.snapshot.sides[ranking.query.seeks].partners
        order = ranking.scored.first(ranking.query.k)
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


def _numbers(ranking: Ranking, first: NDArray[np.int64]) -> tuple[list[Numbers], list[Numbers], list[Numbers]]:
    """Return the terms, the values and the values before they were capped of some candidates, by signal."""
    scored, columns = ranking.scored, ranking.measured.columns
    whole = np.array([column[first] for column in columns.values()]).T
    parts = ((scored.names, scored.terms(first)), (scored.names, scored.values(first)), (tuple(columns), whole))
    terms, capped, uncapped = ([dict(zip(names, row, strict=True)) for row in of.tolist()] for names, of in parts)
    return terms, capped, uncapped


def _match(
    rank: int,
    index: int,
    partner: Partner,
    passages: tuple[Passage, ...],
    ranking: Ranking,
    numbers: tuple[Numbers, Numbers, Numbers],
    rank_without_rules: int,
    rank_without: dict[str, int],
    reader: str,
) -> Match:
    """Return the candidate at `index` as a match, with a reason for each of its terms.

    :param numbers: see `_numbers`. A reason tells a number before it was capped: twelve projects are twelve.
    """
    say = translator(reader)
    terms, capped, whole = numbers
    query, measured, scored = ranking.query, ranking.measured, ranking.scored
    record = ranking.outcomes.get(partner.id, [])
    times_shown = float(ranking.shown[index]) if ranking.shown is not None else 0.0
    contributions = tuple(
        Contribution(
            name,
            capped[name],
            weight,
            terms[name],
            reasons.reason(
                name,
                Told(whole.get(name, capped[name]), index, partner, query, measured, record, say, reader, times_shown),
            ),
        )
        for name, weight in zip(scored.names, scored.weights, strict=True)
        if name not in OPTIONAL or (weight and (name != "macro_region" or measured.macro_region))
    )
    score = math.fsum([scored.bias, *terms.values()])  # what is shown adds up, to the last bit
    km = float(measured.kilometres[index]) if query.region else math.nan  # from a capital says little to a person
    return Match(
        rank,
        partner,
        score,
        probability(score),
        None if math.isnan(km) else km,
        contributions,
        passages,
        rank_without_rules,
        rank_without,
    )


def _shown(side: SideIndex, opened: Mapping[str, int], tally: Tally | None) -> Floats:
    """Return how often each partner of a side was proposed lately: (partners,)."""
    times = np.zeros(len(side.partners))
    for counted in (opened, tally.times if tally else {}):
        for id_, count in counted.items():
            if id_ in side.partner_row:
                times[side.partner_row[id_]] += count
    return times


def _forgetting(outcomes: dict[str, list[Outcome]], unknown: frozenset[str]) -> dict[str, list[Outcome]]:
    """Return partner id -> its outcomes without the unknown ones."""
    if not unknown:
        return outcomes
    return {partner: [o for o in record if o.id not in unknown] for partner, record in outcomes.items()}
