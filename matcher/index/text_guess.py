"""Which code of a classification a text is about (sectors, fields of science), learned from what has a code already.

Ridge regression from vectors to codes (Hastie, Tibshirani & Friedman 2009, 4.2), its examples the classification's
own titles and the texts that carry codes. Of a text with several codes each gets its share. A softmax turns values
into confidences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher import fields, sectors
from matcher.encode import Encoder, Role, Vectors

Floats = NDArray[np.float64]
RIDGE = 0.3
TEMPERATURE = 0.05
# From here on a code is believed. On the demonstration texts, each guessed from other partners', 89 % of the sectors
# (44 % of the texts) and 81 % of the fields (56 %) are then right; needs from capabilities alone 80 % (27 %).
SURE = 0.7
FEW = 50  # texts with codes; fewer teach nothing beside the titles


@dataclass(frozen=True, slots=True)
class Titles:
    """A classification: its codes, and names (vectors: (names, dimensions)) with the position of each one's code."""

    codes: tuple[str, ...]
    vectors: Vectors
    owner: tuple[int, ...]

    @classmethod
    def of_sectors(cls, encoder: Encoder) -> "Titles":
        """Return the divisions of ISIC Rev. 4 with their titles and everyday words."""
        known = sectors.tree()
        codes = tuple(code for code in known if len(code) == 3)
        named = [
            (i, name)
            for i, sector in enumerate(known[code] for code in codes)
            for name in (sector.es, sector.en, "; ".join([sector.es, *sector.words]), *sector.words)
        ]
        return cls._encoded(codes, named, encoder)

    @classmethod
    def of_fields(cls, encoder: Encoder) -> "Titles":
        """Return the second level of the OECD's FORD."""
        codes = tuple(code for code in fields.names() if "." in code)
        return cls._encoded(
            codes, [(i, name) for i, code in enumerate(codes) for name in fields.names()[code]], encoder
        )

    @classmethod
    def _encoded(cls, codes: tuple[str, ...], named: Sequence[tuple[int, str]], encoder: Encoder) -> "Titles":
        vectors = encoder.encode([name for _, name in named], Role.PASSAGE)
        return cls(codes, vectors, tuple(i for i, _ in named))


@dataclass(frozen=True, slots=True)
class TextGuess:
    """What guesses. `factors`: (dimensions, codes); `base`: (codes,)."""

    codes: tuple[str, ...]
    factors: Floats
    base: Floats

    @classmethod
    def learn(cls, titles: Titles, vectors: Vectors | None = None, coded: Sequence[Sequence[str]] = ()) -> "TextGuess":
        """Learn from a classification's titles, and from texts with codes where there are enough.

        Titles and texts lie in different corners of a model's space: each counts from its own mean.

        :param vectors: (n, dimensions) of texts, whose codes are `coded`; codes that the classification lacks are
            counted as their beginning (C1311 as C13), else not.
        """
        examples = titles.vectors.astype(np.float64)
        examples = examples - examples.mean(axis=0)
        wanted = np.eye(len(titles.codes))[list(titles.owner)]
        shares = shares_of(coded, titles.codes)
        taught = shares.sum(axis=1) > 0 if len(coded) else np.zeros(0, bool)
        if vectors is not None and taught.sum() >= FEW:
            texts = vectors[taught].astype(np.float64)
            examples = np.vstack([examples, texts - texts.mean(axis=0)])
            wanted = np.vstack([wanted, shares[taught]])
        base = wanted.mean(axis=0)
        gram = examples.T @ examples + RIDGE * np.eye(examples.shape[1])
        return cls(titles.codes, np.linalg.solve(gram, examples.T @ (wanted - base)), base)

    def confidences(self, vectors: Vectors, mean: Floats | None = None) -> Floats:
        """Return (texts, codes) confidences, each row adding up to 1. Texts count from their mean.

        :param vectors: (texts, dimensions).
        :param mean: (dimensions,) of texts like these; None: their own.
        """
        texts = vectors.astype(np.float64)
        values = ((texts - (texts.mean(axis=0) if mean is None else mean)) @ self.factors + self.base) / TEMPERATURE
        shares = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def best(self, vectors: Vectors, mean: Floats | None = None) -> list[tuple[str, float]]:
        """Return each text's likeliest code, and how sure that is. `mean`: see `confidences`."""
        found = self.confidences(vectors, mean)
        first = found.argmax(axis=1)
        return [(self.codes[code], float(found[i, code])) for i, code in enumerate(first.tolist())]


def shares_of(coded: Sequence[Sequence[str]], codes: Sequence[str]) -> Floats:
    """Return (texts, codes): what share of a text each of its codes has."""
    places = {code: i for i, code in enumerate(codes)}
    found = np.zeros((len(coded), len(codes)))
    for row, some in enumerate(coded):
        known = [places[code if code in places else code[:3]] for code in some if {code, code[:3]} & places.keys()]
        for place in known:
            found[row, place] += 1 / len(known)
    return found
