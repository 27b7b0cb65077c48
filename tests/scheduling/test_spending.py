"""What a run starts as long as it can be paid for, and how it ends when it cannot."""

from __future__ import annotations

import pytest

from notebook_kit.policies import Limits, Rate, Retry
from notebook_kit.scheduling import DONE, WAIT, StopKind
from tests.scheduling.parts import LOST, asked, budget_of, scheduler_of, statuses


def test_nothing_starts_that_may_cost_too_much_while_others_may_turn_out_cheaper() -> None:
    """When they have, it goes on."""
    endings = budget_of(3.0, spent=1.0)
    scheduler = scheduler_of(4, max_concurrency=9, endings=endings)
    assert asked(scheduler, [0.0] * 3) == [0, 1, WAIT]
    assert scheduler.waiting_for == "budget"
    scheduler.succeeded(0, 1.0, "answer")
    assert endings.budget is not None
    endings.budget.add(0.0)
    assert asked(scheduler, [1.0, 1.0]) == [2, WAIT]


def test_a_run_ends_when_its_money_is_spent() -> None:
    """What was not begun is skipped, and the reason is the cost."""
    endings = budget_of(2.0, spent=1.0)
    scheduler = scheduler_of(3, endings=endings)
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    scheduler.succeeded(0, 1.0, "answer")
    assert endings.budget is not None
    endings.budget.add(1.0)
    assert scheduler.next(1.0) == DONE
    assert scheduler.stop is not None
    assert scheduler.stop.kind is StopKind.COST
    assert statuses(scheduler) == ["ok", "skipped", "skipped"]


def test_a_run_whose_money_and_items_end_together_is_done() -> None:
    """There is nothing that could not be paid for."""
    scheduler = scheduler_of(1, endings=budget_of(2.0, spent=1.0))
    assert scheduler.next(0.0) == 0
    scheduler.succeeded(0, 1.0, "answer")
    budget = scheduler.endings.budget
    assert budget is not None
    budget.add(1.0)
    assert scheduler.next(1.0) == DONE
    assert scheduler.stop is None


def test_who_was_sent_is_reckoned_with_and_may_be_tried_again() -> None:
    """Though there is too little for anybody else; until its time comes, the run waits for it."""
    scheduler = scheduler_of(3, endings=budget_of(2.0, spent=1.0))
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 1.0, LOST)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == ("budget", 5.0)
    assert scheduler.next(5.0) == 0
    assert scheduler.stop is None


@pytest.mark.parametrize(
    ("tried", "costs", "said"), [(True, 2, 0), (True, 3, DONE), (False, 2, 1), (False, 3, DONE)]
)
def test_who_is_held_goes_on_if_there_is_enough_for_it(
    costs: int, said: int, *, tried: bool
) -> None:
    """Money may have become short while it was held by a limit."""
    endings = budget_of(3.0, spent=1.0)
    scheduler = scheduler_of(3, endings=endings, limits=Limits([Rate(1, per=30.0, burst=True)]))
    assert scheduler.next(0.0) == 0
    if tried:
        assert scheduler.failed(0, 1.0, LOST)
    else:
        assert scheduler.next(0.0) == WAIT
        scheduler.succeeded(0, 5.0, "answer")
    assert scheduler.next(5.0) == WAIT
    assert endings.budget is not None
    for _ in range(costs):
        endings.budget.add(0.5)
    assert scheduler.next(30.4) == said


@pytest.mark.xfail(
    strict=True, reason="what an item costs that ended aside is not waited for before the run ends"
)
def test_the_cost_of_an_item_whose_time_is_over_is_waited_for() -> None:
    """It may have cost nothing, and then there is enough for the next."""
    endings = budget_of(2.0, spent=1.0)
    scheduler = scheduler_of(
        2,
        max_concurrency=1,
        endings=endings,
        item_timeout_s=10.0,
        retry=Retry(base_delay=8.0, max_delay=8.0),
        limits=Limits([Rate(1, per=30.0, burst=True)]),
    )
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 1.0, LOST)
    assert asked(scheduler, [9.0, 10.0]) == [WAIT, WAIT]
    assert scheduler.aside == [0]
    assert endings.budget is not None
    endings.budget.add(0.0)
    assert scheduler.next(31.0) == 1
