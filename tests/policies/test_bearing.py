"""What a server bears: how the level is sought, kept, found again, lowered and given up."""

from __future__ import annotations

import itertools

import pytest

from notebook_kit.policies.bearing import Bearing


def stormed(*, let_in: int = 100, until: float | None = 1.0, at: float = 0.02) -> Bearing:
    """Return what is known after a storm of so many that were let in at time zero."""
    return Bearing(at, sent=at - 0.01, begin=0.0, let_in=let_in, until=until)


class Flow:
    """Starts as fast as the rate allows, all of it let in after ten milliseconds."""

    def __init__(self, bearing: Bearing) -> None:
        self.bearing = bearing
        self.now = bearing.resume
        self.started = 0

    def run(self, *, until: float) -> Flow:
        while self.now < until:
            self._start()
        return self

    def run_to(self, rate: float) -> Flow:
        while self.bearing.rate < rate:
            self._start()
        return self

    def _start(self) -> None:
        self.bearing.started(self.now, idle_s=0.0)
        self.bearing.answered(sent=self.now)
        self.started += 1
        self.now += 1 / self.bearing.rate

    def refuse(self, *, wait_s: float | None = None) -> Flow:
        """Start one more, have it refused, and go on after the pause."""
        self.bearing.started(self.now, idle_s=0.0)
        now = self.now + 0.01
        until = None if wait_s is None else now + wait_s
        self.bearing.refused(now, sent=self.now, until=until)
        self.now = self.bearing.resume
        return self


def kept(*, wait_s: float | None = None) -> tuple[Bearing, Flow]:
    """Return a level of about a hundred a second, found at the end of the search."""
    bearing = stormed()
    return bearing, Flow(bearing).run_to(200.0).refuse(wait_s=wait_s)


# Seeking


def test_the_rate_doubles_while_the_level_is_sought() -> None:
    """Each fifth of a second, where answers take less than a third of that."""
    bearing = stormed()
    assert bearing.rate == 100.0
    Flow(bearing).run(until=1.2)
    assert bearing.rate == pytest.approx(200.0, rel=0.1)


def test_it_doubles_more_slowly_where_answers_take_long() -> None:
    """What a rate does is known a latency later."""
    bearing = Bearing(1.0, sent=0.0, begin=0.0, let_in=100, until=2.0)
    now = 2.0
    while now < 5.0:
        bearing.started(now, idle_s=0.0)
        now += 1 / bearing.rate
    assert bearing.rate == pytest.approx(100.0, rel=0.1)


def test_one_start_does_not_change_much() -> None:
    """Where a second holds only a few starts, the rate grows with them and not with time."""
    bearing = stormed(let_in=1, until=10.0)
    before = bearing.rate
    bearing.started(10.0, idle_s=0.0)
    bearing.started(50.0, idle_s=0.0)
    assert bearing.rate == pytest.approx(before * 2**0.25)


def test_what_nobody_asked_for_is_not_tried() -> None:
    """Idle time lets nothing grow, neither while seeking nor while keeping."""
    bearing = stormed()
    for second in range(100):
        bearing.started(1.0 + second, idle_s=1.0)
    assert bearing.rate == 100.0
    bearing, flow = kept()
    level = bearing.rate
    for second in range(100):
        bearing.started(flow.now + second, idle_s=1.0)
    assert bearing.rate == level


def test_seeking_begins_with_some_even_if_one_was_let_in() -> None:
    """It would take long from one in a second, so it begins with as many as latency allows."""
    bearing = stormed(let_in=1)
    assert bearing.level == 1.0
    assert bearing.rate == pytest.approx(20.0)
    slow = Bearing(1.0, sent=0.5, begin=0.0, let_in=1, until=2.0)
    assert slow.rate == pytest.approx(1 / 2.0)


def test_a_search_that_began_too_fast_goes_on_from_below() -> None:
    """If hardly anything was let in then, beginning has told nothing."""
    bearing = stormed(let_in=1)
    flow = Flow(bearing)
    flow.run(until=1.04).refuse(wait_s=1.0)
    assert bearing.rate <= 2.0
    before = bearing.rate
    flow.run(until=flow.now + 3.0)
    assert bearing.rate > 1.5 * before
    flow.run_to(8.0).refuse(wait_s=1.0)
    level = bearing.rate
    flow.run(until=flow.now + 1.0)
    assert bearing.rate == level


# Keeping


def test_the_level_is_kept_and_then_more_is_tried() -> None:
    """Where only refusals are the cost, for a few seconds; then the rate grows ever faster."""
    bearing, flow = kept()
    level = bearing.rate
    begin = flow.now
    flow.run(until=begin + 1.9)
    assert bearing.rate == pytest.approx(level)
    flow.run(until=begin + 5.0)
    assert level < bearing.rate < 1.5 * level
    flow.run(until=begin + 9.0)
    assert bearing.rate > 2 * level


def test_the_more_a_try_costs_the_longer_it_waits() -> None:
    """A minute of silence is risked seldom."""
    _, cheap = kept()
    bearing, dear = kept(wait_s=60.0)
    level = bearing.rate
    dear.run(until=dear.now + 400.0)
    assert bearing.rate == pytest.approx(level)
    assert cheap.run(until=cheap.now + 12.0).bearing.rate > 2 * level


def test_a_level_that_is_found_again_is_kept_longer() -> None:
    """Each time it is found unchanged, up to a point."""
    bearing, flow = kept(wait_s=1.0)
    stretches = []
    for _ in range(8):
        level, begin = bearing.rate, flow.now
        while bearing.rate < 1.001 * level:
            flow.run(until=flow.now + 0.1)
        stretches.append(flow.now - begin)
        flow.run_to(1.15 * level).refuse(wait_s=1.0)
        assert bearing.rate == pytest.approx(level, rel=0.1)
    assert stretches[0] < stretches[1] < stretches[2] < stretches[4] < 60.0
    assert stretches[-1] == pytest.approx(stretches[-2], rel=0.1)


def test_much_more_than_the_level_is_a_new_level() -> None:
    """If twice as much is let in for a while, that is what is borne now."""
    bearing, flow = kept()
    before = bearing.level
    flow.run_to(3 * before).refuse()
    assert bearing.level > 1.8 * before


def test_what_is_kept_and_refused_is_lowered() -> None:
    """By little at first, by more soon after, and never below what was surely borne."""
    bearing, flow = kept()
    flow.run_to(1.15 * bearing.rate).refuse()
    levels = [bearing.level]
    for _ in range(4):
        flow.run(until=flow.now + 0.3).refuse()
        levels.append(bearing.level)
    shares = [after / before for before, after in itertools.pairwise(levels)]
    assert 0.9 < shares[0] < 0.95
    assert all(0.68 < share < 0.95 for share in shares[1:])


def test_where_it_was_refused_while_kept_it_stays_below() -> None:
    """What is found beyond a level does not lead back at once to where it was too much."""
    bearing, flow = kept()
    flow.run_to(1.15 * bearing.rate).refuse()
    ceiling = bearing.rate
    flow.run(until=flow.now + 1.5).refuse()
    flow.run_to(1.7 * bearing.rate).refuse()
    assert bearing.rate < ceiling


def test_what_was_too_much_may_be_right_later() -> None:
    """Found again and again with more let in, or once with twice as much, it may rise."""
    bearing, flow = kept()
    flow.run_to(1.15 * bearing.rate).refuse()
    ceiling = bearing.rate
    flow.run(until=flow.now + 1.5).refuse()
    for _ in range(10):
        flow.run_to(1.7 * bearing.rate).refuse()
    assert bearing.level > ceiling
    bearing, flow = kept()
    flow.run(until=flow.now + 1.5).refuse()
    flow.run_to(3 * bearing.rate).refuse()
    assert bearing.level > 150.0


# Refusals right after a pause


def test_pauses_grow_while_they_are_too_short() -> None:
    """The level stays what it was, as long as nothing shows that it is wrong."""
    bearing, flow = kept()
    level = bearing.level
    pauses = []
    for _ in range(4):
        before = flow.now
        flow.refuse()
        pauses.append(flow.now - before)
    assert pauses == pytest.approx([0.11, 0.21, 0.41, 0.81])
    assert bearing.level == pytest.approx(level, rel=0.01)
    flow.run(until=flow.now + 1.0)
    assert bearing.rate == pytest.approx(level, rel=0.05)


def test_a_server_that_is_asked_too_early_is_given_its_time_and_more() -> None:
    """What it asks for is waited for, and a pause of our own if that was not enough before."""
    _, flow = kept()
    for _ in range(6):
        flow.refuse(wait_s=0.05)
    before = flow.now
    flow.refuse(wait_s=0.05)
    assert flow.now - before > 1.0


def test_a_few_that_were_let_in_lower_the_level_a_little() -> None:
    """Two after a pause are not enough to say that it was only too short."""
    bearing, flow = kept()
    level = bearing.level
    flow.run(until=flow.now + 0.015).refuse()
    assert 0.9 * level < bearing.level < 0.95 * level


def test_when_nothing_helps_it_begins_anew() -> None:
    """After many pauses nothing is known any more; once it is back, the level is sought."""
    bearing, flow = kept()
    level = bearing.level
    for _ in range(12):
        flow.refuse()
    assert bearing.level < 0.2 * level
    assert flow.now < 150.0
    low = bearing.rate
    begin = flow.now
    flow.run(until=begin + 0.1)
    assert bearing.rate >= 20.0 > low
    flow.run(until=begin + 1.5)
    assert bearing.rate > 80.0


def test_a_storm_of_nothing_is_slow_but_no_end() -> None:
    """A server that let in nothing at all is asked again all the same."""
    bearing = stormed(let_in=0, until=300.0)
    for _ in range(3):
        bearing.refused(1.0, sent=0.0, until=None)
    assert bearing.level == 0.05
    assert bearing.rate > 0.05


def test_a_wait_that_is_told_late_is_kept() -> None:
    """It counts from when it was heard of, and an earlier one never shortens it."""
    bearing = stormed(until=1.0)
    bearing.refused(0.5, sent=0.0, until=3.0)
    assert bearing.resume == 3.0
    bearing.refused(0.6, sent=0.0, until=2.0)
    assert bearing.resume == 3.0
    bearing.started(0.7, idle_s=0.0)
    bearing.refused(0.8, sent=0.7, until=None)
    assert bearing.resume == 3.0
