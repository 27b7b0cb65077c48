"""The picture of a run at one moment, put together of what is counted anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.scheduling.outcome import Status
from notebook_kit.scheduling.pilot import forecast_of
from notebook_kit.scheduling.snapshot import RunState, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.scheduling.plan import Plan
    from notebook_kit.scheduling.scheduler import Scheduler

__all__ = ["take_snapshot"]


def take_snapshot(
    scheduler: Scheduler,
    plan: Plan,
    *,
    state: RunState,
    started: float,
    now: float,
    stood_s: float = 0.0,
    notices: Iterable[str] = (),
    warnings: Iterable[str] = (),
) -> Snapshot:
    """Return the numbers of a run; from any thread, at a cost that does not grow with the run.

    Args:
        scheduler: what decides for the run.
        plan: where its items come from.
        state: where it stands.
        started: when it was started, in seconds of the scheduler's clock.
        now: the present, the run's end, or when it came to stand, in the same seconds.
        stood_s: seconds in which it was paused or stood at a pilot, told beside those between the
            two.
        notices: what the user should know.
        warnings: those of the notices that tell of something lost.
    """
    counts, tempo = scheduler.ledger.counts, scheduler.tempo
    histogram, edges = tempo.histogram()
    budget = scheduler.endings.budget
    waiting_for, standing = scheduler.waiting_for, not state.ended and scheduler.standing
    if state.ended or (waiting_for == "pilot" and not standing):
        waiting_for = None  # It was told to go on, and has not looked yet.
    return Snapshot(
        state=state,
        total=plan.length if scheduler.input_open else len(scheduler.ledger),
        ok=counts[Status.OK],
        failed=counts[Status.FAILED],
        timeout=counts[Status.TIMEOUT],
        cancelled=counts[Status.CANCELLED],
        skipped=counts[Status.SKIPPED],
        reused=scheduler.ledger.reused,
        in_flight=scheduler.flight.under_way,
        backing_off=scheduler.backing_off,
        attempts=scheduler.attempts,
        max_concurrency=scheduler.max_concurrency,
        auto=scheduler.flight.auto is not None,
        rate=" and ".join(map(str, scheduler.limits.rates)) or None,
        waiting_for="pilot" if standing else waiting_for,
        forecast=forecast_of(scheduler) if standing else None,
        server=scheduler.gate.learnt() if state.ended else scheduler.gate.describe(now),
        wait_s=None if state.ended else scheduler.wait_s(now),
        spent=None if budget is None else budget.spent,
        max_cost=None if budget is None else budget.limit,
        elapsed_s=now - started,
        stood_s=stood_s,
        rate_now=tempo.rate_now(now),
        throughput=tempo.throughput(now),
        interval_s=tempo.interval_s,
        latency_s=tempo.latency(),
        latency_counts=histogram,
        latency_edges=edges,
        errors=scheduler.settler.tally.groups(),
        trying=() if state.ended else scheduler.trying.groups(),
        notices=tuple(notices),
        warnings=tuple(warnings),
        name=plan.name,
    )
