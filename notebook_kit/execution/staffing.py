"""How many workers of a run can be of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_kit.scheduling import Plan, Scheduler

__all__ = ["workers_of_use"]


def workers_of_use(plan: Plan, scheduler: Scheduler) -> int:
    """Return as many workers as may be under way at once, and no more than there is work for.

    Args:
        plan: may know how many items there are.
        scheduler: knows how many may be under way, and whether anything is left to do.
    """
    if scheduler.stop is not None or scheduler.nothing_left:
        return 0
    wanted = scheduler.max_concurrency
    if plan.length is None:
        return wanted
    # Where each item may be under way twice, twice as many can be of use.
    twice = 1 if scheduler.flight.hedger is None else 2
    return min(wanted, max(1, twice * plan.length))
