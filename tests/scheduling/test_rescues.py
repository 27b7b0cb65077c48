"""Who is to be rescued, who is being rescued, and from what."""

from __future__ import annotations

import pytest

from notebook_kit.errors import CircuitOpen
from notebook_kit.scheduling import NotRescued
from notebook_kit.scheduling.rescues import Rescues
from tests.scheduling.parts import BAD, LOST, SLOW


def test_without_anything_to_give_nobody_is_taken_on() -> None:
    """As is so for most runs."""
    rescues = Rescues(None)
    assert not rescues.offered
    assert not rescues.takes_on(0, LOST)
    assert not rescues.takes_on_unsent(0, 1.0)


def test_only_who_can_be_rescued_is_taken_on() -> None:
    """It depends on the failure."""
    rescues = Rescues(lambda failure: failure is LOST)
    assert rescues.offered
    assert not rescues.takes_on(0, BAD)
    assert rescues.takes_on(1, LOST)
    assert list(rescues.waiting) == [1]


def test_in_the_order_in_which_they_came() -> None:
    """From waiting to under way to ended."""
    rescues = Rescues(lambda _failure: True)
    rescues.takes_on(3, LOST)
    rescues.takes_on(1, SLOW)
    assert (rescues.begin(), rescues.begin()) == (3, 1)
    assert rescues.under_way == {3: LOST, 1: SLOW}
    assert rescues.ended(3) is LOST
    assert rescues.under_way == {1: SLOW}


def test_a_rescue_that_fails_is_noted_at_the_error() -> None:
    """What was to be rescued from stays what it was."""
    rescues = Rescues(lambda _failure: True)
    error = ConnectionError("reset")
    failure = LOST.__class__(LOST.kind, error)
    rescues.takes_on(0, failure)
    rescues.begin()
    assert rescues.failed(0, NotRescued("nothing is kept")) == (failure, False)
    assert error.__notes__ == ["The fallback failed too: nothing is kept"]


def test_who_was_not_sent_is_taken_on_once() -> None:
    """After that it waits for its server."""
    rescues = Rescues(lambda failure: isinstance(failure.error, CircuitOpen))
    assert rescues.takes_on_unsent(0, 5.0)
    rescues.begin()
    first, unsent = rescues.failed(0, NotRescued("nothing is kept"))
    assert unsent
    assert isinstance(first.error, CircuitOpen)
    assert first.error.retry_at_s == 5.0
    assert not rescues.takes_on_unsent(0, 4.0)
    assert rescues.takes_on_unsent(1, 4.0)


def test_who_waits_is_sent_home() -> None:
    """With what has happened to him."""
    rescues = Rescues(lambda _failure: True)
    rescues.takes_on(0, LOST)
    rescues.takes_on(1, SLOW)
    assert list(rescues.send_home()) == [(0, LOST), (1, SLOW)]
    assert not rescues.waiting


def test_who_is_under_way_is_cut_off() -> None:
    """And is no attempt under way any more."""
    rescues = Rescues(lambda _failure: True)
    rescues.takes_on(0, LOST)
    begun = {rescues.begin(): 1.0, 7: 1.0}
    assert rescues.cut_off(begun) == [0]
    assert begun == {7: 1.0}
    assert not rescues.under_way


def test_why_something_was_not_given_says_whether_it_was_sent_for() -> None:
    """Not, if nothing else is said."""
    assert not NotRescued("x").sent
    assert NotRescued("x", sent=True).sent
    with pytest.raises(NotRescued, match="x"):
        raise NotRescued("x")
