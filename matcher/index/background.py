"""What all questions have in common: a text that is near to every question is near to none.

Encoders hold texts of one language, and general ones, close to everything (hubs: Radovanović et al.
2010; a correction by the mean similarity: Dinu et al. 2015). The official titles of all sectors,
asked as questions, stand for "every question" in their language.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matcher.encode import Encoder, Role, Vectors
from matcher.sectors import tree


@dataclass(frozen=True)
class Background:
    """Mean vectors of the sectors' titles, asked as questions. `es`, `en`: (dimensions,)."""

    es: Vectors
    en: Vectors

    @classmethod
    def build(cls, encoder: Encoder) -> "Background":
        """Encode the titles."""
        spanish, english = ([s.es for s in tree().values()], [s.en for s in tree().values()])
        vectors = encoder.encode([*spanish, *english], Role.QUERY)
        return cls(vectors[: len(spanish)].mean(axis=0), vectors[len(spanish) :].mean(axis=0))

    def of(self, language: str | None) -> Vectors:
        """Return the mean for a question's language; for others than Spanish and English that of both."""
        both = np.asarray((self.es + self.en) / 2, np.float32)
        return {"es": self.es, "en": self.en}.get(language or "", both)

    def save(self, folder: Path) -> None:
        """Write the vectors into `folder`."""
        np.savez(folder / "background.npz", es=self.es, en=self.en)

    @classmethod
    def load(cls, folder: Path) -> "Background":
        """Load what `save` wrote."""
        with np.load(folder / "background.npz") as arrays:
            return cls(arrays["es"], arrays["en"])
