"""The sector that a question speaks of, learned from the official titles.

Ridge regression from vectors to divisions of ISIC Rev. 4 (Hastie, Tibshirani & Friedman 2009, 4.2). Its
examples are every division's titles (es, en) and everyday words. A softmax turns its values into confidences.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.records import GuessedSector
from matcher.sectors import tree

Floats = NDArray[np.float64]
RIDGE = 1.0
TEMPERATURE = 0.03
# Less sure than this is not said. Of the demonstration texts that pass it, 90 % of the supply's (29 % of
# all pass) and 81 % of the demand's (19 %) have the division that is guessed.
SURE = 0.4


@dataclass(frozen=True)
class SectorGuess:
    """What guesses. `factors`: (dimensions, divisions); `base`: (divisions,); `mean`: (dimensions,) of questions."""

    factors: Floats
    base: Floats
    mean: Floats

    @classmethod
    def build(cls, encoder: Encoder, questions: Vectors, progress: Progress | None = None) -> "SectorGuess":
        """Learn from the titles.

        Titles and questions lie in different corners of a model's space: each counts from its own mean.

        :param questions: (n, dimensions) of typical questions, for their mean.
        """
        titles, owner = _titles()
        examples = encoder.encode(titles, Role.PASSAGE, progress).astype(np.float64)
        examples -= examples.mean(axis=0)
        wanted = np.eye(len(divisions()))[owner]
        base = wanted.mean(axis=0)
        gram = examples.T @ examples + RIDGE * np.eye(examples.shape[1])
        factors = np.linalg.solve(gram, examples.T @ (wanted - base))
        return cls(factors, base, questions.astype(np.float64).mean(axis=0))

    def confidences(self, vector: Vectors) -> list[GuessedSector]:
        """Return all divisions, the surest first, for a question's unit vector; confidences add up to 1."""
        shares, codes = self._shares(vector), divisions()
        return [GuessedSector(codes[i], float(shares[i])) for i in np.argsort(-shares, kind="stable").tolist()]

    def best(self, vector: Vectors) -> GuessedSector | None:
        """Return the division that a question speaks of, or None where none is sure enough."""
        shares = self._shares(vector)
        first = int(shares.argmax())
        return GuessedSector(divisions()[first], float(shares[first])) if shares[first] >= SURE else None

    def _shares(self, vector: Vectors) -> Floats:
        values = ((vector - self.mean) @ self.factors + self.base) / TEMPERATURE
        shares = np.exp(values - values.max())
        return np.asarray(shares / shares.sum())

    def save(self, folder: Path) -> None:
        """Write it into `folder`."""
        np.savez(folder / "sector_guess.npz", factors=self.factors, base=self.base, mean=self.mean)

    @classmethod
    def load(cls, folder: Path) -> "SectorGuess":
        """Load what `save` wrote."""
        with np.load(folder / "sector_guess.npz") as arrays:
            return cls(arrays["factors"], arrays["base"], arrays["mean"])


def divisions() -> list[str]:
    """Return the codes of all divisions, in the order of the classification."""
    return [code for code in tree() if len(code) == 3]


def _titles() -> tuple[list[str], list[int]]:
    """Return names of divisions, and the division that each belongs to."""
    known = tree()
    named = [
        (i, name)
        for i, sector in enumerate(known[code] for code in divisions())
        for name in (sector.es, sector.en, "; ".join([sector.es, *sector.words]), *sector.words)
    ]
    return [name for _, name in named], [i for i, _ in named]
