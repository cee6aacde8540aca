"""How good what was found is: recall of the nearest texts, and the partners that a list of texts makes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.answers import Answer
from eval.measures import Figure, figures
from eval.speed.peers.given import Texts
from eval.speed.peers.peer import Vectors
from matcher.records import Verdict

MEASURE = "nDCG@10"
ROUNDING = 1e-5  # of cosines: texts that are as near as the last one may stand for it


def recall(vectors: Vectors, questions: Vectors, near: Sequence[Sequence[int] | None], k: int) -> float | None:
    """Return the mean share of the `k` texts of highest cosine that were found; None where none was looked for.

    :param vectors: (texts, dimensions), all of them: what is exact is worked out here.
    """
    k, shares = min(k, len(vectors)), []
    for question, rows in zip(questions, near, strict=False):
        if rows is None:
            return None
        cosines = vectors @ question
        least = np.partition(cosines, len(cosines) - k)[len(cosines) - k]
        found = cosines[np.array(sorted(set(rows)), np.int64)]
        shares.append(min(int((found >= least - ROUNDING).sum()), k) / k)
    return float(np.mean(shares)) if shares else None


def partners(rows: Sequence[int], owners: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the partners of texts, each where its best text stands; those of one text by their ids."""
    return tuple(dict.fromkeys(partner for row in rows for partner in sorted(owners[row])))


def judged(
    ids: Sequence[str],
    found: Sequence[Sequence[Any]],
    given: Texts,
    qrels: Mapping[str, Mapping[str, int]],
    *,
    of_partners: bool,
) -> Figure:
    """Return nDCG@10 of the partners found.

    :param found: a question's rows of texts, or its partners where `of_partners`.
    """
    answers = []
    for id_, each in zip(ids, found, strict=True):
        order = tuple(each) if of_partners else partners(each, given.owners)
        answers.append(Answer(id_, tuple((name, -float(place)) for place, name in enumerate(order)), Verdict.MATCHES))
    return figures(answers, qrels)[MEASURE]
