"""Calls submitted one by one, the urgent first, under the policies of a run."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from notebook_kit.checks import refuse_unknown
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.desk import Desk
from notebook_kit.execution.options import RunOptions
from notebook_kit.execution.submission import Submission
from notebook_kit.policies import Priority

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from notebook_kit.execution.keywords import RunKeywords

__all__ = ["Executor"]

T = TypeVar("T")

_OPTIONS = (
    "max_concurrency",
    "rate",
    "retry",
    "breaker",
    "attempt_timeout",
    "item_timeout",
)


class Executor:
    """Makes calls as they are submitted, so many at once, the urgent first.

    The options are those of a run that make sense for calls that come one by one:
    ``max_concurrency``, ``rate``, ``retry``, ``breaker``, ``attempt_timeout``, ``item_timeout``. It
    belongs to the event loop on which it is first used. One that is dropped makes the calls that it
    was given, and goes. While it lives it keeps some 70 bytes for each call that has ended.

    Raises:
        ConfigurationError: for an option that cannot work.

    >>> import asyncio
    >>> async def main():
    ...     async def fetch(name):
    ...         order.append(name)
    ...
    ...     order = []
    ...     async with Executor(max_concurrency=1) as executor:
    ...         executor.submit(fetch, "later", priority="low")
    ...         executor.submit(fetch, "first", priority=Priority.CRITICAL)
    ...     return order
    >>> asyncio.run(main())
    ['first', 'later']
    """

    def __init__(self, **options: Unpack[RunKeywords]) -> None:
        with brief:
            refuse_unknown(options, _OPTIONS, of="An executor")
            given: RunKeywords = {**options, "fail_fast": False}
            given["priority"] = lambda submission: submission.priority
            self._desk = Desk(RunOptions.of(given))
            # Whoever drops it has submitted all there is.
            weakref.finalize(self, self._desk.close_from_afar).atexit = False

    @overload
    def submit(
        self,
        function: Callable[..., Awaitable[T]],
        *args: Any,
        priority: Priority | str = ...,
        **keywords: Any,
    ) -> Submission[T]: ...

    @overload
    def submit(
        self,
        function: Callable[..., T],
        *args: Any,
        priority: Priority | str = ...,
        **keywords: Any,
    ) -> Submission[T]: ...

    def submit(
        self,
        function: Callable[..., Any],
        *args: Any,
        priority: Priority | str = Priority.NORMAL,
        **keywords: Any,
    ) -> Submission[Any]:
        """Have a function called when its turn comes, and return what can be awaited for it.

        Args:
            function: async, called on this loop; or synchronous, called in a thread.
            *args: its arguments.
            priority: how urgent it is; the oldest goes first among equals.
            **keywords: its keyword arguments.

        Raises:
            ClosedError: after `aclose`.
            ConfigurationError: when the priority cannot be read, or it is no function.
        """
        self._refuse_if_closed()
        if not callable(function):
            message = (
                f"submit takes a function and its arguments, not {type(function).__name__}: "
                "executor.submit(fetch, 7), and not executor.submit(fetch(7))."
            )
            if inspect.iscoroutine(function):
                function.close()
            raise ConfigurationError(message)
        self._desk.settle_in()
        if isinstance(priority, (int, float)) and not isinstance(priority, Priority):
            message = (
                f"priority={priority!r} is a plain number, and does not say whether high or low "
                "goes first: write nk.Priority.HIGH, or 'critical', 'high', 'normal' or 'low'."
            )
            raise ConfigurationError(message)
        made: Submission[Any] = Submission(function, args, keywords, Priority.of(priority))
        self._desk.take(made)
        return made

    def _refuse_if_closed(self) -> None:
        if self._desk.closed:
            message = "This executor is closed; make a new one: nk.Executor(max_concurrency=5)."
            raise ClosedError(message)

    async def aclose(self) -> None:
        """Wait until all that was submitted has ended; nothing more is taken."""
        self._desk.close()
        await self._desk.wait()

    def cancel(self) -> None:
        """Cut what is under way and cancel what waits; nothing more is taken."""
        self._desk.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.cancel()
        try:
            await self.aclose()
        except asyncio.CancelledError:
            self.cancel()
            raise
