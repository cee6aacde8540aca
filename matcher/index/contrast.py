"""What firms ask of research, against what people ask of anybody else: examples of both, as vectors."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Progress, Role, Vectors

EXAMPLES = Path(__file__).with_name("contrast.toml")
NEAREST = 2  # examples of a kind that count: one alone may be near by accident


@dataclass(frozen=True)
class Contrast:
    """Examples asked as questions. `needs`, `elsewhere`: (examples, dimensions) unit vectors."""

    needs: Vectors
    elsewhere: Vectors

    @classmethod
    def build(cls, encoder: Encoder, progress: Progress | None = None) -> "Contrast":
        """Encode the examples of `contrast.toml`."""
        examples = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
        texts = [*examples["needs"], *examples["elsewhere"]]
        vectors = encoder.encode(texts, Role.QUERY, progress)
        return cls(*np.split(vectors, [len(examples["needs"])]))

    def likeness(self, vector: Vectors) -> tuple[float, float]:
        """Return how like a question, given by its vector, the likest needs and the likest others are."""
        return float(_nearest(self.needs @ vector)), float(_nearest(self.elsewhere @ vector))

    def margin(self, likeness: tuple[float, float], best_cosine: float) -> float:
        """Return how much nearer a question is to a need, or to a text, than to what is asked elsewhere.

        In standard deviations of the margins that the examples themselves have: 1 means the same in
        every model. Above 0 is nearer to a need.

        :param likeness: the question's, see there. :param best_cosine: the highest of any text.
        """
        needs, elsewhere = likeness
        return (max(best_cosine, needs) - elsewhere) / self.spread if self.spread > 0 else 0.0

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the examples' own margins, each without itself; 0 without enough examples."""
        if min(len(self.needs), len(self.elsewhere)) <= NEAREST:
            return 0.0
        everything = np.concatenate([self.needs, self.elsewhere])
        cosines = everything @ everything.T
        np.fill_diagonal(cosines, -np.inf)
        return float(np.std(_nearest(cosines[:, : len(self.needs)]) - _nearest(cosines[:, len(self.needs) :])))

    def save(self, folder: Path) -> None:
        """Write the vectors into `folder`."""
        np.savez(folder / "contrast.npz", needs=self.needs, elsewhere=self.elsewhere)

    @classmethod
    def load(cls, folder: Path) -> "Contrast":
        """Load what `save` wrote."""
        with np.load(folder / "contrast.npz") as arrays:
            return cls(arrays["needs"], arrays["elsewhere"])


def _nearest(cosines: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the mean of the NEAREST highest cosines of each row."""
    return np.asarray(np.sort(cosines, axis=-1)[..., -NEAREST:].mean(axis=-1))
