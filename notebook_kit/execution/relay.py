"""An async iterator that is read on the loop it belongs to, by a run that lives on another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Relay"]

_END = object()


class Relay:
    """Reads ``source`` on ``home``, whatever loop asks."""

    def __init__(self, source: AsyncIterator[Any], home: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._home = home

    def __aiter__(self) -> Relay:
        return self

    async def __anext__(self) -> Any:
        reading = asyncio.run_coroutine_threadsafe(self._read(), self._home)
        item = await asyncio.wrap_future(reading)
        if item is _END:
            raise StopAsyncIteration
        return item

    async def _read(self) -> Any:
        try:
            return await anext(self._source)
        except StopAsyncIteration:
            # A task cannot carry this exception, so the end travels as a value.
            return _END
