"""A meter that is corrected by what was really used: refunds and debts, one by one."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from notebook_kit.policies.rate import Rate
from notebook_kit.policies.usage_meter import UsageMeter

if TYPE_CHECKING:
    from notebook_kit.policies.rate_meter import Grant


def meter_of(amount: float, *, burst: bool = True) -> UsageMeter:
    """Return a meter of so much a second."""
    return UsageMeter(Rate(amount, burst=burst), usage=float)


# Refunds


def test_what_was_estimated_too_high_is_given_back() -> None:
    """The rest of the window is free again as soon as it is known, not when the stamp leaves."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    assert meter.earliest(0.5, 6.0) == 1.01
    assert meter.correct(0.5, grant, 4.0)
    assert meter.earliest(0.5, 6.0) == 0.5
    assert meter.earliest(0.5, 7.0) == 1.01


def test_a_refund_moves_the_pace_back() -> None:
    """A paced item that used a tenth of what was thought holds up the next for a tenth."""
    meter = meter_of(100, burst=False)
    meter.take(0.0, 50.0)
    grant = meter.take(0.5, 50.0)
    assert meter.earliest(0.6, 0.0) == pytest.approx(1.0)
    assert meter.correct(0.6, grant, 5.0)
    assert meter.earliest(0.6, 0.0) == 0.6
    assert meter.earliest(0.6, 46.0) == 1.01


def at_once(meter: UsageMeter, now: float) -> int:
    """Take as much as may go at this time, and return how much that was."""
    count = 0
    while meter.earliest(now, 1.0, "run") <= now:
        meter.take(now, 1.0, "run")
        count += 1
    return count


def held_back() -> UsageMeter:
    """Return a meter of 100 a second that let ten items of ten through, of which none was used."""
    meter = meter_of(100, burst=False)
    grants = [meter.take(tenth / 10, 10.0) for tenth in range(10)]
    for grant in grants:
        meter.correct(0.95, grant, 0.0)
    return meter


def test_who_was_held_back_by_what_is_given_back_may_go_at_once() -> None:
    """Others did not go for its sake, so that the pace owes them all of it, and nothing more."""
    assert at_once(held_back(), 0.955) == 96


def test_what_was_given_back_is_good_until_a_rest() -> None:
    """Afterwards nobody is held back any more, and what begins, begins evenly."""
    assert at_once(held_back(), 0.985) == 99
    assert at_once(held_back(), 9.0) == 1


def test_what_was_given_back_is_not_lost_by_who_waits() -> None:
    """Who has waited for long goes at once as far as it was held back, not only a little."""
    meter = held_back()
    meter.wait("run", 1.0, until=2.75)
    assert at_once(meter, 2.5) == 100


def test_what_was_given_back_is_used_up_once() -> None:
    """Afterwards a rest is a rest again."""
    meter = held_back()
    meter.take(0.955, 90.0)
    assert at_once(meter, 1.5) == 1


def test_what_is_given_back_early_has_held_nobody_back() -> None:
    """Before the pace is reached, a refund brings it nearer, and lets nobody catch up."""
    meter = meter_of(100, burst=False)
    meter.correct(0.1, meter.take(0.0, 100.0), 50.0)
    assert meter.earliest(0.1, 1.0) == pytest.approx(0.5)
    assert at_once(meter, 0.95) == 1


def test_a_debt_is_paid_by_what_was_given_back() -> None:
    """Who is late catches up with what is left of it, and is not held up for it as well."""
    meter = held_back()
    meter.correct(0.955, meter.take(0.955, 1.0), 81.0)
    assert at_once(meter, 0.955) == 15


def test_a_refund_after_its_window_gives_a_burst_nothing() -> None:
    """What has left the window was free already, so nobody need ask again."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    meter.take(1.5, 10.0)
    assert not meter.correct(1.6, grant, 0.0)
    assert meter.earliest(1.6, 1.0) == pytest.approx(2.51)


def test_a_refund_after_its_window_still_moves_the_pace_back() -> None:
    """An item that was thought to need more than its window frees the pace that it was to take."""
    meter = meter_of(10, burst=False)
    grant = meter.take(0.0, 20.0)
    assert meter.earliest(1.2, 1.0) == pytest.approx(2.0)
    assert meter.correct(1.2, grant, 10.0)
    assert meter.earliest(1.2, 1.0) == 1.2


def test_those_who_wait_go_earlier() -> None:
    """Who stands in the line goes as soon as there is room, in the order of the line."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    meter.wait("first", 4.0, until=1.3)
    meter.wait("second", 4.0, until=1.3)
    meter.correct(0.5, grant, 4.0)
    assert meter.earliest(0.5, 4.0, "second") == pytest.approx(1.01)
    assert meter.earliest(0.5, 4.0, "first") == 0.5
    meter.take(0.5, 4.0, "first")
    assert meter.earliest(0.5, 2.0, "second") == 0.5


# Debts


def test_what_was_estimated_too_low_is_charged() -> None:
    """An over-full window lets nobody through until it has room again."""
    meter = meter_of(10)
    grant = meter.take(0.0, 1.0)
    meter.take(0.4, 5.0)
    assert not meter.correct(0.5, grant, 30.0)
    assert meter.earliest(0.5, 0.5) == 1.01
    assert meter.earliest(0.5, 5.0) == 1.01
    assert meter.earliest(0.5, 6.0) == pytest.approx(1.41)


def test_a_debt_moves_the_pace_on() -> None:
    """A paced item that used three times its estimate is paid for three times as long."""
    meter = meter_of(10, burst=False)
    grant = meter.take(0.0, 2.0)
    assert meter.earliest(0.1, 1.0) == pytest.approx(0.2)
    meter.correct(0.1, grant, 6.0)
    assert meter.earliest(0.1, 1.0) == pytest.approx(0.6)


def test_a_debt_of_a_burst_is_forgotten_with_its_window() -> None:
    """As the server's own window does, a burst forgets what is older than the window."""
    meter = meter_of(10)
    grant = meter.take(0.0, 1.0)
    meter.correct(1.2, grant, 500.0)
    assert meter.earliest(1.2, 10.0) == 1.2


def test_an_item_that_used_more_than_the_window_does_not_block_it_for_ever() -> None:
    """However large a debt is, the window is empty again when its stamp has left."""
    meter = meter_of(10)
    meter.correct(0.9, meter.take(0.0, 10.0), 1e9)
    assert meter.earliest(1.0, 10.0) == 1.01
    meter.take(1.01, 10.0)
    assert meter.earliest(1.01, 1.0) == pytest.approx(2.02)


# More than one correction


def test_the_last_correction_counts() -> None:
    """Corrected twice, a grant stands for what was said last; the same again changes nothing."""
    meter = meter_of(10)
    grant = meter.take(0.0, 5.0)
    assert not meter.correct(0.1, grant, 9.0)
    assert meter.correct(0.2, grant, 3.0)
    assert not meter.correct(0.3, grant, 3.0)
    assert meter.earliest(0.3, 7.0) == 0.3
    assert meter.earliest(0.3, 7.5) == 1.01


def test_grants_of_one_moment_are_told_apart() -> None:
    """Of two equal grants, each is corrected on its own, and only while it is in the window."""
    meter = meter_of(10)
    first, second = meter.take(0.0, 5.0), meter.take(0.0, 5.0)
    assert meter.correct(0.1, first, 1.0)
    assert meter.correct(0.1, second, 2.0)
    assert meter.earliest(0.1, 7.0) == 0.1
    later = meter.take(1.0, 7.0)
    assert not meter.correct(1.02, second, 0.0)
    assert meter.correct(1.02, later, 0.0)
    assert meter.earliest(1.02, 10.0) == 1.02


def test_a_copy_in_another_place_can_be_corrected_too() -> None:
    """A pickled meter keeps its grants, and is corrected apart from the one it was copied from."""
    meter = meter_of(10)
    grant = meter.take(0.0, 10.0)
    other: Grant = pickle.loads(pickle.dumps(grant))  # noqa: S301 - its own
    assert isinstance(other.meter, UsageMeter)
    assert other.meter.correct(0.5, other, 0.0)
    assert other.meter.earliest(0.5, 10.0) == 0.5
    assert meter.earliest(0.5, 10.0) == 1.01
