"""What finalizers put off is done later, once, and never takes a lock where they run."""

from __future__ import annotations

import gc
import logging
import threading

import notebook_kit as nk
from notebook_kit.logs import catch_up, later


def test_each_action_is_done_once() -> None:
    """In the order in which they were put off, also those put off meanwhile."""
    done: list[str] = []

    def first() -> None:
        done.append("first")
        later(lambda: done.append("third"))

    later(first)
    later(lambda: done.append("second"))
    catch_up()
    catch_up()
    assert done == ["first", "second", "third"]


class _Locked(logging.Handler):
    """A handler in the middle of whose writing, with locks held, clients are collected."""

    def __init__(self, foreign: threading.Lock) -> None:
        super().__init__()
        self._foreign = foreign
        self.doomed: list[nk.Client] = []
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Not reentrant: a finalizer that wrote a line here would wait for itself for ever.
        assert self._foreign.acquire(timeout=20), "a finalizer wrote in the middle of a line"
        try:
            self.written.append(record.getMessage())
            self.doomed.clear()
            gc.collect()
        finally:
            self._foreign.release()


def test_a_client_collected_in_the_middle_of_a_line_writes_nothing_there(
    demo: nk.demo.DemoServer,
) -> None:
    """Used and unused clients may be collected inside a handler; their lines come afterwards."""
    handler = _Locked(threading.Lock())
    log = logging.getLogger("notebook_kit")
    log.addHandler(handler)
    try:
        with nk.LoggingConfig("debug", console=False):
            used, unused = nk.Client(demo.url), nk.Client(demo.url)
            assert used.get("/airports/ZRH").result().status_code == 200
            handler.doomed = [used, unused]
            del used, unused
            with nk.Client(demo.url) as last:
                last.get("/airports/ZRH")
            catch_up()
    finally:
        log.removeHandler(handler)
    ends = [line for line in handler.written if "closed by" in line]
    assert sum("closed by its finalizer" in line for line in ends) == 2
    assert sum("closed by close()" in line for line in ends) == 1
