"""So many calls in so much time, and so many at once: `limit`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from notebook_kit.checks import whole_number
from notebook_kit.decorators.callers import caller
from notebook_kit.decorators.clock import Clock
from notebook_kit.decorators.functions import (
    call_with,
    first_argument,
    plain,
    through,
    wrap,
)
from notebook_kit.decorators.turnstile import Turnstile
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.policies import Limits, RateLike, parse_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from notebook_kit.decorators.functions import Arguments

__all__ = ["Limiter", "Permit", "limit"]

F = TypeVar("F", bound="Callable[..., Any]")
P = ParamSpec("P")
R = TypeVar("R")


class Limiter:
    """What `limit` gives: decorates functions, calls them, or surrounds a block of code.

    All that is done through one limiter shares it: functions, blocks, threads and event loops.

    >>> limiter = limit("50/s", max_concurrency=2)
    >>> with limiter:
    ...     limiter
    <Limiter 50/s, at most 2 at once: 1 in flight, 0 waiting>
    """

    def __init__(
        self,
        rate: RateLike = None,
        *,
        max_concurrency: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        asked: object = rate
        if callable(asked) or (not asked and max_concurrency is None):
            message = "limit needs to be told how much: @limit('50/s'), @limit(max_concurrency=5)."
            raise ConfigurationError(message)
        if max_concurrency is not None:
            max_concurrency = whole_number(max_concurrency, name="max_concurrency", example="5")
        limits = Limits(parse_rates(rate))
        self._weighted = any(each.weight is not None for each in limits.rates)
        self._turnstile = Turnstile(limits, max_concurrency, clock or Clock())

    def __call__(self, function: F) -> F:
        """Return the function with its calls limited."""
        decorated: F = through(function, self._decorate)
        return decorated

    def _decorate(self, function: F) -> F:
        return wrap(function, self._runner(function), by="limit")

    def _runner(self, function: Callable[..., Any]) -> _Limited:
        pick = first_argument(function) if self._weighted else None
        return _Limited(function, self._turnstile, pick)

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function when it may be; if it is async, await what this gives."""
        given: R = call_with(self._runner(function), function, args, kwargs, by="limit")
        return given

    # Around a block

    def permit(self, item: Any = None) -> Permit:
        """Return what surrounds one block, ``with`` or ``async with``.

        Args:
            item: what is given to the ``weight`` functions of the rates.

        >>> words = limit(nk.Rate(1000, per="min", weight=len))
        >>> with words.permit("a prompt"):
        ...     pass
        """
        return Permit(self._turnstile, item)

    def __enter__(self) -> Self:
        self._turnstile.enter(self._weights())
        return self

    def __exit__(self, *raised: object) -> None:
        self._turnstile.leave(threading.get_ident())

    async def __aenter__(self) -> Self:
        await self._turnstile.enter_async(self._weights(), caller())
        return self

    async def __aexit__(self, kind: object, *raised: object) -> None:
        self._turnstile.leave(caller(), kind)

    def _weights(self) -> tuple[float, ...]:
        if self._weighted:
            message = (
                "A rate with weight= must be told what a block is for: write "
                "`async with limiter.permit(item):` in place of `async with limiter:`."
            )
            raise ConfigurationError(message)
        return self._turnstile.limits.weights(None)

    # What is so

    @property
    def in_flight(self) -> int:
        """How many calls and blocks are under way."""
        return self._turnstile.in_flight

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._turnstile.waiting

    def __repr__(self) -> str:
        parts = [str(rate) for rate in self._turnstile.limits.rates]
        if self._turnstile.most < float("inf"):
            parts.append(f"at most {self._turnstile.most} at once")
        held = f"{self.in_flight:,} in flight, {self.waiting:,} waiting"
        return f"<Limiter {', '.join(parts)}: {held}>"


class Permit:
    """One block, of which the limits are told what it is for; made by `Limiter.permit`."""

    def __init__(self, turnstile: Turnstile, item: Any) -> None:
        self._turnstile = turnstile
        self._weights = turnstile.limits.weights(item)
        self._grants: list[Any] = []
        self._holder: Hashable = None

    def used(self, answer: Any) -> None:
        """Have the ``usage`` functions of the rates correct what was taken by the answer."""
        self._turnstile.used(self._grants, answer)
        self._grants = []

    def __enter__(self) -> Self:
        self._grants = self._turnstile.enter(self._weights)
        self._holder = threading.get_ident()
        return self

    def __exit__(self, *raised: object) -> None:
        self._turnstile.leave(self._holder)

    async def __aenter__(self) -> Self:
        self._holder = me = caller()
        self._grants = await self._turnstile.enter_async(self._weights, me)
        return self

    async def __aexit__(self, kind: object, *raised: object) -> None:
        self._turnstile.leave(self._holder, kind)


class _Limited:
    """Calls one function as the limits allow."""

    def __init__(
        self,
        function: Callable[..., Any],
        turnstile: Turnstile,
        pick: Callable[[Arguments, Mapping[str, Any]], Any] | None,
    ) -> None:
        self._function = function
        self._turnstile = turnstile
        self._pick = pick

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        async with self._permit(args, kwargs) as permit:
            value = await self._function(*args, **kwargs)
        permit.used(value)
        return value

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        with self._permit(args, kwargs) as permit:
            value = plain(self._function(*args, **kwargs), self._function)
        permit.used(value)
        return value

    def _permit(self, args: Arguments, kwargs: Mapping[str, Any]) -> Permit:
        return Permit(self._turnstile, self._pick(args, kwargs) if self._pick else None)


def limit(rate: RateLike = None, *, max_concurrency: int | None = None) -> Limiter:
    """Let so many calls begin in so much time, and so many be under way at once.

    Who comes first goes first. Functions decorated with one `Limiter` share it, async ones on
    several event loops and sync ones in many threads too. A call that is cancelled while it waits
    leaves nothing behind. In another process, a forked one too, nobody is under way at first.

    The ``weight`` function of a rate is given the call's first argument that is not ``self`` or
    ``cls``, however it is passed; its ``usage`` function is given what the call returned.

    Args:
        rate: ``"50/s"``, an `nk.Rate`, or a list of them that all hold.
        max_concurrency: how many calls may be under way at once.

    Raises:
        ConfigurationError: without either, or for what cannot be read.
        WouldDeadlock: when called, by who holds all places, or blocks the loop of those who do.

    >>> import asyncio
    >>> @limit("1000/s", max_concurrency=5)
    ... async def double(number):
    ...     return 2 * number
    >>> asyncio.run(double(21))
    42
    """
    with brief:
        return Limiter(rate, max_concurrency=max_concurrency)
