from __future__ import annotations

from notebook_kit.execution.seeking import failure_after, failure_before, worth_a_look
from notebook_kit.scheduling import Status
from notebook_kit.scheduling.outcome import UNSETTLED

OK, FAILED, TIMEOUT, SKIPPED = Status.OK, Status.FAILED, Status.TIMEOUT, Status.SKIPPED


def test_failures_are_found_on_both_sides() -> None:
    """Failed and timed out count, cancelled, skipped and unsettled do not."""
    status = bytearray([FAILED, OK, TIMEOUT, Status.CANCELLED, SKIPPED, UNSETTLED, FAILED])
    assert [failure_after(status, at) for at in range(7)] == [2, 2, 6, 6, 6, 6, None]
    assert [failure_before(status, at) for at in range(7)] == [None, 0, 0, 2, 2, 2, 2]


def test_what_is_worth_a_look() -> None:
    """The first failure; else the first that ended, however; else the first."""
    assert worth_a_look(bytearray([UNSETTLED, OK, TIMEOUT, FAILED])) == 2
    assert worth_a_look(bytearray([UNSETTLED, SKIPPED, OK])) == 1
    assert worth_a_look(bytearray([UNSETTLED, UNSETTLED])) == 0
    assert worth_a_look(bytearray()) == 0
