"""What a snapshot's build will have the encoder read, told without building: so that it can be read before, elsewhere.

Each part of the index says itself what it reads (`side.role_of`, `sentence_vectors.spans_of`, …); here it is gathered.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.index import typical
from matcher.index.background import Background
from matcher.index.contrast import Contrast
from matcher.index.sector_guess import SectorGuess
from matcher.index.sentence_vectors import spans_of
from matcher.index.side import role_of
from matcher.index.word_counts import WordCounts
from matcher.index.word_vectors import words_of
from matcher.records import Evidence, Partner, Side
from matcher.text import telling_words


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to be read. `of`: the id of a text that it is in; empty for what every snapshot reads."""

    text: str
    role: Role
    of: str = ""


def of_texts(texts: Sequence[Evidence], encoder: Encoder) -> Iterator[tuple[int, Piece]]:
    """Yield the windows, sentences and words of texts, each word once, with how many texts are done with."""
    known: set[str] = set()  # there are far fewer words than texts, where these are many
    for done, text in enumerate(texts):
        role = role_of(text)
        yield from ((done, Piece(window, role, text.id)) for window in encoder.windows(text.full_text))
        words = words_of(text) - known
        known |= words
        for said in (*(text.text[a:b] for a, b in spans_of(text)), *sorted(words)):
            yield done, Piece(said, Role.PASSAGE, text.id)


def common(partners: Sequence[Partner], texts: Sequence[Evidence], dimensions: int) -> Iterator[Piece]:
    """Yield what is read besides: examples and titles, and what stands for all texts of a side."""
    listening = _Listening(dimensions)
    contrast = Contrast.build(listening)
    Background.build(listening)
    SectorGuess.build(listening, contrast.needs)
    yield from listening.heard
    for side in Side:
        ours = {partner.id for partner in partners if partner.side is side}
        theirs = [text for text in texts if not ours.isdisjoint(text.partners)]
        yield from (Piece(question, Role.QUERY) for question in typical.first_asked(theirs))
        usual = _telling(theirs)
        for language in usual.telling:
            yield from (Piece(word, role) for word in usual.sample(language) for role in Role)


def _telling(texts: Iterable[Evidence]) -> WordCounts:
    """Return the words that samples are drawn from; how many texts have each does not matter for that."""
    found: dict[str, dict[str, int]] = {}
    for text in texts:
        found.setdefault(text.language or "", {}).update(dict.fromkeys(telling_words(text.full_text), 1))
    return WordCounts({language: words for language, words in found.items() if words})


class _Listening:
    """An Encoder that only notes what it is asked to read."""

    revision = "none"

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.heard: list[Piece] = []

    def windows(self, text: str) -> list[str]:
        return [text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        self.heard += [Piece(text, role) for text in texts]
        return np.zeros((len(texts), self.dimensions), np.float32)
