"""Having work done on the I/O loop for those who await it on other loops, many at a time.

Each wake-up of another thread costs as much as a small request. So what is asked for in one turn of
a loop goes over together at its end, and what is done in one turn comes back together: a hundred
callers that ask at once wake the I/O thread once.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from notebook_kit.errors import ClosedError
from notebook_kit.execution import io_thread
from notebook_kit.execution.awake import awake
from notebook_kit.execution.leaving import is_leaving
from notebook_kit.execution.loops import awaiting_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["done_on_io_loop"]

T = TypeVar("T")

#: Seconds between two looks whether those are still there for whom something is done.
_LOOK_S: Final = 1.0

#: A thread runs one loop at a time; so its port is found without a register of loops.
_here = threading.local()


class _Errand:
    """One piece of work, from the asking to the answer."""

    __slots__ = ("context", "cut", "error", "make", "port", "task", "value", "waiter")

    def __init__(self, make: Callable[[], Coroutine[Any, Any, Any]], port: _Port) -> None:
        self.make: Callable[[], Coroutine[Any, Any, Any]] | None = make
        self.port = port
        self.context = contextvars.copy_context()
        self.waiter: asyncio.Future[None] = port.loop.create_future()
        self.task: asyncio.Task[None] | None = None
        self.cut = False
        self.value: Any = None
        self.error: BaseException | None = None

    async def run(self, desk: _Desk) -> None:
        """Do the work; on the I/O loop."""
        make, self.make = self.make, None
        assert make is not None  # noqa: S101 - it is run once
        try:
            self.value = await make()
        except BaseException as error:
            # An interrupt that was raised on from here would end the loop.
            self.error = error
            if isinstance(error, GeneratorExit):
                raise
        finally:
            if not is_leaving(desk.loop) or not isinstance(self.error, asyncio.CancelledError):
                desk.done(self)


class _Desk:
    """Takes errands on the I/O loop of one thread, and gives them back."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.pid = os.getpid()
        self._asked: deque[_Errand] = deque()
        self._called = False
        self._under_way: set[_Errand] = set()
        self._looking = False
        self._done: list[_Errand] = []

    def ask(self, errands: list[_Errand], *, wake: bool = False) -> None:
        """Take errands, or those that were taken and are wanted no more; from any thread."""
        self._asked.extend(errands)
        if wake or not self._called:
            self._called = True
            # Whoever waits for a loop that is closed is told so by `_Port.look`.
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._begin)

    def look(self) -> None:
        """See to what lies here because an interrupt came before the loop was woken."""
        if self._asked:
            self.ask([], wake=True)

    def _begin(self) -> None:
        self._called = False
        asked = self._asked
        while asked:
            errand = asked.popleft()
            if errand.cut:
                if errand.task is not None:
                    errand.task.cancel()
            elif errand.task is None:
                self._under_way.add(errand)
                errand.task = self.loop.create_task(errand.run(self), context=errand.context)
        if self._under_way and not self._looking:
            self._looking = True
            self.loop.call_later(_LOOK_S, self._cut_forsaken)

    def _cut_forsaken(self) -> None:
        """Cut what is done for a loop that was closed meanwhile: nobody will take it."""
        for errand in self._under_way:
            if errand.port.loop.is_closed() and errand.task is not None:
                errand.task.cancel()
        self._looking = bool(self._under_way)
        if self._looking:
            self.loop.call_later(_LOOK_S, self._cut_forsaken)

    def done(self, errand: _Errand) -> None:
        """Give an errand back together with all others that are done in this turn of the loop."""
        self._under_way.discard(errand)
        self._done.append(errand)
        if len(self._done) == 1:
            # Where the loop is closed nobody waits for it any more.
            with suppress(RuntimeError):
                self.loop.call_soon(self._give_back)

    def _give_back(self) -> None:
        done, self._done = self._done, []
        at: dict[_Port, list[_Errand]] = {}
        for errand in done:
            at.setdefault(errand.port, []).append(errand)
        for port, errands in at.items():
            port.take(errands)


class _Port:
    """Where what was done arrives for those who wait on one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, desk: _Desk) -> None:
        self.loop = loop
        self.desk = desk
        self.waiting: set[_Errand] = set()
        self._asked: list[_Errand] = []
        self._arrived: deque[_Errand] = deque()
        self._called = False

    def ask(self, errand: _Errand) -> None:
        """Send an errand off, with all others of this turn of the loop."""
        self.waiting.add(errand)
        self._asked.append(errand)
        if len(self._asked) == 1:
            self.loop.call_soon(self._send_off)

    def _send_off(self) -> None:
        # Let go only when it was sent, as an interrupt may come in between; twice does no harm.
        if asked := list(self._asked):
            self.desk.ask(asked)
            del self._asked[: len(asked)]

    def part(self, errand: _Errand) -> None:
        """Let go of one who waits no more; the last of them takes the port away."""
        self.waiting.discard(errand)
        if not self.waiting and getattr(_here, "port", None) is self:
            # It would keep a loop alive that is not needed any more.
            _here.port = None

    def take(self, errands: list[_Errand]) -> None:
        """Take what is done; on the I/O thread."""
        self._arrived.extend(errands)
        if not self._called:
            self._called = True
            try:
                self.loop.call_soon_threadsafe(self._hand_out)
            except RuntimeError:
                # It was closed in the meantime, so there is nobody to be woken or kept alive.
                self._called = False
                self._arrived.clear()
                self.waiting.clear()

    def _hand_out(self) -> None:
        self._called = False
        arrived = self._arrived
        while arrived:
            # As above.
            waiter = arrived[0].waiter
            if not waiter.done():
                waiter.set_result(None)
            arrived.popleft()

    def look(self) -> None:
        """Let nobody wait for what cannot come; called while anybody waits."""
        self._send_off()
        self.desk.look()
        self._hand_out()
        ended = self.desk.loop.is_closed() and not is_leaving(self.desk.loop)
        if not ended and self.desk.pid == os.getpid():
            return
        for errand in self.waiting:
            message = "What this waits for ended with the kit's I/O thread, or is in the parent."
            errand.error = ClosedError(message)
            if not errand.waiter.done():
                errand.waiter.set_result(None)


_desk: _Desk | None = None


def _port() -> _Port:
    """Return the port of the running loop."""
    global _desk  # noqa: PLW0603 - one for each I/O loop, of which there is one a process
    io_loop = io_thread.io_loop()
    desk = _desk
    if desk is None or desk.loop is not io_loop:
        # Two threads may both make one; what is asked of either is done.
        desk = _desk = _Desk(io_loop)
    loop = awaiting_loop()
    port: _Port | None = getattr(_here, "port", None)
    if port is None or port.loop is not loop or port.desk.loop is not io_loop:
        port = _here.port = _Port(loop, desk)
    return port


async def done_on_io_loop(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what a coroutine gives that is made and awaited on the I/O loop.

    It sees the context variables of the caller. It is cancelled when the caller is, and the caller
    does not wait for its end then.

    Args:
        make: makes the coroutine, on the I/O thread.

    Raises:
        asyncio.CancelledError: when it was cancelled there.
        ClosedError: when the I/O thread has ended.
        BaseException: what the coroutine raises.

    >>> async def answer():
    ...     return 42
    >>> asyncio.run(done_on_io_loop(answer))
    42
    """
    port = _port()
    errand = _Errand(make, port)
    try:
        port.ask(errand)
        with awake(port.look):
            await errand.waiter
    except BaseException:
        # Interrupted or cancelled: nothing may go on behind the caller's back.
        errand.cut = True
        port.desk.ask([errand], wake=True)
        raise
    finally:
        port.part(errand)
    # Whoever keeps the error keeps the frames it went through, and so this one.
    error, errand.error = errand.error, None
    if error is None:
        value: T = errand.value
        return value
    try:
        raise error
    finally:
        del error
