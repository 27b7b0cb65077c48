"""Policies: given a history and a time, they answer; they never sleep and never send."""

from __future__ import annotations

from notebook_kit.policies.auto import AutoConcurrency
from notebook_kit.policies.breaker import Breaker, Circuit, CircuitState
from notebook_kit.policies.budget import Budget
from notebook_kit.policies.cache import Cache, CacheLike
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.policies.fail_fast import FailFast
from notebook_kit.policies.failure import Failure, FailureKind, answered_with, classify
from notebook_kit.policies.fallback import Fallback, FallbackLike
from notebook_kit.policies.hedge import Hedge
from notebook_kit.policies.hints import RateHint, asked_wait, read_hint, read_raw_hint
from notebook_kit.policies.http_cache import HTTPCache
from notebook_kit.policies.limits import Limits
from notebook_kit.policies.pace import ServerPace
from notebook_kit.policies.priority import Order, Priority, rank
from notebook_kit.policies.rate import Rate, RateLike, RateMeter, parse_rates
from notebook_kit.policies.retry import Retry
from notebook_kit.policies.retry_budget import RetryBudget
from notebook_kit.policies.scaling import at_pace, scaled
from notebook_kit.policies.server import Server

__all__ = [
    "AutoConcurrency",
    "Breaker",
    "Budget",
    "Cache",
    "CacheLike",
    "Circuit",
    "CircuitState",
    "Duration",
    "FailFast",
    "Failure",
    "FailureKind",
    "Fallback",
    "FallbackLike",
    "HTTPCache",
    "Hedge",
    "Limits",
    "Order",
    "Priority",
    "Rate",
    "RateHint",
    "RateLike",
    "RateMeter",
    "Retry",
    "RetryBudget",
    "Server",
    "ServerPace",
    "answered_with",
    "asked_wait",
    "at_pace",
    "classify",
    "parse_rates",
    "rank",
    "read_hint",
    "read_raw_hint",
    "scaled",
    "seconds",
]
