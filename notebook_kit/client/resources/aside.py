"""A coroutine run to its end on a loop of its own, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from notebook_kit.execution import Future

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Aside", "run_aside"]


class Aside(Future[Any]):
    """What becomes of it; cancelled, it is cut on its own loop."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._unwanted = False

    def cancel(self) -> bool:
        """Cut it; it ends in a moment, unless it blocks."""
        with self._guard:
            self._unwanted = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)
        return True

    async def run(self, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Run it here, in a way that `cancel` can cut."""
        with self._guard:
            if self._unwanted:
                raise asyncio.CancelledError
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            return await make()
        finally:
            with self._guard:
                self._loop = self._task = None


def run_aside(
    make: Callable[[], Coroutine[Any, Any, Any]], future: Aside | None = None
) -> Future[Any]:
    """Run a coroutine in a thread of its own and return its future, with the caller's context.

    The future is done when its loop is closed, so that nothing is left of it then. It is no work
    for the loop that sends requests: what blocks there would hold up all of them.

    >>> async def answer():
    ...     return 42
    >>> run_aside(answer).result()
    42

    Args:
        make: makes the coroutine.
        future: where it was made already, so that its maker can cancel it in any case.
    """
    future = future or Aside()
    # A daemon: an interpreter that exits does not wait for code that blocks.
    thread = threading.Thread(
        target=_work,
        args=(future, make, contextvars.copy_context()),
        name="notebook_kit-composed",
        daemon=True,
    )
    thread.start()
    return future


def _work(
    future: Aside | None,
    make: Callable[[], Coroutine[Any, Any, Any]],
    context: contextvars.Context,
) -> None:
    assert future is not None  # noqa: S101 - it is let go below
    try:
        with asyncio.Runner() as runner:
            value = runner.run(future.run(make), context=context)
    except asyncio.CancelledError:
        future.set_exception(CancelledError())
    except BaseException as error:  # noqa: BLE001 - handed on to who waits
        future.set_exception(error)
    else:
        future.set_result(value)
    finally:
        # The error's traceback holds this frame, and the frame would hold who holds the error.
        future = None
