"""The scheduler under random plans, on a manual clock: nothing is lost, everything ends."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from notebook_kit.errors import CircuitOpen, RequestTimeout
from notebook_kit.policies import Failure, FailureKind
from notebook_kit.scheduling import Rescued, Source, Status, StopKind
from notebook_kit.scheduling.outcome import UNSETTLED
from tests.scheduling.cases import Case, random_case
from tests.scheduling.watched import WatchedRun, WatchedServer


def run_of(case: Case, seed: int) -> WatchedRun:
    servers = [WatchedServer(case.breaker) for _ in range(case.servers)]
    scheduler = case.scheduler(list(servers), random.Random(seed).random)
    run = WatchedRun(scheduler, case, case=case, servers=servers)
    run.run()
    return run


@settings(deadline=None, max_examples=150)
@given(chance=st.randoms(use_true_random=False))
def test_random_runs(chance: random.Random) -> None:
    """Whatever happens, every item ends once, within all limits, with its time told."""
    case = random_case(chance, most=6)
    note(repr(case))
    check(run_of(case, 1))


@settings(deadline=None, max_examples=400)
@given(seed=st.integers(0, 2**32))
def test_crowded_runs(seed: int) -> None:
    """With many items at once the same is so."""
    check(run_of(random_case(random.Random(seed), most=40), seed))


def check(run: WatchedRun) -> None:
    """Check what must be so when all has ended."""
    check_counts(run)
    check_ends(run)
    check_retries(run)
    for index in range(len(run.ledger)):
        check_times(run, index)
        check_status(run, index)
    for server in run.servers:
        assert not +server.calls, "it was never told what became of a call"
    answer_late(run)


def check_counts(run: WatchedRun) -> None:
    """Statuses add up, and so do attempts and what is counted for the eye."""
    ledger, scheduler = run.ledger, run.scheduler
    assert UNSETTLED not in ledger.status
    assert ledger.done == len(ledger) == sum(ledger.counts)
    assert [ledger.status.count(status) for status in Status] == ledger.counts
    assert scheduler.attempts == sum(ledger.attempts)
    assert not scheduler.begun
    assert not scheduler.backing_off
    assert sum(scheduler.tempo._counts) == len(run.told)
    failed = ledger.counts[Status.FAILED] + ledger.counts[Status.TIMEOUT]
    groups = scheduler.settler.tally.groups()
    assert sum(group.count for group in groups) == failed == len(ledger.errors)


def check_ends(run: WatchedRun) -> None:
    """Each end was told once; who was not told of was sent home, and there is a reason for that."""
    ledger, stop = run.ledger, run.scheduler.stop
    told = Counter(run.told)
    for index, times in told.items():
        again, _ = run.reopened.get(index, (0, 0.0))
        # What is tried once more has been told of before; if it ends again, that is told too.
        assert again <= times <= again + 1
    untold = set(range(len(ledger))) - set(run.told)
    if stop is None:
        assert not untold
        assert len(ledger) == run.case.count
    if ledger.counts[Status.SKIPPED]:
        assert stop is not None
        assert stop.reason
    if run.case.max_errors is not None:
        failed = {index for index in run.told if index in ledger.errors}
        assert (len(failed) <= run.case.max_errors) or stop is not None
    untold.update(index for index, (again, _) in run.reopened.items() if told[index] == again)
    for index in untold:
        assert ledger.status[index] in (Status.CANCELLED, Status.SKIPPED, Status.TIMEOUT)


def check_retries(run: WatchedRun) -> None:
    """Over the whole run no more is tried again than the budget allows."""
    share = run.case.retry.budget
    if share is not None:
        firsts = run.firsts
        again = sum(run.started.values()) - firsts
        hedged = 0 if run.scheduler.flight.hedger is None else run.scheduler.flight.hedger._sent
        assert again - hedged - run.excused_in_all <= max(10, share * firsts)


def check_times(run: WatchedRun, index: int) -> None:
    """The time is whole: nothing below zero, nothing counted twice, nothing left over."""
    ledger = run.ledger
    outcome = ledger.outcome(index, None)
    spans = run.spans.get(index, [])
    # What could not be sent is no attempt, and took no time.
    assert outcome.attempts == len(spans) - run.invalid[index]
    assert min(outcome.waited_s, outcome.network_s, outcome.backoff_s) >= 0
    assert outcome.network_s == pytest.approx(length_of(sorted(spans)))
    left, settled = ledger.left[index], ledger.settled[index]
    if not math.isnan(left) and not math.isnan(settled):  # it has left the input
        assert outcome.elapsed_s == pytest.approx(settled - left, abs=1e-6)
        ended_early = run.scheduler.stop is not None or run.case.interventions[1:]
        ended_otherwise = index in run.rescued or outcome.source == "fallback"
        assert settled <= run.deadline(index) + 1e-9 or ended_early or ended_otherwise
    else:
        assert ledger.status[index] in (Status.CANCELLED, Status.SKIPPED)
        assert outcome.elapsed_s == 0.0


def length_of(spans: list[tuple[float, float]]) -> float:
    """Return the seconds in which at least one attempt was under way."""
    total, until = 0.0, 0.0
    for begun, ended in spans:
        total += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    return total


def check_status(run: WatchedRun, index: int) -> None:
    """Each row holds what its own last attempt gave, or that of an equal item, or why neither."""
    ledger, stop = run.ledger, run.scheduler.stop
    outcome = ledger.outcome(index, None)
    if isinstance(outcome.value, tuple):
        assert outcome.source == "cache"
        assert run.case.known is not None
        check_same(run, index, outcome.value[1])
    elif outcome.source == "fallback":
        assert outcome.ok
        assert outcome.value in run.rescued
        check_same(run, index, outcome.value)
    elif outcome.source == "cache":
        assert outcome.attempts == 0
        first = outcome.value if outcome.ok else first_with(run, outcome.error, index)
        assert run.case.keys is not None
        assert run.case.keys[first] == run.case.keys[index]
        assert ledger.source[first] == Source.NETWORK
    elif outcome.ok:
        assert outcome.value == index
        assert outcome.status_code == 200
    elif outcome.status in {"cancelled", "skipped"}:
        assert stop is not None
        assert (outcome.value, outcome.error) == (None, None)
    else:
        assert outcome.value is None
        check_failure(run, index)


def check_same(run: WatchedRun, index: int, other: int) -> None:
    """Two items are one and the same, or equal."""
    assert index == other or (
        run.case.keys is not None and run.case.keys[index] == run.case.keys[other]
    )


def first_with(run: WatchedRun, error: BaseException | None, index: int) -> int:
    keys = run.case.keys
    assert keys is not None
    found: int = next(
        other
        for other, other_error in run.ledger.errors.items()
        if other_error is error and keys[other] == keys[index]
    )
    return found


def check_failure(run: WatchedRun, index: int) -> None:
    """An item failed because a function could not read it, its time was over, or nothing heals."""
    case, ledger = run.case, run.ledger
    error = ledger.errors[index]
    if isinstance(error, ZeroDivisionError):
        ranked = case.ranks is None or not isinstance(case.ranks[index], Exception)
        assert ranked or not run.started.get(index)
        return
    if isinstance(error, RequestTimeout) and error.phase == "batch":
        assert run.scheduler.stop is not None
        assert StopKind.TIME in (run.scheduler.stop.kind, StopKind.TIME)
        return
    if isinstance(error, RequestTimeout):
        assert ledger.settled[index] >= run.deadline(index) - 1e-9
        assert ledger.status[index] == Status.TIMEOUT
        return
    if isinstance(error, CircuitOpen):
        # It was not sent, nothing else was there, and the run ended before it could be sent.
        assert index in run.rescued
        assert run.scheduler.stop is not None
        return
    failure = run.failures[index][-1]
    assert failure.error is error
    timed_out = failure.kind is FailureKind.TIMEOUT
    assert ledger.status[index] == (Status.TIMEOUT if timed_out else Status.FAILED)
    check_hopeless(run, index, failure)


def check_hopeless(run: WatchedRun, index: int, failure: Failure) -> None:
    """Nothing in the options would have allowed another try."""
    case, ledger = run.case, run.ledger
    # About the first of two attempts that fail nobody is asked.
    if case.retry.budget is not None or case.hedge is not None or run.scheduler.stop is not None:
        return
    wait = case.retry.delay(
        failure,
        attempts=ledger.attempts[index] - run.paid.get(index, 0),
        refusals=run.excused[index],
        safe=case.safe,
        draw=lambda: 1.0,
    )
    out_of_time = case.retry.deadline is not None or case.item_timeout_s is not None
    assert wait is None or out_of_time, "it should have been tried again"


def answer_late(run: WatchedRun) -> None:
    """Let all that was ever in flight answer once more: nothing may change."""
    ledger, scheduler = run.ledger, run.scheduler
    before = (list(ledger.values), bytes(ledger.status), list(ledger.attempts))
    failure = Failure(FailureKind.TRANSPORT, ValueError("late"))
    for index in run.started:
        scheduler.succeeded(index, run.now + 1, "late", status_code=200)
        assert not scheduler.failed(index, run.now + 1, failure)
        scheduler.rescued(index, run.now + 1, Rescued("late"))
    assert before == (list(ledger.values), bytes(ledger.status), list(ledger.attempts))
