"""How items end otherwise than by an answer of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.errors import RequestTimeout
from notebook_kit.scheduling import Endings, Ledger, Source, Status, StopKind, Terms
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.settler import Settler
from notebook_kit.scheduling.tempo import Tempo
from tests.scheduling.parts import BAD, LOST, SLOW, ledger_of

if TYPE_CHECKING:
    from notebook_kit.policies import Failure


def settler_of(keys: str, *, equal: bool = True, max_errors: int | None = None) -> Settler:
    ledger = ledger_of(len(keys))
    endings = Endings(max_errors=max_errors)
    terms = Terms(identify=keys.__getitem__ if equal else None, endings=endings)
    return Settler(ledger, Tempo(start=0.0), terms)


def ledger(settler: Settler) -> Ledger:
    return settler._ledger


def send(settler: Settler, index: int) -> None:
    assert settler.twins is not None
    assert settler.join(index, 0.0) == NOBODY
    settler.twins.begun(index)


@pytest.mark.parametrize(
    ("failure", "status"), [(BAD, Status.FAILED), (LOST, Status.FAILED), (SLOW, Status.TIMEOUT)]
)
def test_a_failure_is_written_down_counted_and_kept(failure: Failure, status: Status) -> None:
    """A time limit has a status of its own."""
    settler = settler_of("a")
    assert settler.failed(0, 1.5, failure) is None
    assert ledger(settler).status[0] == status
    assert ledger(settler).errors[0] is failure.error
    assert ledger(settler).settled[0] == 1.5
    assert settler.tally.groups()[0].count == 1
    assert settler._tempo.throughput(1.5) == (0, 1)


def test_failures_and_time_limits_together_are_too_many() -> None:
    """Both count as errors."""
    settler = settler_of("abc", max_errors=2)
    assert settler.failed(0, 1.0, BAD) is None
    assert settler.failed(1, 1.0, SLOW) is None
    assert settler.too_many() is None
    stop = settler.failed(2, 1.0, BAD)
    assert stop is not None
    assert stop.kind is StopKind.ERRORS
    assert settler.too_many() == stop


def test_those_who_wait_for_a_failed_one_fail_with_it() -> None:
    """Each is a row, counts as an error and is told of aside."""
    settler = settler_of("aaa", max_errors=2)
    send(settler, 0)
    assert [settler.join(index, 0.5) for index in (1, 2)] == [0, 0]
    assert settler.aside == []
    assert settler.failed(0, 1.0, BAD) is not None
    assert settler.aside == [1, 2]
    assert settler.tally.groups()[0].count == 3
    assert ledger(settler).counts[Status.FAILED] == 3
    assert settler._tempo.throughput(1.0) == (0, 3)


def test_those_who_wait_have_the_answer_with_the_first() -> None:
    """They are told of aside, and nobody is told of twice."""
    settler = settler_of("aab")
    send(settler, 0)
    settler.join(1, 0.5)
    ledger(settler).settle(0, Status.OK, now=1.0, value="answer")
    assert settler.settle_twins(0, 1.0) == [1]
    assert settler.settle_twins(0, 1.0) == []
    assert settler.aside == [1]
    assert ledger(settler).values == ["answer", "answer", None]


@pytest.mark.parametrize("failed", [False, True])
def test_who_comes_after_an_equal_one_has_ended_ends_at_once(*, failed: bool) -> None:
    """Told of aside; an error is counted by its own kind."""
    settler = settler_of("aa")
    send(settler, 0)
    if failed:
        settler.failed(0, 1.0, BAD)
    else:
        ledger(settler).settle(0, Status.OK, now=1.0, value="answer")
    assert settler.join(1, 2.0) == 0
    assert settler.aside == [1]
    assert settler._tempo.throughput(2.0)[2] == 1
    assert ledger(settler).source[1] == Source.CACHE
    groups = settler.tally.groups()
    assert [(group.kind, group.count) for group in groups] == ([("ValueError", 2)] * failed)


def test_where_items_are_not_told_apart_each_is_sent() -> None:
    """Nobody waits for anybody."""
    settler = settler_of("aa", equal=False)
    assert settler.twins is None
    assert settler.join(1, 0.0) == NOBODY
    assert settler.settle_twins(0, 0.0) == []


def test_what_is_cut_off_with_the_run_has_the_run_s_error() -> None:
    """If there is one: a cancellation is none, and is not counted among them."""
    settler = settler_of("ab")
    error = RequestTimeout("Not done within batch_timeout.", phase="batch")
    settler.cut(0, 2.0, Status.CANCELLED, None)
    settler.cut(1, 2.0, Status.TIMEOUT, error)
    assert list(ledger(settler).status) == [Status.CANCELLED, Status.TIMEOUT]
    assert ledger(settler).errors == {1: error}
    groups = settler.tally.groups()
    assert [(group.kind, group.position) for group in groups] == [("RequestTimeout", 1)]
