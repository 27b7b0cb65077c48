"""A limit on how long something may take, that holds whatever it does when it is cut off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["TimeLimit"]


class TimeLimit:
    """Cuts off what runs inside, ``async with``, when its time is over.

    An error of its own that what runs inside raises goes on as it is, a TimeoutError of its own
    before the time is over too.

    Args:
        limit_s: seconds that it may take; infinite for no limit.
        late: makes the error that is raised then, also when what ran inside has swallowed its
            cancellation and gone on to its end.

    >>> async def slow():
    ...     async with TimeLimit(0.01, lambda: nk.RequestTimeout("Too late.")):
    ...         await asyncio.sleep(10)
    >>> asyncio.run(slow())
    Traceback (most recent call last):
        ...
    notebook_kit.errors.RequestTimeout: Too late.
    """

    __slots__ = ("_late", "_timeout")

    def __init__(self, limit_s: float, late: Callable[[], Exception]) -> None:
        self._timeout = asyncio.timeout(limit_s)
        self._late = late

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cause = error if isinstance(error, TimeoutError) else None
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as over:
            cause = over
        if self._timeout.expired() and (error is None or cause is not None):
            late = self._late()
            # What went wrong while it was cut off.
            for note in getattr(error, "__notes__", ()):
                late.add_note(note)
            raise late from cause
