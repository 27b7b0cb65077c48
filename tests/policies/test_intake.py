"""What a server bears by what it let in: the two readings, and their limits."""

from __future__ import annotations

import pytest

from notebook_kit.policies.intake import Intake


def drained(intake: Intake, sent: float, *, rate: float = 100.0, began: float = 0.0) -> float:
    return intake.drained(sent, rate=rate, level=50.0, took=sent - began)


def test_a_storm_is_spread_over_the_wait() -> None:
    """What was let in at once is borne over the time until the next may come."""
    assert Intake(0.0, 20).storm(0.1, 0.5) == 40.0
    assert Intake(0.0, 0).storm(0.1, 5.0) == 0.2


def test_a_wait_of_a_whole_second_is_taken_for_a_window() -> None:
    """A storm of a fifth of a second and a second's wait are rather one second than more."""
    assert Intake(0.0, 100).storm(0.2, 1.2) == 100.0
    assert Intake(0.0, 100).storm(1.5, 1.9) == pytest.approx(66.7, rel=0.01)


def test_a_wait_of_no_length_is_no_wait() -> None:
    """Where the clock did not move there is a number all the same."""
    assert Intake(5.0, 3).storm(5.0, 5.0) == 3_000.0


def test_those_sent_before_are_counted() -> None:
    """Neither the attempt itself nor what was sent later counts."""
    intake = Intake(0.0, 0)
    for number in range(10):
        intake.started(number / 10)
    assert intake.before(0.5) == 5
    assert intake.before(0.0) == 0
    assert intake.recent(0.5, 0.2) == 10.0
    intake.begin_anew()
    assert intake.before(0.5) == 0


def test_a_stretch_goes_on_until_it_is_a_second_long() -> None:
    """Short stretches are put together; a long one is judged by itself."""
    intake = Intake(0.0, 20)
    assert intake.went_on(2, 0.4) == pytest.approx(55.0)
    assert intake.refilled(8, 0.8, 0.4, 1.0) == pytest.approx(30.0)
    assert intake.refilled(60, 1.6, 1.0, 2.0) == pytest.approx(60.0)
    assert intake.went_on(0, 4.0) == pytest.approx(20.0)


@pytest.mark.parametrize("burst", [1, 2, 10, 50])
@pytest.mark.parametrize("bears", [20.0, 100.0, 900.0])
def test_a_bucket_that_was_drained_shows_how_fast_it_fills(burst: int, bears: float) -> None:
    """The rate doubles each fifth of a second until one is refused; then it is known."""
    intake = Intake(0.0, burst)
    intake.storm(0.01, 1.0)
    level, now, rate, last = float(burst), 1.0, bears / 4, 1.0
    while True:
        level = min(burst, level + (now - last) * bears)
        last = now
        intake.started(now)
        if level < 1:
            break
        level -= 1
        now += 1 / rate
        rate *= 2 ** (5 / rate)
    found = drained(intake, now, rate=rate, began=1.0)
    assert found == pytest.approx(bears, rel=0.15 if bears > 50 else 0.35)


def test_without_a_storm_a_bucket_of_the_usual_size_is_taken() -> None:
    """What was let in within many seconds is no bucket's content."""
    slow = Intake(0.0, 200)
    slow.storm(10.0, 11.0)
    fast = Intake(10.9, 200)
    fast.storm(10.95, 11.0)
    for number in range(100):
        slow.started(11.0 + number / 100)
        fast.started(11.0 + number / 100)
    assert drained(slow, 11.99, began=11.0) == pytest.approx(95.0, rel=0.05)
    assert drained(fast, 11.99, began=11.0) == 0.0
