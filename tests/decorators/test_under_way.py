"""The calls of one function that are under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.decorators.flight import Flight, Lost
from notebook_kit.decorators.owners import Owner
from notebook_kit.decorators.under_way import UnderWay

if TYPE_CHECKING:
    from notebook_kit.decorators.look import Key

KEY: Key = None, "ZRH"


def test_a_call_is_found_until_it_ends() -> None:
    """The end of another call of the same key changes nothing."""
    calls = UnderWay()
    flight = calls.begin(KEY, Flight())
    assert calls.of(KEY) is flight
    assert KEY in calls
    calls.end(KEY, Flight())
    assert calls.holds(KEY, flight)
    calls.end(KEY, flight)
    assert (calls.of(KEY), calls.keys()) == (None, ())


def test_a_call_that_will_not_end_is_not_waited_for() -> None:
    """As one that was begun before a fork."""
    calls = UnderWay()
    calls.begin(KEY, Flight())._pid = 0
    assert calls.of(KEY) is None
    second = calls.begin(KEY, Flight())
    assert calls.of(KEY) is second


def test_the_last_who_leaves_takes_it_along() -> None:
    """But not a refresh, which nobody waits for."""
    calls = UnderWay()
    flight = calls.begin(KEY, Flight())
    refresh = calls.begin((None, "GVA"), Flight(kept=True))
    flight.waiting, refresh.waiting = 2, 1
    calls.left(KEY, flight)
    assert KEY in calls
    calls.left(KEY, flight)
    calls.left((None, "GVA"), refresh)
    assert calls.keys() == ((None, "GVA"),)


def test_a_call_that_nobody_has_begun_is_given_up() -> None:
    """Who waits for it starts over; one that was begun goes on."""
    calls = UnderWay()
    calls.give_up_unbegun(KEY)
    flight = calls.begin(KEY, Flight())
    flight.begin_here()
    calls.give_up_unbegun(KEY)
    assert KEY in calls
    unbegun = calls.begin(KEY, Flight())
    calls.give_up_unbegun(KEY)
    assert KEY not in calls
    assert isinstance(unbegun.ending.result().error, Lost)


def test_calls_are_forgotten() -> None:
    """One of them, those of one object, or all."""
    calls, owner = UnderWay(), Owner()
    keys: list[Key] = [KEY, (owner, 1), (owner, 2), (Owner(), 1)]
    for key in keys:
        calls.begin(key, Flight())
    calls.forget_those_of(owner)
    assert calls.keys() == (keys[0], keys[3])
    assert [calls.forget(KEY), calls.forget(KEY)] == [True, False]
    calls.clear()
    assert calls.keys() == ()
