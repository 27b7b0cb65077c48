"""Policies: given a history and a time, they answer; they never sleep and never send."""

from __future__ import annotations

from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.policies.failure import Failure, FailureKind, classify
from notebook_kit.policies.limits import Limits
from notebook_kit.policies.rate import Rate, RateLike, RateMeter, parse_rates
from notebook_kit.policies.retry import Retry

__all__ = [
    "Duration",
    "Failure",
    "FailureKind",
    "Limits",
    "Rate",
    "RateLike",
    "RateMeter",
    "Retry",
    "classify",
    "parse_rates",
    "seconds",
]
