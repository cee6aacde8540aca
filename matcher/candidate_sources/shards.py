"""Several sources, each over some of the rows, as one.

Their answers are merged by the raw scores. That is right because no shard has numbers of its own: a cosine depends on
nothing else, and the weights of stems are worked out over the whole snapshot before it is shared out. Ranks, or scores
that each shard standardised for itself, could not be merged so.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from matcher.candidate_sources.contract import CandidateSource, Found, Wanted
from matcher.encode import Vectors


class Sharded:
    """Asks all shards at once and keeps the best of what they found; rows are those of the whole base."""

    def __init__(self, shards: Sequence[CandidateSource]) -> None:
        self.shards = tuple(shards)
        self._pool = ThreadPoolExecutor(max_workers=len(self.shards), thread_name_prefix="tinkuy-shard")

    def dense(self, vector: Vectors, count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        return self._merged(lambda shard: shard.dense(vector, count, wanted), count)

    def lexical(self, stems: Mapping[str, int], count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        return self._merged(lambda shard: shard.lexical(stems, count, wanted), count)

    def _merged(self, ask: Callable[[CandidateSource], Found], count: int) -> Found:
        """Return the best of all; a shard that cannot be reached is an error, for its texts would be missing."""
        found = list(self._pool.map(ask, self.shards))
        rows, scores = (np.concatenate([getattr(part, name) for part in found]) for name in Found._fields)
        return Found.best(rows, scores, count)
