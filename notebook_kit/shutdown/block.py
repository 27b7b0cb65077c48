"""The block: it takes signals over, and at its end closes and leaves as they ask.

The handler of a signal runs between any two steps of the main thread, perhaps in the middle of a
scheduler's. So it only notes that a signal came, and leaves the runs to a thread.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Self

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import live_desks, running_loop
from notebook_kit.housekeeping import close_all
from notebook_kit.mapping import live_runs, refusals
from notebook_kit.redact import scrub
from notebook_kit.shutdown.ender import Ender

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from notebook_kit.execution import Run

__all__ = ["GracefulShutdown"]

#: Seconds that calls which were cut at the end of the block have to end.
_LAST_WAIT_S: Final = 0.2
#: Seconds that closing may take.
_CLOSING_S: Final = 5.0
#: Seconds between two looks of a loop at whether a signal came.
_TICK_S: Final = 0.1
#: The signal, counted from one, that interrupts the block itself, come what may.
_LAST_STRAW: Final = 3


class GracefulShutdown:
    """A block that ends in good order when the process is asked to end; see `graceful_shutdown`."""

    def __init__(
        self,
        deadline_s: float,
        signals: tuple[signal.Signals, ...],
        on_signal: Callable[[signal.Signals], object] | None,
    ) -> None:
        self._deadline_s = deadline_s
        self._signals = signals
        self._on_signal = on_signal
        self._came: list[signal.Signals] = []
        self._before: dict[int, Any] = {}
        self._ender: Ender | None = None
        self._pid = os.getpid()
        #: The task that the block is a part of, if the block can be awaiting something.
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kept_awake: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._interrupted = False
        self._deaf = False

    @property
    def requested(self) -> bool:
        """Whether a signal came, so that the block's own loops should end; from any thread."""
        return bool(self._came)

    @property
    def received(self) -> signal.Signals | None:
        """The first signal that came, or None."""
        return self._came[0] if self._came else None

    def __enter__(self) -> Self:
        if self._ender is not None:
            message = "This shutdown is in use already: make another with nk.graceful_shutdown()."
            raise ConfigurationError(message)
        if threading.current_thread() is not threading.main_thread():
            message = (
                "Signals reach the main thread only: write `with nk.graceful_shutdown():` there, "
                "around what starts this thread."
            )
            raise ConfigurationError(message)
        self._came, self._before = [], {}
        self._interrupted = self._deaf = False
        self._pid = os.getpid()
        self._loop = running_loop()
        self._task = asyncio.current_task() if self._loop and _in_coroutine() else None
        self._ender = Ender(self._deadline_s, self._on_signal)
        if self._loop is not None:
            self._beat(self._loop)
        refusals.append(self._refuses)
        try:
            self._take_over()
        except BaseException:
            self._put_back()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        fault = None
        try:
            if self._leaves():
                fault = _close()
        finally:
            self._put_back()
        # It may have come in the meantime; from now on none can.
        if self._leaves():
            self._leave(error, fault)

    def _refuses(self) -> bool:
        return self.requested and os.getpid() == self._pid

    # Signals

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep a loop waking: a signal just before it falls asleep does not do that."""
        if self._ender is not None:
            self._kept_awake = loop
            self._timer = loop.call_later(_TICK_S, self._beat, loop)

    def _take_over(self) -> None:
        for name in self._signals:
            before = signal.getsignal(name)
            if before is signal.SIG_IGN:
                continue  # Who started the process wants it to go on, as nohup does.
            if before is None:
                message = (
                    f"{name.name} is handled by something outside Python that could not be put "
                    "back: leave it out of signals=."
                )
                raise ConfigurationError(message)
            self._before[name] = before
            try:
                signal.signal(name, self._handle)
            except (OSError, ValueError) as error:
                del self._before[name]
                message = f"{name.name} cannot be handled here ({error}): leave it out of signals=."
                raise ConfigurationError(message) from error

    def _put_back(self) -> None:
        # An interrupt in the middle of this would leave some of it undone.
        self._deaf = True
        for number, before in self._before.items():
            signal.signal(number, before)
        refusals.remove(self._refuses)
        ender, self._ender = self._ender, None
        if ender is not None and os.getpid() == self._pid:
            ender.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._task = self._loop = self._kept_awake = self._timer = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            self._hand_back(number, frame)
            return
        self._hear(signal.Signals(number))
        here = running_loop()
        if here is not None and here is not self._kept_awake:
            # A loop that the block runs. It may be the next signal that comes too early.
            here.call_soon_threadsafe(self._beat, here)
        times, idle = self._times(), self._ender is not None and self._ender.idle
        # Asked again while no run is left, the block itself is what takes so long.
        if not self._deaf and (times >= _LAST_STRAW or (times > 1 and idle)):
            self._interrupt()

    def _hear(self, came: signal.Signals) -> None:
        self._came.append(came)
        if self._ender is not None:
            self._ender.hear(came)
        if (around := self._around(came)) is not None:
            around._hear(came)  # noqa: SLF001 - one of its own kind

    def _around(self, came: signal.Signals) -> GracefulShutdown | None:
        """Return the block around this one that would have handled the signal, if there is one."""
        owner = getattr(self._before.get(came), "__self__", None)
        return owner if isinstance(owner, GracefulShutdown) else None

    def _times(self) -> int:
        """Return how often a signal came, counted from the block that heard the first."""
        around = self._around(self._came[-1])
        return max(len(self._came), 0 if around is None else around._times())  # noqa: SLF001

    def _hand_back(self, number: int, frame: FrameType | None) -> None:
        """Do in a forked child what would be done without the block."""
        before = self._before[number]
        if callable(before):
            before(number, frame)
        else:
            signal.signal(number, before)
            signal.raise_signal(number)

    def _interrupt(self) -> None:
        """End the block as the signal would have without it; a second time at any price."""
        again, self._interrupted = self._interrupted, True
        here = running_loop()
        if not again and here is not None and here is not self._loop:
            # A loop that the block runs: its tasks are cut at their awaits, and not anywhere.
            here.call_soon_threadsafe(_cancel_all, here)
        elif not again and self._task is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        else:
            raise self._leaving()

    # The end

    def _leaves(self) -> bool:
        """Whether the process is to be left at the end of this block, and not of one around it."""
        if not self._came or os.getpid() != self._pid:
            return False
        return self._around(self._came[0]) is None

    def _leaving(self) -> BaseException:
        came = self._came[0]
        return KeyboardInterrupt() if came is signal.SIGINT else SystemExit(128 + came)

    def _leave(self, error: BaseException | None, fault: str | None) -> None:
        cut = error is None or isinstance(error, asyncio.CancelledError)
        leaving = self._leaving() if cut or error is None else error
        note = f"{self._came[0].name} came; what was done is kept in nk.last_run().frame."
        leaving.add_note(f"notebook_kit: {note}" + (f" {fault}" if fault else ""))
        # An error of the block is not hidden, and an exit of its own is what it asked for.
        if leaving is not error:
            raise leaving from None


def _in_coroutine() -> bool:
    """Tell whether who enters the block is a coroutine, so that the block can be awaiting."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the documented way to the caller
    # Context managers made of generators, and stacks of them, come in between.
    while frame is not None and (
        frame.f_globals.get("__name__") == "contextlib"
        or frame.f_code.co_flags & inspect.CO_GENERATOR
    ):
        frame = frame.f_back
    awaiting = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    return frame is not None and bool(frame.f_code.co_flags & awaiting)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


def _wait_for(run: Run, limit_s: float) -> None:
    ended = threading.Event()
    run.add_done_callback(lambda _: ended.set())
    ended.wait(max(0.0, limit_s))


def _close() -> str | None:
    """Cut what is left, close everything, and return in words what went wrong."""
    runs = live_runs()
    for run in runs:
        run.cancel()
    for desk in live_desks():
        desk.end_from_afar(drain=False)
    # Those on a loop that this block belongs to end when it goes on.
    limit = time.monotonic() + _LAST_WAIT_S
    for run in runs:
        _wait_for(run, limit - time.monotonic())
    try:
        close_all(timeout=_CLOSING_S)
    except Exception as error:  # noqa: BLE001 - the process is left all the same
        return scrub(f"{type(error).__name__}: {error}")
    return None
