"""Who brings runs and executors to their end when a signal came: a thread of its own."""

from __future__ import annotations

import math
import queue
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final

from notebook_kit.execution import live_desks
from notebook_kit.logs import kit_logger
from notebook_kit.mapping import live_runs

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable

    from notebook_kit.execution import Desk, Run

__all__ = ["Ender"]

#: Seconds between two looks at the clock and for new runs, once a signal came.
_LOOK_S: Final = 0.05
#: Seconds that the callback is given to return when the block has ended.
_CALLBACK_S: Final = 1.0

logger = kit_logger("notebook_kit.shutdown")


class Ender:
    """Brings runs and executors to their end, in a thread of its own.

    Attributes:
        idle: whether none was live when it last looked, after a signal.
    """

    def __init__(
        self, deadline_s: float, on_signal: Callable[[signal.Signals], object] | None
    ) -> None:
        self.idle = False
        self._deadline_s = deadline_s
        self._on_signal = on_signal
        # The one queue that may be put into in the middle of putting into it.
        self._heard: queue.SimpleQueue[signal.Signals | None] = queue.SimpleQueue()
        self._drained: weakref.WeakSet[Run | Desk] = weakref.WeakSet()
        self._cut: weakref.WeakSet[Run | Desk] = weakref.WeakSet()
        self._caller: threading.Thread | None = None
        self._thread = threading.Thread(
            target=self._work, name="notebook_kit-shutdown", daemon=True
        )
        self._thread.start()

    def hear(self, came: signal.Signals) -> None:
        """Take note of a signal; also from its handler."""
        self._heard.put(came)

    def stop(self) -> None:
        """End the thread; runs are left as they are."""
        self._heard.put(None)
        self._thread.join(_CALLBACK_S)
        if self._caller is not None:
            self._caller.join(_CALLBACK_S)

    def _work(self) -> None:
        first = self._heard.get()
        if first is None:
            return
        cut_at = time.monotonic() + self._deadline_s
        self._end_runs(first, cut=self._deadline_s <= 0)
        self._call_back(first)
        while True:
            try:
                heard = self._heard.get(timeout=_LOOK_S)
            except queue.Empty:
                pass
            else:
                if heard is None:
                    return
                cut_at = -math.inf
            self._end_runs(first, cut=time.monotonic() >= cut_at)

    def _end_runs(self, came: signal.Signals, *, cut: bool) -> None:
        runs, desks = live_runs(), live_desks()
        self.idle = not runs and not desks
        told = self._cut if cut else self._drained
        for desk in desks:
            if desk not in told:
                told.add(desk)
                desk.end_from_afar(drain=not cut)
        for run in runs:
            if run in told:
                continue
            told.add(run)
            run.waited_for = True
            if not cut:
                run.notice(f"{came.name} came: nothing more is started, calls in flight may end.")
            try:
                run.cancel(drain=not cut)
            except RuntimeError as error:  # its loop was closed in this very moment
                logger.warning("A run could not be brought to its end.", exc_info=error)

    def _call_back(self, came: signal.Signals) -> None:
        if self._on_signal is None:
            return
        # Whatever it does, the deadline and the next signal must not have to wait for it.
        self._caller = threading.Thread(
            target=_call, args=(self._on_signal, came), name="notebook_kit-on-signal", daemon=True
        )
        self._caller.start()


def _call(on_signal: Callable[[signal.Signals], object], came: signal.Signals) -> None:
    try:
        on_signal(came)
    except BaseException as error:
        logger.warning("The on_signal of a graceful shutdown raised.", exc_info=error)
