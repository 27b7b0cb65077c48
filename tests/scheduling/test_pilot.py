"""A pilot: a few items first, then a stand until somebody says how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.policies import Limits, Rate, Retry
from notebook_kit.scheduling import DONE, FEED, WAIT, RunState, Source, Status, take_snapshot
from notebook_kit.scheduling.pilot import Pilot, forecast_of
from notebook_kit.scheduling.plan import Plan
from tests.scheduling.parts import BAD, LOST, asked, budget_of, ledger_of, scheduler_of, statuses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.scheduling import Scheduler


def last(positions: Sequence[int], size: int) -> Sequence[int]:
    """Draw the last ones, so that a test knows whom."""
    return positions[-size:]


def pilot_of(count: int, size: int, **terms: Any) -> Scheduler:
    return scheduler_of(count, **{"pilot": size, "sample": last, "max_concurrency": 9, **terms})


def stream_of(size: int, **terms: Any) -> Scheduler:
    """Return one whose input has no known end."""
    scheduler = pilot_of(0, size, **terms)
    scheduler._input_open = True
    assert scheduler.pilot is not None
    scheduler.pilot.whole = False
    return scheduler


def finish(scheduler: Scheduler, *indexes: int, now: float = 1.0) -> None:
    for index in indexes:
        scheduler.succeeded(index, now, None)


def test_the_sample_is_done_and_then_nothing_until_told() -> None:
    """Drawn items go, oldest first; then it stands; told to go on, the rest goes."""
    scheduler = pilot_of(5, 2)
    assert asked(scheduler, [0.0] * 3) == [3, 4, WAIT]
    assert (scheduler.waiting_for, scheduler.standing) == (None, False)
    finish(scheduler, 3, 4)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert (scheduler.waiting_for, scheduler.standing, scheduler.wake_at) == ("pilot", True, None)
    assert not scheduler.nothing_left
    scheduler.go_on()
    assert not scheduler.standing
    assert asked(scheduler, [2.0] * 4) == [0, 1, 2, WAIT]
    finish(scheduler, 0, 1, 2, now=3.0)
    assert asked(scheduler, [3.0]) == [DONE]


def test_the_sample_is_drawn_by_chance() -> None:
    """Without another way to draw, it is not the same ones every time."""
    found = set()
    for _ in range(20):
        scheduler = scheduler_of(1_000, pilot=5, max_concurrency=9)
        found.add(tuple(asked(scheduler, [0.0] * 5)))
        assert asked(scheduler, [0.0]) == [WAIT]
    assert len(found) > 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_pilot_of_all_there_is_just_runs(count: int) -> None:
    """With no more items than the pilot should have nobody has to be asked."""
    scheduler = pilot_of(count, 3)
    assert asked(scheduler, [0.0] * count) == list(range(count))
    finish(scheduler, *range(count))
    assert asked(scheduler, [1.0]) == [DONE]


def test_those_whose_end_is_known_are_no_part_of_it() -> None:
    """What an earlier run has left is skipped; the sample is drawn from the others."""
    scheduler = pilot_of(5, 2)
    for index in (3, 4):
        scheduler.ledger.reuse(index, None, source=Source.CHECKPOINT, status_code=200, now=0.0)
    assert asked(scheduler, [0.0] * 3) == [1, 2, WAIT]


def test_all_known_is_all_done() -> None:
    """Where nothing has to be sent there is nothing to stand for."""
    scheduler = pilot_of(3, 2)
    for index in range(3):
        scheduler.ledger.reuse(index, None, source=Source.CHECKPOINT, status_code=200, now=0.0)
    assert asked(scheduler, [0.0]) == [DONE]


def test_the_urgent_of_the_sample_go_first_and_then_the_urgent_of_the_rest() -> None:
    """Ranks hold within the pilot, and after it among all that are left."""
    scheduler = pilot_of(6, 3, rank=lambda index: float(-index))
    assert asked(scheduler, [0.0] * 4) == [5, 4, 3, WAIT]
    finish(scheduler, 5, 4, 3)
    scheduler.go_on()
    assert asked(scheduler, [2.0] * 3) == [2, 1, 0]


def test_of_an_input_without_an_end_the_first_are_the_pilot() -> None:
    """So many are read, one that is settled already is not counted, and nothing more is asked."""
    scheduler = stream_of(2)
    assert asked(scheduler, [0.0]) == [FEED]
    scheduler.add()
    assert asked(scheduler, [0.0]) == [0]
    scheduler.add()
    scheduler.ledger.reuse(1, None, source=Source.CHECKPOINT, status_code=200, now=0.0)
    assert asked(scheduler, [0.0]) == [FEED]
    scheduler.add(2)
    assert asked(scheduler, [0.0] * 2) == [2, WAIT]
    finish(scheduler, 0, 2)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert scheduler.standing
    scheduler.go_on()
    assert asked(scheduler, [1.0] * 2) == [3, FEED]
    scheduler.end_of_input()
    finish(scheduler, 3)
    assert asked(scheduler, [2.0]) == [DONE]


def test_an_input_that_ends_in_its_pilot_just_runs() -> None:
    """Two came where three were wanted, so all is done."""
    scheduler = stream_of(3)
    scheduler.add(2)
    assert asked(scheduler, [0.0] * 3) == [0, 1, FEED]
    scheduler.end_of_input()
    finish(scheduler, 0, 1)
    assert asked(scheduler, [1.0]) == [DONE]


def test_an_input_that_ends_with_its_pilot_does_not_stand() -> None:
    """If the end is known when the last one ends, there is nothing to decide."""
    scheduler = stream_of(2)
    scheduler.add(2)
    assert asked(scheduler, [0.0] * 3) == [0, 1, WAIT]
    scheduler.end_of_input()
    finish(scheduler, 0, 1)
    assert asked(scheduler, [1.0]) == [DONE]


def test_no_more_is_read_ahead_than_the_pilot_is_of() -> None:
    """With ranks more is read than goes at once, but not beyond the pilot before the word."""
    scheduler = stream_of(3, rank=lambda index: float(-index), lookahead=10)
    assert scheduler.room == 3
    scheduler.add(2)
    assert scheduler.room == 1
    assert asked(scheduler, [0.0]) == [1]
    assert scheduler.room == 1
    scheduler.add()
    assert scheduler.room == 0
    scheduler.go_on()
    assert scheduler.room > 0
    assert stream_of(3).room == 0


def test_a_word_in_time_means_no_stand() -> None:
    """Told to go on before the pilot is done, the rest follows at once."""
    scheduler = pilot_of(4, 2)
    assert asked(scheduler, [0.0]) == [2]
    scheduler.go_on()
    assert asked(scheduler, [0.0] * 4) == [0, 1, 3, WAIT]


def test_what_is_tried_again_belongs_to_the_pilot() -> None:
    """It does not stand while an item of it waits for another try."""
    scheduler = pilot_of(4, 1)
    assert asked(scheduler, [0.0]) == [3]
    assert scheduler.failed(3, 0.5, LOST)
    assert asked(scheduler, [0.6]) == [WAIT]
    assert (scheduler.waiting_for, scheduler.standing) == ("backoff", False)
    assert scheduler.wake_at is not None
    assert asked(scheduler, [scheduler.wake_at]) == [3]
    finish(scheduler, 3, now=9.0)
    assert asked(scheduler, [9.0]) == [WAIT]
    assert scheduler.standing


def test_an_equal_item_of_the_sample_waits_for_the_other() -> None:
    """Twins within the pilot are one call; one in the rest has the answer later."""
    scheduler = pilot_of(4, 2, identify=lambda _: "same")
    assert asked(scheduler, [0.0] * 2) == [2, WAIT]
    finish(scheduler, 2)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert scheduler.standing
    assert statuses(scheduler) == ["cancelled", "cancelled", "ok", "ok"]
    scheduler.go_on()
    assert asked(scheduler, [2.0]) == [DONE]
    assert statuses(scheduler) == ["ok"] * 4


def test_a_pause_at_the_pilot_is_ended_by_the_same_word() -> None:
    """Paused and done, it says that it stands at its pilot; one word resumes both."""
    scheduler = pilot_of(3, 1)
    assert asked(scheduler, [0.0]) == [2]
    scheduler.paused = True
    assert asked(scheduler, [0.5]) == [WAIT]
    assert scheduler.waiting_for == "pause"
    finish(scheduler, 2)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert scheduler.standing
    scheduler.go_on()
    assert asked(scheduler, [1.0]) == [0]


@pytest.mark.parametrize("how", ["cancel", "drain", "expire"])
def test_it_can_be_ended_where_it_stands(how: str) -> None:
    """What was done stays, and the rest is sent home."""
    scheduler = pilot_of(4, 1)
    asked(scheduler, [0.0])
    finish(scheduler, 3)
    asked(scheduler, [1.0])
    end: Any = getattr(scheduler, how)
    end(2.0, *(["late"] if how == "expire" else []))
    assert not scheduler.standing
    assert asked(scheduler, [2.0]) == [DONE]
    rest = "skipped" if how == "expire" else "cancelled"
    assert statuses(scheduler) == [rest] * 3 + ["ok"]


def test_it_stands_although_there_is_no_money_for_more() -> None:
    """Whoever has to decide sees what it would cost, before the limit ends the run."""
    scheduler = pilot_of(4, 1, endings=budget_of(10.0, spent=9.0))
    budget = scheduler.endings.budget
    assert budget is not None
    budget._dearest = 0.5
    assert asked(scheduler, [0.0]) == [3]
    budget.add(1.0)
    finish(scheduler, 3)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert scheduler.standing
    scheduler.go_on()
    assert asked(scheduler, [2.0]) == [DONE]
    assert scheduler.stop is not None


def test_the_forecast_is_made_from_the_sample() -> None:
    """Times, costs and failures of the items of the pilot, and of no others."""
    scheduler = pilot_of(10, 2, retry=Retry(max_attempts=1))
    assert forecast_of(scheduler) is None
    assert asked(scheduler, [0.0] * 2) == [8, 9]
    assert scheduler.pilot is not None
    scheduler.succeeded(8, 1.0, None)
    scheduler.pilot.price(8, 0.5)
    assert not scheduler.failed(9, 3.0, BAD)
    scheduler.pilot.price(9, 1.0)
    scheduler.pilot.price(9, 0.5)
    assert asked(scheduler, [3.0]) == [WAIT]
    guess = forecast_of(scheduler)
    assert guess is not None
    assert guess.time_s is not None
    assert guess.cost is not None
    assert (guess.sample, guess.items_left, guess.failed_share.expected) == (2, 8, 0.5)
    assert (guess.time_s.expected, guess.cost.expected) == (2.0, 8.0)
    scheduler.go_on()
    scheduler.pilot.price(0, 99.0)
    assert 0 not in scheduler.pilot.costs


def test_limits_are_reckoned_with() -> None:
    """What attempts used of a weighted limit says how long that lets the rest take."""
    limits = Limits([Rate(100), Rate(10, burst=True, weight=lambda _: 5.0)])
    scheduler = pilot_of(10, 2, limits=limits, weigh=lambda _: (1.0, 5.0))
    assert asked(scheduler, [0.0, 0.1]) == [8, 9]
    finish(scheduler, 8, 9, now=0.2)
    assert asked(scheduler, [0.2]) == [WAIT]
    guess = forecast_of(scheduler)
    assert guess is not None
    assert guess.time_s is not None
    assert guess.time_s.expected == pytest.approx(8 * 0.5)
    # Of others nobody knows what the items would weigh.
    scheduler.limits = Limits([Rate(2), Rate(1, weight=lambda _: 1.0)])
    guess = forecast_of(scheduler)
    assert guess is not None
    assert guess.time_s is not None
    assert guess.time_s.expected == pytest.approx(8 * 0.5)


def test_what_is_known_is_worked_out_once() -> None:
    """A view that looks ten times a second costs nothing more while nothing ends."""
    pilot, ledger = Pilot(2, last), ledger_of(2)
    pilot.sample = [0]
    assert pilot.figures(ledger, 0) is None
    ledger.settle(0, Status.OK, now=1.0)
    first = pilot.figures(ledger, 1)
    assert first is not None
    assert pilot.figures(ledger, 1) is first


def test_the_snapshot_tells() -> None:
    """Where it stands the picture has the reason and the forecast; told to go on, neither."""
    scheduler = pilot_of(3, 1)
    asked(scheduler, [0.0])
    finish(scheduler, 2)
    asked(scheduler, [1.0])
    plan = Plan(["a", "b", "c"])
    seen = take_snapshot(scheduler, plan, state=RunState.PAUSED, started=0.0, now=1.0)
    assert seen.waiting_for == "pilot"
    assert seen.forecast is not None
    assert seen.forecast.items_left == seen.to_do == 2
    scheduler.go_on()
    seen = take_snapshot(scheduler, plan, state=RunState.RUNNING, started=0.0, now=1.0)
    assert (seen.waiting_for, seen.forecast) == (None, None)
