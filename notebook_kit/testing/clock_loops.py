"""Event loops whose time goes when it is told to.

A loop asks its selector to wait until the next timer is due. Here nobody waits for that: when all
loops that are held have nothing left to do, time goes to the next timer at once, if it may go so
far. What comes from elsewhere, from sockets and other threads, wakes a loop as ever.

Time that goes by itself goes only while somebody waits for the package, and nobody who is known is
at work: who does not wait yet may be about to hand over work that comes before the next timer. And
it goes to no timer that only keeps house, unless there is another behind it.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Iterator

    from notebook_kit.testing.clock_waits import Waits

__all__ = ["HeldLoops"]

#: Sums of seconds are as exact as that; what is due at the very end is done.
_SLACK_S: Final = 1e-6
#: How much too early loops do what is due; time goes beyond by twice that, so that nobody who is
#: called finds it too early, and sets no timer because the last one seems to be ahead.
_RESOLUTION_S: Final = 1e-9
#: Whose timers keep house: they look again and again, or let go of what is not used.
_HOUSEKEEPING: Final = tuple(
    f"notebook_kit.{name}"
    for name in (
        "client.transports.idle",
        "execution.crossing",
        "execution.waiting",
        "shutdown.",
        "widgets.",
    )
)


class HeldLoops:
    """The time of some loops; from any thread.

    Args:
        waits: who waits for the package.

    Attributes:
        waits: the same.
        now: the time, in seconds of `time.monotonic` when it began to be held.
        until: how far time may go.
    """

    def __init__(self, waits: Waits) -> None:
        self.now = time.monotonic()
        self.until = self.now
        self.waits = waits
        self._changed = threading.Condition(threading.RLock())
        #: When the next timer of each loop is due that has nothing left to do; else None.
        self._due: dict[asyncio.AbstractEventLoop, float | None] = {}
        self._resolutions: dict[asyncio.AbstractEventLoop, float] = {}
        #: Whether each loop has nothing left to do that keeps its own time, and awaits something.
        self._idle: dict[asyncio.AbstractEventLoop, bool] = {}

    def hold(self, loop: Any) -> None:
        """Hold a loop, on its own thread; one of another make, without a selector, is left."""
        if getattr(loop, "_selector", None) is None or loop in self._due:
            return
        self._leave(loop)
        real = loop._selector  # noqa: SLF001 - nothing public waits for it
        with self._changed:
            self._due[loop] = None
        _shift_timers(loop, self.now - time.monotonic())
        loop._selector = _Selector(real, loop, self)  # noqa: SLF001 - as above
        self._resolutions[loop] = loop._clock_resolution  # noqa: SLF001 - as above
        loop._clock_resolution = _RESOLUTION_S  # noqa: SLF001 - as above
        loop.time = lambda: self.now

    def let_go(self, loop: Any) -> None:
        """Give a loop back the time of this computer, on its own thread; or watch it no more."""
        self._leave(loop)
        with self._changed:
            if loop not in self._due:
                return
            del self._due[loop]
        loop._selector = loop._selector.real  # noqa: SLF001 - as above
        loop._clock_resolution = self._resolutions.pop(loop)  # noqa: SLF001 - as above
        del loop.time
        _shift_timers(loop, time.monotonic() - self.now)

    def watch(self, loop: Any) -> None:
        """See when a loop has nothing left to do, on its own thread, and leave it its own time."""
        real = getattr(loop, "_selector", None)
        if real is None or loop in self._due or loop in self._idle:
            return
        with self._changed:
            self._idle[loop] = False
        loop._selector = _Watch(real, loop, self)  # noqa: SLF001 - as above

    def _leave(self, loop: Any) -> None:
        with self._changed:
            watched = self._idle.pop(loop, None) is not None
        if watched:
            loop._selector = loop._selector.real  # noqa: SLF001 - as above

    @property
    def watched(self) -> list[Any]:
        """The loops that are watched."""
        return list(self._idle)

    @property
    def loops(self) -> list[Any]:
        """The loops that are held."""
        return list(self._due)

    def go_on_until(self, until: float) -> None:
        """Let time go so far."""
        with self._changed:
            self.until = until
        self.wake()

    def wake(self) -> None:
        """Have each loop look again."""
        for loop in self.loops:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_nothing)

    @contextmanager
    def awaited(self, is_over: Callable[[], bool], *, blocks: bool = True) -> Iterator[None]:
        """Note that somebody waits within the block, blocking this thread or not, until then."""
        with self.waits.until(is_over, blocks=blocks):
            # The loops may have gone to rest before anybody waited.
            self.wake()
            yield

    def wait_idle(self, within_s: float) -> bool:
        """Wait until nothing is left to do and time has gone as far as it may; tell if so."""
        with self._changed:
            return self._changed.wait_for(self._stands, timeout=within_s)

    def stands_in_the_way(self) -> bool:
        """Tell whether time would jump if it might, and nothing can come from elsewhere."""
        with self._changed:
            stands = self.now >= self.until and self._may_jump()
            return stands and not any(map(_has_sockets, [*self._due, *self._idle]))

    def rest(self, loop: asyncio.AbstractEventLoop, timeout: float | None) -> bool:
        """Note that a loop has nothing to do for so long; True if a timer of it is due then."""
        with self._changed:
            self._due[loop] = due = math.inf if timeout is None else self.now + timeout
            self._go_on(loop)
            if due <= self.now:
                self._due[loop] = None
                return True
            self._changed.notify_all()
            return False

    def doze(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that a loop that is watched has nothing to do."""
        with self._changed:
            if loop in self._idle:
                self._idle[loop] = True
                self._go_on(loop)
                self._changed.notify_all()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note that a loop has something to do."""
        with self._changed:
            if loop in self._due:
                self._due[loop] = None
            if loop in self._idle:
                self._idle[loop] = False

    def _go_on(self, here: asyncio.AbstractEventLoop) -> None:
        """Let time go to the next timer, if nobody has anything to do before."""
        rests = self._may_jump() if self.until == math.inf else self._all_rest()
        if not rests:
            return
        due = min(self._next(loop) for loop in self._due)
        if due < math.inf and due <= self.until + _SLACK_S:
            self.now = max(self.now, due + max(2 * _RESOLUTION_S, math.ulp(due)))
        elif self.until < math.inf:
            self.now = max(self.now, self.until)
        for loop in self._due:
            if loop is not here and self._next(loop) <= self.now and loop.is_running():
                loop.call_soon_threadsafe(_nothing)

    def _next(self, loop: asyncio.AbstractEventLoop) -> float:
        due = self._due[loop]
        return due if due is not None and loop.is_running() else math.inf

    def _may_jump(self) -> bool:
        """Tell whether somebody waits, nobody is at work, and there is a timer to wait for."""
        blocked = self.waits.blocked()
        return (
            self._all_rest(blocked)
            and all(
                _rests(loop, blocked, idle=idle and not _has_turns(loop))
                for loop, idle in self._idle.items()
            )
            and self.waits.allow(blocked)
            and any(_is_waited_for(handle) for handle in self._timers())
        )

    def _timers(self) -> Iterator[Any]:
        for loop, due in self._due.items():
            # It is at rest, its thread here or in its selector, so that nobody changes them.
            if due is not None and loop.is_running():
                yield from loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public tells of timers

    def _all_rest(self, blocked: Collection[int | None] = ()) -> bool:
        return all(
            _rests(loop, blocked, idle=due is not None and not _has_turns(loop))
            for loop, due in self._due.items()
        )

    def _stands(self) -> bool:
        if self.until == math.inf:
            return self._all_rest()
        there = self.now >= self.until and min(map(self._next, self._due)) > self.until + _SLACK_S
        return there and self._all_rest()


class _Watch:
    """The selector of a loop, which tells when the loop has nothing left to do."""

    def __init__(self, real: Any, loop: asyncio.AbstractEventLoop, held: HeldLoops) -> None:
        self.real = real
        self._loop = loop
        self._held = held

    def select(self, timeout: float | None = None) -> Any:
        """Do what selectors do."""
        events = self.real.select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        self._held.doze(self._loop)
        try:
            return self.real.select(timeout)
        finally:
            self._held.begin(self._loop)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class _Selector(_Watch):
    """One which waits for all that its own waits for but for timers."""

    def select(self, timeout: float | None = None) -> Any:
        """Do what selectors do."""
        events = self.real.select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        if self._held.rest(self._loop, timeout):
            return events
        try:
            return self.real.select(None)
        finally:
            self._held.begin(self._loop)


def _rests(loop: Any, blocked: Collection[int | None], *, idle: bool) -> bool:
    """Tell whether a loop does nothing; one that somebody blocks does nothing either."""
    thread = getattr(loop, "_thread_id", None)
    return idle or not loop.is_running() or (thread is not None and thread in blocked)


def _has_turns(loop: Any) -> bool:
    # What another thread has for a loop stands in its queue before the loop is woken.
    return bool(getattr(loop, "_ready", ()))


def _has_sockets(loop: Any) -> bool:
    # One is the loop's own, by which others wake it; where it cannot be told, there may be more.
    get_map = getattr(loop._selector.real, "get_map", None)  # noqa: SLF001 - as above
    return loop.is_running() and (get_map is None or len(get_map() or ()) > 1)


def _is_waited_for(handle: Any) -> bool:
    if handle.cancelled():
        return False
    room = getattr(handle._callback, "__module__", None) or ""  # noqa: SLF001 - as above
    return not room.startswith(_HOUSEKEEPING)


def _shift_timers(loop: Any, by_s: float) -> None:
    # All by the same, so that they stay in their order.
    for handle in loop._scheduled:  # noqa: SLF001 - nothing public tells of timers
        handle._when += by_s  # noqa: SLF001 - as above


def _nothing() -> None:
    """Wake a loop."""
