"""What can be found out about records whose fields are empty: places, languages, codes, mended texts.

Confidential texts are left alone: what is found out is stored, and shown, beside them.
"""

from collections.abc import Iterator, Sequence

from matcher.encode import Encoder, Role
from matcher.index.text_guess import SURE, TextGuess, Titles
from matcher.mending import mended, mended_title
from matcher.places import country_of
from matcher.placing import from_city
from matcher.records import Evidence, Partner
from matcher.text import detect_language
from matcher.wholeness import Derived, fingerprint

LANGUAGE = 0.9  # py3langid's share right on short texts, see `python -m eval languages`
FEWEST_WORDS = 3  # of a text whose language or codes are told
MEND = 1.0  # the same words


def places_of(partners: Sequence[Partner]) -> Iterator[Derived]:
    """Yield countries of regions, and regions of cities, where these are not given."""
    for partner in partners:
        basis = fingerprint(partner.name)
        country = partner.country or country_of(partner.region)
        if partner.region and not partner.country and country:
            yield Derived("partner", partner.id, "country", country, 1.0, "region", basis)
        if partner.region is None and partner.city:
            placed = from_city(partner.city, country)
            if placed:
                yield Derived("partner", partner.id, "region", placed.region, placed.confidence, "city", basis)
                if country is None:
                    yield Derived("partner", partner.id, "country", placed.country, placed.confidence, "city", basis)


def texts_of(evidence: Sequence[Evidence]) -> Iterator[Derived]:
    """Yield mended titles and texts, and languages that are not given."""
    for text in _open(evidence):
        for field, mend in (("title", mended_title), ("text", _mended_text)):
            given = getattr(text, field)
            if given and (better := mend(given)) != given:
                yield Derived("evidence", text.id, field, better, MEND, "mended", fingerprint(given))
        if text.language is None and len(text.full_text.split()) >= FEWEST_WORDS:
            language = detect_language(text.full_text)
            if language:
                basis = fingerprint(text.full_text)
                yield Derived("evidence", text.id, "language", language, LANGUAGE, "py3langid", basis)


def codes_of(evidence: Sequence[Evidence], encoder: Encoder) -> Iterator[Derived]:
    """Yield sectors and fields of science of texts that have none, learned from those that have them.

    Codes that are not sure (see `text_guess.SURE`) are left out.
    """
    texts = [e for e in _open(evidence) if len(e.full_text.split()) >= FEWEST_WORDS]
    if not texts:
        return
    vectors = encoder.encode([e.full_text for e in texts], Role.PASSAGE)
    for field, titles in (("sectors", Titles.of_sectors(encoder)), ("fields", Titles.of_fields(encoder))):
        learned = TextGuess.learn(titles, vectors, [getattr(e, field) for e in texts])
        for text, (code, sure) in zip(texts, learned.best(vectors), strict=True):
            if not getattr(text, field) and sure >= SURE:
                basis = fingerprint(text.full_text)
                yield Derived("evidence", text.id, field, (code,), round(sure, 4), "text", basis)


def _open(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [text for text in evidence if not text.confidential]


def _mended_text(text: str) -> str:
    """Return a text mended; one that is a single line in capitals is a title."""
    return mended_title(text) if "\n" not in text.strip() else mended(text)
