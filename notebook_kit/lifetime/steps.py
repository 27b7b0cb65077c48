"""The steps of a resource, as its class says them, and who is in the middle of one."""

from __future__ import annotations

import asyncio
import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

from notebook_kit.markup import visible
from notebook_kit.policies import seconds
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AsyncExitStack

__all__ = ["called", "changing", "done", "fewer", "is_stray", "leave", "limit_of"]

#: What is being opened or closed by whoever runs here, as objects that stand for it.
changing: Final[ContextVar[frozenset[object]]] = ContextVar(
    "notebook_kit.changing", default=frozenset()
)


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def close_timeout_s(self) -> float | None: ...


def called(what: _Named) -> str:
    """Return its name as messages say it: without secrets, and with nothing in it that acts."""
    return visible(scrub(str(what.name)))


def limit_of(what: _Named) -> float | None:
    """Return how many seconds closing may take.

    Raises:
        ConfigurationError: when it is no length of time.
    """
    limit = what.close_timeout_s
    return None if limit is None else seconds(limit, name="close_timeout_s", zero=True)


def fewer(one_s: float | None, other_s: float | None) -> float | None:
    """Return the shorter of two limits, None standing for none.

    >>> fewer(None, 2.0), fewer(1.0, 2.0), fewer(None, None)
    (2.0, 1.0, None)
    """
    return min((it for it in (one_s, other_s) if it is not None), default=None)


async def done(step: Callable[[], Awaitable[None] | None]) -> None:
    """Do what a subclass says, async or not."""
    doing = step()
    if inspect.isawaitable(doing):
        await doing


async def leave(stack: AsyncExitStack, error: BaseException | None) -> None:
    """Leave what was entered, and tell it what went wrong: a transaction must not be committed."""
    if error is None:
        await stack.aclose()
    else:
        await stack.__aexit__(type(error), error, error.__traceback__)


def is_stray(fault: BaseException) -> bool:
    """Tell whether it is a cancellation that nobody has asked of who runs here.

    What awaits a task that it has cancelled raises one: that is a fault like others.
    """
    if not isinstance(fault, asyncio.CancelledError):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and not task.cancelling()
