"""Question -> texts that may fit -> partners: the two indexes, filters and pooling."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Vectors
from matcher.index.side import SideIndex
from matcher.records import Evidence, Filters, Partner, Query
from matcher.sectors import closest, likeness
from matcher.weights import TextWeights

Floats = NDArray[np.float64]
DEPTH = 4096  # texts that each index may propose; a side with fewer is scored whole


@dataclass(frozen=True, slots=True)
class Hits:
    """The texts that may answer a query.

    `texts`: (n,) rows, ascending. `lexical`: (n,) standard deviations by which a text has more of the
    question's words than the side's average text. `pair_ok`: (pairs,) which pairs of text and partner
    the filters allow. `vector`: the question's; `background`: what it shares with every question (see
    `index.background`), both (dimensions,). `windows`: rows of the texts' windows, with their `cosines`
    to the question.
    """

    texts: NDArray[np.int64]
    lexical: Floats
    pair_ok: NDArray[np.bool_]
    vector: Vectors
    background: Vectors
    windows: NDArray[np.int64]
    cosines: Floats

    @property
    def best_cosine(self) -> float:
        """The highest cosine of any text considered; -1 without any."""
        return float(self.cosines.max(initial=-1.0))


@dataclass(frozen=True, slots=True)
class Candidates:
    """The partners that can be ranked, and how well their texts fit.

    `partners`: (n,) rows of the side's partners, ascending. `text`: (n,) pooled fit. `in_sector`: (n,)
    how much more that would be if texts of the asker's sector fitted by one deviation better, and of
    related ones by part of it: whether it is those that fit.
    `pair_text`, `pair_partner`: (pairs,) rows of the texts considered and their partners' rows.
    `fit`: (pairs,) standard deviations by which a text fits better than the side's average text.
    """

    partners: NDArray[np.int64]
    text: Floats
    in_sector: Floats
    pair_text: NDArray[np.int64]
    pair_partner: NDArray[np.int64]
    fit: Floats


def search(side: SideIndex, query: Query, vector: Vectors, background: Vectors) -> Hits:
    """Return the texts that both indexes propose for a query; filters come first.

    :param vector: of unit length.
    :param background: of the query's language.
    """
    partner_ok, text_ok = _allowed(side, query)
    pair_ok = partner_ok[side.pair_partner] & text_ok[side.pair_evidence]
    allowed = np.zeros(len(side.evidence), bool)
    allowed[side.pair_evidence[pair_ok]] = True

    lexical = side.lexical.scores(query.full_text)
    depth, texts = DEPTH, _propose(side, vector, lexical, allowed, DEPTH)
    wanted = min(query.k, len(np.unique(side.pair_partner[pair_ok])))
    while len(np.unique(side.pair_partner[pair_ok & np.isin(side.pair_evidence, texts)])) < wanted:
        depth *= 4  # the many texts of a few partners must not crowd out the others
        texts = _propose(side, vector, lexical, allowed, depth)
    wanted_texts = np.zeros(len(side.evidence), bool)
    wanted_texts[texts] = True
    windows = np.flatnonzero(wanted_texts[side.window_evidence])
    cosines = side.dense.scores(vector, windows)
    return Hits(texts, standardise(lexical)[texts], pair_ok, vector, background, windows, cosines)


def pooled(side: SideIndex, hits: Hits, query: Query, weights: TextWeights) -> Candidates:
    """Return the partners of the texts found, each text's fit made one number and each partner's texts pooled."""
    # Where no text has the question's language, words in common are accidents.
    share = weights.lexical_share if query.language in side.languages else 0.0
    fit_of = np.full(len(side.evidence), np.nan)
    dense = _dense_fit(side, hits, weights.background)
    fit_of[hits.texts] = (1 - share) * dense + share * np.minimum(hits.lexical, weights.lexical_cap)
    chosen = hits.pair_ok & ~np.isnan(fit_of[side.pair_evidence])
    pair_text, pair_partner = side.pair_evidence[chosen], side.pair_partner[chosen]
    pair_fit = fit_of[pair_text]
    partners, owner = np.unique(pair_partner, return_inverse=True)

    def pooled_fit(fit: Floats) -> Floats:
        return pool(fit, owner, len(partners), weights.temperature, weights.texts)

    text = pooled_fit(pair_fit)
    in_sector = pooled_fit(pair_fit + _sector_likeness(side, query)[pair_text]) - text if query.sectors else 0 * text
    return Candidates(partners, text, in_sector, pair_text, pair_partner, pair_fit)


def pool(fit: Floats, owner: NDArray[np.int64], owners: int, temperature: float, texts: int) -> Floats:
    """Return per owner t log sum exp(fit / t) over its best texts, (owners,).

    At t -> 0 this is the best text alone; the higher t, the more several fair texts count. No more
    than `texts` of them do: a hundred strangers' texts together must not look like one that fits.
    """
    order = np.lexsort((-fit, owner))
    place = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])  # within the owner, from 0
    order = order[place < texts]
    fit, owner = fit[order], owner[order]
    top = np.full(owners, -np.inf)
    np.maximum.at(top, owner, fit)
    sums = np.bincount(owner, np.exp((fit - top[owner]) / temperature), minlength=owners)
    return top + temperature * np.log(sums)


def _sector_likeness(side: SideIndex, query: Query) -> Floats:
    """Return each text's likeness to the question's sectors, 0 to 1, (texts,); 0 where either has none."""
    sets, which = side.sector_sets
    return np.array([closest(query.sectors, codes)[0] for codes in sets], float)[which]


def standardise(scores: Floats) -> Floats:
    """Return scores as standard deviations above their mean; zeros where all are equal."""
    spread = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)


def _propose(
    side: SideIndex, vector: Vectors, lexical: Floats, allowed: NDArray[np.bool_], depth: int
) -> NDArray[np.int64]:
    """Return the rows of the texts worth scoring, ascending: the `depth` best of each index."""
    if allowed.sum() <= depth:
        return np.flatnonzero(allowed)
    windows, _ = side.dense.search(vector, depth, allowed[side.window_evidence])
    by_words = np.flatnonzero(allowed & (lexical > 0))
    best = by_words[np.argsort(-lexical[by_words], kind="stable")[:depth]]
    return np.union1d(side.window_evidence[windows], best)


def _dense_fit(side: SideIndex, hits: Hits, share: float) -> Floats:
    """Return each text's standardised likeness in meaning, that of its best window, (texts,).

    It is that of what the question says beyond `share` of what every question says.
    """
    own = np.asarray(hits.vector - share * hits.background, np.float32)
    scores = hits.cosines - share * side.dense.scores(hits.background, hits.windows) if share else hits.cosines
    best = np.full(len(side.evidence), -np.inf)
    np.maximum.at(best, side.window_evidence[hits.windows], side.dense.standardise(own, hits.windows, scores))
    return best[hits.texts]


def _allowed(side: SideIndex, query: Query) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which partners and which texts pass the filters, by row."""
    if query.filters == Filters() and not query.exclude:
        return np.ones(len(side.partners), bool), np.ones(len(side.evidence), bool)
    return (
        np.array([_partner_allowed(p, side.sectors[row], query) for row, p in enumerate(side.partners)], bool),
        np.array([_text_allowed(e, query.filters) for e in side.evidence], bool),
    )


def _partner_allowed(partner: Partner, sectors: frozenset[str], query: Query) -> bool:
    wanted = query.filters
    return (
        partner.id not in query.exclude
        and (not wanted.countries or partner.country in wanted.countries)
        and (not wanted.regions or partner.region in wanted.regions)
        and (not wanted.kinds or partner.kind in wanted.kinds)
        and (not wanted.sectors or any(_within(code, wanted.sectors) for code in sectors))
    )


def _within(code: str, wanted: frozenset[str]) -> bool:
    """Tell whether a sector is one of the wanted, or lies inside one (C13 inside C, C1311 inside C13)."""
    return any(code.startswith(w) or likeness(code, w) == 1 for w in wanted)


def _text_allowed(evidence: Evidence, wanted: Filters) -> bool:
    return (
        (not wanted.languages or evidence.language in wanted.languages)
        and (wanted.since is None or (evidence.date is not None and evidence.date >= wanted.since))
        and (wanted.until is None or (evidence.date is not None and evidence.date <= wanted.until))
    )
