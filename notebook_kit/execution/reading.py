"""Reading the input of a run, one item at a time, where the input belongs."""

from __future__ import annotations

import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.worker_threads import WorkerThreads

if TYPE_CHECKING:
    from notebook_kit.scheduling import Plan

__all__ = ["END", "Reader"]

#: Stands for the end of the input: StopIteration can be raised by no task and no thread.
END: Final = object()


class Reader:
    """Reads one source.

    An iterator of a run on the user's own loop is read in line, as a ``for`` statement would. On
    the kit's loop that would hold up everybody's sockets, so there it is read in a thread of its
    own. An async iterator is awaited.
    """

    def __init__(self, plan: Plan, *, in_thread: bool) -> None:
        self._source = plan.source
        sync = isinstance(self._source, Iterator)
        #: Whether `read` gives the next item at once; otherwise `read_later` has to be awaited.
        self.in_line = sync and not in_thread
        self._thread = WorkerThreads() if sync and in_thread else None
        # A generator that is in the middle of an item, which nobody waits for any more, cannot be
        # closed before it has come to that item's end.
        self._one_at_a_time = threading.Lock()

    def read(self) -> Any:
        """Return the next item, or `END`."""
        assert isinstance(self._source, Iterator)  # noqa: S101 - tells the type checker
        with self._one_at_a_time:
            return next(self._source, END)

    async def read_later(self) -> Any:
        """Wait for the next item and return it, or `END`."""
        source = self._source
        if self._thread is not None:
            return await self._thread.call(self.read)
        if isinstance(source, AsyncIterator):
            try:
                return await anext(source)
            except StopAsyncIteration:
                return END
        return END

    async def close(self) -> None:
        """Let a generator that was not read to its end run its ``finally``; errors are raised."""
        source: Any = self._source
        try:
            if inspect.isgenerator(source):
                await self._close_generator(source)
            elif isinstance(source, AsyncIterator):
                aclose = getattr(source, "aclose", None)
                if aclose is not None:
                    await aclose()
        finally:
            if self._thread is not None:
                self._thread.close()

    async def _close_generator(self, generator: Any) -> None:
        def close() -> None:
            with self._one_at_a_time:
                generator.close()

        if self._thread is None:
            close()
        else:
            await self._thread.call(close)
