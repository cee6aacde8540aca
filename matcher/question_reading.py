"""A question read by the model, and on another core what needs no model: its words, its filters, what records tell."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher import candidates, familiarity, signals, stopwatch
from matcher.beside import beside
from matcher.candidate_sources.proposing import Proposer
from matcher.candidates import Ahead, ByChance
from matcher.encode import Encoder, Role, Vectors
from matcher.familiarity import SharedWords
from matcher.index.snapshot import Snapshot
from matcher.macro_regions import MacroRegions
from matcher.records import GuessedSector, Outcome, Query
from matcher.signals import Signals
from matcher.text import detect_language

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likened:
    """What a question's vector tells without any text.

    `recorded`: the signals that records tell, with the sector that the question seems to speak of where it gives none.
    `profile`: (partners,) how like it the texts of each are together. `by_chance`: by the share of the background that
    is left out, see `candidates.by_chance`. `contrast`: see `Contrast.likeness`.
    """

    recorded: Signals
    profile: Floats
    by_chance: Mapping[float, ByChance]
    contrast: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question that was read.

    `query`: in a language that is known; `meant`: with its words as these texts spell them. `outcomes`: partner id ->
    those that may count. `vector`: of unit length; `background`: what it shares with every question of its language.
    `ahead`: what was known before it was read. `words`: see `familiarity.shared_words`. `likened` gives what is worked
    out on another core.
    """

    query: Query
    meant: Query
    outcomes: dict[str, list[Outcome]]
    vector: Vectors
    background: Vectors
    ahead: Ahead
    words: SharedWords
    likened: Callable[[], Likened]


def read_question(
    query: Query,
    snapshot: Snapshot,
    encoder: Encoder,
    proposer: Proposer | None,
    outcomes: dict[str, list[Outcome]],
    macro_regions: MacroRegions,
    shares: Collection[float],
) -> ReadQuestion:
    """Read a question, which was checked.

    :param proposer: see `candidates.search`, which is given the same.
    :param outcomes: partner id -> the outcomes that may count.
    :param shares: of its background that are left out, by any of the weights to be used.
    """
    side, watch = snapshot.sides[query.seeks], stopwatch.current()
    if query.language is None:
        query = replace(query, language=detect_language(query.full_text, side.languages))
    meant = familiarity.as_meant(side, query)

    def look_ahead() -> tuple[Ahead, Signals, SharedWords]:
        started = time.perf_counter()
        ahead = candidates.look_ahead(side, meant, proposer)
        proposed = time.perf_counter()
        recorded = signals.on_record(side, ahead.partners, query, outcomes, macro_regions)
        told = time.perf_counter()
        words = familiarity.shared_words(side, meant)
        watch.meanwhile("lexical", proposed - started)
        watch.meanwhile("signals", told - proposed)
        watch.meanwhile("familiarity", time.perf_counter() - told)
        return ahead, recorded, words

    looked_ahead = beside(look_ahead)
    vector, background = _vector(meant, encoder), snapshot.background.of(meant.language)
    watch.lap("encode")
    ahead, recorded, words = looked_ahead()
    watch.lap("lexical")

    def liken() -> Likened:
        started = time.perf_counter()
        guessed = signals.guessing(recorded, side, ahead.partners, _guess(query, vector, snapshot))
        profile = side.profiles.standardised(vector, ahead.partners)
        by_chance = {share: candidates.by_chance(side, vector, background, share) for share in shares}
        found = Likened(guessed, profile, by_chance, snapshot.contrast.likeness(vector))
        watch.meanwhile("signals", time.perf_counter() - started)
        return found

    return ReadQuestion(query, meant, outcomes, vector, background, ahead, words, beside(liken))


def _vector(query: Query, encoder: Encoder) -> Vectors:
    mean = encoder.encode(encoder.windows(query.full_text), Role.QUERY).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _guess(query: Query, vector: Vectors, snapshot: Snapshot) -> GuessedSector | None:
    """Return the sector that the question seems to speak of, where it gives none and the guess is wanted."""
    if query.sectors or not query.guess_sector or "sector" in query.without:
        return None
    return snapshot.sector_guess.best(vector)
