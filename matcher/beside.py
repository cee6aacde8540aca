"""Work for another core, while this one does something else: whoever asked waits for the longer of the two.

It pays where both are inside of C code most of the time, which lets go of the interpreter's lock.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

T = TypeVar("T")
_changing = Lock()
_pool: ThreadPoolExecutor | None = None


def beside(work: Callable[[], T]) -> Callable[[], T]:
    """Begin some work on another core, and return what gives its result.

    Whoever wants the result before the work has begun does it itself: nobody waits for the work of others, and work
    may itself begin other work. Where there is one core, all is done so. Work must bear being done twice.
    """
    if cores() < 2:
        return work
    try:
        with _changing:
            future = _threads().submit(work)
    except RuntimeError:  # no thread can be had, or the interpreter is about to end
        return work
    return lambda: work() if future.cancel() else future.result()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads() -> ThreadPoolExecutor:
    """Return this process's threads."""
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(cores(), thread_name_prefix="tinkuy-beside")
    return _pool


def _rest() -> None:
    """End the threads, which a fork would lose without telling anybody; the next work begins new ones."""
    global _pool
    with _changing:
        pool, _pool = _pool, None
    if pool:
        pool.shutdown()  # not under the lock, which work that is under way may want


def _anew() -> None:
    """Forget what another thread began or held just when this process was forked."""
    global _pool, _changing
    _pool, _changing = None, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest, after_in_child=_anew)
