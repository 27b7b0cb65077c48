"""What code of the user's raises within a call that is no error of one thing: groups, odd exits.

A hook, an auth flow, a transport or a ``retry_value`` may raise anything. An ordinary error is the
user's and is raised as it is. A group is taken apart; a cancellation that nobody asked for, or the
exit of a generator, would end who waits without a word, and becomes an error of the call.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from notebook_kit.client.translate import several
from notebook_kit.errors import RequestError
from notebook_kit.errors.effort import tell_effort
from notebook_kit.errors.groups import leaves_of, only_leaf
from notebook_kit.execution.loops import running_loop
from notebook_kit.scheduling.outcome import INTERRUPTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["ODD", "in_place_of", "meant", "was_cut"]

T = TypeVar("T")

#: Marks an error that stands for a cancellation from within.
_CUT = "_cut_from_within"

#: What `in_place_of` has to look at.
ODD = (BaseExceptionGroup, asyncio.CancelledError, GeneratorExit)


def in_place_of(  # noqa: PLR0911 - one for each kind of what is odd
    raised: BaseException, task: asyncio.Task[object] | None, call: Callable[[], str]
) -> BaseException:
    """Return what is raised in the place of what came out of a call; itself if it is meant.

    Args:
        raised: one of `ODD`.
        task: the one that made the call.
        call: gives the call in words, secrets removed.
    """
    error = only_leaf(raised)
    if isinstance(raised, BaseExceptionGroup):
        leaves = list(leaves_of(raised))
        interrupt = next((it for it in leaves if isinstance(it, INTERRUPTS)), None)
        if interrupt is not None:
            return interrupt
        if _was_cancelled(task):
            # A task group that has errors of its own raises them, and nothing of the cancellation.
            cuts = (it for it in leaves if isinstance(it, asyncio.CancelledError))
            return next(cuts, asyncio.CancelledError())
        if isinstance(error, BaseExceptionGroup):
            return several(leaves, call())
    if isinstance(error, asyncio.CancelledError):
        if _was_cancelled(task):
            return error
        message = f"{call()}: something that it waited for was cancelled, and not the call itself."
        cut = RequestError(message, call=call(), attempts=1)
        cut.__dict__[_CUT] = True
        return cut
    if isinstance(error, GeneratorExit):
        # The collector raises it too, in whatever thread, and that is to be let through.
        if running_loop() is None or asyncio.current_task() is not task:
            return error
        message = f"{call()}: code that it called raised GeneratorExit."
        return RequestError(message, call=call(), attempts=1)
    return error


async def meant(made: Awaitable[T], call: Callable[[], str]) -> T:
    """Await what makes a call, and have what is odd become an error of it.

    Args:
        made: makes the call.
        call: gives it in words, secrets removed.

    Raises:
        BaseException: what it raises, or what is raised in its place.
    """
    task = asyncio.current_task()
    began = time.monotonic()
    try:
        return await made
    except ODD as raised:
        instead = in_place_of(raised, task, call)
        if instead is raised:
            raise
        if isinstance(instead, RequestError):
            tell_effort(instead, 1, time.monotonic() - began)
        raise instead from raised.__cause__


def was_cut(error: BaseException) -> bool:
    """Tell whether a call ended because it was cancelled, so that others may make it anew."""
    return isinstance(error, asyncio.CancelledError) or _CUT in error.__dict__


def _was_cancelled(task: asyncio.Task[object] | None) -> bool:
    return task is None or task.cancelling() > 0
