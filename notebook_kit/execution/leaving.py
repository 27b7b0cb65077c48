"""The interpreter's exit: who waits in another thread then is not woken.

Only daemon threads are left when the I/O thread winds down. They end with the interpreter, at
whatever they are. Woken, they would have just enough time to print that their call was cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["is_leaving", "leave"]

_left: asyncio.AbstractEventLoop | None = None


def leave(loop: asyncio.AbstractEventLoop) -> None:
    """Say that this loop winds down because the interpreter ends."""
    global _left  # noqa: PLW0603 - there is one exit
    _left = loop


def is_leaving(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Tell whether that was said of this loop."""
    return loop is not None and loop is _left
