"""Ending a connection at once, also where its event loop is closed already."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

__all__ = ["let_go"]


def let_go(transport: asyncio.BaseTransport | None) -> None:
    """Drop a connection without waiting for anything; its socket is closed, or will be at once."""
    if transport is None:
        return
    try:
        transport.abort()  # type: ignore[attr-defined]  # of whatever can be written to
    except RuntimeError:
        # Its loop is closed. What that would have done in its next turn is done here; nothing
        # public of asyncio does it, and the socket would be left for the collector to complain of.
        under: Any = getattr(getattr(transport, "_ssl_protocol", None), "_transport", transport)
        with suppress(RuntimeError):
            under._call_connection_lost(None)  # noqa: SLF001 - see above
