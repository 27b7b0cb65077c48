"""What errors of sending say, and what is said of those without words."""

from __future__ import annotations

import httpx

from notebook_kit.client.transports.reasons import reason_of, root_of
from notebook_kit.redact import scrub

__all__ = ["unsaid", "words_of"]


def words_of(error: Exception) -> str:
    """Return what an error says; nothing where that cannot be read."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - that of a user's own error may raise anything
        return ""


def unsaid(error: Exception) -> str:
    """Return what an error without words is about: what is behind it, or its class at least."""
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return ""  # Its class is all in the words for it.
    root = root_of(error)
    said = scrub(reason_of(root))
    if said:
        return said
    closed = isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError, ConnectionError))
    return f"{type(root).__name__}: the connection was closed" if closed else type(root).__name__
