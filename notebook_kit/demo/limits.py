"""How a limit is told: the headers of an answer that passed, and the answer that says 429."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from notebook_kit.demo.web import Fault

if TYPE_CHECKING:
    from notebook_kit.demo.bucket import Grant
    from notebook_kit.demo.units import Pace

__all__ = ["limit_headers", "retry_headers", "too_many"]


def limit_headers(grant: Grant) -> dict[str, str]:
    """Return what is left of a limit; the reset is in seconds from now."""
    return {
        "x-ratelimit-limit": str(grant.limit),
        "x-ratelimit-remaining": str(grant.remaining),
        "x-ratelimit-reset": f"{grant.reset_s:.3f}",
    }


def retry_headers(wait_s: int, *, as_date: bool = False) -> dict[str, str]:
    """Return ``Retry-After`` in seconds, or as the date that many seconds from now."""
    # One second more, since a date has no fractions and must not come too early.
    return {
        "retry-after": formatdate(time.time() + wait_s + 1, usegmt=True) if as_date else str(wait_s)
    }


def too_many(pace: Pace, grant: Grant, *, as_date: bool = False) -> Fault:
    """Return the answer to a request that came too soon."""
    return Fault(
        429,
        f"More than {pace}; try again in {grant.retry_after_s} s.",
        kind="rate_limit_error",
        code="rate_limit_exceeded",
        headers={**limit_headers(grant), **retry_headers(grant.retry_after_s, as_date=as_date)},
    )
