"""Waiting for what must come to its end, also where the one who waits is cancelled."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from notebook_kit.errors import ResourceTimeout
from notebook_kit.lifetime.steps import is_stray
from notebook_kit.numbers import took
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence

__all__ = [
    "closed_within",
    "finished",
    "in_time",
    "joined",
    "never_instead_of",
    "one_of",
    "to_the_end",
    "told_of",
    "told_with",
]

T = TypeVar("T")

#: Seconds that one who is cancelled waits for a closing that has no limit.
_PATIENCE_S: Final = 10.0


async def finished(task: asyncio.Future[T]) -> T:
    """Return what a task or future makes; a cancellation of who waits is passed on at its end.

    What the cancelled one is not told then is noted on the cancellation.
    """
    cut: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cut = error
    if cut is None:
        return task.result()
    if not task.cancelled() and (fault := task.exception()) is not None:
        told_with(cut, fault)
    raise cut


async def joined(closing: asyncio.Task[None], limit_s: float | None) -> None:
    """Wait for a closing that somebody else has begun.

    One who is cancelled waits on, but not for ever: the closing may be waiting for him.
    """
    loop = asyncio.get_running_loop()
    cut: asyncio.CancelledError | None = None
    left_s: float | None = None
    until = math.inf
    while not closing.done() and loop.time() < until:
        try:
            await asyncio.wait([closing], timeout=left_s)
        except asyncio.CancelledError as error:
            if cut is None:
                until = loop.time() + (_PATIENCE_S if limit_s is None else limit_s)
            cut = error
        left_s = None if cut is None else max(0.0, until - loop.time())
    if cut is not None:
        raise cut


async def to_the_end(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do some work in a task of its own, so that no cancellation of who waits cuts it.

    The end of a loop cancels all tasks; one that had not begun then is begun again.
    """
    begun = False
    cut: asyncio.CancelledError | None = None

    async def done() -> None:
        nonlocal begun
        begun = True
        await work()

    while not begun:
        try:
            await finished(asyncio.ensure_future(done()))
        except asyncio.CancelledError as error:
            if begun:
                raise
            cut = error
    this = asyncio.current_task()
    if cut is not None and this is not None and this.cancelling():
        raise cut


def told_of(fault: BaseException) -> str:
    """Return an error in a line, without secrets.

    >>> told_of(OSError("gone"))
    'OSError: gone'
    """
    words = scrub(str(fault))
    return f"{type(fault).__name__}: {words}" if words else type(fault).__name__


def told_with(first: BaseException, fault: BaseException, doing: str = "closing") -> None:
    """Note a fault on the error that came before it, whose place it must not take."""
    first.add_note(f"notebook_kit: {doing} failed as well: {told_of(fault)}")


def one_of(faults: Sequence[BaseException]) -> BaseException:
    """Return the first of several faults, with the others noted on it."""
    first, *others = faults
    for fault in others:
        told_with(first, fault)
    return first


@asynccontextmanager
async def in_time(until: float | None, error: Callable[[], TimeoutError]) -> AsyncIterator[None]:
    """Cut what is awaited in the block at a time of its loop; None for never.

    Raises:
        TimeoutError: the one that ``error`` gives; one that is raised inside stays as it is.
    """
    limit = asyncio.timeout_at(until)
    try:
        async with limit:
            yield
    except TimeoutError as cut:
        if not limit.expired():
            raise
        raise error() from cut


async def closed_within(
    limit_s: float | None, what: str, close: Callable[[], Coroutine[Any, Any, object]]
) -> None:
    """Await a closing for as long as it may take; None for as long as it takes.

    Raises:
        ResourceTimeout: when it takes longer; it was cancelled then.
        Exception: what closing raises.
    """
    if limit_s is None:
        await close()
        return

    def late() -> ResourceTimeout:
        return ResourceTimeout(f"Closing {what} took longer than {took(limit_s)} and was cut.")

    async with in_time(asyncio.get_running_loop().time() + limit_s, late):
        await close()


@contextmanager
def never_instead_of(error: BaseException | None, what: str) -> Iterator[None]:
    """Keep a fault of closing something from taking the place of the error that left its block."""
    try:
        yield
    except BaseException as fault:
        if error is None or not (isinstance(fault, Exception) or is_stray(fault)):
            raise
        told_with(error, fault, f"closing {what}")
