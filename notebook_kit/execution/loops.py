"""The loop that runs here, if one does."""

from __future__ import annotations

import asyncio

from notebook_kit.errors import ConfigurationError

__all__ = ["awaiting_loop", "running_loop"]


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs in this thread, or None.

    >>> running_loop() is None
    True
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def awaiting_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of who awaits.

    Raises:
        ConfigurationError: where asyncio does not run, as under trio.
    """
    loop = running_loop()
    if loop is None:
        message = (
            "What the kit gives is awaited on asyncio, which does not run here. Elsewhere ask for "
            "its result(), which blocks; under trio in a thread: "
            "await trio.to_thread.run_sync(call.result)."
        )
        raise ConfigurationError(message)
    return loop
