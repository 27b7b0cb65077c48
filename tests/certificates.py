"""What httpx reads for each client and each transport, and what no plain server ever needs."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl

__all__ = ["unused_context"]


@functools.cache
def unused_context() -> ssl.SSLContext:
    """Return httpx's own context, made once: reading the certificates takes longer than a test."""
    return httpx.create_ssl_context()
