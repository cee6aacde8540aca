"""What can be found out about records whose fields are empty: places, languages, codes, mended texts.

Confidential texts are left alone: what is found out is stored, and shown, beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Progress, Role
from matcher.index.text_guess import SURE, TextGuess, Titles
from matcher.mending import mended, mended_title
from matcher.places import country_of
from matcher.placing import from_city
from matcher.records import Evidence, Partner
from matcher.text import detect_language
from matcher.wholeness import Derived, basis

LANGUAGE = 0.9  # py3langid's share right on short texts, see `python -m eval languages`
FEWEST_WORDS = 3  # of a text whose language or codes are told
MEND = 1.0  # the same words


def places_of(partners: Sequence[Partner]) -> Iterator[Derived]:
    """Yield countries of regions, and regions of cities, where these are not given."""
    for partner in partners:
        given = basis(partner, "region")
        country = partner.country or country_of(partner.region)
        if partner.region and not partner.country and country:
            yield Derived("partner", partner.id, "country", country, 1.0, "region", given)
        if partner.region is None and partner.city:
            placed = from_city(partner.city, country)
            if placed:
                yield Derived("partner", partner.id, "region", placed.region, placed.confidence, "city", given)
                if country is None:
                    yield Derived("partner", partner.id, "country", placed.country, placed.confidence, "city", given)


def texts_of(evidence: Sequence[Evidence]) -> Iterator[Derived]:
    """Yield mended titles and texts, and languages that are not given."""
    for text in _open(evidence):
        for field, mend in (("title", mended_title), ("text", _mended_text)):
            given = getattr(text, field)
            if given and (better := mend(given)) != given:
                yield Derived("evidence", text.id, field, better, MEND, "mended", basis(text, field))
        if text.language is None and len(text.full_text.split()) >= FEWEST_WORDS:
            language = detect_language(text.full_text)
            if language:
                given = basis(text, "language")
                yield Derived("evidence", text.id, "language", language, LANGUAGE, "py3langid", given)


@dataclass(frozen=True, slots=True)
class Guesses:
    """What tells sectors and fields of science from texts, by field. `mean`: (dimensions,) of what the texts say."""

    encoder: Encoder
    by_field: Mapping[str, TextGuess]
    mean: NDArray[np.float64]

    @classmethod
    def learn(
        cls, evidence: Sequence[Evidence], encoder: Encoder, progress: Progress | None = None
    ) -> "Guesses | None":
        """Learn from texts, of which some have codes; None where none has words."""
        texts = [e for e in _open(evidence) if len(e.full_text.split()) >= FEWEST_WORDS]
        if not texts:
            return None
        vectors = encoder.encode([e.full_text for e in texts], Role.PASSAGE, progress)
        titles = {"sectors": Titles.of_sectors(encoder), "fields": Titles.of_fields(encoder)}
        learned = {
            field: TextGuess.learn(names, vectors, [getattr(e, field) for e in texts])
            for field, names in titles.items()
        }
        return cls(encoder, learned, vectors.astype(np.float64).mean(axis=0))

    def of(self, evidence: Sequence[Evidence]) -> Iterator[Derived]:
        """Yield sectors and fields of science of texts that have none; codes that are not sure are left out."""
        empty = [e for e in _open(evidence) if not (e.sectors and e.fields)]
        texts = [e for e in empty if len(e.full_text.split()) >= FEWEST_WORDS]
        if not texts:
            return
        vectors = self.encoder.encode([e.full_text for e in texts], Role.PASSAGE)
        for field, learned in self.by_field.items():
            for text, (code, sure) in zip(texts, learned.best(vectors, self.mean), strict=True):
                if not getattr(text, field) and sure >= SURE:
                    yield Derived("evidence", text.id, field, (code,), round(sure, 4), "text", basis(text, field))


def codes_of(evidence: Sequence[Evidence], encoder: Encoder) -> Iterator[Derived]:
    """Yield sectors and fields of science of texts that have none, learned from those that have them."""
    learned = Guesses.learn(evidence, encoder)
    if learned:
        yield from learned.of(evidence)


def _open(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [text for text in evidence if not text.confidential]


def _mended_text(text: str) -> str:
    """Return a text mended; one that is a single line in capitals is a title."""
    return mended_title(text) if "\n" not in text.strip() else mended(text)
