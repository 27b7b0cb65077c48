"""Stamps that are moved to when a call was really sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.policies import Limits, Rate

if TYPE_CHECKING:
    from notebook_kit.policies.rate_meter import Grant


def test_the_window_holds_for_what_was_sent() -> None:
    """Five that waited 0.3 s for their connections let the next go 0.3 s later."""
    limits = Limits([Rate(5, per="s", burst=True)])
    grants: list[Grant] = []
    for _ in range(5):
        assert limits.take_or_wait(0.0, [1.0], grants=grants) == 0.0
    limits.sent(0.3, grants)
    assert limits.take_or_wait(1.02, [1.0]) == pytest.approx(1.31)


def test_what_is_sent_at_once_changes_nothing() -> None:
    """Within a millisecond the stamp of the permit will do."""
    limits = Limits([Rate(1, per="s", burst=True)])
    grants: list[Grant] = []
    limits.take_or_wait(0.0, [1.0], grants=grants)
    limits.sent(0.0009, grants)
    assert limits.take_or_wait(0.5, [1.0]) == pytest.approx(1.01)


def test_one_slow_connection_holds_up_nobody_else() -> None:
    """What was granted after it leaves the window at its own time."""
    limits = Limits([Rate(2, per="s", burst=True)])
    slow: list[Grant] = []
    limits.take_or_wait(0.0, [1.0], grants=slow)
    limits.take_or_wait(0.0, [1.0])
    limits.sent(0.9, slow)
    # One of the two has left, the other is there until 1.91.
    assert limits.take_or_wait(1.02, [1.0]) == 1.02
    assert limits.take_or_wait(1.03, [1.0]) == pytest.approx(1.91)


def test_what_is_sent_after_its_stamp_has_left_counts_again() -> None:
    """A connection may take longer than the window is."""
    limits = Limits([Rate(1, per="s", burst=True)])
    grants: list[Grant] = []
    limits.take_or_wait(0.0, [1.0], grants=grants)
    limits.sent(5.0, grants)
    assert limits.take_or_wait(5.5, [1.0]) == pytest.approx(6.01)


def test_usage_is_corrected_where_the_stamp_is_now() -> None:
    """What was really used counts from when it was sent."""
    limits = Limits([Rate(10, per="s", burst=True, usage=len)])
    grants: list[Grant] = []
    limits.take_or_wait(0.0, [2.0], grants=grants)
    limits.sent(0.5, grants)
    limits.used(0.6, grants, "ten letter")
    assert limits.take_or_wait(1.2, [1.0]) == pytest.approx(1.51)


def most_in_a_second(stamps: list[float]) -> int:
    """Return the most stamps in any half-open second; the fullest one begins at a stamp."""
    return max(sum(1 for other in stamps if stamp <= other < stamp + 1.0) for stamp in stamps)


@settings(max_examples=300, deadline=None)
@given(
    burst=st.booleans(),
    late=st.lists(st.sampled_from([0.0, 0.0005, 0.02, 0.4, 3.0]), min_size=1, max_size=60),
)
def test_no_window_of_what_was_sent_holds_more(*, burst: bool, late: list[float]) -> None:
    """However late each one is sent, where the next is asked for after that."""
    limits = Limits([Rate(5, per="s", burst=burst)])
    now, sent = 0.0, []
    for delay in late:
        grants: list[Grant] = []
        while (at := limits.take_or_wait(now, [1.0], grants=grants)) > now:
            now = at
        now += delay
        limits.sent(now, grants)
        sent.append(now)
    assert most_in_a_second(sent) <= 5


def test_what_is_not_sent_yet_does_not_leave_the_window() -> None:
    """It may be sent at any moment, however long ago it was let through."""
    limits = Limits([Rate(2, per="s", burst=True)])
    waiting: list[Grant] = []
    for _ in range(2):
        limits.take_or_wait(0.0, [1.0], grants=waiting, unsent=True)
    for now in (1.5, 4.0, 20.0):
        assert limits.take_or_wait(now, [1.0]) > now
    limits.sent(20.5, waiting[:1])
    assert limits.take_or_wait(21.0, [1.0]) > 21.0
    # The one that will never be sent leaves the window by itself, as soon as somebody looks.
    limits.ended(waiting[1:])
    assert limits.take_or_wait(21.2, [1.0]) == 21.2
    assert limits.take_or_wait(21.3, [1.0]) == pytest.approx(21.51)


def test_nobody_waits_for_ever_for_what_is_never_told() -> None:
    """After five minutes a permit counts as used when it was taken."""
    limits = Limits([Rate(1, per="s", burst=True)])
    limits.take_or_wait(0.0, [1.0], grants=[], unsent=True)
    assert limits.take_or_wait(299.0, [1.0]) > 299.0
    assert limits.take_or_wait(301.0, [1.0]) == 301.0
