"""Question -> texts that may fit -> partners: filters, the two indexes, pooling.

Everybody whom the filters allow is ranked. Of very many texts some are looked at first; what the others of a partner
would add is then an estimate, until all of the best partners' texts are looked at (see `completed`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.candidate_sources.proposing import Proposer
from matcher.encode import Vectors
from matcher.index.columns import NO_DAY
from matcher.index.lexical import Weighed
from matcher.index.rows import distinct
from matcher.index.side import SideIndex
from matcher.records import Filters, Query
from matcher.sectors import closest, lies_within
from matcher.weights import TextWeights

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
ByChance = tuple[Floats, Floats]
WHOLE = 30_000  # texts up to which all that the filters allow are scored: that takes no longer than to choose
DEPTH = 1024  # texts that each index proposes of more, or
SHARE = 150  # one in so many of all: the more there are, the more are nearly as near (eval/SPEED.md)
LOOKED_AT = 16  # of so many texts proposed one partner is looked at whole
ENOUGH = 2  # times the texts that count: who has so many among those proposed has hardly a better one besides


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the filters let through. `partners`: (partners,), `texts`: (texts,) those of them too; None means all."""

    partners: NDArray[np.bool_] | None = None
    texts: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known of a question before the model has read it.

    `allowed`: what its filters let through; `partners`: rows of the partners that have texts so, ascending, and
    `counts` of these texts. `words`: what its words say of each text, and `usual` of all (see `Weighed.moments`).
    `depth`: texts that each index proposes where not all are scored; `every`: whether all are; `by_words`: rows of the
    texts that words propose, None where nobody asked. `cosines`: (windows,) of the side's windows to the question, as
    far as they were worked out; NaN the others, and all before the search, of which an Ahead serves one.
    """

    allowed: Allowed
    partners: Rows
    counts: Rows
    words: Weighed
    usual: tuple[float, float]
    depth: int
    every: bool
    by_words: Rows | None
    cosines: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the indexes take it.

    `vector`: of unit length; `background`: what it shares with every question (see `index.background`), both
    (dimensions,).
    """

    ahead: Ahead
    vector: Vectors
    background: Vectors


@dataclass(frozen=True, slots=True)
class Hits:
    """Texts that may answer a query.

    `texts`: (n,) rows, ascending; `whole`: whether they are all that the filters allow. `lexical`: (n,) standard
    deviations by which a text has more of the question's words than the side's average text. `pairs`: rows of the pairs
    of these texts and the partners that the filters allow. `windows`: rows of the texts' windows, with their `cosines`
    to the question, and `common`, those to the background.
    """

    asked: Asked
    texts: Rows
    whole: bool
    lexical: Floats
    pairs: Rows
    windows: Rows
    cosines: Floats
    common: Floats

    @property
    def looked_at(self) -> int:
        """How many of the first partners are looked at whole where only some texts were."""
        return self.asked.ahead.depth // LOOKED_AT

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
    `open`: (n,) whether texts of theirs that were not looked at may well count.
    `pair_text`, `pair_partner`: (pairs,) rows of the texts considered and their partners' rows.
    `fit`: (pairs,) standard deviations by which a text fits better than the side's average text.
    """

    partners: Rows
    text: Floats
    in_sector: Floats
    open: NDArray[np.bool_]
    pair_text: Rows
    pair_partner: Rows
    fit: Floats


def look_ahead(side: SideIndex, query: Query, proposer: Proposer | None = None) -> Ahead:
    """Return what is known of a question before the model has read it.

    :param proposer: see `search`, which is given the same.
    """
    allowed = _allowed(side, query)
    words = side.lexical.weigh(query.full_text)
    count = _count(allowed.texts, side.evidence)
    depth = max(DEPTH, count // SHARE)
    every = count <= (depth if proposer else WHOLE)
    by_words = None if every or proposer else words.best(depth, allowed.texts)
    cosines = np.full(len(side.window_evidence), np.nan)
    return Ahead(allowed, *_partners(side, allowed), words, words.moments(), depth, every, by_words, cosines)


def search(
    side: SideIndex,
    query: Query,
    ahead: Ahead,
    vector: Vectors,
    background: Vectors,
    proposer: Proposer | None = None,
) -> Hits:
    """Return all texts that the filters allow, or those of many that both indexes propose.

    :param ahead: of the same question.
    :param vector: the question's, of unit length.
    :param background: of the query's language.
    :param proposer: asks a source outside of the two indexes for what they would propose.
    """
    asked = Asked(ahead, vector, background)
    if not ahead.every:
        return _hits(side, asked, _proposed(side, query, asked, proposer), False)
    allowed = ahead.allowed.texts
    return _hits(side, asked, np.arange(len(side.evidence)) if allowed is None else np.flatnonzero(allowed), True)


def by_chance(side: SideIndex, vector: Vectors, background: Vectors, share: float) -> ByChance:
    """Return what cosines to a question less `share` of its background are by chance: see `DenseIndex.by_chance`."""
    return side.dense.by_chance(np.asarray(vector - share * background, np.float32))


def pooled(
    side: SideIndex, hits: Hits, query: Query, weights: TextWeights, chance: Mapping[float, ByChance]
) -> Candidates:
    """Return the partners that the filters allow, each text's fit made one number and each partner's texts pooled.

    Texts that were not looked at count as the average text, whose fit is 0.

    :param chance: by the share of the background that is left out, see `by_chance`.
    """
    # Where no text has the question's language, words in common are accidents.
    share = weights.lexical_share if query.language in side.languages else 0.0
    partners, counts = hits.asked.ahead.partners, hits.asked.ahead.counts
    dense = _dense_fit(side, hits, weights.background, chance[weights.background])
    fit = (1 - share) * dense + share * np.minimum(hits.lexical, weights.lexical_cap)
    pair_text, pair_partner = side.pair_evidence[hits.pairs], side.pair_partner[hits.pairs]
    pair_fit = fit[np.searchsorted(hits.texts, pair_text)]
    place = np.empty(len(side.partners), np.int64)
    place[partners] = np.arange(len(partners))
    owner = place[pair_partner]
    looked_at = np.bincount(owner, minlength=len(partners))
    unseen = np.maximum(np.minimum(counts, weights.texts) - looked_at, 0)
    left = (looked_at < counts) & (looked_at < ENOUGH * weights.texts)

    def pooled_fit(fit: Floats) -> Floats:
        return pool(fit, owner, unseen, weights.temperature, weights.texts)

    text = pooled_fit(pair_fit)
    in_sector = pooled_fit(pair_fit + _sector_likeness(side, query, pair_text)) - text if query.sectors else 0 * text
    return Candidates(partners, text, in_sector, left, pair_text, pair_partner, pair_fit)


def completed(
    side: SideIndex,
    hits: Hits,
    found: Candidates,
    query: Query,
    weights: TextWeights,
    chance: Mapping[float, ByChance],
    best: Rows,
) -> Candidates:
    """Return what `pooled` found with all texts of some candidates looked at: `best`, places in `found.partners`."""
    best, ahead = np.sort(best[found.open[best]]), hits.asked.ahead
    if not len(best):
        return found
    mine = found.partners[best]
    texts = side.texts_of_all(mine)
    if ahead.allowed.texts is not None:
        texts = texts[ahead.allowed.texts[texts]]
    theirs = _seen(mine, len(side.partners))
    asked = replace(hits.asked, ahead=replace(ahead, partners=mine, counts=ahead.counts[best]))
    whole = _hits(side, asked, texts, True)
    whole = replace(whole, pairs=whole.pairs[theirs[side.pair_partner[whole.pairs]]])
    anew = pooled(side, whole, query, weights, chance)
    text, in_sector, left = found.text.copy(), found.in_sector.copy(), found.open.copy()
    text[best], in_sector[best], left[best] = anew.text, anew.in_sector, False
    others = ~theirs[found.pair_partner]
    return Candidates(
        found.partners,
        text,
        in_sector,
        left,
        np.concatenate([found.pair_text[others], anew.pair_text]),
        np.concatenate([found.pair_partner[others], anew.pair_partner]),
        np.concatenate([found.fit[others], anew.fit]),
    )


def pool(fit: Floats, owner: Rows, others: Rows, temperature: float, texts: int) -> Floats:
    """Return per owner t log sum exp(fit / t) over its best texts, (owners,).

    At t -> 0 this is the best text alone; the higher t, the more several fair texts count. No more
    than `texts` of them do: a hundred strangers' texts together must not look like one that fits.

    :param others: (owners,) how many texts of fit 0 each has besides.
    """
    owners = len(others)
    crowded = np.flatnonzero((np.bincount(owner, minlength=owners) > texts)[owner])
    if len(crowded):
        # By owner, and within each the best first: in one sort, which takes an eighth of the time of two.
        apart = 2 * (np.abs(fit[crowded]).max() + 1)
        order = crowded[np.argsort(owner[crowded] * apart - fit[crowded])]
        each = np.bincount(owner[crowded], minlength=owners)
        place = np.arange(len(order)) - (np.cumsum(each) - each)[owner[order]]  # within the owner, from 0
        kept = np.ones(len(fit), bool)
        kept[order[place >= texts]] = False
        fit, owner = fit[kept], owner[kept]
    # Of most owners nothing is given, so that only how many others there are tells them apart.
    with np.errstate(divide="ignore"):
        pooled = (temperature * np.log(np.arange(others.max(initial=0) + 1)))[others]
    some = np.flatnonzero(np.bincount(owner, minlength=owners))
    place = np.empty(owners, np.int64)
    place[some] = np.arange(len(some))
    owner, others = place[owner], others[some]
    top = np.where(others > 0, 0.0, -np.inf)
    np.maximum.at(top, owner, fit)
    sums = np.bincount(owner, np.exp((fit - top[owner]) / temperature), minlength=len(some))
    pooled[some] = top + temperature * np.log(sums + others * np.exp(-np.maximum(top, 0) / temperature))
    return np.asarray(pooled)


def _sector_likeness(side: SideIndex, query: Query, texts: Rows) -> Floats:
    """Return some texts' likeness to the question's sectors, 0 to 1, (texts,); 0 where either has none."""
    column = side.text_columns.sectors
    sets, values = column.rows[texts], column.values
    likeness = np.zeros(len(values))
    for number in np.flatnonzero(np.bincount(sets, minlength=len(values))).tolist():
        likeness[number] = closest(query.sectors, values[number])[0]
    return likeness[sets]


def _proposed(side: SideIndex, query: Query, asked: Asked, proposer: Proposer | None) -> Rows:
    """Return the rows of the texts that a source proposes, or both indexes where there is none or it is away."""
    ahead = asked.ahead
    found = proposer.propose(query, asked.vector, ahead.depth, ahead.allowed.texts) if proposer else None
    return _propose(side, asked) if found is None else found


def _propose(side: SideIndex, asked: Asked) -> Rows:
    """Return the rows of the best texts of each index, ascending."""
    allowed, depth = asked.ahead.allowed.texts, asked.ahead.depth
    ours = None if allowed is None else allowed[side.window_evidence]
    windows, cosines = side.dense.worth_scoring(asked.vector, depth, ours)
    asked.ahead.cosines[windows] = cosines
    if len(windows) > depth:
        windows = windows[np.argpartition(-cosines, depth)[:depth]]
    by_words = asked.ahead.by_words
    if by_words is None:  # somebody else was to propose
        by_words = asked.ahead.words.best(depth, allowed)
    return distinct(np.concatenate([side.window_evidence[windows], by_words]))


def _hits(side: SideIndex, asked: Asked, texts: Rows, whole: bool) -> Hits:
    """Return some texts, rows ascending, with what their vectors and words say of a question."""
    windows, cosines = side.windows_of(texts), asked.ahead.cosines
    new = windows[np.isnan(cosines[windows])]
    cosines[new] = side.dense.scores(asked.vector, new)
    return Hits(
        asked,
        texts,
        whole,
        asked.ahead.words.standardised(texts, asked.ahead.usual),
        _pairs(side, texts, asked.ahead.allowed),
        windows,
        cosines[windows],
        side.dense.usual_scores(asked.background, windows),
    )


def _seen(rows: Rows, count: int) -> NDArray[np.bool_]:
    """Return which of `count` rows are among some: (count,)."""
    seen = np.zeros(count, bool)
    seen[rows] = True
    return seen


def _pairs(side: SideIndex, texts: Rows, allowed: Allowed) -> Rows:
    """Return the rows of the pairs of some texts, which are allowed, and partners that are."""
    pairs = side.pairs_of(texts)
    return pairs if allowed.partners is None else pairs[allowed.partners[side.pair_partner[pairs]]]


def _partners(side: SideIndex, allowed: Allowed) -> tuple[Rows, Rows]:
    """Return the rows of the partners that have allowed texts, ascending, and how many."""
    if allowed.texts is None or allowed.partners is None:
        return side.having_texts, side.text_counts[side.having_texts]
    counts = np.bincount(side.pair_partner[allowed.texts[side.pair_evidence]], minlength=len(side.partners))
    rows = np.flatnonzero((counts > 0) & allowed.partners)
    return rows, counts[rows]


def _count(allowed: NDArray[np.bool_] | None, everything: Sequence[object]) -> int:
    return len(everything) if allowed is None else int(np.count_nonzero(allowed))


def _dense_fit(side: SideIndex, hits: Hits, share: float, chance: ByChance) -> Floats:
    """Return each text's standardised likeness in meaning, that of its best window, (texts,).

    It is that of what the question says beyond `share` of what every question says.
    """
    fit = side.dense.standardise(chance, hits.windows, hits.cosines - share * hits.common)
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
