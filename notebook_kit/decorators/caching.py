"""Keep what a function gave, and give it again: `cached`."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast, overload

from notebook_kit.checks import whole_number
from notebook_kit.decorators.answers import Answers
from notebook_kit.decorators.cache_runner import CacheRunner
from notebook_kit.decorators.clock import Clock
from notebook_kit.decorators.decorated import Decorated
from notebook_kit.decorators.functions import check_function, through, wrap
from notebook_kit.decorators.store import Store
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.policies import Duration, seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import SupportsIndex

    from notebook_kit.decorators.cache_stats import CacheStats

__all__ = ["Cached", "Caching", "cached"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S")


class Cached(Decorated[P, R_co]):
    """A function that remembers; made by `cached`."""

    def __init__(self, wrapper: Callable[P, R_co], answers: Answers) -> None:
        super().__init__(wrapper)
        self._answers = answers

    def stats(self) -> CacheStats:
        """Return hits, misses, refreshes and how many answers are kept."""
        return self._answers.stats()

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Forget the answer for these arguments; tell whether there was one.

        A call for it that is under way answers who waits for it, and is not kept.
        """
        return self._answers.invalidate(args, kwargs)

    def clear(self) -> None:
        """Forget all answers; called on the method of an object, those of that object.

        With a ``key`` of one's own answers belong to no object, and all are forgotten.
        """
        self._answers.clear()

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Cached[P, R_co]: ...
    @overload
    def __get__(
        self: Cached[Concatenate[S, Q], R_co], instance: S, owner: type | None = None
    ) -> Cached[Q, R_co]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Become a method."""
        return self if instance is None else _Bound(self, instance)


class _Bound(Cached[P, R_co]):
    """A cached method of one object."""

    def __init__(self, method: Cached[..., R_co], instance: object) -> None:
        bound = cast("Callable[P, R_co]", MethodType(method, instance))
        super().__init__(bound, method._answers)  # noqa: SLF001 - it is the same cache
        self.__wrapped__ = cast("Callable[P, R_co]", MethodType(method.__wrapped__, instance))
        self._instance = instance

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        return self._answers.forget(self._answers.key((self._instance, *args), kwargs))

    def __repr__(self) -> str:
        return f"<cached method {self.__qualname__}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        # As a method: the object travels, and is asked for it there.
        return getattr, (self._instance, self.__name__)

    def clear(self) -> None:
        self._answers.clear(self._instance)


class Caching:
    """What `cached` gives when it is told how. Each function that it decorates has its own cache.

    Raises:
        ConfigurationError: for an option that cannot work.
    """

    def __init__(
        self,
        *,
        ttl: Duration | None = None,
        refresh_before_expiry: Duration | None = None,
        max_items: int | None = 1000,
        key: Callable[..., Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._ttl_s = None if ttl is None else seconds(ttl, name="ttl")
        self._refresh_s = 0.0
        if refresh_before_expiry is not None:
            self._refresh_s = seconds(refresh_before_expiry, name="refresh_before_expiry")
            if self._ttl_s is None or self._refresh_s >= self._ttl_s:
                message = (
                    f"refresh_before_expiry={refresh_before_expiry!r} must be shorter than ttl, "
                    f"which is {ttl!r}: @cached(ttl='5 min', refresh_before_expiry='30 s')."
                )
                raise ConfigurationError(message)
        if max_items is not None:
            max_items = whole_number(max_items, name="max_items", example="1000, or None")
        if key is not None and not callable(key):
            # Not as it is: it may be the key of an API, given by mistake.
            kind = type(key).__name__
            message = f"key= must be a function of the call's arguments, or None, not {kind}."
            raise ConfigurationError(message)
        self._max_items = max_items
        self._key = key
        self._clock = clock or Clock()

    def __call__(self, function: Callable[P, R]) -> Cached[P, R]:
        """Return the function with a cache of its own."""
        decorated: Cached[P, R] = through(function, self._decorate)
        return decorated

    def _decorate(self, function: Callable[P, R]) -> Cached[P, R]:
        check_function(function, by="cached")
        store = Store[Any, Any](
            ttl_s=self._ttl_s, refresh_s=self._refresh_s, max_items=self._max_items
        )
        answers = Answers(function, store, key=self._key, clock=self._clock)
        runner = CacheRunner(function, answers)
        return Cached(wrap(function, runner, by="cached"), answers)


@overload
def cached(function: Callable[P, R], /) -> Cached[P, R]: ...
@overload
def cached(
    *,
    ttl: Duration | None = None,
    refresh_before_expiry: Duration | None = None,
    max_items: int | None = 1000,
    key: Callable[..., Any] | None = None,
) -> Caching: ...
def cached(function: Any = None, /, **options: Any) -> Any:
    """Keep what a function gave, and give it again for the same arguments; async or not.

    While a call is under way, all who ask for the same wait for it: one call, however many callers.
    One who is cancelled leaves the others theirs; when none is left the call is cancelled. Errors
    are not kept, None is kept like any other answer.

    The decorated function has ``invalidate(*args)``, ``clear()`` and ``stats()``.

    Args:
        function: what is decorated, when written without parentheses.
        ttl: how long an answer is used, a duration; None for ever.
        refresh_before_expiry: in so long a time before the end, a call is answered at once by what
            is kept, and another is made in the background; a duration shorter than ``ttl``.
        max_items: answers kept; the one not used for longest goes first. None for no bound.
        key: what a call is known by, as a function of its arguments; None for all of them, in which
            lists, dictionaries and sets are read through and a method's object is itself, held
            weakly.

    Raises:
        ConfigurationError: for an option or a function that cannot work; when called, for an
            argument that cannot be part of a key.
        WouldDeadlock: when called, if calls under way would wait for each other in a circle. A task
            begun inside a call is part of it until the call ends.

    >>> import asyncio
    >>> calls = []
    >>> @cached(ttl="5 min")
    ... async def double(number):
    ...     calls.append(number)
    ...     return 2 * number
    >>> async def main():
    ...     return [await double(2), await double(2), await double(number=3)]
    >>> asyncio.run(main()), calls
    ([4, 4, 6], [2, 3])
    >>> double.stats().hits
    1
    """
    with brief:
        if function is None:
            return Caching(**options)
        return Caching(**options)(function)
