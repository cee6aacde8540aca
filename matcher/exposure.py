"""Fair exposure as a choice: partners that were proposed often lately let others have a turn, at a bounded price.

A term of the formula like any other: weight `strength`, value -ln(1 + times proposed / capacity) for
those that yield and 0 for all others, so that who stays among the first keeps order and score.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from matcher.records import Outcome, Side, Stage
from matcher.scoring import Scored, in_order
from matcher.weights import Weights

Floats = NDArray[np.float64]
SIGNAL = "exposure"
PLACES = 10  # of a list that are taken as seen
LATELY = dt.timedelta(days=365)
OPEN = frozenset({Stage.INTRODUCED, Stage.MET})  # nothing has come of it yet: it still takes the partner's time


class Tally:
    """How often partners were shown; whoever asks a batch of questions keeps one, the engine remembers nothing.

    :param kept: share of what was counted before that each further list leaves; 1 forgets nothing.
    """

    def __init__(self, *, kept: float = 1.0) -> None:
        self.kept = kept
        self.times: dict[str, float] = {}

    def add(self, partners: Iterable[str]) -> None:
        """Count the first PLACES partners of a list, given by their ids from the first on."""
        if self.kept != 1.0:
            self.times = {id_: self.kept * times for id_, times in self.times.items()}
        for id_ in list(partners)[:PLACES]:
            self.times[id_] = self.times.get(id_, 0.0) + 1.0


def open_introductions(outcomes: Mapping[str, list[Outcome]], side: Side, day: dt.date | None) -> Counter[str]:
    """Return partner -> with how many counterparts it was brought together lately, nothing more being on record yet.

    An outcome without a date tells nothing here, and without a counterpart stands for one of its own.

    :param outcomes: partner of `side` -> its outcomes. :param day: of the question; None: of the newest outcome.
    """
    dated = [(id_, o.date, o) for id_, record in outcomes.items() for o in record if o.date]
    today = day or max((date for _, date, _ in dated), default=dt.date.min)
    further: dict[tuple[str, str], dt.date] = {}  # the last day on which more than a meeting was told
    opened: dict[tuple[str, str], dt.date] = {}
    for id_, date, outcome in dated:
        if day and date >= day:
            continue
        other = outcome.counterpart if side is Side.SUPPLY else outcome.partner
        found = opened if outcome.stage in OPEN else further
        pair = (id_, f"partner {other}" if other else f"outcome {outcome.id}")
        found[pair] = max(date, found.get(pair, date))
    return Counter(
        pair[0] for pair, date in opened.items() if today - date <= LATELY and further.get(pair, dt.date.min) < date
    )


def capacity(texts: NDArray[np.int64]) -> Floats:
    """Return how many introductions weigh one: 1 + ln(1 + texts on record), as no record tells it yet."""
    return 1 + np.log1p(texts)


def spread(scored: Scored, shown: Floats, capacities: Floats, weights: Weights, places: int) -> Scored:
    """Return the scores with the term `exposure`.

    The first `places` are filled by score and term together. Then the most often proposed of those that
    would have to leave leaves first, as long as the list loses no more than `exposure.price` of its worth:
    the sum of its probabilities discounted by rank, 1 / log2(1 + rank) (Järvelin & Kekäläinen 2002).

    :param shown: (n,) how often each candidate was proposed lately. :param capacities: (n,) see `capacity`.
    """
    strength, limit = weights.exposure.strength, weights.exposure.price
    values = np.where(shown > 0, -np.log1p(shown / capacities), 0.0)
    lowered = scored.scores.copy()
    touched = np.flatnonzero(strength * values)
    for i, terms in zip(touched.tolist(), scored.terms(touched).tolist(), strict=True):
        lowered[i] = math.fsum([weights.bias, *terms, strength * values[i]])
    chosen = _chosen(scored, in_order(lowered), limit, places)
    values[chosen] = 0.0
    scores = np.where(values < 0, lowered, scored.scores)
    return replace(
        scored,
        names=(*scored.names, SIGNAL),
        weights=(*scored.weights, strength),
        columns=(*scored.columns, values),
        scores=scores,
    )


def _chosen(scored: Scored, wanted: NDArray[np.int64], limit: float, places: int) -> list[int]:
    """Return who stands in the first places.

    :param wanted: (n,) candidates by score and term together.
    """
    now: list[int] = scored.first(places).tolist()
    then: list[int] = wanted[:places].tolist()
    comes = [i for i in then if i not in now]
    goes = wanted[np.isin(wanted, [i for i in now if i not in then])][::-1].tolist()
    least = (1 - limit) * _worth(scored.scores[now])
    for leaving, coming in zip(goes, comes, strict=True):
        others = sorted({*now, coming} - {leaving}, key=lambda i: (-scored.scores[i], i))
        if _worth(scored.scores[others]) < least:
            break
        now = others
    return now


def _worth(scores: Floats) -> float:
    """Return the sum of probabilities discounted by rank; scores fall."""
    return float((expit(scores) / np.log2(np.arange(2, len(scores) + 2))).sum())
