from __future__ import annotations

import pytest

from notebook_kit.demo.bucket import Bucket
from notebook_kit.demo.units import Pace


def test_a_bucket_lets_one_period_through_and_then_the_pace() -> None:
    """Ten at once pass, the eleventh waits a tenth of a second, and passes after it."""
    bucket, pace = Bucket(), Pace(10, 1.0)
    assert all(bucket.take(pace, 100.0).allowed for _ in range(10))
    refused = bucket.take(pace, 100.0)
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert refused.wait_s == pytest.approx(0.1)
    assert bucket.take(pace, 100.0 + refused.wait_s).allowed


def test_a_bucket_never_holds_more_than_one_period() -> None:
    """An hour of rest does not save up an hour of permits."""
    bucket, pace = Bucket(), Pace(5, 1.0)
    bucket.take(pace, 0.0)
    assert sum(bucket.take(pace, 3600.0).allowed for _ in range(20)) == 5


def test_a_grant_tells_what_is_left_and_when_it_is_full_again() -> None:
    """Remaining counts down, and the reset is the time to refill what was taken."""
    bucket, pace = Bucket(), Pace(60, 60.0)
    grant = bucket.take(pace, 0.0, weight=10)
    assert (grant.limit, grant.remaining) == (60, 50)
    assert grant.reset_s == pytest.approx(10.0)


def test_retry_after_is_at_least_one_whole_second_and_never_too_early() -> None:
    """The header has no fractions, so the wait is rounded up."""
    bucket, pace = Bucket(), Pace(1, 60.0)
    bucket.take(pace, 0.0)
    assert bucket.take(pace, 0.5).retry_after_s == 60
    quick, fast = Bucket(), Pace(100, 1.0)
    quick.take(fast, 0.0, weight=100)
    assert quick.take(fast, 0.0).retry_after_s == 1


def test_a_changed_pace_starts_with_a_full_bucket() -> None:
    """A limit that is switched while the server runs takes effect at once."""
    bucket = Bucket()
    assert bucket.take(Pace(1, 60.0), 0.0).allowed
    assert not bucket.take(Pace(1, 60.0), 0.0).allowed
    assert bucket.take(Pace(2, 60.0), 0.0).allowed
