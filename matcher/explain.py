"""Passages: which texts of a partner fit, which sentence of each, and which words of it answer the question."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matcher.candidates import Candidates
from matcher.encode import Encoder, Role, Vectors
from matcher.index.lexical import LexicalIndex
from matcher.index.side import SideIndex
from matcher.meanings import Echo, Meanings, Sentence
from matcher.records import Evidence, Highlight, Passage, Query
from matcher.scoring import in_order
from matcher.text import EMPTY, fold, query_stems, sentences, stems, whole_character, words

PASSAGES = 3  # texts shown of a partner
MAX_SENTENCES = 20  # of one text that are compared; a longer text is represented by its first ones
ECHOED = 10  # partners whose first passage is searched for words of like meaning: that costs time
ECHO_FIT = 1.5  # of a passage; in one that fits less, likeness of words is an accident
# A sentence that shares all the telling words of the question gains as much as this cosine. Sentences
# of one text differ by some hundredths.
SHARED_WORDS = 0.06

Span = tuple[int, int]


def passages(
    side: SideIndex,
    candidates: Candidates,
    partner_rows: Sequence[int],
    query: Query,
    vector: Vectors,
    encoder: Encoder,
    meanings: Meanings,
) -> dict[int, tuple[Passage, ...]]:
    """Return partner row -> its best texts, with the sentence that fits and the words that answer marked."""
    chosen: dict[int, list[tuple[int, float]]] = {}
    for row in partner_rows:
        own = np.flatnonzero(candidates.pair_partner == row)
        best = own[in_order(candidates.fit[own])[:PASSAGES]]
        chosen[row] = [(int(candidates.pair_text[i]), float(candidates.fit[i])) for i in best]
    texts = list(dict.fromkeys(text for found in chosen.values() for text, _ in found))
    best_ones = [found[0] for found in list(chosen.values())[:ECHOED] if found]
    first = list(dict.fromkeys(text for text, fit in best_ones if fit >= ECHO_FIT))
    spans = {text: sentences(side.evidence[text].text)[:MAX_SENTENCES] for text in texts}
    # One call for all sentences; a text of a single one needs its vector only for the words of like meaning.
    pieces = [(t, span) for t in texts if len(spans[t]) > 1 or t in first for span in spans[t]]
    encoded = encoder.encode([side.evidence[t].text[a:b] for t, (a, b) in pieces], Role.PASSAGE)
    vectors = dict(zip(pieces, encoded, strict=True))
    telling = _telling(query.full_text, side.lexical)
    asked = frozenset(telling)
    fitting = {t: _fitting(side.evidence[t], t, spans[t], vectors, vector, telling) for t in texts}
    heard = {t: span for t in first if (span := fitting[t])}
    told = [
        Sentence(side.evidence[t].text[slice(*span)], side.evidence[t].language, vectors[t, span])
        for t, span in heard.items()
    ]
    echoes = dict(zip(heard, meanings.echoes(query.full_text, query.language, vector, told), strict=True))
    marks = {t: _marks(side.evidence[t], fitting[t], echoes.get(t, ()), asked) for t in texts}
    return {row: tuple(_passage(side.evidence[t], marks[t], fit) for t, fit in found) for row, found in chosen.items()}


def _fitting(
    evidence: Evidence,
    row: int,
    spans: Sequence[Span],
    vectors: dict[tuple[int, Span], Vectors],
    vector: Vectors,
    telling: dict[str, float],
) -> Span | None:
    """Return the sentence that a person would pick: near in meaning, and with the telling words of the question."""
    if len(spans) < 2:
        return spans[0] if spans else None

    def fit(span: Span) -> float:
        shared = telling.keys() & set(stems(evidence.text[slice(*span)], evidence.language))
        return float(vectors[row, span] @ vector) + SHARED_WORDS * sum(telling[stem] for stem in sorted(shared))

    return max(spans, key=fit)


def _telling(question: str, lexical: LexicalIndex) -> dict[str, float]:
    """Return the question's stems with their share of all that it tells; a word that no text has tells most."""
    found = [query_stems(question[a:b]) for a, b in words(question) if fold(question[a:b]) not in EMPTY]
    rarest = math.log1p(lexical.rows)
    whole = sum(max(map(lexical.rarity, pair)) or rarest for pair in found if pair) or 1.0
    return {stem: lexical.rarity(stem) / whole for pair in found for stem in pair}


def _marks(
    evidence: Evidence, fitting: Span | None, echoes: Sequence[Echo], asked: frozenset[str]
) -> tuple[Highlight, ...]:
    """Return the marks of a text in its order: a sentence before its words."""
    start = fitting[0] if fitting else 0
    marks = [Highlight(*fitting, "sentence")] if fitting else []
    marks += [Highlight(start + e.start, start + e.end, "meaning", e.answers) for e in echoes]
    said = {(mark.start, mark.end) for mark in marks if mark.kind == "meaning"}
    for a, b in words(evidence.text):
        if (a, b) not in said and asked.intersection(stems(evidence.text[a:b], evidence.language)):
            marks.append(Highlight(a, b, "word"))
    marks = [replace(mark, end=whole_character(evidence.text, mark.end)) for mark in marks]
    return tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end)))


def _passage(evidence: Evidence, marks: tuple[Highlight, ...], fit: float) -> Passage:
    return Passage(evidence.id, evidence.title, evidence.text, marks, fit)
