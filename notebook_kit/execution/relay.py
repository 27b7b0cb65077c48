"""An async iterator that is read on the loop it belongs to, by a run that lives on another."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

__all__ = ["Relay", "await_at_home"]

_END: Final = object()
#: Seconds between two looks whether the home still runs.
_LOOK_S: Final = 0.2


async def await_at_home(awaitable: Awaitable[Any], home: asyncio.AbstractEventLoop) -> Any:
    """Await something on the loop that it belongs to, and return what it gives.

    Raises:
        RuntimeError: when that loop has been closed.
    """
    if home.is_closed():
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        message = "the event loop that this belongs to has been closed"
        raise RuntimeError(message)

    async def there() -> Any:
        return await awaitable

    waiting = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), home))
    try:
        while not waiting.done():
            await asyncio.wait([waiting], timeout=_LOOK_S)
            if not waiting.done() and home.is_closed():
                message = "the event loop that this belongs to was closed meanwhile"
                raise RuntimeError(message)
    finally:
        if not waiting.done():
            waiting.cancel()
    return waiting.result()


class Relay:
    """Reads ``source`` on ``home``, whatever loop asks."""

    def __init__(self, source: AsyncIterator[Any], home: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self.home = home

    def __aiter__(self) -> Relay:
        return self

    async def __anext__(self) -> Any:
        item = await await_at_home(self._read(), self.home)
        if item is _END:
            raise StopAsyncIteration
        return item

    async def _read(self) -> Any:
        try:
            return await anext(self._source)
        except StopAsyncIteration:
            # A task cannot carry this exception, so the end travels as a value.
            return _END

    @property
    def close_at_home(self) -> bool:
        """Whether there is something to close, and somewhere to do it."""
        return hasattr(self._source, "aclose") and self.home.is_running()

    async def aclose(self) -> None:
        """Let an async generator that was not read to its end run its ``finally``."""
        if self.close_at_home:
            await await_at_home(self._source.aclose(), self.home)  # type: ignore[attr-defined]
