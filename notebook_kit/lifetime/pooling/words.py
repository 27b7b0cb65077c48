"""What the users of a pool are told when it cannot serve them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ClosedError, ResourceTimeout
from notebook_kit.numbers import plural, took

if TYPE_CHECKING:
    from notebook_kit.lifetime.pooling.places import Places

__all__ = ["none_came_free", "not_back", "took_too_long", "was_closed"]


def was_closed(name: str) -> ClosedError:
    """Return what those are told who come too late."""
    return ClosedError(f"{name} was closed: make another.")


def none_came_free(name: str, places: Places[Any]) -> ResourceTimeout:
    """Return what one is told who has waited in the line for too long."""
    return ResourceTimeout(
        f"{name}: none of {plural(places.most, 'place')} came free in time; "
        f"{places.in_use} in use, {places.opening} being opened, {places.waits} waiting. "
        "Leave blocks sooner, or allow more with max_size= or acquire_timeout=."
    )


def took_too_long(what: str, limit_s: float) -> ResourceTimeout:
    """Return what one is told who had a place, but no resource in time."""
    return ResourceTimeout(
        f"{what} took longer than {took(limit_s)}, all that was left of the time, and was cut. "
        "Allow more with acquire_timeout=, or see what it waits for."
    )


def not_back(name: str, in_use: int, opening: int, limit_s: float) -> ResourceTimeout:
    """Return what who closes a pool is told of those that stayed out."""
    told = []
    if in_use:
        ends = "was closed while it was" if in_use == 1 else "were closed while they were"
        told.append(
            f"{plural(in_use, 'resource')} did not come back within {took(limit_s)} and {ends} in "
            "use: leave the blocks before the pool is closed."
        )
    if opening:
        told.append(
            f"{plural(opening, 'resource')} did not open within {took(limit_s)} and will not."
        )
    return ResourceTimeout(f"{name}: {' '.join(told)}")
