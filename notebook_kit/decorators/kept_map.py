"""A map over a function whose answers are kept: rows that are known are not called for."""

from __future__ import annotations

import inspect
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from notebook_kit.decorators.answers import Answers
from notebook_kit.decorators.cache_runner import CacheRunner
from notebook_kit.decorators.clock import AgeClock
from notebook_kit.decorators.copies import own_copy
from notebook_kit.decorators.functions import wrap
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.functions import bind
from notebook_kit.policies import Cache, Duration
from notebook_kit.policies.fallback import unavailable
from notebook_kit.redact import shown
from notebook_kit.scheduling import Answer, NotRescued, Rescued, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.execution import Work
    from notebook_kit.execution.functions import FunctionWork
    from notebook_kit.policies import Failure, Retry

__all__ = ["KeptFunction", "MapCache", "kept_function", "kept_work"]

#: What ``cache=`` of a map over a function takes.
MapCache: TypeAlias = "Cache | Duration | bool | None"

#: Where a function has its answers, so that they are there as long as it is, and no longer.
_ATTRIBUTE: Final = "_notebook_kit_kept"


def kept_function(function: Callable[..., Any], cache: MapCache) -> KeptFunction | None:
    """Return the function with its answers, those of earlier maps too; None for no cache.

    Raises:
        ConfigurationError: for what is no policy.
        StorageError: when the file that it names cannot be used.
    """
    given: object = cache
    if isinstance(given, str) and given.strip().lower() == "http":
        message = (
            f"cache={shown(given)} is for a client: of a function nobody knows what a server says. "
            "Write cache='5 min', or an nk.Cache."
        )
        raise ConfigurationError(message)
    policy = Cache.of(cache)
    if policy is None:
        return None
    known = getattr(function, _ATTRIBUTE, ())
    for kept in known:
        # What wraps another takes its attributes over.
        if kept.policy == policy and kept.function() is function:
            return cast("KeptFunction", kept)
    made = KeptFunction(function, policy)
    with suppress(AttributeError, TypeError):  # else they are there for this map alone
        setattr(function, _ATTRIBUTE, (*known, made))
    return made


class KeptFunction:
    """A function and its answers.

    Attributes:
        policy: how they are kept.
        answers: they.
        function: gives the function, as long as it is there.
    """

    def __init__(self, function: Callable[..., Any], policy: Cache) -> None:
        self.policy = policy
        self.function = _reference(function)
        self.answers = Answers(function, policy, key=None, clock=AgeClock())
        # What a stale answer is given for, the map tells in its row.
        self.called = wrap(function, CacheRunner(function, self.answers, stale=False), by="map")


def kept_work(
    work: FunctionWork,
    function: Callable[..., Any],
    kept: KeptFunction,
    columns: Sequence[object] | None,
    retry: Retry,
) -> Work:
    """Return work that looks for answers that are kept; see `KeptFunctionWork`."""
    return cast("Work", KeptFunctionWork(work, function, kept, columns, retry))


class KeptFunctionWork:
    """Work that is a function whose answers are kept.

    Args:
        work: calls the function through its answers.
        function: the function itself.
        kept: its answers.
        columns: of the input, where it is a DataFrame.
        retry: the policy of the run, which may refuse answers.
    """

    def __init__(
        self,
        work: FunctionWork,
        function: Callable[..., Any],
        kept: KeptFunction,
        columns: Sequence[object] | None,
        retry: Retry,
    ) -> None:
        self._work = work
        self._function = function
        self._answers = kept.answers
        self._arguments, _ = bind(_telling(function), columns)
        self._rejects = retry.rejects
        # Nothing in between where nothing is refused: each step counts.
        self.perform = work.perform if retry.retry_value is None else self._perform

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def describe(self) -> dict[str, Any]:
        """Return what the answers depend on: the function itself."""
        return {"function": self._function}

    remembers = True

    def known(self, item: Any) -> Answer | None:
        """Return the answer to an item if it is kept and still good."""
        args, kwargs = self._arguments(item)
        answers = self._answers
        entry = answers.peek(answers.key(args, kwargs), answers.place(args, kwargs))
        if entry is None:
            return None
        value = own_copy(entry.value)
        if self._rejects(value):
            answers.invalidate(args, kwargs, wait=False)
            return None
        return Answer(value, source=Source.CACHE)

    async def _perform(self, item: Any) -> Any:
        """Call the function through its answers, of which one that is refused is not kept."""
        value = await self._work.perform(item)
        if self._rejects(value):
            args, kwargs = self._arguments(item)
            self._answers.invalidate(args, kwargs, wait=False)
        return value

    @property
    def rescues(self) -> bool:
        """Whether something else may be given for an item that failed."""
        return self._answers.keeps_stale

    def may_rescue(self, failure: Failure) -> bool:
        """Tell whether something else can be tried after this failure."""
        return self.rescues and unavailable(failure)

    async def rescue(self, item: Any, failure: Failure, limit_s: float) -> Rescued:
        """Give what is kept beyond its time.

        Raises:
            NotRescued: when there is nothing.
        """
        del limit_s
        args, kwargs = self._arguments(item)
        answers = self._answers
        key, place = answers.key(args, kwargs), answers.place(args, kwargs)
        error = failure.error
        entry = answers.stale(key, place, error) if isinstance(error, Exception) else None
        if entry is None:
            message = "no answer is kept that is young enough"
            raise NotRescued(message)
        return Rescued(own_copy(entry.value))


def _reference(function: Callable[..., Any]) -> Callable[[], Callable[..., Any] | None]:
    try:
        return weakref.ref(function)
    except TypeError:
        return lambda: None


def _telling(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with the same parameters that gives the arguments it is called with."""

    def tell(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return args, kwargs

    with suppress(TypeError, ValueError):  # a builtin that does not tell
        tell.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return tell
