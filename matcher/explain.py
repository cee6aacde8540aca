"""Passages: which texts of a partner fit, which sentence of each, and which words of it answer the question."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from matcher.candidates import Candidates
from matcher.encode import Vectors
from matcher.index.lexical import LexicalIndex
from matcher.index.sentence_vectors import Span
from matcher.index.side import SideIndex
from matcher.meanings import AskedWords, Echo, Meanings, Sentence
from matcher.records import Evidence, Highlight, Passage, Query
from matcher.scoring import in_order
from matcher.text import EMPTY, fold, stems_of, whole_character, word_matches, word_stems, words

PASSAGES = 3  # texts shown of a partner
ECHOED = 10  # partners whose first passage is searched for words of like meaning: that costs time
ECHO_FIT = 1.5  # of a passage; in one that fits less, likeness of words is an accident
# A sentence that shares all the telling words of the question gains as much as this cosine. Sentences
# of one text differ by some hundredths.
SHARED_WORDS = 0.06

Said = tuple[int, int, str]  # a word's place in a text, in characters, and its stem


def passages(
    side: SideIndex,
    candidates: Candidates,
    partner_rows: Sequence[int],
    query: Query,
    vector: Vectors,
    asked_words: AskedWords,
    meanings: Meanings,
) -> dict[int, tuple[Passage, ...]]:
    """Return partner row -> its best texts, with the sentence that fits and the words that answer marked.

    :param asked_words: see `QuestionWords.read`.
    """
    chosen = _best(candidates, partner_rows)
    texts = list(dict.fromkeys(text for found in chosen.values() for text, _ in found))
    spans, vectors = side.read.sentences.of({text: int(side.windows.slots[text]) for text in texts})
    telling = _telling(query.full_text, side.lexical)
    records = {text: side.evidence[text] for text in texts}
    said = {text: _said(records[text], telling) for text in texts}
    fitting = {text: _fitting(spans[text], vectors[text], vector, said[text], telling) for text in texts}
    best_ones = [found[0] for found in list(chosen.values())[:ECHOED] if found]
    heard = {text: i for text, fit in best_ones if fit >= ECHO_FIT and (i := fitting[text]) is not None}
    told = [
        Sentence(records[text].text[slice(*spans[text][i])], records[text].language, vectors[text][i])
        for text, i in heard.items()
    ]
    echoes = dict(zip(heard, meanings.echoes(asked_words, query.language, vector, told), strict=True))
    marks = {}
    for text in texts:
        i = fitting[text]
        fits = spans[text][i] if i is not None else None
        marks[text] = _marks(records[text].text, fits, echoes.get(text, ()), said[text])
    return {row: tuple(_passage(records[t], marks[t], fit) for t, fit in found) for row, found in chosen.items()}


def _best(candidates: Candidates, partner_rows: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
    """Return partner row -> the rows of its best texts with their fit, best first."""
    chosen: dict[int, list[tuple[int, float]]] = {row: [] for row in partner_rows}
    wanted = np.zeros(int(candidates.pair_partner.max(initial=max(partner_rows, default=0))) + 1, bool)
    wanted[list(partner_rows)] = True
    theirs = np.flatnonzero(wanted[candidates.pair_partner])
    theirs = theirs[in_order(candidates.fit[theirs])]
    # Partner by partner, the best first: of each the first ones.
    theirs = theirs[np.argsort(candidates.pair_partner[theirs], kind="stable")]
    whose = candidates.pair_partner[theirs]
    theirs = theirs[np.concatenate([np.ones(PASSAGES, bool), whose[PASSAGES:] != whose[:-PASSAGES]])[: len(whose)]]
    for row, text, fit in zip(
        candidates.pair_partner[theirs].tolist(),
        candidates.pair_text[theirs].tolist(),
        candidates.fit[theirs].tolist(),
        strict=True,
    ):
        chosen[row].append((text, fit))
    return chosen


def _said(evidence: Evidence, telling: Mapping[str, float]) -> list[Said]:
    """Return the words of a text whose stems are `telling`."""
    known = stems_of(evidence.language)
    return [(*match.span(), stem) for match in word_matches(evidence.text) if (stem := known[match[0]]) in telling]


def _fitting(
    spans: Sequence[Span], vectors: Vectors, vector: Vectors, said: Sequence[Said], telling: Mapping[str, float]
) -> int | None:
    """Return which sentence a person would pick: near in meaning, and with the telling words of the question."""
    if len(spans) < 2:
        return 0 if spans else None
    cosines = np.vecdot(vectors, vector).tolist()

    def fit(i: int) -> float:
        shared = {stem for a, b, stem in said if spans[i][0] <= a and b <= spans[i][1]}
        return float(cosines[i]) + SHARED_WORDS * sum(telling[stem] for stem in sorted(shared))

    return max(range(len(spans)), key=fit)


def _telling(question: str, lexical: LexicalIndex) -> dict[str, float]:
    """Return the question's stems with their share of all that it tells; a word that no text has tells most."""
    found = [word_stems(question[a:b]) for a, b in words(question) if fold(question[a:b]) not in EMPTY]
    rarest = math.log1p(lexical.rows)
    whole = sum(max(map(lexical.rarity, pair)) or rarest for pair in found if pair) or 1.0
    return {stem: lexical.rarity(stem) / whole for pair in found for stem in pair}


def _marks(text: str, fitting: Span | None, echoes: Sequence[Echo], said: Sequence[Said]) -> tuple[Highlight, ...]:
    """Return the marks of a text in its order: a sentence before its words."""
    start = fitting[0] if fitting else 0
    marks: list[tuple[int, int, str, str | None]] = [(*fitting, "sentence", None)] if fitting else []
    answers = {(start + echo.start, start + echo.end): echo.answers for echo in echoes}
    marks += [(a, b, "meaning", answered) for (a, b), answered in answers.items()]
    marks += [(a, b, "word", None) for a, b, _ in said if (a, b) not in answers]
    found = [Highlight(a, whole_character(text, b), kind, answered) for a, b, kind, answered in marks]
    return tuple(sorted(found, key=lambda mark: (mark.start, -mark.end)))


def _passage(evidence: Evidence, marks: tuple[Highlight, ...], fit: float) -> Passage:
    return Passage(evidence.id, evidence.title, evidence.text, marks, fit)
