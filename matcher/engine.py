"""The whole path of a query, assembled: the only place where anything is ranked."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from matcher import candidates as candidate_search
from matcher import explain, scoring, signals
from matcher.encode import Encoder, Role, Vectors
from matcher.errors import BadQuery, NotFound, SnapshotError, SnapshotMissing
from matcher.index.side import SideIndex
from matcher.index.snapshot import Snapshot, current_id
from matcher.language import N_, translator
from matcher.places import find_country, find_region
from matcher.records import Contribution, Evidence, Match, MatchList, Query, Side, Verdict, join_title, probability
from matcher.sectors import find_sector
from matcher.text import clean, detect_language, fold, query_stems, words
from matcher.weights import RULES, Weights

log = logging.getLogger(__name__)
MAX_QUERY = 20_000  # characters: some six pages; more is a document, not a question
MAX_K = 1000
FOREIGN_SHARE = 0.4  # of known words, where the question seems to be in a language that no text has


class Engine:
    """Answers queries from one snapshot."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, weights: Weights) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.weights = weights
        self.outcomes = {side: signals.by_partner(snapshot.outcomes, side) for side in Side}

    def match(self, query: Query, *, reader: str = "es", passages: bool = True) -> MatchList:
        """Rank the partners of the side sought.

        :param reader: language of reasons and advice.
        :param passages: whether to pick and mark sentences; without it the list comes sooner.
        :raises BadQuery: empty, too long, or an option outside its range.
        """
        started = time.perf_counter()
        language_given = query.language is not None
        query = checked(query)
        say = translator(reader)
        side = self.snapshot.sides[query.seeks]
        vector = self._vector(query)
        found = candidate_search.find(side, query, vector, self.weights.text)
        measured = signals.compute(side, found, query, self.outcomes[query.seeks])
        scored = scoring.score(measured, self.weights, query.without)
        shared, telling = _shared_words(side, query)
        familiar = scoring.familiarity(
            found.best_cosine, side.typical, _known_share(side, query, language_given, shared, telling)
        )
        verdict = scoring.verdict(familiar, bool(telling), self.weights.abstain)

        shown = scored.order[: query.k]
        rows = [int(row) for row in found.partners[shown]]
        texts = explain.passages(side, found, rows, query, vector, self.encoder) if passages else {}
        matches = []
        for rank, (index, row) in enumerate(zip(shown.tolist(), rows, strict=True), start=1):
            partner = side.partners[row]
            km = float(measured.kilometres[index])
            contributions = tuple(
                Contribution(
                    name,
                    float(value),
                    weight,
                    float(term),
                    explain.reason(name, float(value), index, partner, query, measured, say, reader),
                )
                for name, value, weight, term in zip(
                    scored.names, scored.values[index], scored.weights, scored.terms[index], strict=True
                )
            )
            score = float(scored.scores[index])
            matches.append(
                Match(
                    rank,
                    partner,
                    score,
                    probability(score),
                    None if np.isnan(km) else km,
                    contributions,
                    texts.get(row, ()),
                    int(scored.rank_without_rules[index]),
                )
            )
        advice = explain.advice(query, shared, say) if verdict is Verdict.NO_GOOD_MATCH else ()
        return MatchList(
            tuple(matches),
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


def _shared_words(side: SideIndex, query: Query) -> tuple[list[str], list[str]]:
    """Return the question's telling words that some text has too, and all its telling words."""
    text = query.full_text
    spelt = {fold(text[a:b]): text[a:b] for a, b in words(text)}
    telling = [word for word in spelt.values() if query_stems(word)]
    return [word for word in telling if side.lexical.known_stems(word)], telling


def _known_share(side: SideIndex, query: Query, language_given: bool, shared: list[str], telling: list[str]) -> float:
    """Return the share of telling words that some text has.

    Where no text has the question's language its words cannot be known: all pass if the asker named
    the language, FOREIGN_SHARE if it was only detected, since gibberish is detected as something too.
    """
    if query.language and query.language not in side.languages:
        return 1.0 if language_given else FOREIGN_SHARE
    return len(shared) / max(len(telling), 1)


class LiveEngine:
    """Serves the newest snapshot: a new one is opened when it has replaced the one in use."""

    def __init__(self, home: Path, encoder: Encoder, weights: Weights) -> None:
        self.home = home
        self.encoder = encoder
        self.weights = weights
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._seen: set[str | None] = set()  # ids that need no opening: the one in use, and unusable ones

    def current(self) -> Engine:
        """Return the engine of the snapshot that serves.

        A new snapshot that cannot be used leaves the engine in use as it is.

        :raises SnapshotError: there is none that can be used, and none was in use before.
        """
        if self._serving() in self._seen:
            assert self._engine is not None  # noqa: S101 - ids are seen only with an engine in use
            return self._engine
        with self._lock:
            id_ = self._serving()
            if id_ in self._seen and self._engine is not None:
                return self._engine
            try:
                self._engine = Engine(Snapshot.open_current(self.home, self.encoder), self.encoder, self.weights)
            except SnapshotError as error:
                if self._engine is None:
                    raise
                log.error("the snapshot in use goes on: %s", error)
                self._seen.add(id_)
            else:
                self._seen = {id_}  # an older one, should it be told to serve again, is opened again
            return self._engine

    def _serving(self) -> str | None:
        try:
            return current_id(self.home)
        except SnapshotMissing:
            return None


def checked(query: Query) -> Query:
    """Return the query with clean text and canonical codes.

    :raises BadQuery: it cannot be answered as asked; the message says why.
    """
    length = len(query.full_text)
    if length > MAX_QUERY:
        raise BadQuery(
            N_("the text has {length} characters, the most is {limit}: describe the problem in a few sentences"),
            length=length,
            limit=MAX_QUERY,
        )
    text, title = clean(query.text), clean(query.title) if query.title else None
    if not any(c.isalnum() for c in (title or "") + text):
        raise BadQuery(N_("the text is empty: describe in a few words what you need or offer"))
    if not 1 <= query.k <= MAX_K:
        raise BadQuery(N_("k is {k}; it must lie between 1 and {limit}"), k=query.k, limit=MAX_K)
    unknown = sorted(query.without.difference(RULES))
    if unknown:
        raise BadQuery(N_("unknown rule {name!r}; rules are {known}"), name=unknown[0], known=", ".join(RULES))
    filters = query.filters
    return replace(
        query,
        text=text,
        title=title,
        language=query.language or detect_language(join_title(title, text)),
        countries=_codes(query.countries, find_country),
        region=_codes((query.region,), find_region)[0] if query.region else None,
        sectors=_codes(query.sectors, find_sector),
        filters=replace(
            filters,
            countries=frozenset(_codes(tuple(filters.countries), find_country)),
            regions=frozenset(_codes(tuple(filters.regions), find_region)),
            sectors=frozenset(_codes(tuple(filters.sectors), find_sector)),
            kinds=frozenset(fold(kind).replace(" ", "_") for kind in filters.kinds),
            languages=frozenset(language.lower() for language in filters.languages),
        ),
    )


def _codes(given: tuple[str, ...], find: Callable[[str], str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(find(name) for name in given))
    except NotFound as error:
        raise BadQuery(error.message, **error.values) from error
