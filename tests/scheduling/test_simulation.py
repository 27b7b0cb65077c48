"""The scheduler under random plans, on a manual clock: nothing is lost, everything ends."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.policies import Failure, FailureKind, Rate, Retry
from notebook_kit.scheduling import Status
from notebook_kit.scheduling.outcome import UNSETTLED
from tests.scheduling.simulation import (
    Attempt,
    Case,
    Intervention,
    Simulation,
    most_in_any_window,
)

#: Longer than any case takes without a pause: by then a paused run must go on.
LONG_AFTER = 1e6

ERROR = ValueError("no")
FAILURES = [
    Failure(FailureKind.TRANSPORT, ERROR),
    Failure(FailureKind.TRANSPORT, ERROR, maybe_sent=False),
    Failure(FailureKind.TIMEOUT, ERROR),
    Failure(FailureKind.STATUS, ERROR, 503),
    Failure(FailureKind.STATUS, ERROR, 429, 0.7),
    Failure(FailureKind.STATUS, ERROR, 404),
    Failure(FailureKind.OTHER, ERROR),
    Failure(FailureKind.INVALID, ERROR, maybe_sent=False),
]

moments = st.integers(0, 160).map(lambda eighths: eighths / 8)
attempts = st.builds(
    Attempt,
    takes=st.integers(0, 16).map(lambda eighths: eighths / 8),
    failure=st.one_of(st.none(), st.none(), st.sampled_from(FAILURES)),
)
rates = st.lists(
    st.builds(Rate, st.integers(1, 8), per=st.sampled_from([0.5, 2.0]), burst=st.booleans()),
    max_size=2,
)
interventions = st.one_of(
    st.builds(Intervention, moments, st.sampled_from(["pause", "resume", "cancel"])),
    st.builds(Intervention, moments, st.just("concurrency"), st.integers(1, 6)),
    st.builds(Intervention, moments, st.just("limits"), rates),
)
policies = st.builds(
    Retry,
    max_attempts=st.integers(1, 4),
    base_delay=st.sampled_from([0, 0.25, 1]),
    factor=st.sampled_from([1, 2, 5]),
    unsafe=st.booleans(),
)


@st.composite
def cases(draw: Any) -> Case:
    items = draw(st.lists(st.lists(attempts, min_size=4, max_size=4), max_size=12))
    count = len(items)
    arrivals = st.lists(moments, min_size=count, max_size=count).map(sorted)
    weight = st.one_of(st.integers(0, 8).map(float), st.just(ZeroDivisionError("of the weight")))
    weights = st.lists(weight, min_size=count, max_size=count)
    events: list[Intervention] = draw(st.lists(interventions, max_size=5))
    return Case(
        items=items,
        max_concurrency=draw(st.integers(1, 5)),
        rates=draw(rates),
        retry=draw(policies),
        safe=draw(st.booleans()),
        arrivals=draw(st.one_of(st.none(), arrivals)),
        interventions=[*events, Intervention(LONG_AFTER, "resume")],
        weights=draw(st.one_of(st.none(), weights)),
    )


@settings(deadline=None, max_examples=400)
@given(case=cases(), seed=st.integers(0, 99))
def test_random_runs(case: Case, seed: int) -> None:
    """Whatever happens, every item ends once, in order, within all limits, with its time told."""
    simulation = Simulation(case, random.Random(seed).random).run()
    check_order(simulation)
    check_limits(simulation)
    check_counts(simulation)
    for index in range(len(simulation.ledger)):
        check_item(simulation, index)


def check_order(simulation: Simulation) -> None:
    """First starts are in the order of the input."""
    first_starts = list(dict.fromkeys(index for _, index, _ in simulation.starts))
    assert first_starts == sorted(first_starts)


def check_limits(simulation: Simulation) -> None:
    """No window of any rate held more than it may, as long as the rate was in force."""
    every = {rate for _, _, in_force in simulation.starts for rate in in_force}
    weights = simulation.case.weights
    for rate in every:
        taken = []
        for time, index, in_force in simulation.starts:
            if rate in in_force:
                weight = 1.0 if weights is None else weights[index]
                assert isinstance(weight, float), "an item that cannot be weighed was started"
                taken.append((time, min(weight, rate.amount)))
        assert most_in_any_window(taken, float(rate.per)) <= rate.amount + 1e-6  # type: ignore[arg-type]


def check_counts(simulation: Simulation) -> None:
    """Statuses add up, and so do attempts and what is counted for the eye."""
    ledger, scheduler = simulation.ledger, simulation.scheduler
    assert UNSETTLED not in ledger.status
    assert ledger.done == len(ledger) == sum(ledger.counts)
    assert [ledger.status.count(status) for status in Status] == ledger.counts
    assert scheduler.attempts == sum(ledger.attempts)
    assert not scheduler.begun
    assert not scheduler.backing_off
    ended = len(ledger) - ledger.counts[Status.CANCELLED]
    assert sum(scheduler.tempo._counts) == ended
    failed = ledger.counts[Status.FAILED] + ledger.counts[Status.TIMEOUT]
    assert sum(group.count for group in scheduler.settler.tally.groups()) == failed == len(ledger.errors)
    if not scheduler.stopped:
        assert ledger.counts[Status.CANCELLED] == 0
        assert len(ledger) == len(simulation.case.items)


def check_item(simulation: Simulation, index: int) -> None:
    """One item has had the attempts it should have, and its time is accounted for."""
    ledger = simulation.ledger
    outcome = ledger.outcome(index, None)
    seen = simulation.case.items[index][: len(simulation.ends.get(index, []))]
    invalid = bool(seen) and seen[-1].failure is FAILURES[-1]
    in_attempts = [ended - begun for begun, ended in simulation.ends.get(index, [])]
    cut = outcome.status == "cancelled"
    assert outcome.attempts == len(seen) - (invalid and not cut)
    if outcome.status == "ok":
        assert outcome.value == index
        assert outcome.status_code == 200
        assert seen[-1].failure is None
    elif not cut:
        assert outcome.value is None
        assert outcome.error is not None
        assert outcome.status == expected_status(simulation, index)
        assert index in simulation.ledger.errors
    # The time is whole: nothing below zero, nothing counted twice, nothing left over.
    assert min(outcome.waited_s, outcome.network_s, outcome.backoff_s) >= 0
    counted = in_attempts[:-1] if invalid and not cut else in_attempts
    assert outcome.network_s == pytest.approx(sum(counted))
    if ledger.left[index] == ledger.left[index]:  # not NaN: it has left the input
        elapsed = ledger.settled[index] - ledger.left[index]
        assert outcome.elapsed_s == pytest.approx(elapsed, abs=1e-6)
    else:
        assert cut
        assert outcome.elapsed_s == 0.0


def expected_status(simulation: Simulation, index: int) -> str:
    """Return how an item must have ended that was neither answered nor cancelled."""
    case = simulation.case
    ended = simulation.ends.get(index, [])
    error = simulation.ledger.errors[index]
    if isinstance(error, ZeroDivisionError):
        return "failed"
    failure = case.items[index][len(ended) - 1].failure
    assert failure is not None
    final = case.retry.delay(
        failure, attempts=simulation.ledger.attempts[index], safe=case.safe, draw=lambda: 0.5
    )
    assert final is None, "it should have been tried again"
    return "timeout" if failure.kind is FailureKind.TIMEOUT else "failed"
