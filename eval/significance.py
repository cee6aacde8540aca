"""Whether a difference between two systems is more than chance."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10_000
BLOCK = 1_000  # rounds at a time: memory
SEED = 20_260_102


def randomisation(differences: Sequence[float] | NDArray[np.float64], rounds: int = ROUNDS, seed: int = SEED) -> float:
    """Return the two-sided p of a paired randomisation test (Smucker, Allan & Carterette, CIKM 2007).

    Were both systems the same, each question's difference might as well have the other sign. p is the
    share of random sign patterns whose mean is at least as far from 0 as the one seen, the one seen
    counted among them: (b + 1) / (rounds + 1).

    :param differences: (questions,) of a measure.
    """
    values = np.asarray(differences, float)
    values = values[values != 0]  # a tie has no sign to flip
    if not len(values):
        return 1.0
    seen = abs(values.sum())
    slack = 1e-9 * np.abs(values).sum()  # sums in another order differ in their last bits
    draw = np.random.default_rng(seed)
    as_far = 0
    for start in range(0, rounds, BLOCK):
        signs = draw.integers(0, 2, (min(BLOCK, rounds - start), len(values))) * 2 - 1
        as_far += int((np.abs(signs @ values) >= seen - slack).sum())
    return (as_far + 1) / (rounds + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many tests were made (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        corrected[i] = highest
    return corrected
