"""Question -> texts that may fit -> partners: the two indexes, filters and pooling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher import stopwatch
from matcher.candidate_sources.proposing import Proposer
from matcher.encode import Vectors
from matcher.index.columns import NO_DAY
from matcher.index.lexical import Weighed
from matcher.index.side import SideIndex
from matcher.records import Filters, Query
from matcher.sectors import closest, lies_within
from matcher.weights import TextWeights

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
DEPTH = 4096  # texts that each index may propose; a side with fewer is scored whole


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the filters let through. `partners`: (partners,), `texts`: (texts,) those of them too; None means all."""

    partners: NDArray[np.bool_] | None = None
    texts: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """The texts that may answer a query.

    `texts`: (n,) rows, ascending. `lexical`: (n,) standard deviations by which a text has more of the
    question's words than the side's average text. `pairs`: rows of the pairs of these texts and the partners that
    the filters allow. `vector`: the question's; `background`: what it shares with every question (see
    `index.background`), both (dimensions,). `windows`: rows of the texts' windows, with their `cosines`
    to the question, and `common`, those to the background.
    """

    texts: Rows
    lexical: Floats
    pairs: Rows
    vector: Vectors
    background: Vectors
    windows: Rows
    cosines: Floats
    common: Floats

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

    partners: Rows
    text: Floats
    in_sector: Floats
    pair_text: Rows
    pair_partner: Rows
    fit: Floats


def search(
    side: SideIndex, query: Query, vector: Vectors, background: Vectors, proposer: Proposer | None = None
) -> Hits:
    """Return the texts that both indexes propose for a query; filters come first.

    :param vector: of unit length.
    :param background: of the query's language.
    :param proposer: asks a source outside of the two indexes for what they would propose.
    """
    watch = stopwatch.current()
    allowed = _allowed(side, query)
    words = side.lexical.weigh(query.full_text)
    watch.lap("lexical")
    depth, found = DEPTH, _propose(side, query, vector, words, allowed, DEPTH, proposer)
    pairs = _pairs(side, found.texts, allowed)
    if len(found.texts) < _count(allowed.texts, side.evidence):
        wanted = min(query.k, _partners(side, allowed))
        while np.count_nonzero(_seen(side.pair_partner[pairs], len(side.partners))) < wanted:
            depth *= 4  # the many texts of a few partners must not crowd out the others
            found = _propose(side, query, vector, words, allowed, depth, proposer)
            pairs = _pairs(side, found.texts, allowed)
    texts, windows = found.texts, side.windows_of(found.texts)
    cosines = np.full(len(windows), np.nan)
    cosines[np.searchsorted(windows, found.windows)] = found.cosines
    others = np.isnan(cosines)
    cosines[others] = side.dense.scores(vector, windows[others])
    common = side.dense.usual_scores(background, windows)
    watch.lap("dense")
    return Hits(texts, words.standardised(texts), pairs, vector, background, windows, cosines, common)


def pooled(side: SideIndex, hits: Hits, query: Query, weights: TextWeights) -> Candidates:
    """Return the partners of the texts found, each text's fit made one number and each partner's texts pooled."""
    # Where no text has the question's language, words in common are accidents.
    share = weights.lexical_share if query.language in side.languages else 0.0
    dense = _dense_fit(side, hits, weights.background)
    fit = (1 - share) * dense + share * np.minimum(hits.lexical, weights.lexical_cap)
    pair_text, pair_partner = side.pair_evidence[hits.pairs], side.pair_partner[hits.pairs]
    pair_fit = fit[np.searchsorted(hits.texts, pair_text)]
    seen = _seen(pair_partner, len(side.partners))
    partners, owner = np.flatnonzero(seen), (np.cumsum(seen) - 1)[pair_partner]

    def pooled_fit(fit: Floats) -> Floats:
        return pool(fit, owner, len(partners), weights.temperature, weights.texts)

    text = pooled_fit(pair_fit)
    in_sector = pooled_fit(pair_fit + _sector_likeness(side, query, pair_text)) - text if query.sectors else 0 * text
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


def _sector_likeness(side: SideIndex, query: Query, texts: Rows) -> Floats:
    """Return some texts' likeness to the question's sectors, 0 to 1, (texts,); 0 where either has none."""
    column = side.text_columns.sectors
    sets, which = np.unique(column.rows[texts], return_inverse=True)
    values = column.values
    return np.array([closest(query.sectors, values[number])[0] for number in sets.tolist()], float)[which]


def standardise(scores: Floats) -> Floats:
    """Return scores as standard deviations above their mean; zeros where all are equal."""
    spread = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)


@dataclass(frozen=True, slots=True)
class _Proposed:
    """Rows of the texts worth scoring, ascending; of some of their windows, the `cosines` are known."""

    texts: Rows
    windows: Rows
    cosines: Floats


def _propose(
    side: SideIndex,
    query: Query,
    vector: Vectors,
    words: Weighed,
    allowed: Allowed,
    depth: int,
    proposer: Proposer | None,
) -> _Proposed:
    """Return the `depth` best texts of each index, or of each leg of a source."""
    if _count(allowed.texts, side.evidence) <= depth:
        everything = np.arange(len(side.evidence)) if allowed.texts is None else np.flatnonzero(allowed.texts)
        return _Proposed(everything, np.empty(0, np.int64), np.empty(0))
    proposed = proposer.propose(query, vector, depth, allowed.texts) if proposer else None
    if proposed is not None:
        return _Proposed(proposed, np.empty(0, np.int64), np.empty(0))
    ours = None if allowed.texts is None else allowed.texts[side.window_evidence]
    windows, cosines = side.dense.search(vector, depth, ours)
    texts = _seen(side.window_evidence[windows], len(side.evidence))
    texts[words.best(depth, allowed.texts)] = True
    return _Proposed(np.flatnonzero(texts), windows, cosines)


def _seen(rows: Rows, count: int) -> NDArray[np.bool_]:
    """Return which of `count` rows are among some: (count,)."""
    seen = np.zeros(count, bool)
    seen[rows] = True
    return seen


def _pairs(side: SideIndex, texts: Rows, allowed: Allowed) -> Rows:
    """Return the rows of the pairs of some texts, which are allowed, and partners that are."""
    pairs = side.pairs_of(texts)
    return pairs if allowed.partners is None else pairs[allowed.partners[side.pair_partner[pairs]]]


def _partners(side: SideIndex, allowed: Allowed) -> int:
    """Return how many partners could be found."""
    if allowed.texts is None:
        return side.having_texts
    pairs = allowed.texts[side.pair_evidence]
    return int(np.count_nonzero(_seen(side.pair_partner[pairs], len(side.partners)) & allowed.partners))


def _count(allowed: NDArray[np.bool_] | None, everything: Sequence[object]) -> int:
    return len(everything) if allowed is None else int(np.count_nonzero(allowed))


def _dense_fit(side: SideIndex, hits: Hits, share: float) -> Floats:
    """Return each text's standardised likeness in meaning, that of its best window, (texts,).

    It is that of what the question says beyond `share` of what every question says.
    """
    own = np.asarray(hits.vector - share * hits.background, np.float32)
    scores = hits.cosines - share * hits.common
    fit = side.dense.standardise(own, hits.windows, scores)
    if len(hits.windows) == len(hits.texts):
        return fit
    best = np.full(len(hits.texts), -np.inf)
    np.maximum.at(best, np.searchsorted(hits.texts, side.window_evidence[hits.windows]), fit)
    return best


def _allowed(side: SideIndex, query: Query) -> Allowed:
    """Return which partners and which texts pass the filters."""
    wanted = query.filters
    if wanted == Filters() and not query.exclude:
        return Allowed()
    partners = np.ones(len(side.partners), bool)
    partners[[side.partner_row[id_] for id_ in query.exclude if id_ in side.partner_row]] = False
    columns, says = side.partner_columns, side.text_columns
    for column, values in (
        (columns.country, wanted.countries),
        (columns.region, wanted.regions),
        (columns.kind, wanted.kinds),
    ):
        if values:
            partners &= column.among(values)
    if wanted.sectors:
        codes = side.sector_codes
        partners &= codes.having(np.array([lies_within(code, wanted.sectors) for code in codes.names], bool))
    pairs = partners[side.pair_partner]
    texts = _seen(side.pair_evidence[pairs], len(side.evidence))
    if wanted.languages:
        texts &= says.language.among(wanted.languages)
    if wanted.since:
        texts &= says.day >= wanted.since.toordinal()
    if wanted.until:
        texts &= (says.day != NO_DAY) & (says.day <= wanted.until.toordinal())
    return Allowed(partners, texts)
