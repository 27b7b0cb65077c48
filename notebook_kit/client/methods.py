"""What the methods of HTTP promise (RFC 9110, section 9.2)."""

from __future__ import annotations

from typing import Final

__all__ = ["IDEMPOTENT", "READS"]

#: Methods that may be repeated without harm.
IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
#: Methods that change nothing.
READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
