"""A clock that goes when a test says so, for rates, retries, breakers and caches."""

from __future__ import annotations

import asyncio
import functools
import math
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.io_thread import io_loop
from notebook_kit.policies import seconds
from notebook_kit.redact import shown
from notebook_kit.testing.clock_loops import HeldLoops
from notebook_kit.testing.clock_rooms import put_clock
from notebook_kit.testing.clock_waits import Waits, put_waits

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from notebook_kit.policies import Duration

__all__ = ["ManualClock"]

#: Seconds of this computer until one who waits for all to be done gives up.
_PATIENCE_S: Final = 60.0
#: Turns of the caller's loop, and how often they are granted, for what goes from loop to loop.
_TURNS: Final = 10
_ROUNDS: Final = 4

_in_force: Final = threading.Lock()


class ManualClock:
    """Holds the time of this package within a block, and lets it go on when told to.

    By it go the waits of rates, retries, breakers, time limits and of a `FakeAPI`, and the ages in
    caches in memory. Clients and decorated functions belong into the block: what they knew of the
    time before is of no use there. Other loops, the waits of your own code and what is on a disk go
    by the time of this computer, as does ``cache="http"``.

    Args:
        autojump: whether time goes by itself: to the next thing that is due, while somebody waits
            for what the package does and nothing is left to do before. It stands still while nobody
            waits, as between two calls, and while a function runs in a thread of the package.
            Real servers and threads of your own do not count as something to do: while another
            thread waits time would go too fast for them, so use `advance`.

    Raises:
        ConfigurationError: when autojump is neither True nor False.
        WouldDeadlock: in a synchronous wait, when time stands still and nobody is left to advance
            it. It is a warning where other threads were there before the clock.

    >>> with nk.testing.ManualClock(autojump=True) as clock, nk.testing.FakeAPI() as fake:
    ...     script = fake.get("/slow").answers(status=429, headers={"retry-after": "60"}).answers(1)
    ...     with nk.Client(fake.url, transport=fake) as api:
    ...         api.get("/slow").json(), round(clock.elapsed_s)
    (1, 60)
    """

    def __init__(self, *, autojump: bool = False) -> None:
        self._autojump = _checked(autojump)
        self._held: HeldLoops | None = None
        self._began = 0.0
        self._lasted = 0.0
        self._back = ExitStack()

    @property
    def elapsed_s(self) -> float:
        """How many seconds have gone since the block began."""
        return self._lasted if self._held is None else self._held.now - self._began

    @property
    def autojump(self) -> bool:
        """Whether time goes on by itself; may be set."""
        return self._autojump

    @autojump.setter
    def autojump(self, wanted: bool) -> None:
        self._autojump = _checked(wanted)
        if self._held is not None:
            self._held.go_on_until(math.inf if wanted else self._held.now)

    def advance(self, duration: Duration) -> None:
        """Let time go on; returns when all that is due meanwhile has been done.

        Args:
            duration: how far, a duration.

        Raises:
            ConfigurationError: outside the block, or in a coroutine: `advance_async` is for those.
            TimeoutError: when something is not done within a minute of this computer.
        """
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 - no error to be caught
            message = (
                "clock.advance() cannot wait where a loop is running: what the loop has to do "
                "would never be done. Write `await clock.advance_async(...)`."
            )
            raise ConfigurationError(message)
        held, length = self._open(), seconds(duration, name="duration", zero=True)
        _wait(held)
        held.go_on_until(held.now + length)
        _wait(held)
        self.autojump = self._autojump

    async def advance_async(self, duration: Duration) -> None:
        """Let time go on, as `advance` does; the tasks of the running loop go on meanwhile.

        Args:
            duration: how far, a duration.

        Raises:
            ConfigurationError: outside the block.
            TimeoutError: when something is not done within a minute of this computer.
        """
        held, length = self._open(), seconds(duration, name="duration", zero=True)
        await _settle(held)
        held.go_on_until(held.now + length)
        await _settle(held)
        self.autojump = self._autojump

    def __enter__(self) -> Self:
        if not _in_force.acquire(blocking=False):
            message = "a ManualClock is in force already: there is one time for the whole process."
            raise ConfigurationError(message)
        self._back.callback(_in_force.release)
        self._held = held = HeldLoops(Waits())
        self._began = held.now
        loop = io_loop()
        _on(loop, functools.partial(held.hold, loop))
        put_clock(lambda: held.now, functools.partial(_now_of_loop, held), self._back)
        put_waits(held, loop, self._back)
        self.autojump = self._autojump
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        held = self._open()
        self._lasted = self.elapsed_s
        self._held = None
        self._back.close()
        for loop in held.loops + held.watched:
            _on(loop, functools.partial(held.let_go, loop))

    def _open(self) -> HeldLoops:
        if self._held is None:
            message = "this clock holds nothing yet: use it as `with ManualClock() as clock:`."
            raise ConfigurationError(message)
        return self._held

    def __repr__(self) -> str:
        how = "goes by itself" if self._autojump else "stands still"
        state = how if self._held is not None else "not in force"
        return f"<ManualClock: {self.elapsed_s:g} s, {state}>"


def _checked(autojump: Any) -> bool:
    if not isinstance(autojump, bool):
        message = f"autojump={shown(autojump)} must be True or False."
        raise ConfigurationError(message)
    return autojump


def _now_of_loop(held: HeldLoops) -> float:
    """Return the time, and hold the loop that somebody wants it for."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - as above
    if loop is not None:
        held.hold(loop)
    return held.now


def _wait(held: HeldLoops) -> None:
    if not held.wait_idle(_PATIENCE_S):
        message = (
            f"something was still at work after {_PATIENCE_S:g} s of this computer: a loop that "
            "is blocked, or a function that never returns."
        )
        raise TimeoutError(message)


async def _settle(held: HeldLoops) -> None:
    """Let all happen that needs no time, here and on the loops that are held."""
    for _ in range(_ROUNDS):
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await asyncio.to_thread(_wait, held)


def _on(loop: Any, do: Callable[[], None]) -> None:
    """Do something on the thread of a loop, and return when it is done."""
    if loop.is_closed():
        return
    if asyncio._get_running_loop() is loop or not loop.is_running():  # noqa: SLF001 - as above
        do()
        return
    done = threading.Event()

    def work() -> None:
        do()
        done.set()

    loop.call_soon_threadsafe(work)
    done.wait(_PATIENCE_S)
