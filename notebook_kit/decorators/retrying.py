"""Try again what may pass by itself: `retry`."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypedDict, TypeVar, Unpack, overload

from notebook_kit.checks import refuse_unknown
from notebook_kit.decorators.clock import Clock
from notebook_kit.decorators.functions import call_with, plain, through, wrap
from notebook_kit.decorators.tries import SharedBudget, Tries
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.policies import Duration, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.policies.retry_budget import RetryBudget

__all__ = ["RetryKeywords", "Retrying", "retry"]

F = TypeVar("F", bound="Callable[..., Any]")
P = ParamSpec("P")
R = TypeVar("R")

_UNSET: Final[Any] = object()


def _draw() -> float:
    # Found by its name where a function is sent to: with a generator that travelled along, all
    # workers of a cluster would draw the same waits, and come back at once.
    return random.random()  # noqa: S311 - it spreads retries, and hides nothing


class RetryKeywords(TypedDict, total=False):
    """The keywords of `nk.Retry`, which says what each is."""

    max_attempts: int
    base_delay: Duration
    factor: float
    max_delay: Duration
    max_retry_after: Duration
    deadline: Duration | None
    budget: float | None
    max_refusals: int
    retry_if: Callable[[Any], bool] | None
    retry_value: Callable[[Any], bool] | None
    unsafe: bool


class Retrying:
    """What `retry` gives when it is told how: decorates functions, or calls them.

    Attributes:
        policy: when to try again.
    """

    def __init__(
        self,
        policy: Retry,
        *,
        clock: Clock | None = None,
        draw: Callable[[], float] = _draw,
    ) -> None:
        self.policy = policy
        self._clock = clock or Clock()
        self._draw = draw
        self._budget = SharedBudget.of(policy)

    def __call__(self, function: F) -> F:
        """Return the function with its calls tried again; it has a budget of its own."""
        decorated: F = through(function, self._decorate)
        return decorated

    def _decorate(self, function: F) -> F:
        return wrap(function, self._runner(function, SharedBudget.of(self.policy)), by="retry")

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function, again if need be; if it is async, await what this gives.

        >>> retry(5).call(int, "42")
        42
        """
        runner = self._runner(function, self._budget)
        given: R = call_with(runner, function, args, kwargs, by="retry")
        return given

    def _runner(self, function: Callable[..., Any], budget: RetryBudget | None) -> _Retried:
        clock = self._clock
        return _Retried(
            function, lambda: Tries(self.policy, budget, clock.now(), self._draw), clock
        )

    def __repr__(self) -> str:
        return f"<Retrying {self.policy!r}>"


class _Retried:
    """Calls one function, again if need be."""

    def __init__(
        self, function: Callable[..., Any], begin: Callable[[], Tries], clock: Clock
    ) -> None:
        self._function = function
        self._begin = begin
        self._clock = clock

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        tries = self._begin()
        while True:
            try:
                value = await self._function(*args, **kwargs)
            except Exception as error:
                wait_s = tries.failed(error, self._clock.now())
                if wait_s is None:
                    raise
            else:
                wait_s = tries.answered(value, self._clock.now())
                if wait_s is None:
                    return value
            await self._clock.pause(wait_s)

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        tries = self._begin()
        while True:
            try:
                value = plain(self._function(*args, **kwargs), self._function)
            except Exception as error:
                wait_s = tries.failed(error, self._clock.now())
                if wait_s is None:
                    raise
            else:
                wait_s = tries.answered(value, self._clock.now())
                if wait_s is None:
                    return value
            self._clock.sleep(wait_s)


@overload
def retry(function: F, /) -> F: ...
@overload
def retry(policy: Retry | int | None, /) -> Retrying: ...
@overload
def retry(**options: Unpack[RetryKeywords]) -> Retrying: ...
def retry(given: Any = _UNSET, /, **options: Any) -> Any:
    """Try a function again when it fails in a way that may pass by itself; async or not.

    What may pass is for `nk.Retry` to say: time limits, connections that failed, statuses 408, 409,
    425, 429 and 5xx, whatever library raised them. The last error is raised as it is, with a note
    that says how often and how long it was tried. Whoever decorates a function says with it that
    calling it again does no harm. A function that is not async blocks its thread between tries.

    Args:
        given: what is decorated, when written without parentheses; or an `nk.Retry`, or a number of
            further tries, as in the ``retry`` option of a run.
        **options: the keywords of `nk.Retry`.

    Raises:
        ConfigurationError: for an option or a function that cannot work.
        UnwantedAnswer: when called, if ``retry_value`` refused the answer of the last try.

    >>> import asyncio
    >>> answers = iter([TimeoutError(), "hello"])
    >>> @retry(max_attempts=5, base_delay=0)
    ... async def fetch():
    ...     answer = next(answers)
    ...     if isinstance(answer, Exception):
    ...         raise answer
    ...     return answer
    >>> asyncio.run(fetch())
    'hello'
    """
    with brief:
        refuse_unknown(options, RetryKeywords.__annotations__, of="retry")
        if given is _UNSET:
            return Retrying(Retry(**options))
        if options:
            message = (
                "retry takes a policy or keywords, not both: "
                "@retry(max_attempts=5, base_delay=0.1), or "
                "@retry(nk.Retry(max_attempts=5, base_delay=0.1))."
            )
            raise ConfigurationError(message)
        function: Any = given
        if callable(given) or isinstance(given, (staticmethod, classmethod)):
            return Retrying(Retry())(function)
        return Retrying(Retry.of(given))
