"""Who could serve each need on record: every one is asked as a question, by the one path that ranks.

The rule of place is switched off for it. With it a partner of the same region is several times as likely as the same
partner elsewhere, so that being near would by itself make a good match, and a picture of who is near would only show
the rule. What is left tells whether somebody can help; where they are is counted afterwards (see `regional`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.engine import Engine
from matcher.records import Evidence, Side, Verdict, probability
from matcher.vector_cache import CachedEncoder

# The least probability of a good match; the need must be at home here too (see `familiarity`). Of the demonstration's
# 32 judged questions that have an answer, 63 partners reach it: 41 were judged to fit, 32 of them well.
GOOD = 0.02
KEPT = 25  # good matches of a need, at most
NEEDS = frozenset({"need", "problem", "challenge"})  # kinds of texts; what firms have done is none
WITHOUT = frozenset({"place"})


@dataclass(frozen=True, slots=True)
class Helper:
    """A partner that is a good match for a need, wherever it is."""

    partner: str
    probability: float


Answers = Mapping[str, tuple[Helper, ...]]
"""Need's id -> its good matches, best first."""


def needs_of(engine: Engine) -> list[Evidence]:
    """Return the needs on record, as everybody may see them, by id."""
    return [e for e in engine.snapshot.sides[Side.DEMAND].evidence if e.kind in NEEDS]


def helpers(engine: Engine, need: str) -> tuple[Helper, ...]:
    """Return the good matches of one need, best first; none where the question is not at home here.

    :raises NotFound: there is no such need.
    """
    query = engine.query_for(need, k=KEPT, without=WITHOUT, guess_sector=False)
    (ranking,) = engine.rank(query, [engine.weights])
    if ranking.verdict is not Verdict.MATCHES:
        return ()
    found = ((id_, probability(score)) for id_, score in engine.ids_and_scores(ranking))
    return tuple(Helper(id_, chance) for id_, chance in found if chance >= GOOD)


def still_there(answers: Answers, engine: Engine) -> Answers:
    """Return the answers without needs and partners that the engine does not know any more.

    A need that was not asked yet is absent: see `regional`, which leaves it out.
    """
    partners, texts = engine.snapshot.partners, engine.snapshot.evidence
    return {need: tuple(h for h in found if h.partner in partners) for need, found in answers.items() if need in texts}


def read_ahead(engine: Engine, needs: Iterable[Evidence]) -> Engine:
    """Return the engine with the texts of some needs read as questions already, all at once.

    Their vectors are kept with those of other texts, as a server's questions are not: they are on record, so that
    erasure finds them there.
    """
    encoder = engine.encoder
    windows = list(dict.fromkeys(window for need in needs for window in encoder.windows(need.full_text)))
    keeping = encoder.keeping_questions() if isinstance(encoder, CachedEncoder) else encoder
    return engine.reading(_Ahead(encoder, dict(zip(windows, keeping.encode(windows, Role.QUERY), strict=True))))


class _Ahead:
    """An Encoder that knows some questions' vectors."""

    def __init__(self, encoder: Encoder, known: Mapping[str, Vectors]) -> None:
        self.encoder = encoder
        self.known = known

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self.encoder.revision

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self.encoder.dimensions

    def windows(self, text: str) -> list[str]:
        """See Encoder."""
        return self.encoder.windows(text)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """See Encoder; a question that is not known, such as one whose spelling was mended, is read."""
        if role is Role.QUERY and all(text in self.known for text in texts):
            return np.stack([self.known[text] for text in texts])
        return self.encoder.encode(texts, role, progress)
