"""The two limits of a language model's API: requests and tokens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from notebook_kit.demo.limits import retry_headers
from notebook_kit.demo.web import Fault

if TYPE_CHECKING:
    from notebook_kit.demo.bucket import Bucket, Grant
    from notebook_kit.demo.units import Pace
    from notebook_kit.demo.world import World

__all__ = ["charged"]


def charged(world: World, tokens: int) -> dict[str, str]:
    """Charge a request and its tokens; return the headers that say what is left."""
    switches, buckets = world.switches, world.buckets
    now = time.monotonic()
    headers: dict[str, str] = {}
    asked = (
        ("requests", switches.chat_rate, buckets.chat_requests, 1),
        ("tokens", switches.chat_tokens, buckets.chat_tokens, tokens),
    )
    for name, pace, bucket, weight in asked:
        if pace is not None:
            headers |= _charge(name, pace, bucket, weight, now)
    return headers


def _charge(name: str, pace: Pace, bucket: Bucket, weight: int, now: float) -> dict[str, str]:
    grant = bucket.take(pace, now, weight)
    headers = {
        f"x-ratelimit-limit-{name}": str(grant.limit),
        f"x-ratelimit-remaining-{name}": str(grant.remaining),
        f"x-ratelimit-reset-{name}": _length(grant.reset_s),
    }
    if not grant.allowed:
        raise _refused(name, pace, grant, weight, headers)
    return headers


def _refused(name: str, pace: Pace, grant: Grant, weight: int, headers: dict[str, str]) -> Fault:
    message = (
        f"Rate limit reached: {pace} {name}, {grant.remaining} left, {weight} needed. "
        f"Try again in {_length(grant.wait_s)}."
    )
    return Fault(
        429,
        message,
        kind=name,
        code="rate_limit_exceeded",
        headers={
            **headers,
            **retry_headers(grant.retry_after_s),
            "retry-after-ms": str(int(grant.wait_s * 1000) + 1),
        },
    )


def _length(length_s: float) -> str:
    """Write a length of time as these APIs do: ``12ms``, ``1.5s``, ``6m0s``."""
    if length_s < 1:
        return f"{round(length_s * 1000)}ms"
    minutes, rest = divmod(length_s, 60)
    return f"{int(minutes)}m{round(rest)}s" if minutes else f"{rest:.3g}s"
