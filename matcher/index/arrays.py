"""Arrays of a snapshot, each in a file of its own, which all processes share by memory mapping."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def save(folder: Path, name: str, **arrays: NDArray[Any]) -> None:
    """Write arrays as `<name>.<key>.npy` into `folder`."""
    for key, array in arrays.items():
        np.save(folder / f"{name}.{key}.npy", np.ascontiguousarray(array))


def load(folder: Path, name: str, key: str) -> NDArray[Any]:
    """Map an array that `save` wrote."""
    return mapped(folder / f"{name}.{key}.npy")


def mapped(path: Path) -> NDArray[Any]:
    """Map an array of a file; one without elements, which cannot be mapped, is read."""
    array = np.load(path, mmap_mode="r") if path.stat().st_size > HEAD else np.load(path)
    return np.asarray(array)


HEAD = 128  # bytes before an array's elements in a file of format 1.0 with a short description
