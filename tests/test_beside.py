"""Work on another core: done once, by whoever comes first, and never waited for in a circle."""

import gc
import os
import threading
import weakref

import pytest

from matcher import beside as module
from matcher import garbage
from matcher.beside import beside, cores

TWO = pytest.mark.skipif(cores() < 2, reason="there is one core")


class Node:
    """Holds itself, so that only a search for garbage finds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def own_threads():
    module._rest()
    yield
    module._rest()


@TWO
def test_work_is_done_by_another_thread_while_this_one_goes_on():
    begun, go_on = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        assert go_on.wait(10)
        return threading.current_thread().name

    result = beside(work)
    assert begun.wait(10)  # though nobody asked for the result yet
    go_on.set()
    assert result().startswith("tinkuy-beside")


@TWO
def test_what_has_not_begun_is_done_by_whoever_wants_it():
    full, free = threading.Semaphore(0), threading.Event()

    def busy() -> None:
        full.release()
        assert free.wait(10)

    others = [beside(busy) for _ in range(cores())]
    for _ in others:
        assert full.acquire(timeout=10)
    done = []
    assert beside(lambda: done.append(threading.current_thread()))() is None
    assert done == [threading.current_thread()]
    free.set()
    for other in others:
        other()
    assert len(done) == 1  # nor is it done again


@TWO
def test_work_may_begin_other_work_and_wait_for_it():
    def sum_to(n: int) -> int:
        return n and n + beside(lambda: sum_to(n - 1))()

    assert beside(lambda: sum_to(20))() == 210


def test_an_error_reaches_whoever_wants_the_result():
    with pytest.raises(ZeroDivisionError):
        beside(lambda: 1 // 0)()


def test_where_there_is_one_core_work_is_done_when_it_is_wanted(monkeypatch):
    monkeypatch.setattr(module, "cores", lambda: 1)
    done = []
    result = beside(lambda: done.append(threading.current_thread()))
    assert done == []
    result()
    assert done == [threading.current_thread()]


@TWO
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    assert beside(lambda: 1)() == 1
    assert forked(lambda: beside(lambda: 2)() == 2)
    assert beside(lambda: 3)() == 3


@TWO
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_waits_for_no_work_that_begins_other_work_and_keeps_no_lock():
    begun, go_on = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        assert go_on.wait(10)
        return beside(lambda: 4)()

    result = beside(work)
    assert begun.wait(10)
    threading.Timer(0.2, go_on.set).start()  # while the fork ends the threads
    with module._changing:
        held = threading.Thread(target=lambda: beside(lambda: 5)())
        held.start()
    assert forked(lambda: beside(lambda: 6)() == 6)
    assert result() == 4
    held.join(10)
    assert not held.is_alive()


def forked(work) -> bool:
    """Tell whether some work is true in a process forked from this one."""
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if work() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_where_no_thread_can_be_had_work_is_done_when_it_is_wanted(monkeypatch):
    class Full:
        def submit(self, _):
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "_threads", Full)
    assert beside(lambda: 7)() == 7


def test_what_is_opened_is_left_out_of_the_search_for_garbage_until_it_is_cleared():
    young = gc.get_threshold()
    try:
        with garbage.set_aside():
            assert not gc.isenabled()
            node = Node()
        assert gc.isenabled()
        gone = weakref.ref(node)
        del node
        gc.collect()
        assert gone() is not None
        garbage.clear()
        assert gone() is None
    finally:
        gc.unfreeze()
        gc.set_threshold(*young)


def test_a_search_for_garbage_that_was_off_stays_off():
    young = gc.get_threshold()
    gc.disable()
    try:
        with garbage.set_aside():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
        gc.set_threshold(*young)
