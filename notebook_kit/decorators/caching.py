"""Keep what a function gave, and give it again: `cached`."""

from __future__ import annotations

from datetime import timedelta
from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    ParamSpec,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from notebook_kit.checks import number, refuse_unknown
from notebook_kit.decorators.answers import Answers
from notebook_kit.decorators.cache_runner import CacheRunner
from notebook_kit.decorators.clock import AgeClock
from notebook_kit.decorators.decorated import Decorated
from notebook_kit.decorators.functions import check_function, through, wrap
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.policies import Cache
from notebook_kit.redact import shown

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import SupportsIndex

    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.clock import Clock
    from notebook_kit.policies import Duration

__all__ = ["CacheKeywords", "Cached", "Caching", "cached", "policy_of"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S")


class CacheKeywords(TypedDict, total=False):
    """How answers are kept; see `cached` and `notebook_kit.Cache`."""

    ttl: Duration | None
    refresh_before_expiry: Duration | None
    stale: Duration | None
    path: str | os.PathLike[str] | None
    max_items: int | None
    max_bytes: int | None
    max_item_bytes: int
    cache_errors: tuple[int | type[Exception], ...]
    error_ttl: Duration | None


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
        policy: Cache | Duration | None = None,
        *,
        key: Callable[..., Any] | None = None,
        version: object = None,
        clock: Clock | None = None,
        **options: Unpack[CacheKeywords],
    ) -> None:
        self._policy = policy_of(policy, options, of="nk.cached")
        if key is not None and not callable(key):
            # Not as it is: it may be the key of an API, given by mistake.
            kind = type(key).__name__
            message = f"key= must be a function of the call's arguments, or None, not {kind}."
            raise ConfigurationError(message)
        self._key = key
        self._version = version
        self._clock = clock or AgeClock()

    def __call__(self, function: Callable[P, R]) -> Cached[P, R]:
        """Return the function with a cache of its own."""
        decorated: Cached[P, R] = through(function, self._decorate)
        return decorated

    def _decorate(self, function: Callable[P, R]) -> Cached[P, R]:
        check_function(function, by="cached")
        options: dict[str, Any] = {"key": self._key, "clock": self._clock}
        answers = Answers(function, self._policy, version=self._version, **options)
        runner = CacheRunner(function, answers)
        return Cached(wrap(function, runner, by="cached"), answers)


def policy_of(policy: Cache | Duration | None, options: CacheKeywords, *, of: str) -> Cache:
    """Return how answers are kept, as it was told in one of two ways.

    Raises:
        ConfigurationError: for an option that cannot work, or when both ways say it.
    """
    refuse_unknown(options, {*CacheKeywords.__annotations__, "key", "version"}, of=of)
    given: dict[str, Any] = {**options}
    if isinstance(policy, Cache):
        if options:
            told = ", ".join(f"{name}=" for name in options)
            message = (
                f"{told} and an nk.Cache both say how answers are kept: put all of it into the "
                f"nk.Cache, or write {of}(ttl=..., ...)."
            )
            raise ConfigurationError(message)
        return policy
    if policy is None:
        return Cache(**{"ttl": None, **given})
    if "ttl" in options:
        message = f"{shown(policy)} and ttl= both say how long answers are kept: write one of them."
        raise ConfigurationError(message)
    return Cache(policy, **given)


def _is_duration(given: object) -> bool:
    """Tell whether it was meant to say for how long, and not as what is decorated."""
    if isinstance(given, str) and given.strip().lower() == "http":
        message = (
            f"nk.cached({given!r}) is for a client, as cache={given!r}: of a function nobody knows "
            "what a server says. Write @nk.cached('5 min')."
        )
        raise ConfigurationError(message)
    return isinstance(given, (str, float, timedelta)) or number(given) is not None


@overload
def cached(function: Callable[P, R], /) -> Cached[P, R]: ...
@overload
def cached(
    policy: Cache | Duration | None = None,
    /,
    *,
    key: Callable[..., Any] | None = None,
    version: object = None,
    **options: Unpack[CacheKeywords],
) -> Caching: ...
def cached(function: Any = None, /, **options: Any) -> Any:
    """Keep what a function gave, and give it again for the same arguments; async or not.

    While a call is under way, all who ask for the same wait for it: one call, however many callers.
    One who is cancelled leaves the others theirs; when none is left the call is cancelled. Errors
    are not kept unless asked for, None is kept like any other answer.

    The decorated function has ``invalidate(*args)``, ``clear()`` and ``stats()``.

    Args:
        function: what is decorated, when written without parentheses; or how answers are kept: for
            how long, as ``@cached("5 min")``, or an `nk.Cache`.
        ttl: how long an answer is used, a duration; None for ever.
        refresh_before_expiry: in so long a time before the end, a call is answered at once by what
            is kept, and another is made in the background; a duration shorter than ``ttl``.
        stale: until it is so old, an answer is given where the call fails because the source is
            down: a connection, a time limit, 429 or 5xx; a duration longer than ``ttl``.
        path: a file that keeps answers too, for other runs and processes: those that exact JSON
            gives back. They are known by what the function and all that it reaches in the notebook
            are, and by the arguments.
        max_items: answers kept; the one not used for longest goes first. None for no bound.
        max_bytes: bytes of all answers in the file; the same. Those in memory are not measured.
        max_item_bytes: a longer answer is kept in memory and not in the file.
        cache_errors: classes of exceptions, and statuses that they carry, that are kept as well, in
            memory.
        error_ttl: how long those are raised again, a duration; None for ``ttl``.
        key: what a call is known by, as a function of its arguments; None for all of them, in which
            lists, dictionaries and sets are read through and a method's object is itself, held
            weakly.
        version: what the answers in a file depend on beside what can be read of the function.

    Raises:
        ConfigurationError: for an option or a function that cannot work; when called, for an
            argument that cannot be part of a key.
        StorageError: when the file cannot be read and written, is damaged, something else, or
            newer.
        WouldDeadlock: when called, if calls under way would wait for each other in a circle. A task
            begun inside a call is part of it until the call ends.

    >>> import asyncio
    >>> calls = []
    >>> @cached("5 min")
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
        if function is None or isinstance(function, Cache) or _is_duration(function):
            return Caching(function, **options)
        return Caching(**options)(function)
