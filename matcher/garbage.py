"""What lives long is left out of the search for garbage, which stops all questions: an index has a million objects."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

YOUNG = 20_000  # objects made before the youngest are looked through: a question makes a quarter, which all go with it


@contextmanager
def set_aside() -> Iterator[None]:
    """Look for no garbage while something large is opened inside the block, nor afterwards among what is there then."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
        gc.set_threshold(YOUNG)
        gc.freeze()


def clear() -> None:
    """Look for garbage everywhere once: what was set aside and has been replaced does not stay.

    What was freed goes back to the system, of all threads, where the C library can give it back (glibc can).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
