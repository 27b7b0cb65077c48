"""What a run is told before it begins."""

from __future__ import annotations

from notebook_kit.scheduling import Terms
from tests.scheduling.parts import BAD, LOST, REFUSED


def test_by_default_nothing_is_held_up_tried_again_or_ended_early() -> None:
    """A run has the policies that it was given, and no others."""
    terms = Terms()
    assert not terms.limits
    for failure in (BAD, LOST, REFUSED):
        assert terms.retry.delay(failure, attempts=1, safe=terms.safe, draw=terms.draw) is None
    assert terms.endings.too_many(10**6) is None
    assert terms.endings.out_of_budget(10**6) is None


def test_each_run_has_its_own_chance() -> None:
    """Two runs that were turned away together do not come back together."""
    one, other = Terms(), Terms()
    drawn = [[terms.draw() for _ in range(10)] for terms in (one, other)]
    assert drawn[0] != drawn[1]
    assert all(0 <= number < 1 for numbers in drawn for number in numbers)


def test_runs_do_not_share_what_they_remember() -> None:
    """The ends of one are nothing to another."""
    assert Terms().endings is not Terms().endings
    assert Terms().limits is not Terms().limits
