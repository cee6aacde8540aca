"""Which pairs of question and partner a person should judge: the best of several systems, and some by chance.

What no system shows near its top is not judged (TREC's pooling: Sparck Jones & van Rijsbergen 1975); the
partners by chance tell how much is missed that way.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from eval.pool_file import TEXTS, Pair
from eval.systems import FULL, standard
from eval.trec import read_run, token
from matcher.candidates import Candidates
from matcher.encode import Progress
from matcher.engine import Engine
from matcher.errors import BadInput
from matcher.index.side import SideIndex
from matcher.language import N_
from matcher.places import country_name, country_of, region_name
from matcher.records import Query
from matcher.sources.benchmark import Question
from matcher.trial import within_limit
from matcher.weights import Weights

MAX_QUESTION, MAX_TEXT = 4_000, 700  # characters that a judge sees

POOLED = (FULL, "BM25", "dense", "same region, popularity")
Rankings = Mapping[str, Sequence[str]]  # question -> partner ids, best first


def systems(weights: Weights) -> list[Weights]:
    """Return the weights of the systems that are pooled, the whole formula first."""
    known = {system.name: system.weights for system in standard(weights)}
    return [found for name in POOLED if (found := known[name])]


def rankings_of(paths: Sequence[Path], questions: Sequence[Question]) -> list[Rankings]:
    """Read TREC runs of other systems.

    :raises BadInput: a file is no run, or answers none of the questions.
    """
    found: list[Rankings] = []
    for path in paths:
        run = {answer.question: [partner for partner, _ in answer.ranking] for answer in read_run(path)}
        if run.keys().isdisjoint(q.id for q in questions):
            raise BadInput(N_("{path} answers none of the questions"), path=path)
        found.append(run)
    return found


def pool(
    engine: Engine,
    questions: Sequence[Question],
    runs: Sequence[Rankings] = (),
    *,
    depth: int,
    chance: int,
    seed: int,
    language: str,
    progress: Progress | None = None,
) -> list[Pair]:
    """Return the pairs to judge: question by question, the partners of each in an order that tells nothing.

    :param depth: partners taken from the top of each system and run.
    :param chance: partners drawn besides, among those that have texts.
    :param seed: of the draw and the order: neither depends on who ranked whom where.
    :param language: of the countries' names.
    :raises BadInput: a question stands twice, an id does not fit TREC files, or a run names an unknown partner.
    """
    pairs: list[Pair] = []
    seen: set[str] = set()
    for done, question in enumerate(questions, start=1):
        if token(question.id) in seen:
            raise BadInput(N_("question {id!r} stands twice"), id=question.id)
        seen.add(question.id)
        pairs += _pairs(engine, question, runs, depth, chance, seed, language)
        if progress:
            progress(done, len(questions))
    return pairs


def _pairs(
    engine: Engine, question: Question, runs: Sequence[Rankings], depth: int, chance: int, seed: int, language: str
) -> list[Pair]:
    query = within_limit(replace(question.query, k=depth), question.id)
    side = engine.snapshot.sides[query.seeks]
    ranked = engine.rank(query, systems(engine.weights))
    chosen = {id_ for ranking in ranked for id_, _ in engine.ids_and_scores(ranking)}
    for run in runs:
        chosen.update(run.get(question.id, ())[:depth])
    unknown = sorted(chosen - side.partner_row.keys())
    if unknown:
        raise BadInput(
            N_("question {question!r}: a run names partner {partner!r}, whom the folder does not have"),
            question=question.id,
            partner=unknown[0],
        )
    draw = random.Random(f"{seed} {question.id}")  # noqa: S311 - no secret
    others = [p.id for p, count in zip(side.partners, side.text_counts, strict=True) if count and p.id not in chosen]
    order = sorted(chosen) + draw.sample(others, min(chance, len(others)))
    draw.shuffle(order)
    return [_pair(question, side, ranked[0].found, side.partner_row[id_], language) for id_ in order]


def _pair(question: Question, side: SideIndex, found: Candidates, row: int, language: str) -> Pair:
    partner = side.partners[row]
    return Pair(
        question.id,
        _question_text(question.query, language),
        token(partner.id),
        partner.name,
        _place(partner.city, partner.region, partner.country, language),
        tuple(_cut(side.evidence[text].full_text, MAX_TEXT) for text in _best_texts(side, found, row)),
    )


def _best_texts(side: SideIndex, found: Candidates, row: int) -> list[int]:
    """Return the rows of a partner's texts that fit the question best, by one measure for all systems."""
    mine = found.pair_partner == row
    texts = found.pair_text[mine][np.lexsort((found.pair_text[mine], -found.fit[mine]))]
    if not len(texts):  # beyond the depth of the search
        texts = side.pair_evidence[side.pair_partner == row]
    return [int(text) for text in texts[:TEXTS]]


def _question_text(query: Query, language: str) -> str:
    """Return the question and where it comes from, which a good answer depends on."""
    country = query.countries[0] if query.countries else country_of(query.region)
    place = _place(None, query.region, country, language)
    text = _cut(query.full_text, MAX_QUESTION)
    return f"{text} [{place}]" if place else text


def _place(city: str | None, region: str | None, country: str | None, language: str) -> str:
    parts = (city, region_name(region) if region else None, country_name(country, language) if country else None)
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _cut(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
