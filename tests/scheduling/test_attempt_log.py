from __future__ import annotations

import pytest

from notebook_kit.errors import RateLimited
from notebook_kit.policies import classify
from notebook_kit.scheduling.attempt_log import AttemptLog, LoggedAttempt, Next


def failed(log: AttemptLog, index: int, error: Exception | None = None, **facts: float) -> None:
    known = {"number": 1, "started": 1.0, "ended": 3.0, "network_s": 2.0, **facts}
    log.failed(index, classify(error or ValueError("no")), **known)  # type: ignore[arg-type]


def test_a_row_comes_back_as_it_was_written() -> None:
    """What is kept of an attempt is its number, its times, the error and what came after."""
    log = AttemptLog()
    failed(log, 7, RateLimited("later", status_code=429), number=2, delay_s=0.5)
    assert log.rows(7) == [LoggedAttempt(2, 1.0, 3.0, 2.0, "RateLimited", 429, 0.5, Next.BACKOFF)]


def test_the_rows_of_an_item_keep_their_order_among_those_of_others() -> None:
    """Attempts of several items lie in one log, and each item gets its own, oldest first."""
    log = AttemptLog()
    for index, number in ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3)):
        failed(log, index, number=number)
    assert [row.number for row in log.rows(1)] == [1, 2, 3]
    assert [row.number for row in log.rows(3)] == [1]
    assert log.rows(4) == []
    assert len(log) == 5


@pytest.mark.parametrize(
    ("delay_s", "then"), [(0.9, Next.BACKOFF), (1.0, Next.ASKED), (1.5, Next.ASKED)]
)
def test_a_wait_as_long_as_the_server_asked_is_of_its_asking(delay_s: float, then: Next) -> None:
    """Why an item waits is told by how long the server had asked to wait."""
    log = AttemptLog()
    failed(log, 0, RateLimited("later", status_code=429, retry_after_s=1.0), delay_s=delay_s)
    assert log.rows(0)[0].next is then


def test_why_there_is_a_next_attempt_may_be_said() -> None:
    """An attempt after which the fallback is asked is no retry."""
    log = AttemptLog()
    log.failed(
        0,
        classify(ValueError()),
        number=1,
        started=0.0,
        ended=1.0,
        network_s=1.0,
        then=Next.FALLBACK,
    )
    assert log.rows(0)[0].next is Next.FALLBACK


def test_one_of_two_attempts_that_was_cut_has_no_error() -> None:
    """The slower of two attempts is a row without a kind, whose time is not counted."""
    log = AttemptLog()
    log.second_cut(4, number=2, started=1.0, ended=1.5)
    assert log.rows(4) == [LoggedAttempt(2, 1.0, 1.5, 0.0, "", None, 0.0, Next.SECOND)]


def test_what_comes_when_it_is_full_is_counted() -> None:
    """The log is bounded: later attempts are counted, and the earlier ones stay."""
    log = AttemptLog(most=2)
    for number in range(1, 6):
        failed(log, 0, number=number)
    assert [row.number for row in log.rows(0)] == [1, 2]
    assert (len(log), log.dropped) == (2, 3)


def test_kinds_are_told_apart_up_to_a_byte() -> None:
    """More classes of errors than a byte can count are put together as others."""
    log = AttemptLog()
    kinds = [type(f"Error{at}", (Exception,), {}) for at in range(300)]
    for at, kind in enumerate(kinds):
        failed(log, at, kind())
    assert log.rows(0)[0].kind == "Error0"
    assert log.rows(253)[0].kind == "Error253"
    assert {log.rows(at)[0].kind for at in range(254, 300)} == {"another error"}
    failed(log, 300, kinds[3]())
    assert log.rows(300)[0].kind == "Error3"


def test_a_row_takes_little_room() -> None:
    """A million rows are some tens of megabytes, not hundreds."""
    log = AttemptLog()
    for at in range(1_000):
        failed(log, at)
    columns = (getattr(log, name) for name in AttemptLog.__slots__ if name.startswith("_"))
    size = sum(
        len(column) * getattr(column, "itemsize", 1)
        for column in columns
        if not isinstance(column, (list, dict))
    )
    assert size / 1_000 < 60
