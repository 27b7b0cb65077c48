"""Wishes to try once more what has failed, and the end of a run, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.execution.again import Again
from notebook_kit.execution.reports import Reports
from notebook_kit.policies import Retry
from tests.scheduling.parts import BAD, asked, scheduler_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_kit.scheduling import Scheduler


def again_of(count: int = 1) -> tuple[Again, Scheduler, list[Any]]:
    """Return one for a scheduler whose first item has failed, and what listeners were told."""
    scheduler = scheduler_of(count, retry=Retry(max_attempts=1))
    assert asked(scheduler, [0.0]) == [0]
    assert not scheduler.failed(0, 1.0, BAD)
    told: list[Any] = []
    reports = Reports(scheduler, clock=lambda: 2.0, settled=told.append)
    again = Again(scheduler, reports, lambda: 2.0)

    def reopened(indexes: Collection[int]) -> None:
        told.append(list(indexes))

    again.told = reopened
    return again, scheduler, told


def test_a_wish_is_granted_once() -> None:
    """Who listens is told first of ends that were not told of, then of those taken back."""
    again, scheduler, told = again_of()
    assert not again.grant()
    assert again.want()
    assert again.is_wanted
    scheduler.aside.append(0)
    assert again.grant()
    assert not again.is_wanted
    assert told == [0, [0]]
    assert not again.grant()
    assert scheduler.failed_items == []


def test_a_wish_that_finds_nothing_is_granted_too() -> None:
    """Two clicks are one: the second finds nothing that has failed."""
    again, _, told = again_of()
    again.told = None
    again.want()
    assert again.grant()
    again.want()
    assert not again.grant()
    assert told == []


def test_a_run_may_end_when_nothing_is_wished() -> None:
    """From then on no wish is taken."""
    again, _, _ = again_of()
    assert again.may_end()
    assert not again.want()
    assert not again.is_wanted


def test_a_wish_in_the_last_moment_keeps_the_run_from_ending() -> None:
    """What was taken is done before the end; what comes to nothing is not waited for."""
    again, scheduler, _ = again_of()
    again.want()
    assert not again.may_end()
    assert asked(scheduler, [2.0]) == [0]
    again.want()
    assert again.may_end()


def test_a_run_that_is_cut_grants_nothing() -> None:
    """Wishes that were taken are dropped with it."""
    again, scheduler, _ = again_of()
    again.want()
    again.end()
    assert not again.is_wanted
    assert not again.want()
    assert scheduler.failed_items == [0]
