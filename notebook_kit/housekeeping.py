"""Closing everything at once, and letting others nest their loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.errors import NotebookKitError, WouldDeadlock
from notebook_kit.execution import at_shutdown, on_io_loop, running_loop, submit, wait_sync
from notebook_kit.lifetime import close_all_handles
from notebook_kit.policies import seconds

if TYPE_CHECKING:
    from notebook_kit.policies import Duration

__all__ = ["allow_nested_run", "close_all"]


def close_all(timeout: Duration | None = None) -> None:
    """Close every client and resource that is open, newest first; from any thread or cell.

    An `AsyncResource` that is open on the very event loop which this holds up, as in a cell, is
    closed right after.

    Args:
        timeout: how long to wait at most, a duration; closing goes on after that.

    Raises:
        NotebookKitError: when closing something failed; everything else is closed all the same.
        TimeoutError: when it takes longer.
        WouldDeadlock: when called from the kit's own I/O thread.

    >>> import notebook_kit as nk
    >>> nk.close_all()
    >>> nk.open_resources()
    []
    """
    limit_s = None if timeout is None else seconds(timeout, name="timeout", zero=True)
    if on_io_loop():
        message = "close_all() would block the thread that has to do the closing."
        raise WouldDeadlock(message)
    closing = submit(close_all_handles(blocked=running_loop()))
    wait_sync(closing, timeout_s=limit_s)
    errors = closing.result()
    if errors:
        listed = "; ".join(f"{type(error).__name__}: {error}" for error in errors)
        message = f"Closing failed for {len(errors)} of what was open: {listed}"
        raise NotebookKitError(message) from errors[0]


async def _close_at_exit() -> None:
    await close_all_handles()


at_shutdown(_close_at_exit)


def allow_nested_run() -> None:
    """Let third-party code call ``asyncio.run()`` inside a cell, where a loop is running already.

    This patches asyncio for the whole process (through nest-asyncio2), which makes tasks slower and
    cannot be undone. Nothing in this package needs it, and nothing here does it unasked.
    """
    import nest_asyncio2  # noqa: PLC0415 - patches on use only, and few use it

    nest_asyncio2.apply()
