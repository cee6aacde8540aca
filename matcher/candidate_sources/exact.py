"""Every text looked at: what the other sources are measured by, and the lexical leg of those in process."""

from collections.abc import Mapping

import numpy as np

from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import Found, Wanted
from matcher.encode import Vectors


class ExactSource:
    """Compares a question with all windows and all texts that share a stem with it."""

    def __init__(self, base: Base) -> None:
        self.base = base

    def dense(self, vector: Vectors, count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        cosines = np.asarray(self.base.vectors @ np.asarray(vector, np.float32), np.float64)
        if wanted.texts is None:
            return Found.best(np.arange(len(cosines)), cosines, count)
        rows = np.flatnonzero(wanted.texts[self.base.window_text])
        return Found.best(rows, cosines[rows], count)

    def lexical(self, stems: Mapping[str, int], count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        weights, number = self.base.weights, self.base.stem_number
        scores = np.zeros(len(self.base.texts))
        for stem, times in stems.items():
            if stem in number:
                here = slice(weights.starts[number[stem]], weights.starts[number[stem] + 1])
                scores[weights.texts[here]] += times * weights.weights[here].astype(np.float64)
        if wanted.texts is not None:
            scores[~wanted.texts] = 0
        rows = np.flatnonzero(scores > 0)
        return Found.best(rows, scores[rows], count)
