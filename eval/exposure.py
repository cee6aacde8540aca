"""How attention is spread over partners: coverage, inequality, and how local the first ten are."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.answers import Answer
from matcher.records import Partner, Query
from matcher.signals import asked_countries

TOP = 10  # partners of a list that are taken as seen
FEW = 0.01  # the share of partners called the most shown


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a system's first tens are spread over all partners.

    `coverage`: share of partners ever shown. `gini`: 0 where all are shown equally often, near 1 where one
    is always shown. `most_shown`: share of all places that goes to the most shown 1 % (at least one).
    `local`: share of places that go to the asker's region (country, where no region is known); None
    where no question says its place. `times`: partner's places, (partners,) falling.
    """

    coverage: float
    gini: float
    most_shown: float
    local: float | None
    times: tuple[int, ...]


def exposure(
    answers: Iterable[Answer], partners: Sequence[Partner], questions: Mapping[str, Query] | None = None
) -> Exposure:
    """Measure the first tens of answers.

    :param questions: question id -> query, for its place; answers to other questions are not counted.
    """
    asked = questions or {}
    known = {partner.id: partner for partner in partners}
    times: Counter[str] = Counter(dict.fromkeys(known, 0))
    placed: list[bool] = []
    for answer in answers:
        if questions is not None and answer.question not in asked:
            continue
        shown = [partner for partner, _ in answer.ranking[:TOP]]
        times.update(shown)
        query = asked.get(answer.question)
        if query and (query.region or asked_countries(query)):
            placed += [_local(known[partner], query) for partner in shown if partner in known]
    counts = np.array(sorted(times.values(), reverse=True))
    few = max(1, math.ceil(FEW * len(counts)))
    total = max(int(counts.sum()), 1)
    return Exposure(
        float((counts > 0).mean()),
        gini(counts),
        float(counts[:few].sum() / total),
        sum(placed) / len(placed) if placed else None,
        tuple(counts.tolist()),
    )


def gini(counts: NDArray[np.int64]) -> float:
    """Return the Gini coefficient: mean absolute difference of two partners over twice the mean (Gini 1912)."""
    rising = np.sort(counts)
    total, size = rising.sum(), len(rising)
    if not total:
        return 0.0
    return float((2 * np.arange(1, size + 1) - size - 1) @ rising / (size * total))


def _local(partner: Partner, query: Query) -> bool:
    if query.region:
        return partner.region == query.region
    return partner.country in asked_countries(query)
