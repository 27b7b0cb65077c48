"""Count calls and how they end: `monitor`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Self, TypeVar, overload

from notebook_kit.decorators.clock import Clock
from notebook_kit.decorators.decorated import Decorated
from notebook_kit.decorators.functions import call_with, plain, through, wrap
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.stats_table import stats_html, stats_line
from notebook_kit.decorators.tally import Stats, Tally
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.functions import name_of
from notebook_kit.markup import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.functions import Arguments

__all__ = ["Monitor", "Monitored", "monitor"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S")

#: The monitors whose blocks the code that runs is inside of.
_inside: Final[ContextVar[tuple[Monitor, ...]]] = ContextVar("notebook_kit_monitors", default=())


class Monitored(Decorated[P, R_co]):
    """A function whose calls are counted; made by `monitor`."""

    def __init__(self, wrapper: Callable[P, R_co], counter: Monitor) -> None:
        super().__init__(wrapper)
        self._monitor = counter

    @property
    def stats(self) -> Stats:
        """The numbers of this moment."""
        return self._monitor.stats

    def reset(self) -> None:
        """Count from nothing; calls under way stay counted."""
        self._monitor.reset()

    def __repr__(self) -> str:
        return f"<Monitored {visible(self.__name__)}: {stats_line(self.stats)}>"

    def _repr_html_(self) -> str:
        return stats_html(self.stats, self.__name__)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Monitored[P, R_co]: ...
    @overload
    def __get__(
        self: Monitored[Concatenate[S, Q], R_co], instance: S, owner: type | None = None
    ) -> Monitored[Q, R_co]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Become a method."""
        return super().__get__(instance, owner)


class Monitor:
    """Counts the calls of all functions that it decorates, and those made inside its block.

    As a context manager, ``with`` or ``async with``, it counts the calls of every monitored
    function that are made inside, and how long it lasts: those of tasks and runs begun inside too,
    and of ``asyncio.to_thread``; not those of a bare ``threading.Thread``.

    >>> @monitor
    ... def double(number):
    ...     return 2 * number
    >>> with monitor() as session:
    ...     _ = double(1), double(2)
    >>> session.stats.calls, session.stats.elapsed_s > 0
    (2, True)
    """

    def __init__(self, name: str = "", *, clock: Clock | None = None) -> None:
        self.name = name
        self._clock = clock or Clock()
        self._tally = Tally()
        self._since = self._clock.now()
        #: Seconds of blocks that have ended; None until there was one.
        self._lasted: float | None = None
        self._entered = 0

    # The numbers

    @property
    def stats(self) -> Stats:
        """The numbers of this moment."""
        with state_lock:
            running = self._entered > 0 or self._lasted is None
            elapsed_s = (self._lasted or 0.0) + running * (self._clock.now() - self._since)
            return self._tally.stats(elapsed_s=elapsed_s)

    def reset(self) -> None:
        """Count from nothing; calls under way stay counted."""
        with state_lock:
            self._tally = Tally(in_flight=self._tally.in_flight)
            self._since = self._clock.now()
            self._lasted = 0.0 if self._entered else None

    # Calls

    def __call__(self, function: Callable[P, R], /) -> Monitored[P, R]:
        """Return the function with its calls counted here."""
        decorated: Monitored[P, R] = through(function, self._decorate)
        return decorated

    def _decorate(self, function: Callable[P, R]) -> Monitored[P, R]:
        return Monitored(wrap(function, _Counting(function, self), by="monitor"), self)

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function and count it; if it is async, await what this gives."""
        given: R = call_with(_Counting(function, self), function, args, kwargs, by="monitor")
        return given

    def began(self) -> float:
        """A call begins: count it and return the time."""
        with state_lock:
            self._tally.began()
        return self._clock.now()

    def ended(self, began: float, error: BaseException | None = None) -> None:
        """A call that began at that time has ended."""
        took_s = self._clock.now() - began
        with state_lock:
            self._tally.ended(took_s, error)

    # Blocks

    def __enter__(self) -> Self:
        with state_lock:
            self._entered += 1
            if self._entered == 1:
                self._since = self._clock.now()
                self._lasted = self._lasted or 0.0
        _inside.set((*_inside.get(), self))
        return self

    def __exit__(self, *raised: object) -> None:
        # Not by a token: a block may end in another context than the one it began in.
        monitors = list(_inside.get())
        if self in monitors:
            monitors.remove(self)
        _inside.set(tuple(monitors))
        with state_lock:
            self._entered -= 1
            if not self._entered:
                self._lasted = (self._lasted or 0.0) + self._clock.now() - self._since

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *raised: object) -> None:
        self.__exit__(*raised)

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process other calls are made.
        return Monitor, (self.name,)

    # Shown

    def __repr__(self) -> str:
        name = f" {visible(self.name)}" if self.name else ""
        return f"<Monitor{name}: {stats_line(self.stats)}>"

    def _repr_html_(self) -> str:
        return stats_html(self.stats, self.name or "calls")


class _Counting:
    """Counts the calls of one function."""

    def __init__(self, function: Callable[..., Any], counter: Monitor) -> None:
        self._function = function
        self._monitor = counter

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        begun = self._begin()
        try:
            value = await self._function(*args, **kwargs)
        except BaseException as error:
            self._end(begun, error)
            raise
        self._end(begun)
        return value

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        begun = self._begin()
        try:
            value = plain(self._function(*args, **kwargs), self._function)
        except BaseException as error:
            self._end(begun, error)
            raise
        self._end(begun)
        return value

    def _begin(self) -> dict[Monitor, float]:
        # By monitor: one whose own block this is counts the call once.
        return {each: each.began() for each in {self._monitor, *_inside.get()}}

    @staticmethod
    def _end(begun: dict[Monitor, float], error: BaseException | None = None) -> None:
        for each, began in begun.items():
            each.ended(began, error)


@overload
def monitor(function: Callable[P, R], /) -> Monitored[P, R]: ...
@overload
def monitor(*, name: str = "") -> Monitor: ...
def monitor(function: Any = None, /, *, name: str = "") -> Any:
    """Count the calls of a function and how they end; async or not.

    The decorated function has ``stats``, which are frozen `Stats`, and ``reset()``. Called without
    a function it gives a `Monitor`, to decorate several functions with, or to count what is done
    inside a ``with`` or ``async with`` block and how long that lasts.

    Args:
        function: what is decorated, when written without parentheses.
        name: what to call it where it is shown.

    Raises:
        ConfigurationError: for what cannot be decorated.

    >>> import asyncio
    >>> @monitor
    ... async def half(number):
    ...     return 1 / number
    >>> async def main():
    ...     await asyncio.gather(half(2), half(0), return_exceptions=True)
    >>> asyncio.run(main())
    >>> half.stats.succeeded, half.stats.errors, half.stats.most_in_flight
    (1, {'ZeroDivisionError': 1}, 1)
    """
    with brief:
        if function is None:
            return Monitor(name)
        return Monitor(name or name_of(function))(function)
