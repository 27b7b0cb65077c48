"""Closing that works with and without `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution import on_io_loop, running_loop, submit, wait_async, wait_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from concurrent.futures import Future

__all__ = ["Closing"]

_LONGEST_WAIT_S: Final = 5.0


class Closing:
    """A closing under way: await it, or let it be.

    It was started when it was made. Where no loop is running, making it has waited for its end
    already, so that a script that closes goes on with everything closed.
    """

    def __init__(self, aclose: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._future: Future[None] = submit(aclose())
        if running_loop() is None:
            self.wait()

    def __repr__(self) -> str:
        if self._future.done():
            return "<closed>"
        return "<closing; `await` it to know when all connections are closed>"

    def wait(self) -> None:
        """Wait for the end without `await`.

        Raises:
            TimeoutError: when closing takes longer than 5 seconds; it goes on.
        """
        if not on_io_loop():
            wait_sync(self._future, timeout_s=_LONGEST_WAIT_S)
            self._future.result()

    def __await__(self) -> Generator[Any, None, None]:
        return self._awaited().__await__()

    async def _awaited(self) -> None:
        await wait_async(self._future)
