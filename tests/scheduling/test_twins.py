"""Equal items, of which one is sent for all."""

from __future__ import annotations

import pytest

from notebook_kit.scheduling import Ledger, Source, Status
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.twins import Twins
from tests.scheduling.parts import ledger_of


def twins_of(keys: str) -> tuple[Ledger, Twins]:
    ledger = ledger_of(len(keys))
    return ledger, Twins(ledger, keys.__getitem__)


def sent(twins: Twins, index: int) -> None:
    assert twins.join(index, now=0.0) == NOBODY
    twins.begun(index)


def test_an_item_waits_for_an_equal_one_that_is_sent() -> None:
    """Another one is sent itself; what the first gives is the answer of both, from the cache."""
    ledger, twins = twins_of("aba")
    sent(twins, 0)
    sent(twins, 1)
    assert twins.join(2, now=0.5) == 0
    assert twins.waiting_for([0, 1]) == [2]
    ledger.left[2] = 0.5
    ledger.settle(0, Status.OK, now=1.0, value="answer")
    assert twins.settle_with(0, now=1.0) == [2]
    outcome = ledger.outcome(2, None)
    assert (outcome.value, outcome.source, outcome.attempts) == ("answer", "cache", 0)
    assert ledger.source[2] == Source.CACHE
    # It waited since it left the input.
    assert outcome.elapsed_s == pytest.approx(0.5)
    assert twins.settle_with(0, now=2.0) == []
    assert not twins._waiting


def test_an_item_has_at_once_what_an_equal_one_has_given() -> None:
    """Nothing is sent again, neither after an answer nor after a failure."""
    ledger, twins = twins_of("aabb")
    sent(twins, 0)
    sent(twins, 2)
    error = ValueError("no")
    ledger.settle(0, Status.OK, now=1.0, value="answer")
    ledger.settle(2, Status.FAILED, now=1.0, error=error)
    assert (twins.join(1, now=2.0), twins.join(3, now=2.0)) == (0, 2)
    assert (ledger.values[1], ledger.errors[3]) == ("answer", error)
    assert (ledger.status[1], ledger.status[3]) == (Status.OK, Status.FAILED)


def test_an_item_that_was_only_asked_about_keeps_no_other_back() -> None:
    """It may be put off for a long time; whoever starts first is sent for all."""
    _, twins = twins_of("aa")
    assert twins.join(0, now=0.0) == NOBODY
    sent(twins, 1)
    assert twins.join(0, now=0.1) == 1


def test_only_the_item_that_was_asked_about_is_sent_for_others() -> None:
    """A retry of another one says nothing of the key that was asked for last."""
    _, twins = twins_of("aba")
    sent(twins, 0)
    assert twins.join(1, now=0.0) == NOBODY
    twins.begun(0)
    assert twins.join(2, now=0.0) == 0


def test_who_was_sent_is_sent_again_itself() -> None:
    """An item that is tried again does not wait for itself, nor for others that wait for it."""
    ledger, twins = twins_of("aa")
    sent(twins, 0)
    assert twins.join(1, now=0.0) == 0
    ledger.attempts[0] = 1
    assert twins.join(0, now=1.0) == NOBODY


def test_who_has_ended_meanwhile_stays_as_it_is() -> None:
    """Its time was over before the answer came."""
    ledger, twins = twins_of("aaa")
    sent(twins, 0)
    twins.join(1, now=0.0)
    twins.join(2, now=0.0)
    ledger.settle(1, Status.TIMEOUT, now=0.5)
    ledger.settle(0, Status.OK, now=1.0, value="late")
    assert twins.settle_with(0, now=1.0) == [2]
    assert (ledger.status[1], ledger.values[1]) == (Status.TIMEOUT, None)


def test_items_are_told_apart_once_for_each_question() -> None:
    """The function is the user's, and may be slow: while an item is held it is not asked again."""
    asked = []

    def identify(index: int) -> str:
        asked.append(index)
        return "key"

    twins = Twins(ledger_of(2), identify)
    for _ in range(3):
        assert twins.join(0, now=0.0) == NOBODY
    assert asked == [0]


def test_a_function_that_ends_the_run_joins_nobody() -> None:
    """The item has ended by then, and must not wait for anybody."""
    ledger = ledger_of(2)

    def identify(index: int) -> str:
        if index == 1:
            ledger.settle(1, Status.CANCELLED, now=0.0)
        return "key"

    twins = Twins(ledger, identify)
    sent(twins, 0)
    assert twins.join(1, now=0.0) == NOBODY
    assert twins.waiting_for([0]) == []


def test_what_the_function_raises_is_raised() -> None:
    """It is for others to make an error of the row of it."""
    twins = Twins(ledger_of(1), lambda index: 1 / index)
    with pytest.raises(ZeroDivisionError):
        twins.join(0, now=0.0)
