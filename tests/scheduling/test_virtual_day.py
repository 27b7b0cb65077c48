"""A day of a hundred thousand items on a virtual clock, and a fifth of it for the quick run.

What must hold at each step is checked by `DayRun` as it goes: no item starts twice or after its
end, no window of a rate holds too many, nobody starts while the server asks to wait or before the
back-off is over, there are never two probes at once.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from notebook_kit.policies import CircuitState
from notebook_kit.scheduling import DONE, Status
from tests.scheduling.day import ITEMS, MAX_CONCURRENCY, OUTAGE_S, DayRun, run_day

A_FIFTH = ITEMS // 5
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def day() -> DayRun:
    return run_day(1, A_FIFTH)


def test_every_item_ends_once(day: DayRun) -> None:
    """Nothing is lost and nothing twice: one end each, and as many attempts as were started."""
    ledger = day.ledger
    assert day.told == Counter(range(A_FIFTH))
    assert ledger.done == len(ledger) == A_FIFTH
    assert [day.started[index] for index in range(A_FIFTH)] == list(ledger.attempts)
    assert day.scheduler.attempts == sum(ledger.attempts)


def test_all_is_over_at_the_end(day: DayRun) -> None:
    """Nothing is under way, nothing waits, and whoever asks again is told the same."""
    scheduler = day.scheduler
    assert scheduler.next(day.now + 1e6) == DONE
    assert not day.under_way
    assert not scheduler.begun
    assert not scheduler.backing_off
    assert not +day.server.calls
    assert scheduler.stop is None


def test_only_what_cannot_heal_fails(day: DayRun) -> None:
    """The outage and the refusals cost no item its answer, only the rows that are not there."""
    failed = {index for index, status in enumerate(day.ledger.status) if status != Status.OK}
    assert failed == set(day.final)
    assert all(day.is_hopeless(index) for index in failed)
    missing = [failure.status_code for failure in day.final.values()].count(404)
    assert missing > 0.99 * len(failed)
    assert 0.003 * A_FIFTH < missing < 0.008 * A_FIFTH


def test_the_breaker_leaves_a_server_alone_that_is_down(day: DayRun) -> None:
    """Half an hour sees those who were first to fail and a probe a minute, instead of thousands."""
    circuit = day.server.circuit
    assert circuit is not None
    assert circuit.opened == 1 + day.server.failed_probes
    assert 25 <= day.server.failed_probes <= 30
    assert day.in_vain <= 6 + MAX_CONCURRENCY + day.server.failed_probes
    assert all(later - before >= 60.0 for before, later in itertools.pairwise(day.probes))


def test_a_server_that_is_back_is_noticed_by_one_probe(day: DayRun) -> None:
    """The first attempt after the outage is a probe, and when it is answered all go again."""
    circuit = day.server.circuit
    assert circuit is not None
    assert circuit.state(day.now) is CircuitState.CLOSED
    assert len(day.probes) == day.server.failed_probes + 1
    assert day.day.up_from <= day.probes[-1] <= day.day.up_from + 62.0
    assert day.probes[-1] < day.back_at <= day.probes[-1] + 30.0


def test_back_off_is_drawn_from_the_whole_range(day: DayRun) -> None:
    """Waits are spread evenly between none and the longest, so that nobody comes back in step."""
    tenths = Counter(int(10 * share) for share in day.drawn)
    assert len(day.drawn) > 0.02 * A_FIFTH
    assert all(0.05 < tenths[tenth] / len(day.drawn) < 0.15 for tenth in range(10))


def test_a_refusal_slows_all_who_call(day: DayRun) -> None:
    """A few are turned away where the server has too much to do, not each that could have been."""
    starts_while_busy = 3 * 300.0 * 80 / 60
    assert 10 < len(day.refusals) < 0.3 * starts_while_busy / 3


def test_the_pace_is_used(day: DayRun) -> None:
    """Limits hold the run back by what they say, the outage by its length, and little else."""
    least_s = (A_FIFTH - 4_500) * 3600 / 4_500
    assert least_s < day.now < 1.1 * (least_s + OUTAGE_S + 3600.0)


def test_a_seed_gives_the_same_day_again(day: DayRun) -> None:
    """Status, attempts and times are the same to the last bit; another seed has other ones."""
    assert run_day(1, A_FIFTH).digest() == day.digest()
    assert run_day(2, 2_000).digest() != run_day(1, 2_000).digest()


def test_a_day_is_the_same_in_another_process() -> None:
    """Nothing depends on how a process happens to hash, or on where its objects lie."""
    program = "from tests.scheduling.day import run_day; print(run_day(1, 2_000).digest())"
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert said == [run_day(1, 2_000).digest()] * 2


@pytest.mark.slow
def test_a_whole_day_takes_seconds() -> None:
    """A hundred thousand items, a day of the clock, ten seconds of work; and the same again."""
    begun = time.process_time()
    day = run_day(1)
    assert time.process_time() - begun < 10.0
    assert 23.5 < day.now / 3600 < 25.0
    assert day.told == Counter(range(ITEMS))
    assert all(day.is_hopeless(index) for index in day.final)
    assert day.digest() == run_day(1).digest() != run_day(2).digest()
