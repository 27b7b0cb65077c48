"""The ledger: columns that grow together, rows that end once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.scheduling import STATUSES, Ledger, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED


def ledger_of(count: int, epoch: float = 0.0) -> Ledger:
    ledger = Ledger(epoch=epoch)
    ledger.grow(count)
    return ledger


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=8))
def test_all_columns_grow_together(counts: list[int]) -> None:
    """However it grows, every column has a place for every item, and none is settled."""
    ledger = Ledger()
    for count in counts:
        ledger.grow(count)
    total = sum(counts)
    columns = (
        ledger.status,
        ledger.source,
        ledger.status_code,
        ledger.attempts,
        ledger.left,
        ledger.settled,
        ledger.network,
        ledger.backoff,
        ledger.values,
    )
    assert {len(column) for column in columns} == {len(ledger)} == {total}
    assert ledger.status.count(UNSETTLED) == total
    assert all(math.isnan(time) for time in (*ledger.left, *ledger.settled))
    assert not any((*ledger.network, *ledger.backoff, *ledger.attempts, *ledger.status_code))
    assert ledger.done == 0


def test_growing_keeps_what_is_there() -> None:
    """Rows that are settled stay as they are when more come."""
    ledger = ledger_of(1)
    ledger.settle(0, Status.OK, now=1.0, value="a")
    ledger.grow(2)
    assert [ledger.outcome(index, None).value for index in range(3)] == ["a", None, None]
    assert ledger.done == 1


@pytest.mark.parametrize("status", Status)
def test_an_item_ends_once(status: Status) -> None:
    """Whatever is said of a settled item later is ignored, and it counts once."""
    ledger = ledger_of(1)
    error = ValueError("first")
    ledger.settle(0, status, now=1.0, value="first", error=error)
    for later in Status:
        ledger.settle(0, later, now=2.0, value="later", error=KeyError("later"))
    ledger.reuse(0, "later", source=Source.CACHE, status_code=200, now=3.0)
    outcome = ledger.outcome(0, "item")
    assert (outcome.status, outcome.value, outcome.error) == (STATUSES[status], "first", error)
    assert (ledger.settled[0], ledger.done, ledger.counts[status]) == (1.0, 1, 1)
    assert (ledger.reused, outcome.source, outcome.status_code) == (0, "network", None)


def test_a_known_answer_is_a_row_of_its_own_source() -> None:
    """A reused answer took no time and no attempt, and says where it came from."""
    ledger = ledger_of(2)
    ledger.reuse(1, "known", source=Source.CHECKPOINT, status_code=200, now=4.0)
    outcome = ledger.outcome(1, "item")
    assert (outcome.value, outcome.status, outcome.source) == ("known", "ok", "checkpoint")
    assert (outcome.status_code, outcome.attempts, outcome.elapsed_s) == (200, 0, 0.0)
    assert outcome.started == 4.0
    assert (ledger.reused, ledger.done) == (1, 1)


@pytest.mark.parametrize("settled", [False, True], ids=["all_open", "one_settled"])
def test_many_reused_answers_are_as_each_by_itself(*, settled: bool) -> None:
    """Written down in one go, they leave the columns that one after the other leaves."""
    one_by_one, in_one_go = (Ledger(), Ledger())
    for ledger in (one_by_one, in_one_go):
        ledger.grow(4)
        if settled:
            ledger.settle(2, Status.FAILED, now=1.0, error=ValueError())
    ends = ([0, 2, 3], ["a", None, "c"], [200, 201, 0])
    for at, value, code in zip(*ends, strict=True):
        one_by_one.reuse(at, value, source=Source.CHECKPOINT, status_code=code, now=4.0)
    in_one_go.reuse_answers(*ends, source=Source.CHECKPOINT, now=4.0)
    for name in ("status", "source", "status_code", "values", "settled", "counts", "reused"):
        assert str(getattr(in_one_go, name)) == str(getattr(one_by_one, name)), name
    assert [left == 4.0 for left in in_one_go.left] == [True, False, not settled, True]


def test_the_rest_is_cancelled_in_one_step() -> None:
    """Every unsettled item becomes cancelled, and the others stay as they are."""
    ledger = ledger_of(5)
    ledger.settle(1, Status.OK, now=1.0, value="a")
    ledger.settle(3, Status.FAILED, now=1.0, error=ValueError())
    ledger.settle_rest()
    ledger.settle_rest()
    statuses = [ledger.outcome(index, None).status for index in range(5)]
    assert statuses == ["cancelled", "ok", "cancelled", "failed", "cancelled"]
    assert (ledger.counts[Status.CANCELLED], ledger.done) == (3, 5)


def test_a_view_of_the_statuses_sees_the_cancellation() -> None:
    """The column is changed in place: who holds it need not ask for it again."""
    ledger = ledger_of(3)
    with memoryview(ledger.status) as view:
        ledger.settle_rest()
        assert view.tolist() == [Status.CANCELLED] * 3


def test_an_outcome_tells_where_the_time_went() -> None:
    """What is neither network nor back-off was waiting; times of the clock become the epoch's."""
    ledger = ledger_of(1, epoch=1_000_000.0)
    ledger.left[0], ledger.network[0], ledger.backoff[0] = 10.0, 2.0, 3.0
    ledger.attempts[0], ledger.status_code[0] = 2, 200
    ledger.settle(0, Status.OK, now=16.0, value="a")
    outcome = ledger.outcome(0, "item")
    assert (outcome.index, outcome.item, outcome.attempts) == (0, "item", 2)
    assert (outcome.waited_s, outcome.network_s, outcome.backoff_s) == (1.0, 2.0, 3.0)
    assert outcome.elapsed_s == 6.0
    assert outcome.started == 1_000_010.0


def test_rounding_makes_no_negative_wait() -> None:
    """Sums of times may differ in the last digit; a wait is never below zero."""
    ledger = ledger_of(1)
    ledger.left[0], ledger.network[0] = 0.3, 0.1 + 0.2
    ledger.settle(0, Status.OK, now=0.6, value="a")
    assert ledger.outcome(0, None).waited_s == 0.0


@pytest.mark.parametrize("has_left", [True, False])
def test_an_item_that_has_not_ended_counts_as_cancelled(*, has_left: bool) -> None:
    """Asked in the middle of a run, the row says so, with what is known of its time."""
    ledger = ledger_of(1)
    if has_left:
        ledger.left[0], ledger.network[0] = 5.0, 1.5
    outcome = ledger.outcome(0, "item")
    assert (outcome.status, outcome.ok, outcome.value) == ("cancelled", False, None)
    assert outcome.waited_s == 0.0
    assert outcome.elapsed_s == (1.5 if has_left else 0.0)
    assert math.isnan(outcome.started) != has_left


def test_none_is_an_answer() -> None:
    """A function may return None: the row is ok all the same."""
    ledger = ledger_of(1)
    ledger.settle(0, Status.OK, now=1.0, value=None)
    assert ledger.outcome(0, None).ok


def test_earlier_failures_are_counted_until_they_are_taken_back() -> None:
    """One that is tried once more is the run's own; a failure that was copied always was."""
    ledger = Ledger()
    ledger.grow(3)
    error = ValueError("no")
    for at, source in enumerate((Source.CHECKPOINT, Source.CHECKPOINT, Source.CACHE)):
        ledger.reuse(
            at, None, source=source, status_code=404, now=1.0, status=Status.FAILED, error=error
        )
    assert ledger.earlier_failures == 2
    ledger.reopen(0, fresh=False)
    assert ledger.earlier_failures == 1
